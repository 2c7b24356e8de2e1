"""Exponential moving averages, as batch normalization keeps them."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.ops import modes, scopes, variables


def update(variable, value, decay):
    """Moves `variable` towards `value`.

    Args:
      variable: the average.
      value: a tensor of the same shape.
      decay: how much of the old average remains; a number or a tensor.

    Returns:
      What depends on the assignment being done: an operation, a tensor or a variable.
    """
    if modes.recomputing():
        return tf.identity(variable)
    dtype = variable.dtype.base_dtype
    rate = tf.cast(1.0 - decay, dtype)
    if not modes.in_v1_graph():
        return variable.assign_sub((variable - tf.cast(value, dtype)) * rate)
    # Programs find the update operations by this name.
    with tf.compat.v1.name_scope(None, "AssignMovingAvg", [value]) as name:
        step = (variable - tf.cast(value, dtype)) * rate
        return tf.compat.v1.assign_sub(variable, step, name=name)


class ZeroDebiased:
    """A moving average without the bias towards its initial value, zero.

    From "Adam: A Method for Stochastic Optimization", Kingma and Ba, 2014, section 3: the average
    over t values is divided by 1 - decay ** t.

    Makes the variables `biased` and `local_step` in a scope called like the average.
    """

    def __init__(self, average, make):
        """Makes the variables in the current scope.

        Args:
          average: the variable that holds the debiased average.
          make: `slim.variable` or `slim.model_variable`.
        """
        self._average = average
        dtype = average.dtype.base_dtype
        kwargs = {"dtype": dtype, "initializer": tf.zeros_initializer(), "trainable": False}
        with scopes.scope(variables.get_variable_full_name(average)):
            self._biased = make("biased", shape=average.shape.as_list(), **kwargs)
            self._local_step = make("local_step", shape=[], **kwargs)

    def update(self, value, decay):
        """Moves the average towards `value`. Arguments and return value as for `update`."""
        if modes.recomputing():
            return tf.identity(self._average)
        dtype = self._average.dtype.base_dtype
        rate = tf.cast(1.0 - decay, dtype)
        with tf.compat.v1.name_scope(None, "AssignMovingAvg", [value]) as name:
            step = (self._biased - tf.cast(value, dtype)) * rate
            biased = tf.compat.v1.assign_sub(self._biased, step)
            count = tf.compat.v1.assign_add(self._local_step, tf.ones([], dtype))
            factor = 1.0 - tf.pow(1.0 - rate, count)
            return tf.compat.v1.assign(self._average, biased / factor, name=name)
