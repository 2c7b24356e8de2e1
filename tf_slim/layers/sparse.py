"""Dense to sparse, and numbers to buckets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.layers import checks, parts
from tf_slim.layers.sparse_ops import dense_to_sparse_tensor
from tf_slim.ops.arg_scope import add_arg_scope
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Collections, Tensor, TensorLike

__all__ = ["bucketize", "dense_to_sparse"]


@add_arg_scope
def dense_to_sparse(
    tensor: TensorLike,
    eos_token: Any = 0,
    outputs_collections: Collections = None,
    scope: str | None = None,
) -> tf.SparseTensor:
    """A sparse tensor of all elements but one value: labels as `tf.nn.ctc_loss` takes them.

    Args:
      tensor: any shape, rank 1 or more.
      eos_token: the value that is left out, such as the end of a sequence or its padding.
      outputs_collections: name, or list of names, of collections for the output.
      scope: name of the scope; by default `dense_to_sparse`, made unique.

    Returns:
      A `tf.SparseTensor` of the shape and dtype of `tensor`.

    Raises:
      ValueError: `tensor` is a scalar.

    Examples:
      >>> sparse = slim.dense_to_sparse([[5, 0, 7]], eos_token=0)
      >>> print(sparse.indices.numpy().tolist(), sparse.values.numpy())
      [[0, 0], [0, 2]] [5 7]
    """
    layer = parts.Layer(
        "dense_to_sparse", scope, "dense_to_sparse", outputs_collections=outputs_collections
    )
    tensor = tf.convert_to_tensor(tensor)
    if tensor.shape.rank == 0:
        checks.rank(tensor, "[..., elements]", layer, at_least=1)
    with layer.name_scope(tensor, variable_scope=True):
        return layer.finish(dense_to_sparse_tensor(tensor, eos_token))


@checked
def bucketize(
    input_tensor: TensorLike, boundaries: Sequence[float], name: str | None = None
) -> Tensor:
    """The bucket that each number lies in.

    For boundaries b, bucket 0 is below b[0], bucket i holds b[i - 1] <= x < b[i], and the last
    one what is left.

    Args:
      input_tensor: numbers, any shape.
      boundaries: a list of numbers in ascending order.
      name: of the operation.

    Returns:
      int32, the shape of `input_tensor`.

    Raises:
      TypeError: `boundaries` is no list.
      ValueError: `boundaries` are not in ascending order.

    Examples:
      >>> print(slim.bucketization_op.bucketize([-1.0, 0.0, 5.0, 20.0], [0, 10]).numpy())
      [0 1 1 2]
    """
    if not isinstance(boundaries, (list, tuple, np.ndarray)):
        raise TypeError(
            f"bucketize expects boundaries to be a list of numbers; got {boundaries!r}. For one "
            f"boundary write [{boundaries!r}]."
        )
    bounds = [float(bound) for bound in boundaries]
    if bounds != sorted(bounds):
        raise ValueError(
            f"bucketize expects boundaries in ascending order; got {list(boundaries)!r}. Sort "
            "them: sorted(boundaries)."
        )
    numbers = tf.convert_to_tensor(input_tensor)
    return tf.raw_ops.Bucketize(input=numbers, boundaries=bounds, name=name or "Bucketize")
