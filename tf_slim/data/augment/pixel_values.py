"""From the values that a preprocessing made of pixels to 0 ... 255, and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import tensorflow as tf

from tf_slim.ops.types import Tensor

PixelRange: TypeAlias = tuple[float | Sequence[float], float | Sequence[float]] | None
"""What black and white became, each one number or one a channel; None where it is not fixed."""


def black_and_white(image: Tensor, pixel_range: PixelRange) -> tuple[Tensor, Tensor]:
    """The values of black and of white, which broadcast with the image.

    Where a preprocessing has no fixed ones, as one that standardizes each image, they are taken to
    be the least and the greatest value of the image itself.

    Args:
        image: float32 `[height, width, channels]`.
        pixel_range: What black and white are, or None.
    """
    if pixel_range is None:
        return tf.reduce_min(image), tf.reduce_max(image)
    low, high = pixel_range
    return tf.constant(low, image.dtype), tf.constant(high, image.dtype)


def on_pixels(
    change: Callable[[tf.Tensor], tf.Tensor], image: tf.Tensor, pixel_range: PixelRange
) -> tf.Tensor:
    """Applies to an image in any range what is written for pixels of 0 to 255.

    Args:
        change: A function of an image of 0 to 255, float32.
        image: float32 `[height, width, channels]`.
        pixel_range: What black and white are in it, or None.
    """
    if pixel_range == (0.0, 255.0):
        return change(image)
    black, white = black_and_white(image, pixel_range)
    scale = (white - black) / 255.0
    # An image of one value has no range of its own. It has no contrast that could be changed.
    scale = tf.where(scale > 0, scale, tf.ones_like(scale))
    return change((image - black) / scale) * scale + black
