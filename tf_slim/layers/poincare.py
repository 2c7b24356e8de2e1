"""Projection into the Poincaré ball."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Size, Tensor, TensorLike

__all__ = ["poincare_normalize"]


@checked
def poincare_normalize(
    x: TensorLike, axis: Size = 1, epsilon: float = 1e-5, name: str | None = None
) -> Tensor:
    """Scales vectors that lie outside the unit ball down to length `1 - epsilon`.

    From "Poincaré Embeddings for Learning Hierarchical Representations", Nickel and Kiela, 2017,
    section 3. Other vectors stay as they are.

    Args:
      x: a floating-point tensor.
      axis: along which the vectors lie: an integer or several.
      epsilon: the distance that is kept from the surface of the ball.
      name: of the operation; by default `poincare_normalize`.

    Returns:
      A tensor of the shape and dtype of `x`.

    Raises:
      ValueError: `epsilon` is no finite number.

    Examples:
      >>> inside_and_outside = tf.constant([[0.3, 0.4], [3.0, 4.0]])
      >>> print(slim.layers.poincare_normalize(inside_and_outside).numpy().round(3))
      [[0.3 0.4]
       [0.6 0.8]]
    """
    with tf.compat.v1.name_scope(name, "poincare_normalize", [x]) as scope:
        x = tf.convert_to_tensor(x)
        longest = tf.cast(1.0 - epsilon, x.dtype)
        squares = tf.reduce_sum(tf.square(x), axis, keepdims=True)
        outside = squares > tf.square(longest)
        # Inside, the root of 1 in place of 0: the gradient of a zero vector must be finite.
        factor = longest * tf.math.rsqrt(tf.where(outside, squares, tf.ones_like(squares)))
        return tf.multiply(x, tf.where(outside, factor, tf.ones_like(factor)), name=scope)
