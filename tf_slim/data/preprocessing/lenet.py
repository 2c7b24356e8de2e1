"""`lenet`: a fixed size, and pixels in [-1, 1)."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tf_slim.data.preprocessing.geometry import fit
from tf_slim.data.preprocessing.registry import register


@register("lenet", pixel_range=(-1.0, 127.0 / 128.0))
def lenet(image_size: tuple[int, int] | None = None) -> Callable:
    """Brings images to a size and computes `(pixel - 128) / 128`, alike in training and evaluation.

    What is too large is made smaller, and what is too small gets a margin; nothing is cut off. (The
    preprocessing of research/slim cuts off, which leaves little of a photograph.)

    Args:
        image_size: `(height, width)` of the result, or None to leave the size as it is.

    Returns:
        `preprocess(image, *, is_training, seed)`; see `get_preprocessing`.

    Examples:
        >>> preprocess = slim.data.preprocessing.lenet.lenet(image_size=(28, 28))
        >>> image = preprocess(tf.zeros([20, 20, 1], tf.uint8), is_training=False, seed=[0, 0])
        >>> image.shape, float(image[14, 14, 0])
        (TensorShape([28, 28, 1]), -1.0)
    """

    def preprocess(image: tf.Tensor, *, is_training: bool, seed: tf.Tensor) -> tf.Tensor:
        del is_training, seed
        if image_size is not None:
            image = fit(image, image_size)
        return scale(image)

    return preprocess


def scale(image: tf.Tensor) -> tf.Tensor:
    """Maps pixels of 0 to 255, of any shape, to `[-1, 1)`: `(pixel - 128) / 128`.

    Examples:
      >>> print(slim.data.preprocessing.lenet.scale(tf.constant([0, 128, 255])).numpy().round(3))
      [-1.     0.     0.992]
    """
    return (tf.cast(image, tf.float32) - 128.0) / 128.0
