"""Random erasing: a rectangle of an image is replaced by noise."""

from __future__ import annotations

import math

import tensorflow as tf

from tf_slim.data.augment.pixel_values import PixelRange, black_and_white
from tf_slim.ops.types import Tensor

# The paper tries until a rectangle fits. Ten tries fail for one image in a few thousand, which
# then keeps its pixels, and can all be drawn at once.
_ATTEMPTS = 10


def random_erasing(
    image: Tensor,
    seed: Tensor,
    *,
    probability: float = 0.5,
    area: tuple[float, float] = (0.02, 0.4),
    aspect: float = 0.3,
    pixel_range: PixelRange = (0.0, 255.0),
) -> Tensor:
    """Replaces a rectangle of an image by random pixels.

    Z. Zhong et al., "Random Erasing Data Augmentation", AAAI 2020, arXiv:1708.04896: their variant
    RE-R, with a random value for each pixel, which was the best of four. The ratio of height to
    width is drawn on a logarithmic scale, so that lying and standing rectangles are as frequent.

    Args:
        image: float32 `[height, width, channels]`.
        seed: int32 `[2]`, which all that is random is computed from.
        probability: Share of the images that lose a rectangle.
        area: The least and the greatest area of the rectangle, as shares of the image.
        aspect: The least ratio of its sides, in (0, 1]; the greatest is its inverse.
        pixel_range: What black and white are in the image, between which the noise lies; None for
            the least and the greatest value of the image itself.

    Returns:
        The image, of the same shape.

    Raises:
        ValueError: If an argument is out of its range.

    Examples:
        >>> image = tf.zeros([32, 32, 1])
        >>> erased = slim.data.augment.random_erasing(image, seed=[1, 2], probability=1.0)
        >>> 0.0 < float(tf.reduce_mean(tf.cast(erased > 0, tf.float32))) <= 0.4
        True
    """
    if not 0 <= probability <= 1:
        raise ValueError(f"random_erasing: probability must be in [0, 1]; got {probability}.")
    if not 0 < area[0] <= area[1] < 1:
        raise ValueError(
            f"random_erasing: area must be (least, greatest), both in (0, 1); got {area}."
        )
    if not 0 < aspect <= 1:
        raise ValueError(f"random_erasing: aspect must be in (0, 1]; got {aspect}.")
    image = tf.convert_to_tensor(image)
    whether, shape_seed, place_seed, noise_seed = tf.unstack(tf.random.split(seed, 4))

    def erased() -> tf.Tensor:
        rows, columns = _rectangle(image, area, aspect, shape_seed, place_seed)
        black, white = black_and_white(image, pixel_range)
        noise = tf.random.stateless_uniform(tf.shape(image), noise_seed) * (white - black) + black
        hole = rows[:, tf.newaxis, tf.newaxis] & columns[tf.newaxis, :, tf.newaxis]
        return tf.where(hole, noise, image)

    chosen = tf.random.stateless_uniform([], whether) < probability
    result = tf.cond(chosen, erased, lambda: tf.identity(image))
    result.set_shape(image.shape)
    return result


def _rectangle(
    image: tf.Tensor,
    area: tuple[float, float],
    aspect: float,
    shape_seed: tf.Tensor,
    place_seed: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Which rows and which columns belong to it: bool `[height]` and `[width]`."""
    height, width = tf.unstack(tf.shape(image)[:2])
    tries = tf.random.stateless_uniform([_ATTEMPTS, 2], shape_seed)
    size = (area[0] + tries[:, 0] * (area[1] - area[0])) * tf.cast(height * width, tf.float32)
    ratio = tf.exp((2.0 * tries[:, 1] - 1.0) * math.log(1.0 / aspect))
    tall = tf.cast(tf.math.rint(tf.sqrt(size * ratio)), tf.int32)
    wide = tf.cast(tf.math.rint(tf.sqrt(size / ratio)), tf.int32)
    fits = (tall < height) & (wide < width)
    first = tf.argmax(fits)
    tall = tf.where(fits[first], tall[first], 0)
    wide = tf.where(fits[first], wide[first], 0)
    place = tf.random.stateless_uniform([2], place_seed)
    found = []
    for length, cut, where in ((height, tall, place[0]), (width, wide, place[1])):
        begin = tf.cast(where * tf.cast(length - cut + 1, tf.float32), tf.int32)
        index = tf.range(length)
        found.append((index >= begin) & (index < begin + cut))
    return found[0], found[1]
