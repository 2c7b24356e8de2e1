"""Softmax over channels."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.layers import checks, parts
from tf_slim.ops import modes
from tf_slim.ops.arg_scope import add_arg_scope
from tf_slim.ops.types import Tensor, TensorLike

__all__ = ["softmax"]


@add_arg_scope
def softmax(logits: TensorLike, scope: str | None = None) -> Tensor:
    """Softmax over the last axis.

    In a v1 graph the result is the operation `<scope>/Reshape_1`, the output node that frozen
    graphs of Slim nets are known by.

    Args:
      logits: `[batch, ..., classes]`, floating point.
      scope: name of the scope; by default `softmax`, made unique.

    Returns:
      Probabilities, of the shape and dtype of `logits`.

    Raises:
      ValueError: the rank is unknown or below 2, or the number of classes is unknown.

    Examples:
      >>> print(slim.softmax(tf.constant([[0.0, 0.0, 0.0, 0.0]])).numpy())
      [[0.25 0.25 0.25 0.25]]
    """
    layer = parts.Layer("softmax", scope, "softmax")
    logits = tf.convert_to_tensor(logits)
    rank = checks.rank(logits, "[batch, ..., classes]", layer, at_least=2)
    classes = checks.channels(logits, rank - 1, layer)
    with layer.name_scope(logits, variable_scope=True):
        if modes.in_v1_graph():
            flat = tf.nn.softmax(tf.reshape(logits, [-1, classes]))
            outputs = tf.reshape(flat, tf.shape(logits))
            outputs.set_shape(logits.shape)
        else:
            outputs = tf.nn.softmax(logits)
        return layer.finish(outputs)
