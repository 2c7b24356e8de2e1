"""Refusing a file within a graph."""

from __future__ import annotations

import tensorflow as tf

MARK = "tf_slim.data.images: "
"""Before the reason in an error of TensorFlow's."""


def require(condition: tf.Tensor, reason: str, *values: tf.Tensor) -> list:
    """What must run before anything that needs the condition.

    Args:
        condition: bool `[]`.
        reason: What is wrong if it does not hold.
        *values: What the error shows after that.

    Returns:
        Control dependencies. When executed eagerly none: then it has failed already.
    """
    check = tf.raw_ops.Assert(condition=condition, data=[MARK + reason, *values], summarize=8)
    return [] if check is None else [check]
