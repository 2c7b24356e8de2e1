"""Layers of one's own, with defaults from an arg_scope."""
from __future__ import print_function

import functools
import json

import numpy as np
import tensorflow as tf
import tensorflow.contrib.slim as slim
from tensorflow.contrib.framework.python.ops import add_arg_scope
from tensorflow.contrib.framework.python.ops import arg_scope


@add_arg_scope
def gated_conv(net, num_outputs=4, kernel_size=3, counters={}, scope=None, **kwargs):
    name = scope or 'gated'
    counters[name] = counters.get(name, 0) + 1
    with tf.variable_scope('%s_%d' % (name, counters[name])):
        a = slim.conv2d(net, num_outputs, kernel_size, activation_fn=None, scope='a', **kwargs)
        b = slim.conv2d(net, num_outputs, kernel_size, activation_fn=None, scope='b', **kwargs)
        return a * tf.sigmoid(b)


@tf.contrib.framework.add_arg_scope
def weight_norm_dense(x, num_units, init=False, ema=None, *args, **kwargs):
    with tf.variable_scope(None, default_name='wn_dense'):
        v = tf.get_variable('V', [int(x.get_shape()[1]), num_units],
                            initializer=tf.random_normal_initializer(0, 0.05))
        g = tf.get_variable('g', [num_units], initializer=tf.constant_initializer(1.))
        return g * tf.matmul(x, v) / tf.sqrt(tf.reduce_sum(tf.square(v), [0]))


def prelu(x):
    alphas = tf.get_variable('alphas', x.get_shape()[-1],
                             initializer=tf.constant_initializer(0.25), dtype=tf.float32)
    return tf.nn.relu(x) - alphas * tf.nn.relu(-x)


def instance_scale(inputs, decay=0.5, scope=None):
    with tf.variable_scope(scope, 'InstanceScale'):
        scale = tf.Variable(1.0, name='w0')
        return inputs * scale * decay


def my_scope(counters):
    with arg_scope([gated_conv], counters=counters, kernel_size=3), \
            arg_scope([slim.conv2d], weights_regularizer=slim.l2_regularizer(0.01)) as sc:
        return sc


def main():
    tf.set_random_seed(0)
    counters = {}
    x = tf.constant(np.random.RandomState(0).randn(2, 8, 8, 3).astype(np.float32))
    scope = my_scope(counters)
    key = slim.arg_scope_func_key(gated_conv)
    with slim.arg_scope(scope):
        x = gated_conv(x)
        x = gated_conv(x, 6, scope='second')
        x = gated_conv(x)
        x = slim.conv2d(x, x.get_shape()[3], x.get_shape()[1:3], activation_fn=prelu, scope='own')
        x = slim.conv2d(x, 8 / 2, 3, normalizer_fn=instance_scale, scope='scaled')
    wn = functools.partial(weight_norm_dense, init=False)
    with arg_scope([weight_norm_dense], ema=None):
        y = wn(slim.flatten(x), 5)
        y = wn(y, num_units=2)
    with tf.Session() as sess:
        sess.run(tf.global_variables_initializer())
        print(json.dumps({
            'counters': counters, 'same': counters is scope[key]['counters'],
            'shape': list(sess.run(y).shape), 'key_op': getattr(gated_conv, '_key_op') == key,
            'regularization': len(tf.losses.get_regularization_losses()),
            'names': [v.op.name for v in tf.global_variables()],
        }))


if __name__ == '__main__':
    main()
