"""`cifarnet`: each image with mean 0 and deviation 1; in training moved, flipped and relit.

A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009, and the programs
around his cuda-convnet.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tf_slim.data.preprocessing.geometry import crop_or_pad
from tf_slim.data.preprocessing.registry import register
from tf_slim.ops import shapes

SIZE = (32, 32)
"""`(height, width)` of the images, unless it is said."""


@register("cifarnet")
def cifarnet(image_size: tuple[int, int] | None = None, *, padding: int = 4) -> Callable:
    """Cropped or padded to a size, standardized.

    In training the image gets a margin of zeros, and a random crop of that is flipped every second
    time and changes its brightness and contrast.

    Args:
        image_size: `(height, width)` of the result; None for 32x32.
        padding: Width of the margin in pixels.

    Returns:
        `preprocess(image, *, is_training, seed)`; see `get_preprocessing`.

    Examples:
        >>> preprocess = slim.data.preprocessing.cifarnet.cifarnet(image_size=(32, 32))
        >>> picture = tf.random.uniform([40, 48, 3], 0, 255, tf.int32)
        >>> image = preprocess(picture, is_training=False, seed=[0, 0])
        >>> image.shape, abs(float(tf.reduce_mean(image))) < 1e-4
        (TensorShape([32, 32, 3]), True)
    """
    size = SIZE if image_size is None else image_size

    def preprocess(image: tf.Tensor, *, is_training: bool, seed: tf.Tensor) -> tf.Tensor:
        image = tf.cast(image, tf.float32)
        if not is_training:
            return tf.image.per_image_standardization(crop_or_pad(image, size))
        seeds = tf.unstack(tf.random.split(seed, 2))
        image = move(image, size, seeds[0], padding)
        return tf.image.per_image_standardization(relight(image, seeds[1]))

    return preprocess


def move(image: tf.Tensor, size: tuple[int, int], seed: tf.Tensor, padding: int) -> tf.Tensor:
    """A random crop of an image with a margin, flipped every second time.

    Args:
        image: `[height, width, channels]`. One that is too small even with its margin gets a wider
            one.
        size: `(height, width)` of the crop.
        seed: int32 `[2]`.
        padding: Width of the margin in pixels.
    """
    place, flip = tf.unstack(tf.random.split(seed, 2))
    missing = tf.maximum(tf.constant(size) - tf.shape(image)[:2] - 2 * padding, 0)
    before = padding + missing // 2
    after = padding + missing - missing // 2
    margins = tf.stack([before, after], axis=1)
    padded = tf.pad(image, tf.concat([margins, [[0, 0]]], axis=0))
    crop = tf.image.stateless_random_crop(padded, [*size, shapes.size(image, 2)], place)
    return tf.image.stateless_random_flip_left_right(crop, flip)


def relight(image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Changes brightness and contrast of `[height, width, channels]` of 0 to 255 at random."""
    brightness, contrast = tf.unstack(tf.random.split(seed, 2))
    image = tf.image.stateless_random_brightness(image, 63.0, brightness)
    return tf.image.stateless_random_contrast(image, 0.2, 1.8, contrast)
