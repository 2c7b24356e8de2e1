"""Small operations with known results, to try the replaying itself on."""

from __future__ import annotations

import tensorflow as tf

import tf_slim as slim
from tf_slim.ops import collect

v1 = tf.compat.v1


@slim.add_arg_scope
def scaled(inputs, depth, regularizer=None, offset=0.0, scope=None):
    """inputs * weights + biases + offset, of shape [batch, depth]."""
    with slim.scope(scope, "Scaled"):
        weights = slim.model_variable("weights", [1, depth], regularizer=regularizer)
        biases = slim.model_variable("biases", [depth], collections=["mine"])
        return tf.add(inputs * weights + biases, offset, name="out")


def average(inputs):
    """Subtracts a moving average, and then moves it half of the way to the mean of `inputs`."""
    with slim.scope("Average"):
        mean = slim.model_variable("moving_mean", [], trainable=False)
        outputs = inputs - tf.identity(mean)
        if tf.executing_eagerly() or v1.get_default_graph().building_function:
            mean.assign_add((tf.reduce_mean(inputs) - mean) / 2)
        else:
            update = v1.assign_add(mean, (tf.reduce_mean(inputs) - mean) / 2)
            v1.add_to_collection(v1.GraphKeys.UPDATE_OPS, update)
    return outputs


def loss(inputs):
    """Half the sum of squares, in LOSSES."""
    value = tf.nn.l2_loss(inputs)
    if tf.executing_eagerly() or v1.get_default_graph().building_function:
        frame = collect.current_frame()
        if frame is not None:
            frame.losses.append(value)
    else:
        v1.losses.add_loss(value)
    return value


def half_square(variable):
    """A regularizer: half the sum of squares."""
    return tf.nn.l2_loss(variable)


def refuse(inputs):
    """Raises ValueError."""
    raise ValueError(f"no {inputs}")
