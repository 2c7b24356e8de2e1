"""Set operations along the last dimension: the functions of `tf.sets`, under their old names."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Tensor, TensorLike


@checked
def set_size(a: TensorLike | tf.SparseTensor, validate_indices: bool = True) -> Tensor:
    """The number of different elements in each row; see `tf.sets.size`.

    Examples:
      >>> found = slim.metrics.set_union([[1, 2, 3]], [[2, 3, 4]])
      >>> print(slim.metrics.set_size(found).numpy())
      [4]
    """
    return tf.sets.size(a, validate_indices)


@checked
def set_intersection(
    a: TensorLike | tf.SparseTensor, b: TensorLike | tf.SparseTensor, validate_indices: bool = True
) -> tf.SparseTensor:
    """What is in a row of both `a` and `b`; see `tf.sets.intersection`.

    Examples:
      >>> found = slim.metrics.set_intersection([[1, 2, 3]], [[2, 3, 4]])
      >>> print(found.values.numpy())
      [2 3]
    """
    return tf.sets.intersection(a, b, validate_indices)


@checked
def set_union(
    a: TensorLike | tf.SparseTensor, b: TensorLike | tf.SparseTensor, validate_indices: bool = True
) -> tf.SparseTensor:
    """What is in a row of `a` or `b`; see `tf.sets.union`.

    Examples:
      >>> found = slim.metrics.set_union([[1, 2, 3]], [[2, 3, 4]])
      >>> print(found.values.numpy())
      [1 2 3 4]
    """
    return tf.sets.union(a, b, validate_indices)


@checked
def set_difference(
    a: TensorLike | tf.SparseTensor,
    b: TensorLike | tf.SparseTensor,
    aminusb: bool = True,
    validate_indices: bool = True,
) -> tf.SparseTensor:
    """What is in a row of `a` and not of `b`, or the reverse; see `tf.sets.difference`.

    Args:
      a: a tensor, or a `tf.SparseTensor`, `[d1, ..., dN, elements]`.
      b: the same, with the same sizes but the last.
      aminusb: False to subtract `a` from `b`.
      validate_indices: whether to check the order of sparse indices.

    Returns:
      A `tf.SparseTensor`.

    Examples:
      >>> found = slim.metrics.set_difference([[1, 2, 3]], [[2, 3, 4]])
      >>> print(found.values.numpy())
      [1]
    """
    return tf.sets.difference(a, b, aminusb, validate_indices)
