"""`vgg`: pixels less the mean of ImageNet; in training a random crop at a random scale.

K. Simonyan, A. Zisserman, "Very deep convolutional networks for large-scale image recognition",
arXiv:1409.1556, 2014, section 3.
"""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tf_slim.data.preprocessing.geometry import central_part, resize_short_side
from tf_slim.data.preprocessing.registry import register
from tf_slim.ops import shapes

MEANS = (123.68, 116.78, 103.94)
"""Of the red, green and blue of the training images of ImageNet, from 0 to 255."""

# What a grey pixel has of the three colours, as in `tf.image.rgb_to_grayscale`.
_GREY_MEAN = 0.2989 * MEANS[0] + 0.5870 * MEANS[1] + 0.1140 * MEANS[2]
SIZE = (224, 224)
"""`(height, width)` of the images, unless it is said."""


def means(channels: int) -> tuple[float, ...]:
    """What is taken off each channel: those of three colours, or what grey has of them.

    Examples:
      >>> slim.data.preprocessing.vgg.means(3)
      (123.68, 116.78, 103.94)
    """
    return MEANS if channels == 3 else (_GREY_MEAN,)


def smallest_side(size: tuple[int, int]) -> int:
    """How long the short side becomes before the crop, in evaluation.

    Args:
        size: `(height, width)` of the crop.

    Examples:
        >>> slim.data.preprocessing.vgg.smallest_side((224, 224))
        256
    """
    return round(max(size) * 256 / 224)


def _black_and_white(channels: int) -> tuple[list[float], list[float]]:
    return [-mean for mean in means(channels)], [255.0 - mean for mean in means(channels)]


@register("vgg", pixel_range=_black_and_white)
def vgg(image_size: tuple[int, int] | None = None) -> Callable:
    """A crop of the image at a larger scale, less the means; the values are not scaled.

    The scale is that of the paper, whatever the size of the crop: for one of 224 pixels the short
    side gets 256 pixels in evaluation, where the crop is the middle, and 256 to 512 in training,
    where it is anywhere and is flipped every second time.

    Args:
        image_size: `(height, width)` of the result; None for 224x224.

    Returns:
        `preprocess(image, *, is_training, seed)`; see `get_preprocessing`.

    Examples:
        >>> preprocess = slim.data.preprocessing.vgg.vgg(image_size=(224, 224))
        >>> image = preprocess(tf.zeros([300, 400, 3], tf.uint8), is_training=False, seed=[0, 0])
        >>> print(image.shape, image[0, 0].numpy().round(2))
        (224, 224, 3) [-123.68 -116.78 -103.94]
    """
    size = SIZE if image_size is None else image_size
    smallest = smallest_side(size)

    def preprocess(image: tf.Tensor, *, is_training: bool, seed: tf.Tensor) -> tf.Tensor:
        if is_training:
            return for_training(image, size, seed, smallest, 2 * smallest)
        return less_means(central_part(resize_short_side(image, smallest), size))

    return preprocess


def for_training(
    image: tf.Tensor, size: tuple[int, int], seed: tf.Tensor, smallest: int, largest: int
) -> tf.Tensor:
    """A random crop at a random scale, flipped every second time, less the means.

    Args:
        image: `[height, width, channels]`, from 0 to 255.
        size: `(height, width)` of the crop.
        seed: int32 `[2]`.
        smallest: The length of the short side, in pixels, at the smallest scale.
        largest: The same at the largest scale.
    """
    scale, place, flip = tf.unstack(tf.random.split(seed, 3))
    side = tf.random.stateless_uniform([], scale, smallest, largest + 1, tf.int32)
    image = resize_short_side(image, side)
    image = tf.image.stateless_random_crop(image, [*size, shapes.size(image, 2)], place)
    return less_means(tf.image.stateless_random_flip_left_right(image, flip))


def less_means(image: tf.Tensor) -> tf.Tensor:
    """Takes off the mean of each channel of `[..., channels]`.

    Raises:
        ValueError: If there are neither one channel nor three.

    Examples:
        >>> print(slim.data.preprocessing.vgg.less_means(tf.zeros([1, 3])).numpy().round(2))
        [[-123.68 -116.78 -103.94]]
    """
    channels = shapes.size(image, -1)
    if channels not in (1, 3):
        raise ValueError(
            f"The preprocessing 'vgg' takes grey images or those of three colours, received "
            f"{channels} channels."
        )
    return tf.cast(image, tf.float32) - tf.constant(means(channels))
