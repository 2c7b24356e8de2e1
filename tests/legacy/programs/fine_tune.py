"""Fine-tuning in two phases: a trained trunk, a new head, then everything."""
from __future__ import print_function

import argparse
import json
import os

import numpy as np
import tensorflow as tf
import tensorflow.contrib.slim as slim


def net(images, num_classes, is_training=True):
    with slim.arg_scope([slim.conv2d, slim.fully_connected],
                        weights_regularizer=slim.l2_regularizer(1e-4)), \
            slim.arg_scope([slim.batch_norm], is_training=is_training, decay=0.9):
        with tf.variable_scope('Tiny', values=[images]):
            x = slim.conv2d(images, 8, 3, 2, normalizer_fn=slim.batch_norm, scope='Conv1')
            x = slim.conv2d(x, 8, 3, 2, normalizer_fn=slim.batch_norm, scope='Conv2')
            x = slim.dropout(slim.flatten(x), 0.9, is_training=is_training, scope='Dropout')
            return slim.fully_connected(x, num_classes, activation_fn=None, scope='Logits')


def data(num_classes):
    rng = np.random.RandomState(num_classes)
    labels = np.arange(48) % num_classes
    images = rng.randn(48, 8, 8, 1) * 0.3 + labels[:, None, None, None]
    return tf.constant(images, tf.float32), tf.constant(labels)


def train(logdir, num_classes, steps, checkpoint=None, exclude=None, only=None, rate=0.01):
    with tf.Graph().as_default():
        tf.set_random_seed(0)
        images, labels = data(num_classes)
        logits = net(images, num_classes)
        tf.losses.sparse_softmax_cross_entropy(labels, logits)
        loss = tf.losses.get_total_loss()
        init_fn = None
        if checkpoint:
            excluded = ['global_step'] + (exclude or [])
            variables = slim.get_variables_to_restore(exclude=excluded)
            variables = [v for v in variables if 'Momentum' not in v.op.name]
            init_fn = slim.assign_from_checkpoint_fn(checkpoint, variables,
                                                     ignore_missing_vars=False)
        train_vars = None
        if only:
            train_vars = []
            for scope in only:
                train_vars.extend(slim.get_trainable_variables(scope))
        train_op = slim.learning.create_train_op(loss, tf.train.MomentumOptimizer(rate, 0.9),
                                                 variables_to_train=train_vars)
        first = []

        def train_step_fn(sess, *args, **kwargs):
            total_loss, should_stop = slim.learning.train_step(sess, *args, **kwargs)
            first.append(float(total_loss))
            return total_loss, should_stop

        slim.learning.train(train_op, logdir, number_of_steps=steps, init_fn=init_fn,
                            train_step_fn=train_step_fn, save_interval_secs=600,
                            save_summaries_secs=600, log_every_n_steps=100)
        latest = tf.train.latest_checkpoint(logdir)
        reader = tf.train.NewCheckpointReader(latest)
        return latest, first, {name: reader.get_tensor('Tiny/' + name) for name in
                               ('Conv1/weights', 'Conv1/BatchNorm/beta', 'Logits/weights')}


def main(folder):
    base, losses1, one = train(os.path.join(folder, 'base'), 2, 30)
    head, losses2, two = train(os.path.join(folder, 'head'), 3, 30, base, ['Tiny/Logits'],
                               ['Tiny/Logits'])
    _, losses3, three = train(os.path.join(folder, 'all'), 3, 20, head, rate=0.005)
    print(json.dumps({
        'losses': [losses1[0], losses1[-1], losses2[0], losses2[-1], losses3[0], losses3[-1]],
        'trunk_kept': bool(np.array_equal(one['Conv1/weights'], two['Conv1/weights'])),
        'trunk_moved': bool(not np.array_equal(two['Conv1/weights'], three['Conv1/weights'])),
        'heads': [list(one['Logits/weights'].shape), list(two['Logits/weights'].shape)],
    }))


if __name__ == '__main__':
    parser = argparse.ArgumentParser()
    parser.add_argument('--folder')
    main(parser.parse_args().folder)
