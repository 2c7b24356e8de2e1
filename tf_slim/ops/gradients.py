"""What is done to one gradient, dense or `tf.IndexedSlices`, in every mode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf


def scaled(gradient: Any, factor: Any) -> Any:
    """`gradient * factor`; the factor is a number or a scalar tensor."""
    if isinstance(gradient, tf.IndexedSlices):
        values = scaled(gradient.values, factor)
        return tf.IndexedSlices(values, gradient.indices, gradient.dense_shape)
    return gradient * tf.cast(factor, gradient.dtype)


def clip_by_norm(gradient: Any, max_norm: Any) -> Any:
    """Scales one gradient down to at most `max_norm` in L2 norm."""
    if isinstance(gradient, tf.IndexedSlices):
        values = tf.clip_by_norm(gradient.values, max_norm)
        return tf.IndexedSlices(values, gradient.indices, gradient.dense_shape)
    return tf.clip_by_norm(gradient, max_norm)


def clip_by_global_norm(gradients: Sequence[Any], max_norm: Any) -> list[Any]:
    """Scales gradients down, as one, to at most `max_norm` in L2 norm together."""
    return tf.clip_by_global_norm(list(gradients), max_norm)[0]
