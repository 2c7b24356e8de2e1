"""Layers that only rearrange or convert."""

from __future__ import annotations

import math

import tensorflow as tf

from tf_slim.layers import checks, parts
from tf_slim.ops.arg_scope import add_arg_scope
from tf_slim.ops.types import Collections, Tensor, TensorLike

__all__ = ["flatten", "one_hot_encoding"]


@add_arg_scope
def flatten(
    inputs: TensorLike, outputs_collections: Collections = None, scope: str | None = None
) -> Tensor:
    """Joins all axes but the first.

    Args:
      inputs: `[batch, ...]`.
      outputs_collections: name, or list of names, of collections for the output.
      scope: name of the operation; by default `Flatten`, made unique.

    Returns:
      `[batch, k]`; k is known statically if all joined axes are.

    Raises:
      ValueError: `inputs` is a scalar.

    Examples:
      >>> slim.flatten(tf.ones([8, 4, 4, 16])).shape
      TensorShape([8, 256])
    """
    layer = parts.Layer("flatten", scope, "Flatten", outputs_collections=outputs_collections)
    inputs = tf.convert_to_tensor(inputs)
    shape = None if inputs.shape.rank is None else inputs.shape.as_list()
    if shape is not None:
        checks.rank(inputs, "[batch, ...]", layer, at_least=1)
    with layer.name_scope(inputs):
        with tf.name_scope("flatten"):
            if shape is not None and None not in shape[1:]:
                batch = -1 if shape[0] is None else shape[0]
                outputs = tf.reshape(inputs, [batch, math.prod(shape[1:])])
            else:
                sizes = tf.shape(inputs)
                # The product, not -1: that would be ambiguous for an empty batch.
                outputs = tf.reshape(inputs, [sizes[0], tf.reduce_prod(sizes[1:])])
                outputs.set_shape([None if shape is None else shape[0], None])
        return layer.finish(outputs)


@add_arg_scope
def one_hot_encoding(
    labels: TensorLike,
    num_classes: int | Tensor,
    on_value: float | Tensor = 1.0,
    off_value: float | Tensor = 0.0,
    outputs_collections: Collections = None,
    scope: str | None = None,
) -> Tensor:
    """Labels as rows with one entry set.

    Args:
      labels: integers, any shape. A label outside `[0, num_classes)` gives a row without entry.
      num_classes: length of the rows.
      on_value: the entry at the label.
      off_value: the other entries.
      outputs_collections: name, or list of names, of collections for the output.
      scope: name of the operation; by default `OneHotEncoding`, made unique.

    Returns:
      `[*shape of labels, num_classes]`, of the dtype of `on_value`.

    Raises:
      TypeError: `labels` are not integers.

    Examples:
      >>> print(slim.one_hot_encoding([2, 0], num_classes=3).numpy())
      [[0. 0. 1.]
       [1. 0. 0.]]
    """
    layer = parts.Layer(
        "one_hot_encoding", scope, "OneHotEncoding", outputs_collections=outputs_collections
    )
    labels = tf.convert_to_tensor(labels)
    if not labels.dtype.is_integer:
        raise layer.error(
            "integer labels",
            f"labels of dtype {labels.dtype.name}",
            "Convert them first: tf.cast(labels, tf.int64).",
            kind=TypeError,
        )
    with layer.name_scope(labels):
        outputs = tf.one_hot(labels, num_classes, on_value=on_value, off_value=off_value)
        return layer.finish(outputs)
