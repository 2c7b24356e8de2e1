"""`digits`: for tiny grey images of handwriting, slightly moved in training."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tf_slim.data.preprocessing.geometry import fit, jitter
from tf_slim.data.preprocessing.lenet import scale
from tf_slim.data.preprocessing.registry import register


@register("digits", pixel_range=(-1.0, 127.0 / 128.0))
def digits(image_size: tuple[int, int] | None = None) -> Callable:
    """As `lenet`, and in training a random shift by up to a pixel, a small turn and a small zoom.

    Args:
        image_size: `(height, width)` of the result, or None to leave the size as it is.

    Returns:
        `preprocess(image, *, is_training, seed)`; see `get_preprocessing`.

    Examples:
        >>> preprocess = slim.data.preprocessing.digits.digits()
        >>> preprocess(tf.zeros([8, 8, 1], tf.uint8), is_training=True, seed=[0, 0]).shape
        TensorShape([8, 8, 1])
    """

    def preprocess(image: tf.Tensor, *, is_training: bool, seed: tf.Tensor) -> tf.Tensor:
        if image_size is not None:
            image = fit(image, image_size)
        image = tf.cast(image, tf.float32)
        if is_training:
            image = jitter(image, seed, shift=1.0, rotation=0.15, zoom=0.1)
        return scale(image)

    return preprocess
