"""Zeros for a variable that has no value yet."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tf_slim.ops import places

__all__ = ["zero_initializer"]


def zero_initializer(ref: Any, use_locking: bool = True, name: str = "zero_initializer") -> Any:
    """Sets a variable to zeros.

    Args:
      ref: a variable of known shape. In a v1 graph it must not have a value yet.
      use_locking: whether the assignment is protected by a lock (v1 graphs with reference
        variables only).
      name: of the operation.

    Returns:
      In a v1 graph the operation's output, the variable's new value; elsewhere the variable, which
      is zero at once.

    Raises:
      ValueError: the shape is not known.
      tf.errors.InvalidArgumentError: in a v1 graph, when it runs, and the variable has a value.

    Examples:
      >>> counts = tf.Variable([1.0, 2.0])
      >>> print(slim.zero_initializer(counts).numpy())
      [0. 0.]
    """
    if not ref.shape.is_fully_defined():
        raise ValueError(
            f"zero_initializer expects a variable of known shape; got {ref.name!r} of shape "
            f"{ref.shape}. Assign tf.zeros(...) of the shape you want."
        )
    with tf.name_scope(name):
        zeros = tf.zeros(ref.shape, ref.dtype.base_dtype)
        if places.current().immediate:
            ref.assign(zeros)
            return ref
        is_new = tf.logical_not(tf.compat.v1.is_variable_initialized(ref))
        check = tf.compat.v1.Assert(
            is_new, [f"zero_initializer: {ref.name} already has a value; assign zeros instead."]
        )
        with tf.control_dependencies([check]):
            return tf.compat.v1.assign(ref, zeros, use_locking=use_locking)
