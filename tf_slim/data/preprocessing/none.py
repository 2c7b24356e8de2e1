"""`none`: the pixels as they are, 0 to 255, as float32."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tf_slim.data.preprocessing.registry import register
from tf_slim.ops import shapes


@register("none", pixel_range=(0.0, 255.0))
def none(image_size: tuple[int, int] | None = None) -> Callable:
    """Changes the type and nothing else.

    Args:
        image_size: `(height, width)` that every image must have already, or None for any.

    Returns:
        `preprocess(image, *, is_training, seed)`; see `get_preprocessing`.

    Examples:
        >>> preprocess = slim.data.preprocessing.none.none()
        >>> image = preprocess(tf.constant([[[200]]], tf.uint8), is_training=False, seed=[0, 0])
        >>> image.dtype.name, float(image[0, 0, 0])
        ('float32', 200.0)
    """

    def preprocess(image: tf.Tensor, *, is_training: bool, seed: tf.Tensor) -> tf.Tensor:
        del is_training, seed
        if image_size is not None:
            image = tf.ensure_shape(image, [*image_size, shapes.size(image, 2)])
        return tf.cast(image, tf.float32)

    return preprocess
