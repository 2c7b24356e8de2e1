"""A GAN on a mixture of two blobs of light: two nets, two optimizers, two sets of variables."""
from __future__ import division, print_function

import json

import numpy as np
import tensorflow as tf

slim = tf.contrib.slim

BATCH = 16
Z_DIM = 8


def lrelu(x, leak=0.2):
    return tf.maximum(x, leak * x)


def generator(z, is_training=True):
    bn = {'is_training': is_training, 'decay': 0.9, 'updates_collections': None}
    with tf.variable_scope('generator'):
        with slim.arg_scope([slim.conv2d_transpose], kernel_size=[3, 3], stride=2,
                            normalizer_fn=slim.batch_norm, normalizer_params=bn,
                            weights_initializer=tf.random_normal_initializer(stddev=0.02)):
            net = slim.fully_connected(z, 2 * 2 * 16, normalizer_fn=slim.batch_norm,
                                       normalizer_params=bn, scope='project')
            net = tf.reshape(net, [-1, 2, 2, 16])
            net = slim.conv2d_transpose(net, 8)
            net = slim.conv2d_transpose(net, 1, activation_fn=tf.nn.tanh, normalizer_fn=None)
    return net


def discriminator(images, reuse=None):
    with tf.variable_scope('discriminator', reuse=reuse):
        with slim.arg_scope([slim.conv2d, slim.fully_connected], activation_fn=lrelu):
            net = slim.conv2d(images, 8, [3, 3], 2)
            net = slim.conv2d(net, 16, [3, 3], 2)
            return slim.fully_connected(slim.flatten(net), 1, activation_fn=None, scope='out')


def real_batch(rng):
    images = -np.ones([BATCH, 8, 8, 1], np.float32)
    for i, corner in enumerate(rng.randint(2, size=BATCH)):
        images[i, 4 * corner:4 * corner + 4, 4 * corner:4 * corner + 4] = 1
    return images


def main():
    tf.set_random_seed(1)
    rng = np.random.RandomState(0)
    real = tf.placeholder(tf.float32, [None, 8, 8, 1])
    z = tf.placeholder(tf.float32, [None, Z_DIM])
    fake = generator(z)
    d_real = discriminator(real)
    d_fake = discriminator(fake, reuse=True)

    ce = tf.nn.sigmoid_cross_entropy_with_logits
    d_loss = tf.reduce_mean(ce(logits=d_real, labels=tf.ones_like(d_real)) +
                            ce(logits=d_fake, labels=tf.zeros_like(d_fake)))
    g_loss = tf.reduce_mean(ce(logits=d_fake, labels=tf.ones_like(d_fake)))
    t_vars = tf.trainable_variables()
    d_vars = [v for v in t_vars if v.name.startswith('discriminator')]
    g_vars = [v for v in t_vars if 'generator' in v.name]
    step = tf.contrib.framework.get_or_create_global_step()
    d_train = tf.train.AdamOptimizer(2e-3, beta1=0.5).minimize(d_loss, var_list=d_vars)
    g_train = slim.learning.create_train_op(
        g_loss, tf.train.AdamOptimizer(2e-3, beta1=0.5), global_step=step,
        variables_to_train=g_vars)

    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        before = sess.run([d_vars[0], g_vars[0]])
        for _ in range(40):
            feed = {real: real_batch(rng), z: rng.randn(BATCH, Z_DIM)}
            d, _ = sess.run([d_loss, d_train], feed)
            g = sess.run(g_train, feed)
        after = sess.run([d_vars[0], g_vars[0]])
        print(json.dumps({
            'd_loss': float(d), 'g_loss': float(g), 'step': int(sess.run(step)),
            'moved': [float(np.abs(a - b).max()) for a, b in zip(after, before)],
            'names': [v.op.name for v in g_vars],
            'shape': list(sess.run(fake, {z: rng.randn(3, Z_DIM)}).shape),
        }))


if __name__ == '__main__':
    main()
