"""Moving the pixels of one image: to a size, and by a small shift, rotation and zoom."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.ops import shapes


def crop_or_pad(image: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
    """Cuts off or adds a margin of zeros, evenly on both sides, until the image has a size.

    It gives what `tf.image.resize_with_crop_or_pad` gives, with a fifth of its operations: on
    small images those are what takes the time.

    Args:
        image: `[height, width, channels]`.
        size: `(height, width)` to bring it to. An odd pixel goes to the bottom or right.

    Returns:
        The image, `[size[0], size[1], channels]`.
    """
    if image.shape[:2] == list(size):
        return image
    received = tf.shape(image)
    channels = shapes.size(image, 2)
    target = tf.stack([*size, received[2] if channels is None else channels])
    missing = tf.maximum(target - received, 0)
    begin = tf.maximum(received - target, 0) // 2
    before = missing // 2
    image = tf.slice(image, begin, tf.minimum(target, received))
    image = tf.pad(image, tf.stack([before, missing - before], axis=1))
    image.set_shape([*size, channels])
    return image


def fit(image: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
    """Brings an image to a size without cutting anything off.

    One that is too large is made smaller, with its ratio of sides, and a margin of zeros is added
    where it is too small.

    Args:
        image: `[height, width, channels]`.
        size: `(height, width)` of the result.

    Returns:
        The image, `[size[0], size[1], channels]`, of the same dtype.
    """

    def smaller():
        sides = tf.cast(tf.shape(image)[:2], tf.float32)
        factor = tf.reduce_min(tf.cast(tf.constant(size), tf.float32) / sides)
        fitted = tf.maximum(tf.cast(tf.math.rint(sides * factor), tf.int32), 1)
        # Each pixel is the mean of those that it stands for.
        resized = resize(image, tf.minimum(fitted, tf.constant(size)), "area")
        if not image.dtype.is_floating:
            resized = tf.math.rint(resized)
        return tf.cast(resized, image.dtype)

    height, width = image.shape[:2]
    if height is not None and width is not None:
        return crop_or_pad(smaller() if height > size[0] or width > size[1] else image, size)
    too_large = tf.reduce_any(tf.shape(image)[:2] > tf.constant(size))
    return crop_or_pad(tf.cond(too_large, smaller, lambda: image), size)


def resize(image: tf.Tensor, size, method: str = "bilinear") -> tf.Tensor:
    """Resizes an image as TensorFlow 1 did, from where the published checkpoints come.

    Since TensorFlow 2 the centres of pixels are taken to lie half a pixel further.

    Args:
        image: `[height, width, channels]`.
        size: `(height, width)` of the result, or int32 `[2]`.
        method: "bilinear", "nearest", "bicubic" or "area".

    Returns:
        The image, as float32.
    """
    kernels = {
        "bilinear": tf.raw_ops.ResizeBilinear,
        "nearest": tf.raw_ops.ResizeNearestNeighbor,
        "bicubic": tf.raw_ops.ResizeBicubic,
        "area": tf.raw_ops.ResizeArea,
    }
    size = tf.convert_to_tensor(size, tf.int32)
    resized = kernels[method](images=image[tf.newaxis], size=size)[0]
    return tf.cast(resized, tf.float32)


def resize_short_side(image: tf.Tensor, side) -> tf.Tensor:
    """Resizes an image so that its shorter side gets a length, and its shape stays.

    Args:
        image: `[height, width, channels]`.
        side: In pixels, an integer or an int32 scalar.

    Returns:
        The image, as float32.
    """
    sides = tf.cast(tf.shape(image)[:2], tf.float32)
    scale = tf.cast(side, tf.float32) / tf.reduce_min(sides)
    return resize(image, tf.cast(tf.math.rint(sides * scale), tf.int32))


def central_part(image: tf.Tensor, size: tuple[int, int]) -> tf.Tensor:
    """The middle of an image that is at least as large.

    Args:
        image: `[height, width, channels]`.
        size: `(height, width)` of the middle.
    """
    received = tf.shape(image)
    check = tf.debugging.assert_greater_equal(
        received[:2], tf.constant(size), "Crop size greater than the image size."
    )
    with tf.control_dependencies([] if check is None else [check]):
        begin = (received[:2] - tf.constant(size)) // 2
        part = tf.slice(image, tf.concat([begin, [0]], 0), [*size, -1])
    part.set_shape([*size, shapes.size(image, 2)])
    return part


def jitter(
    image: tf.Tensor, seed: tf.Tensor, *, shift: float, rotation: float, zoom: float
) -> tf.Tensor:
    """Shifts, turns and zooms an image a little, about its centre, by random amounts.

    The four amounts (down, right, turn, zoom) are uniform and independent. What comes in at the
    border is zero; pixels are interpolated bilinearly.

    Args:
        image: float32 `[height, width, channels]`.
        seed: int32 `[2]`, which the amounts are computed from.
        shift: Largest shift in pixels.
        rotation: Largest turn in radians. It must be small, as it is linearized.
        zoom: Largest zoom: 0.1 is between 10 % smaller and 10 % larger.

    Returns:
        The image, of the same shape.
    """
    height, width = _sides(image)
    x, y = (width - 1) / 2, (height - 1) / 2
    # A transform [a, b, c, d, e, f, 0, 0] reads the pixel for (x, y) at (ax + by + c, dx + ey + f).
    # Each row below is the change of it that one amount makes, keeping the centre in place.
    changes = tf.convert_to_tensor(
        [
            [0.0, 0.0, shift, 0.0, 0.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.0, shift, 0.0, 0.0],
            [0.0, -rotation, rotation * y, rotation, 0.0, -rotation * x, 0.0, 0.0],
            [zoom, 0.0, -zoom * x, 0.0, zoom, -zoom * y, 0.0, 0.0],
        ]
    )
    amounts = tf.random.stateless_uniform([1, 4], seed, minval=-1.0, maxval=1.0)
    moved = tf.raw_ops.ImageProjectiveTransformV3(
        images=image[tf.newaxis],
        transforms=tf.constant([[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]]) + amounts @ changes,
        output_shape=tf.shape(image)[:2],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="CONSTANT",
    )[0]
    moved.set_shape(image.shape)
    return moved


def _sides(image: tf.Tensor):
    height, width = shapes.size(image, 0), shapes.size(image, 1)
    if height is not None and width is not None:
        return float(height), float(width)
    sides = tf.cast(tf.shape(image), tf.float32)
    return sides[0], sides[1]
