"""`Cropping`: a preprocessing that begins with a cut, and tells where before there are pixels."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tf_slim.ops import shapes


class Cropping:
    """A preprocessing that looks at a part of the picture only.

    A pipeline asks it for the part before it decodes a file, and of a JPEG then decodes not much
    more than that. The result is to the bit that of decoding all and cutting.

    Attributes:
        window: `window(height, width, *, is_training, seed)`: `[top, left, height, width]` in
            pixels, int32 `[4]`, of a part that lies within a picture of this size (int32 scalars).
        finish: `finish(image, *, is_training, seed)`: from that part, uint8
            `[height, width, channels]`, to what the net is fed, as `get_preprocessing` says.

    Examples:
        >>> def window(height, width, *, is_training, seed):
        ...     return tf.stack([height // 4, width // 4, height // 2, width // 2])
        >>> def finish(image, *, is_training, seed):
        ...     return tf.image.resize(image, (32, 32))
        >>> crop = slim.data.preprocessing.Cropping(window, finish)
        >>> crop(tf.zeros([96, 96, 3], tf.uint8), is_training=False, seed=[0, 0]).shape
        TensorShape([32, 32, 3])
    """

    def __init__(self, window: Callable[..., tf.Tensor], finish: Callable[..., tf.Tensor]):
        """Makes a preprocessing of its two parts.

        Args:
            window: Where the part lies. Both get the same seed, int32 `[2]`.
            finish: What happens to the part.
        """
        self.window = window
        self.finish = finish

    def __call__(self, image: tf.Tensor, *, is_training: bool, seed: tf.Tensor) -> tf.Tensor:
        """Cuts, and does what comes after.

        Args:
            image: uint8 `[height, width, channels]`.
            is_training: Whether it is for training.
            seed: int32 `[2]`.

        Returns:
            float32 `[height, width, channels]`.
        """
        size = tf.shape(image)
        window = self.window(size[0], size[1], is_training=is_training, seed=seed)
        begin = tf.concat([window[:2], [0]], 0)
        part = tf.slice(image, begin, tf.concat([window[2:], [-1]], 0))
        part.set_shape([None, None, shapes.size(image, 2)])
        return self.finish(part, is_training=is_training, seed=seed)
