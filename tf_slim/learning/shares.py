"""How many examples a batch, or the share of one replica, has."""

from __future__ import annotations

from typing import Any

import tensorflow as tf


@tf.autograph.experimental.do_not_convert
def count(inputs: Any, labels: Any) -> tf.Tensor | None:
    """The number of examples, an int32 scalar; None if it is known that there are some.

    It is the size of the first dimension of what has one.
    """
    leaves = tf.nest.flatten((inputs, labels))
    batches = [leaf for leaf in leaves if isinstance(leaf, tf.Tensor) and leaf.shape.rank]
    if not batches or any(leaf.shape[0] for leaf in batches):
        return None
    return tf.shape(batches[0])[0]
