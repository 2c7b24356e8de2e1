"""Slim and tf.layers in one net."""
from __future__ import print_function

import json

import numpy as np
import tensorflow as tf
import tensorflow.contrib.slim as slim


class Model(object):
    def __init__(self, training):
        self.training = training
        self.head = tf.layers.Dense(2, name='head')

    def __call__(self, x):
        with tf.variable_scope('model', reuse=tf.AUTO_REUSE):
            x = tf.layers.conv2d(x, filters=8, kernel_size=3, padding='same', use_bias=False,
                                 kernel_initializer=tf.glorot_uniform_initializer(), name='c1')
            x = tf.layers.batch_normalization(x, training=self.training, name='bn1')
            x = tf.nn.relu(x)
            x = tf.layers.max_pooling2d(x, 2, 2)
            x = slim.conv2d(x, 8, 3, normalizer_fn=slim.batch_norm,
                            normalizer_params={'is_training': self.training}, scope='c2')
            x = tf.layers.dropout(tf.layers.flatten(x), rate=0.1, training=self.training)
            x = tf.layers.dense(x, 16, activation=tf.nn.relu, name='fc',
                                kernel_regularizer=tf.contrib.layers.l2_regularizer(0.01))
            return self.head(x)


def main():
    tf.set_random_seed(0)
    rng = np.random.RandomState(0)
    labels = np.arange(32) % 2
    images = rng.randn(32, 8, 8, 1) * 0.5 + labels[:, None, None, None]
    x = tf.placeholder(tf.float32, [None, 8, 8, 1])
    y = tf.placeholder(tf.int64, [None])
    training = tf.placeholder_with_default(False, [])
    model = Model(training)
    logits = model(x)
    again = model(x)
    tf.losses.sparse_softmax_cross_entropy(labels=y, logits=logits)
    loss = tf.losses.get_total_loss()
    with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
        train = tf.train.AdamOptimizer(0.01).minimize(loss)
    accuracy = tf.reduce_mean(tf.to_float(tf.equal(tf.argmax(logits, 1), y)))
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        for _ in range(40):
            value, _ = sess.run([loss, train], {x: images, y: labels, training: True})
        moving = sess.run('model/bn1/moving_mean:0')
        one, two, acc = sess.run([logits, again, accuracy], {x: images, y: labels})
    print(json.dumps({
        'loss': float(value), 'accuracy': float(acc), 'moved': float(np.abs(moving).max()),
        'same': bool(np.allclose(one, two)),
        'names': [v.op.name for v in tf.trainable_variables()],
        'updates': len(tf.get_collection(tf.GraphKeys.UPDATE_OPS)),
        'regularization': len(tf.losses.get_regularization_losses()),
    }))


if __name__ == '__main__':
    main()
