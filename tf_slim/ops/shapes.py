"""Static shapes as plain integers, whichever shapes TensorFlow has been told to use.

After `tf.compat.v1.disable_v2_behavior()` a size of a `tf.TensorShape` is a `Dimension`: an unknown
one is not None, is true, and compares with anything as None. So sizes are asked for here, once, and
never taken out of a `TensorShape` (slices of one, its rank and its methods are the same in both).
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf


def of(value: Any) -> list[int | None]:
    """The size of each axis: an integer, or None where it is not known.

    Args:
      value: a tensor, a variable, or a shape.

    Raises:
      ValueError: the rank is not known.
    """
    return tf.TensorShape(getattr(value, "shape", value)).as_list()


def size(value: Any, axis: int) -> int | None:
    """The size of one axis; None where it, or the rank, is not known.

    Args:
      value: a tensor or a variable.
      axis: which one; negative from the end.
    """
    return tf.compat.dimension_value(value.shape[axis])
