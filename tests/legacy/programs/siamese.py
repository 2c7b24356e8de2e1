"""Twins: one net on two inputs by reuse, the same by make_template, a contrastive loss."""
from __future__ import print_function

import json

import numpy as np
import tensorflow as tf
from tensorflow.contrib import slim
from tensorflow.contrib.losses import metric_learning


def net(images, reuse=False):
    with tf.name_scope('model'):
        with tf.variable_scope('conv1', reuse=reuse) as scope:
            net = tf.contrib.layers.conv2d(
                images, 8, [5, 5], activation_fn=tf.nn.relu, padding='SAME',
                weights_initializer=tf.contrib.layers.xavier_initializer_conv2d(), scope=scope,
                reuse=reuse)
            net = tf.contrib.layers.max_pool2d(net, [2, 2], padding='SAME')
        net = slim.fully_connected(slim.flatten(net), 4, activation_fn=None, scope='embedding',
                                   reuse=reuse)
        return tf.nn.l2_normalize(net, 1)


def unscoped(x):
    x = slim.fully_connected(x, 6)
    return slim.fully_connected(x, 3, activation_fn=None)


def main():
    tf.set_random_seed(0)
    rng = np.random.RandomState(0)
    left = tf.placeholder(tf.float32, [None, 8, 8, 1], name='left')
    right = tf.placeholder(tf.float32, [None, 8, 8, 1], name='right')
    same = tf.placeholder(tf.int32, [None], name='same')
    one, two = net(left), net(right, reuse=True)
    loss = metric_learning.contrastive_loss(same, one, two, margin=1.0)
    train = tf.train.AdamOptimizer(0.01).minimize(loss)

    template = tf.make_template('twin', unscoped)
    a, b = template(one), template(two)

    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        losses = []
        for _ in range(40):
            labels = rng.randint(0, 2, (2, 16))
            images = rng.randn(2, 16, 8, 8, 1) * 0.3 + labels[:, :, None, None, None]
            feed = {left: images[0], right: images[1], same: (labels[0] == labels[1])}
            losses.append(float(sess.run([loss, train], feed)[0]))
        shared = sess.run([a, b], {left: images[0], right: images[0]})
    print(json.dumps({'first': losses[0], 'last': losses[-1],
                      'same': float(np.abs(shared[0] - shared[1]).max()),
                      'names': [v.op.name for v in slim.get_model_variables()]}))


if __name__ == '__main__':
    main()
