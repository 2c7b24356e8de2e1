"""Flattening the last axes of a tensor, dense or sparse, to a given rank."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.layers import utils
from tf_slim.ops import shapes

__all__ = ["inner_flatten"]


def inner_flatten(inputs, new_rank, output_collections=None, scope=None):
    """Makes one axis of the last ones, so that `new_rank` axes are left.

    Args:
      inputs: a `Tensor` or `SparseTensor` of rank `new_rank` or more.
      new_rank: the rank of the result, 1 or more.
      output_collections: name, or list of names, of collections for the output.
      scope: the name of the operations; by default `InnerFlatten`.

    Returns:
      The same values in `new_rank` axes: sparse if `inputs` is.

    Raises:
      ValueError: `inputs` has rank less than `new_rank`, or its rank is unknown.
    """
    with tf.compat.v1.name_scope(scope, "InnerFlatten", [inputs]) as name:
        if isinstance(inputs, tf.SparseTensor):
            flat = _sparse(inputs, new_rank, name)
        else:
            flat = _dense(tf.convert_to_tensor(inputs), new_rank, name)
    return utils.collect_named_outputs(output_collections, name.rstrip("/"), flat)


def _dense(inputs: tf.Tensor, new_rank: int, name: str) -> tf.Tensor:
    if inputs.shape.rank is None or inputs.shape.rank < new_rank:
        raise ValueError(
            f"{name.rstrip('/')}: inputs has rank less than new_rank, or unknown rank. Expected "
            f"rank {new_rank} or more, got shape {inputs.shape}."
        )
    sizes = tf.shape(inputs)
    flat = tf.reshape(inputs, tf.concat([sizes[: new_rank - 1], [-1]], 0))
    inner = inputs.shape[new_rank - 1 :].num_elements()
    flat.set_shape([*shapes.of(inputs)[: new_rank - 1], inner])
    return flat


def _sparse(inputs: tf.SparseTensor, new_rank: int, name: str) -> tf.SparseTensor:
    rank = shapes.size(inputs.dense_shape, 0)
    if rank is None or int(rank) < new_rank:
        raise ValueError(
            f"{name.rstrip('/')}: Inputs has rank less than new_rank, or unknown rank. Expected "
            f"rank {new_rank} or more, got {rank}."
        )
    sizes = inputs.dense_shape
    return tf.sparse.reshape(inputs, tf.concat([sizes[: new_rank - 1], [-1]], 0))
