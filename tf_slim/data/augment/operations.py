"""The 14 operations of RandAugment, on one image with pixels of 0 to 255.

They are those of E. D. Cubuk et al., "AutoAugment", CVPR 2019, whose ranges are these at strength 1
(cutout left out, for which there is random erasing), and give what Pillow's `ImageOps` and
`ImageEnhance` give, without the rounding in between. Each takes `(image, strength, sign)`: float32
`[height, width, channels]`, a float from 0 to 1, and a float32 scalar, -1 or 1.
"""

from __future__ import annotations

import math

import tensorflow as tf

from tf_slim.ops import shapes

_ROTATION = math.radians(30)
_SHEAR = 0.3
_SHIFT = 0.45  # of the side
_ENHANCEMENT = 0.9
_LOST_BITS = 4
_GREY = 128.0  # what comes in at the border


def identity(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
    """The image as it is."""
    del strength, sign
    return tf.identity(image)


def autocontrast(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
    """Each channel stretched, so that its darkest pixel becomes 0 and its brightest 255."""
    del strength, sign
    low = tf.reduce_min(image, [0, 1])
    spread = tf.reduce_max(image, [0, 1]) - low
    stretched = (image - low) * (255.0 / tf.where(spread > 0, spread, tf.ones_like(spread)))
    return tf.where(spread > 0, stretched, image)


def equalize(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
    """Each channel with all brightnesses equally frequent, as far as its pixels allow."""
    del strength, sign
    channels = image.shape.as_list()[2]
    values = _rounded(image)
    bins = values + 256 * tf.range(channels)
    counts = tf.math.unsorted_segment_sum(
        tf.ones_like(tf.reshape(bins, [-1])), tf.reshape(bins, [-1]), 256 * channels
    )
    counts = tf.reshape(counts, [channels, 256])
    # The brightest pixels get 255, whatever their number, so the others share out the steps.
    brightest = tf.reduce_max(values, [0, 1])
    last = tf.gather(counts, brightest, axis=1, batch_dims=1)[:, tf.newaxis]
    step = (tf.reduce_sum(counts, 1, keepdims=True) - last) // 255
    safe = tf.maximum(step, 1)
    below = tf.cumsum(counts, axis=1, exclusive=True)
    table = tf.minimum((below + safe // 2) // safe, 255)
    table = tf.where(step > 0, table, tf.range(256)[tf.newaxis])
    return tf.cast(tf.gather(tf.reshape(table, [-1]), bins), image.dtype)


def solarize(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
    """Pixels from a threshold on turned into their negative: from 256 down to 0."""
    del sign
    return tf.where(image < 256.0 * (1.0 - strength), image, 255.0 - image)


def posterize(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
    """Fewer bits a channel: from 8 down to 4."""
    del sign
    kept = 2 ** round(_LOST_BITS * strength)
    return tf.cast(_rounded(image) // kept * kept, image.dtype)


def brightness(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
    """Towards black, or away from it."""
    return _enhanced(tf.zeros_like(image), image, strength, sign)


def contrast(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
    """Towards the mean grey of the image, or away from it."""
    mean = tf.reduce_mean(_grey(image))
    return _enhanced(tf.fill(tf.shape(image), mean), image, strength, sign)


def colour(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
    """Towards grey, or away from it. A grey image stays."""
    return _enhanced(tf.broadcast_to(_grey(image), tf.shape(image)), image, strength, sign)


def sharpness(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
    """Towards a smoothed image, or away from it. The border stays."""
    channels = image.shape.as_list()[2]
    kernel = tf.constant([[1.0, 1.0, 1.0], [1.0, 5.0, 1.0], [1.0, 1.0, 1.0]]) / 13.0
    kernel = tf.tile(kernel[:, :, tf.newaxis, tf.newaxis], [1, 1, channels, 1])
    smooth = tf.nn.depthwise_conv2d(image[tf.newaxis], kernel, [1] * 4, "SAME")[0]
    height, width = tf.unstack(tf.shape(image)[:2])
    rows, columns = tf.range(height), tf.range(width)
    inside = ((rows > 0) & (rows < height - 1))[:, tf.newaxis] & (columns > 0)
    inside &= columns < width - 1
    return _enhanced(tf.where(inside[..., tf.newaxis], smooth, image), image, strength, sign)


def rotate(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
    """Turned about its middle, by up to 30 degrees."""
    angle = sign * (_ROTATION * strength)
    cos, sin = tf.cos(angle), tf.sin(angle)
    x, y = _middle(image)
    return _moved(image, [cos, -sin, x - cos * x + sin * y, sin, cos, y - sin * x - cos * y])


def shear_x(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
    """Rows moved aside, by up to 0.3 of their distance from the top one."""
    return _moved(image, [1.0, sign * (_SHEAR * strength), 0.0, 0.0, 1.0, 0.0])


def shear_y(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
    """Columns moved up or down, by up to 0.3 of their distance from the left one."""
    return _moved(image, [1.0, 0.0, 0.0, sign * (_SHEAR * strength), 1.0, 0.0])


def translate_x(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
    """Moved aside, by up to 0.45 of the width."""
    width = tf.cast(tf.shape(image)[1], tf.float32)
    return _moved(image, [1.0, 0.0, sign * (_SHIFT * strength) * width, 0.0, 1.0, 0.0])


def translate_y(image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
    """Moved up or down, by up to 0.45 of the height."""
    height = tf.cast(tf.shape(image)[0], tf.float32)
    return _moved(image, [1.0, 0.0, 0.0, 0.0, 1.0, sign * (_SHIFT * strength) * height])


OPERATIONS = (
    identity,
    autocontrast,
    equalize,
    rotate,
    solarize,
    colour,
    posterize,
    contrast,
    brightness,
    sharpness,
    shear_x,
    shear_y,
    translate_x,
    translate_y,
)


def _rounded(image: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.clip_by_value(tf.math.rint(image), 0.0, 255.0), tf.int32)


def _enhanced(poor: tf.Tensor, image: tf.Tensor, strength: float, sign: tf.Tensor) -> tf.Tensor:
    factor = 1.0 + sign * (_ENHANCEMENT * strength)
    return tf.clip_by_value(poor + factor * (image - poor), 0.0, 255.0)


def _grey(image: tf.Tensor) -> tf.Tensor:
    """As television has it: `[height, width, 1]`."""
    if shapes.size(image, 2) == 1:
        return image
    return tf.reduce_sum(image * tf.constant([0.299, 0.587, 0.114]), axis=2, keepdims=True)


def _middle(image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    sides = tf.cast(tf.shape(image)[:2], tf.float32)
    return (sides[1] - 1.0) / 2.0, (sides[0] - 1.0) / 2.0


def _moved(image: tf.Tensor, rows: list) -> tf.Tensor:
    """Reads the pixel for (x, y) at (ax + by + c, dx + ey + f), in between bilinearly."""
    transform = tf.stack([*[tf.cast(entry, tf.float32) for entry in rows], 0.0, 0.0])
    return tf.raw_ops.ImageProjectiveTransformV3(
        images=image[tf.newaxis],
        transforms=transform[tf.newaxis],
        output_shape=tf.shape(image)[:2],
        fill_value=_GREY,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )[0]
