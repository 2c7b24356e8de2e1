"""Small nets on floor 0 alone, for its tests."""

from __future__ import annotations

import tensorflow as tf

import tf_slim as slim
from tf_slim.ops.variables import model_variable


def l2(variable):
    return 0.1 * tf.nn.l2_loss(variable)


def dense(inputs, units, scope=None, reuse=None):
    """A layer without bias, named as Slim names layers."""
    with slim.scope(scope, "fc", [inputs], reuse=reuse):
        return inputs @ model_variable("weights", [inputs.shape[-1], units], regularizer=l2)


def tower(inputs, is_training=False):
    """Default names, given names, reuse, raw TensorFlow variables, a moving statistic."""
    with tf.compat.v1.variable_scope("tower"):
        net = dense(dense(inputs, 3), 4)
        net = dense(dense(net, 4, "shared"), 4, "shared", reuse=True)
        with tf.compat.v1.variable_scope("raw"):
            net *= tf.compat.v1.get_variable("alpha", [4])
        model_variable("mean", [4], trainable=False, initializer=tf.zeros_initializer())
    return dense(net, 2)


TOWER_NAMES = [
    "tower/fc/weights",
    "tower/fc_1/weights",
    "tower/shared/weights",
    "tower/raw/alpha",
    "tower/mean",
    "fc/weights",
]
