"""tf.contrib.layers, framework and training beside Slim."""
from __future__ import print_function

import json

import numpy as np
import tensorflow as tf
import tensorflow.contrib as contrib
import tensorflow.contrib.slim as slim
from tensorflow.contrib import layers
from tensorflow.contrib.layers.python.layers import utils


def hparams(overrides):
    hp = contrib.training.HParams(learning_rate=0.1, units=[8, 4], optimizer='Adam', clip=1.0)
    return hp.parse(overrides)


def net(x, hp, is_training):
    with contrib.framework.arg_scope([layers.fully_connected], outputs_collections=['ends'],
                                     weights_regularizer=layers.l2_regularizer(0.001)):
        for units in hp.units:
            x = layers.fully_connected(x, units, normalizer_fn=layers.batch_norm,
                                       normalizer_params={'is_training': is_training,
                                                          'updates_collections': None})
        logits = layers.linear(x, 2, scope='logits')
    return logits, utils.convert_collection_to_dict('ends')


def decay(learning_rate, global_step):
    return tf.train.exponential_decay(learning_rate, global_step, 10, 0.9, staircase=True)


def main():
    tf.set_random_seed(0)
    hp = hparams('learning_rate=0.05,units=[6,6]')
    rng = np.random.RandomState(0)
    labels = np.arange(32) % 2
    x = tf.constant(rng.randn(32, 5) + labels[:, None], tf.float32)
    logits, end_points = net(x, hp, True)
    loss = tf.losses.softmax_cross_entropy(layers.one_hot_encoding(tf.constant(labels), 2), logits)
    step = contrib.framework.get_or_create_global_step()
    train_op = layers.optimize_loss(
        loss, step, hp.learning_rate, hp.optimizer, clip_gradients=hp.clip,
        learning_rate_decay_fn=decay, summaries=['loss', 'learning_rate', 'gradient_norm'])
    layers.summarize_activation(logits)
    accuracy, update = contrib.metrics.streaming_accuracy(tf.argmax(logits, 1), labels)
    with tf.Session() as sess:
        sess.run([tf.global_variables_initializer(), tf.local_variables_initializer()])
        first = sess.run(loss)
        for _ in range(30):
            last = sess.run(train_op)
        sess.run(update)
        print(json.dumps({
            'first': float(first), 'last': float(last), 'accuracy': float(sess.run(accuracy)),
            'step': int(sess.run(step)), 'end_points': sorted(end_points),
            'units': hp.units, 'same': layers.conv2d is slim.conv2d,
            'names': [v.op.name for v in contrib.framework.get_model_variables('logits')],
            'summaries': len(tf.get_collection(tf.GraphKeys.SUMMARIES)),
            'by_name': len(contrib.framework.get_variables_by_name('weights')),
        }))


if __name__ == '__main__':
    main()
