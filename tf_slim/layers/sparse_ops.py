"""Sparse tensors from dense ones, and how far their rows reach."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tf_slim.ops.types import DType, Tensor, TensorLike

__all__ = ["dense_to_sparse_tensor", "indicators_to_sparse_ids", "sparse_row_envelope"]


def dense_to_sparse_tensor(dense_tensor: TensorLike, ignore_value: Any = None) -> tf.SparseTensor:
    """A sparse tensor of all elements but one value.

    Args:
      dense_tensor: any shape, rank 1 or more.
      ignore_value: the value that is left out; by default zero, False or the empty string.

    Returns:
      A `tf.SparseTensor` of the shape and dtype of `dense_tensor`.
    """
    with tf.name_scope("DenseToSparseTensor"):
        dense_tensor = tf.convert_to_tensor(dense_tensor)
        indices = tf.where(_present(dense_tensor, ignore_value))
        values = tf.gather_nd(dense_tensor, indices)
        return tf.SparseTensor(indices, values, tf.shape(dense_tensor, out_type=tf.int64))


def indicators_to_sparse_ids(
    indicators: TensorLike, ignore_value: Any = None, dtype: DType = tf.int64
) -> tf.SparseTensor:
    """The numbers of the classes that apply, from one indicator a class.

        indicators_to_sparse_ids([[0, 0, 1, 0], [1, 0, 0, 1]])  # [[2], [0, 3]]

    Args:
      indicators: `[..., classes]`.
      ignore_value: what a class has that does not apply; by default zero, False or the empty
        string.
      dtype: of the numbers of the classes.

    Returns:
      A `tf.SparseTensor` of `[..., most classes that apply at once]`: the classes of a row in
      ascending order, from the left.
    """
    with tf.name_scope("indicators_to_sparse_ids"):
        indicators = tf.convert_to_tensor(indicators)
        present = _present(indicators, ignore_value)
        counts = tf.cumsum(tf.cast(present, tf.int64), axis=-1)
        places = tf.where(present)
        position = tf.gather_nd(counts, places) - 1
        rows = tf.shape(indicators, out_type=tf.int64)[:-1]
        most = tf.reduce_max(tf.concat([[0], tf.reshape(counts, [-1])], 0))
        return tf.SparseTensor(
            tf.concat([places[:, :-1], position[:, tf.newaxis]], 1),
            tf.cast(places[:, -1], dtype),
            tf.concat([rows, [most]], 0),
        )


def sparse_row_envelope(
    sparse_input: tf.SparseTensor, row_axis: int = 0, col_axis: int = 1, name: str | None = None
) -> Tensor:
    """How far each row of a sparse tensor reaches: the last column it has an element in, plus 1.

    Args:
      sparse_input: a `tf.SparseTensor` of rank 2 or more.
      row_axis: the axis of rows.
      col_axis: the axis of columns.
      name: of the scope of the operations.

    Returns:
      int64, `[rows]`; 0 for a row without elements.

    Raises:
      ValueError: an axis is no integer, or both are the same.
    """
    axes = (row_axis, col_axis)
    if not all(isinstance(axis, int) for axis in axes) or row_axis == col_axis:
        raise ValueError(
            "sparse_row_envelope expects two different integers as row_axis and col_axis; got "
            f"{row_axis!r} and {col_axis!r}."
        )
    with tf.name_scope(name or "sparse_row_envelope"):
        rows, columns = (sparse_input.indices[:, axis] for axis in axes)
        reach = tf.math.unsorted_segment_max(columns + 1, rows, sparse_input.dense_shape[row_axis])
        return tf.maximum(reach, 0)


def _present(tensor: tf.Tensor, ignore_value: Any) -> tf.Tensor:
    if ignore_value is None:
        return tf.not_equal(tensor, tf.zeros([], tensor.dtype))
    return tf.not_equal(tensor, tf.cast(ignore_value, tensor.dtype))
