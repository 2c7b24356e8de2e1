"""Layers that let values pass and change the gradient."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Tensor, TensorLike

__all__ = ["scale_gradient"]


@checked
def scale_gradient(inputs: TensorLike, gradient_multiplier: TensorLike) -> Tensor:
    """The identity, with its gradient multiplied.

    Args:
      inputs: a tensor.
      gradient_multiplier: a number, or a tensor that broadcasts to the shape of `inputs`. No
        gradient flows into it.

    Returns:
      A tensor equal to `inputs`.

    Raises:
      ValueError: the multiplier does not broadcast to the shape of `inputs`.

    Examples:
      >>> x = tf.Variable(3.0)
      >>> with tf.GradientTape() as tape:
      ...     y = slim.scale_gradient(x * x, -1.0)
      >>> print(y.numpy(), tape.gradient(y, x).numpy())
      9.0 -6.0
    """
    inputs = tf.convert_to_tensor(inputs)
    if not tf.is_tensor(gradient_multiplier):
        gradient_multiplier = tf.convert_to_tensor(gradient_multiplier, inputs.dtype)
    factor = tf.cast(gradient_multiplier, inputs.dtype)
    if not _broadcasts(factor.shape, inputs.shape):
        raise ValueError(
            f"scale_gradient expects a gradient_multiplier that broadcasts to inputs of shape "
            f"{inputs.shape}; got shape {factor.shape}. Use a scalar, or one factor per channel: "
            "shape [channels]."
        )
    return _scaled(inputs, factor)


@tf.custom_gradient
def _scaled(inputs, factor):
    def gradient(upstream):
        return upstream * factor, None

    return tf.identity(inputs), gradient


def _broadcasts(shape: tf.TensorShape, target: tf.TensorShape) -> bool:
    if shape.rank is None or target.rank is None:
        return True
    pairs = zip(reversed(shape.as_list()), reversed(target.as_list()))
    fits = all(size in (1, None) or wanted in (size, None) for size, wanted in pairs)
    return shape.rank <= target.rank and fits
