"""Several clones of one net, each on its part of the batch; gradients are averaged."""
from __future__ import division, print_function

import json

import numpy as np
import tensorflow as tf
import tensorflow.contrib.slim as slim

NUM_CLONES = 2


def average_gradients(tower_grads):
    average_grads = []
    for grad_and_vars in zip(*tower_grads):
        grads = [tf.expand_dims(g, 0) for g, _ in grad_and_vars]
        grad = tf.reduce_mean(tf.concat(axis=0, values=grads), 0)
        average_grads.append((grad, grad_and_vars[0][1]))
    return average_grads


def net(images):
    x = slim.conv2d(images, 4, [3, 3], weights_regularizer=slim.l2_regularizer(0.001))
    x = slim.batch_norm(x, decay=0.9, is_training=True)
    return slim.fully_connected(slim.flatten(x), 2, activation_fn=None)


def main():
    tf.set_random_seed(0)
    rng = np.random.RandomState(0)
    labels = np.arange(16) % 2
    images = rng.randn(16, 6, 6, 1).astype(np.float32) + labels[:, None, None, None]
    image_parts = tf.split(tf.constant(images, tf.float32), NUM_CLONES)
    label_parts = tf.split(tf.constant(labels), NUM_CLONES)
    with tf.device('/cpu:0'):
        global_step = tf.get_variable('global_step', [], initializer=tf.constant_initializer(0),
                                      trainable=False, dtype=tf.int64)
        optimizer = tf.train.GradientDescentOptimizer(0.05)
    tower_grads, losses = [], []
    for i in range(NUM_CLONES):
        with tf.variable_scope(tf.get_variable_scope(), reuse=True if i > 0 else None):
            with tf.device('/cpu:0'), tf.name_scope('clone_%d' % i) as scope:
                with slim.arg_scope([slim.model_variable, slim.variable], device='/cpu:0'):
                    logits = net(image_parts[i])
                slim.losses.sparse_softmax_cross_entropy(logits, label_parts[i])
                clone_loss = tf.add_n(slim.losses.get_losses(scope), name='total')
                if i == 0:
                    regularization = tf.add_n(slim.losses.get_regularization_losses())
                    update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS, scope)
                losses.append(clone_loss)
                tower_grads.append(optimizer.compute_gradients(
                    clone_loss + regularization / NUM_CLONES, tf.trainable_variables()))
    grads = average_gradients(tower_grads)
    apply_gradient_op = optimizer.apply_gradients(grads, global_step=global_step)
    average = tf.train.ExponentialMovingAverage(0.9, global_step)
    averages_op = average.apply(tf.trainable_variables())
    train_op = tf.group(apply_gradient_op, averages_op, *update_ops)
    total = tf.add_n(losses) / NUM_CLONES
    with tf.Session(config=tf.ConfigProto(allow_soft_placement=True)) as sess:
        sess.run(tf.global_variables_initializer())
        first = sess.run(total)
        for _ in range(30):
            sess.run(train_op)
        print(json.dumps({
            'first': float(first), 'last': float(sess.run(total)),
            'step': int(sess.run(global_step)), 'updates': len(update_ops),
            'variables': [v.op.name for v in tf.trainable_variables()],
            'averages': len(average.variables_to_restore()),
            'device': slim.get_model_variables()[0].device,
        }))


if __name__ == '__main__':
    main()
