"""`decode`: the pixels of an image file, upright."""

from __future__ import annotations

import functools
from collections.abc import Callable

import tensorflow as tf

from tf_slim.data.images import bmp, exif, gif, headers, png, webp
from tf_slim.data.images.calls import FILE, NUMBER, apart, as_numbers
from tf_slim.data.images.checking import require
from tf_slim.ops import shapes

MAX_PIXELS = 178_956_970
"""The most pixels that a picture may have: those of half a gigabyte of RGB."""


def decode(encoded: tf.Tensor, channels: int = 3, *, max_pixels: int = MAX_PIXELS) -> tf.Tensor:
    """Decodes one JPEG, PNG, GIF, BMP or WebP file.

    The picture is turned upright as its Exif data says. Of an animation the first frame is taken,
    of 16 bits the higher 8. CMYK becomes RGB, colour becomes grey where one channel is asked for,
    alpha is left out where it is not asked for, and is 255 where there is none.

    Args:
        encoded: The file, a string tensor of shape `[]`.
        channels: Number of channels to decode to: 1 (grey), 3 (RGB) or 4 (RGBA).
        max_pixels: The most pixels that a picture may have. The header is asked before memory is
            taken: a file of a few kilobytes can announce more than there is.

    Returns:
        The image, uint8 `[height, width, channels]`.

    Raises:
        tf.errors.InvalidArgumentError: If it is of no known format, truncated or damaged, has more
            pixels than allowed, or is WebP and TensorFlow does not know that.
        ValueError: If `channels` is not 1, 3 or 4.
    """
    if channels not in (1, 3, 4):
        raise ValueError(f"channels must be 1 (grey), 3 (RGB) or 4 (RGBA), received {channels!r}.")
    encoded = tf.convert_to_tensor(encoded, tf.string)
    header = headers.header(encoded)
    checks = check(header.kind, header.height, header.width, max_pixels)
    with tf.control_dependencies(checks):
        return decode_as(header, tf.identity(encoded), channels, max_pixels)


def decode_as(
    header: headers.Header, encoded: tf.Tensor, channels: int, max_pixels: int = MAX_PIXELS
) -> tf.Tensor:
    """`decode`, for one whose header has been read and passed `check`.

    Args:
        header: What the header says, each of shape `[]`.
        encoded: The file, a string tensor of shape `[]`.
        channels: Number of channels to decode to: 1, 3 or 4.
        max_pixels: The most pixels that a picture may have.

    Returns:
        The image, uint8 `[height, width, channels]`.
    """

    def decode_any() -> tf.Tensor:
        apart = _decode_apart(channels, max_pixels)
        return apart(encoded, *as_numbers((header.kind, header.orientation, header.detail)))

    def decode_simple() -> tf.Tensor:
        return tf.io.decode_image(encoded, channels=channels, expand_animations=False)

    if channels == 4:
        image = decode_any()
    else:
        image = tf.cond(is_simple(header), decode_simple, decode_any)
    image.set_shape([None, None, channels])
    return image


def is_simple(header: headers.Header) -> tf.Tensor:
    """Whether TensorFlow's own decoder does all there is to do, for one channel or three."""
    is_jpeg = tf.equal(header.kind, headers.JPEG) & tf.not_equal(header.detail, 4)
    upright = tf.equal(header.orientation, 1)
    return (is_jpeg | tf.equal(header.kind, headers.PNG)) & upright


@functools.cache
def _decode_apart(channels: int, max_pixels: int):
    return apart(functools.partial(_decode, channels, max_pixels), FILE, NUMBER, NUMBER, NUMBER)


def _decode(
    channels: int,
    max_pixels: int,
    encoded: tf.Tensor,
    kind: tf.Tensor,
    orientation: tf.Tensor,
    detail: tf.Tensor,
) -> tf.Tensor:

    def of_jpeg() -> tf.Tensor:
        if channels == 1:
            # libjpeg makes no grey of CMYK.
            return tf.cond(
                tf.equal(detail, 4),
                lambda: _with_channels(tf.io.decode_jpeg(encoded, channels=3), 1),
                lambda: tf.io.decode_jpeg(encoded, channels=1),
            )
        return _with_channels(tf.io.decode_jpeg(encoded, channels=3), channels)

    def rare(decode_to: Callable, *arguments: int) -> Callable:
        def with_channels(encoded: tf.Tensor) -> tf.Tensor:
            return _with_channels(decode_to(encoded, *arguments), channels)

        return apart(with_channels, FILE)

    kept = 3 if channels == 1 else channels
    image = tf.switch_case(
        tf.cast(kind, tf.int32),
        [
            lambda: tf.zeros([1, 1, channels], tf.uint8),
            of_jpeg,
            lambda: png.decode(encoded, detail, channels),
            lambda: rare(gif.decode, 3, max_pixels)(encoded),
            lambda: rare(bmp.decode, kept)(encoded),
            lambda: rare(webp.decode, kept, max_pixels)(encoded),
        ],
    )
    image.set_shape([None, None, channels])
    return exif.upright(image, orientation)


def check(kind: tf.Tensor, height: tf.Tensor, width: tf.Tensor, max_pixels: int) -> list:
    """What must run before files are decoded: their formats are known, their sizes are allowed.

    Args:
        kind: As in their headers, as the others; all of one shape.
        height: In pixels.
        width: In pixels.
        max_pixels: The most pixels that a picture may have.

    Returns:
        Control dependencies.
    """
    known = require(tf.reduce_all(kind > 0), "not a JPEG, PNG, GIF, BMP or WebP picture")
    fits = require(
        tf.reduce_all(height * width <= max_pixels),
        f"more pixels than the bound of {max_pixels}: height and width are",
        height,
        width,
    )
    return [*known, *fits]


def _with_channels(image: tf.Tensor, channels: int) -> tf.Tensor:
    """From RGB or RGBA to the number of channels asked for."""
    if channels == 3:
        return image[..., :3]
    if channels == 4:
        if shapes.size(image, -1) == 4:
            return image
        opaque = tf.fill(tf.shape(image[..., :1]), tf.constant(255, tf.uint8))
        return tf.concat([image[..., :3], opaque], -1)
    # ITU-R BT.601, in 16 bits.
    weights = tf.constant([19595, 38470, 7471])
    luma = tf.reduce_sum(tf.cast(image[..., :3], tf.int32) * weights, -1, keepdims=True)
    return tf.cast((luma + 2**15) // 2**16, tf.uint8)
