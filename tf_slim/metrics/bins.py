"""Sorting examples into bins and counting them there, in one pass over the examples."""

from __future__ import annotations

import numpy as np
import tensorflow as tf


def count_in_bins(
    bins: tf.Tensor, size: int, weights: tf.Tensor | None = None, dtype: tf.DType = tf.float32
) -> tf.Tensor:
    """How many examples, or how much weight, there is in each bin.

    Args:
      bins: the bin of each example, int32 or int64, of any shape; those from `size` on are not
        counted, and none may be negative.
      size: the number of bins.
      weights: None for 1, or in the shape of `bins`.
      dtype: of the result.

    Returns:
      `[size]`.
    """
    if weights is None:
        # Integers count exactly, and GPUs have no kernel for longer ones.
        given = tf.zeros([0], tf.int32)
    else:
        given = tf.reshape(tf.cast(weights, dtype), [-1])
    sums = tf.raw_ops.DenseBincount(
        input=tf.reshape(bins, [-1]), size=tf.cast(size, bins.dtype), weights=given
    )
    return tf.cast(tf.ensure_shape(sums, [size]), dtype)


def bin_between(thresholds: np.ndarray, values: tf.Tensor) -> tf.Tensor:
    """For each value the number of thresholds that are less than it, int32 in its shape.

    Args:
      thresholds: `[thresholds]`, float32, ascending.
      values: float32, of any shape; NaN gets any number in range.
    """
    last = len(thresholds) - 1
    grid = np.linspace(0.0, 1.0, len(thresholds))
    if not last or np.max(np.abs(thresholds - grid)) * last >= 0.25:
        flat = tf.searchsorted(tf.constant(thresholds), tf.reshape(values, [-1]))
        return tf.reshape(flat, tf.shape(values))
    # The nearest point of the grid is the only threshold that arithmetic alone cannot place.
    nearest = tf.clip_by_value(tf.cast(values * last + 0.5, tf.int32), 0, last)
    return nearest + tf.cast(tf.gather(thresholds, nearest) < values, tf.int32)
