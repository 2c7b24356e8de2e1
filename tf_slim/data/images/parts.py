"""Decoding a part of a picture: of a JPEG, not much more than that part is decoded."""

from __future__ import annotations

import functools

import tensorflow as tf

from tf_slim.data.images import exif
from tf_slim.data.images.calls import FILE, NUMBER, apart, as_numbers
from tf_slim.data.images.decoding import MAX_PIXELS, decode_as
from tf_slim.data.images.headers import JPEG, Header

# At its edges libjpeg makes colours of the pixels around: those of a larger part are right within.
_MARGIN = 2


def is_whole_jpeg(header: Header, encoded: tf.Tensor) -> tf.Tensor:
    """Whether files are JPEG of which a part may be decoded.

    Of one that is cut off, that would fail or not by where the part lies.

    Args:
        header: What the headers say, of any shape.
        encoded: The files, string of that shape.

    Returns:
        bool, of that shape.
    """
    last = tf.maximum(tf.strings.length(encoded) - 2, 0)
    ends = tf.equal(tf.strings.substr(encoded, last, tf.fill(tf.shape(last), 2)), b"\xff\xd9")
    return ends & tf.equal(header.kind, JPEG) & tf.not_equal(header.detail, 4)


def decode_part(
    header: Header,
    encoded: tf.Tensor,
    window: tf.Tensor,
    channels: int,
    is_plain: tf.Tensor,
    max_pixels: int = MAX_PIXELS,
) -> tf.Tensor:
    """Decodes a part of a picture, which is to the bit that part of the whole.

    Args:
        header: What the header says, each of shape `[]`; it has passed `decoding.check`.
        encoded: The file, a string tensor of shape `[]`.
        window: `[top, left, height, width]` in pixels of the upright picture, int32 `[4]`. It must
            lie within the picture.
        channels: Number of channels to decode to: 1, 3 or 4.
        is_plain: Whether it is a whole JPEG that is stored upright, bool `[]`.
        max_pixels: The most pixels that a picture may have.

    Returns:
        The part, uint8 `[height, width, channels]`.
    """
    any_part = _decode_any_part_apart(channels, max_pixels)

    def of_any() -> tf.Tensor:
        return any_part(encoded, window, *as_numbers(header))

    if channels == 4:
        return of_any()
    sides = tf.cast(tf.stack([header.height, header.width]), tf.int32)
    part = tf.cond(is_plain, lambda: _of_jpeg(encoded, window, sides, channels), of_any)
    part.set_shape([None, None, channels])
    return part


def _of_jpeg(encoded: tf.Tensor, window: tf.Tensor, sides: tf.Tensor, channels: int) -> tf.Tensor:
    """A part of a JPEG, as it is stored."""
    begin, size = tf.split(window, 2)
    first = tf.maximum(begin - _MARGIN, 0)
    last = tf.minimum(begin + size + _MARGIN, sides)
    image = tf.io.decode_and_crop_jpeg(
        encoded, tf.concat([first, last - first], 0), channels=channels
    )
    return _cut(image, begin - first, size)


@functools.cache
def _decode_any_part_apart(channels: int, max_pixels: int):
    return apart(
        functools.partial(_decode_any_part, channels, max_pixels),
        FILE,
        tf.TensorSpec([4], tf.int32),
        *[NUMBER] * len(Header._fields),
    )


def _decode_any_part(
    channels: int, max_pixels: int, encoded: tf.Tensor, window: tf.Tensor, *numbers: tf.Tensor
) -> tf.Tensor:
    header = Header(*numbers)

    def of_turned() -> tf.Tensor:
        size = tf.cast(tf.stack([header.height, header.width]), tf.int32)
        part = _of_jpeg(encoded, *_as_stored(window, size, header.orientation), channels)
        return exif.upright(part, header.orientation)

    def of_whole() -> tf.Tensor:
        image = decode_as(header, encoded, channels, max_pixels)
        return _cut(image, *tf.split(window, 2))

    if channels == 4:
        return of_whole()
    return tf.cond(is_whole_jpeg(header, encoded), of_turned, of_whole)


def _cut(image: tf.Tensor, begin: tf.Tensor, size: tf.Tensor) -> tf.Tensor:
    return tf.strided_slice(image, begin, begin + size)


def _as_stored(
    window: tf.Tensor, size: tf.Tensor, orientation: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """The window in the picture as it is stored, and the sides of that."""
    swapped, rows, columns = exif.turns(orientation)
    reverse = tf.stack([rows, columns])
    begin = tf.where(reverse, size - window[:2] - window[2:], window[:2])
    turned = tf.concat([begin, window[2:]], 0)
    return (
        tf.where(swapped, tf.gather(turned, [1, 0, 3, 2]), turned),
        tf.where(swapped, size[::-1], size),
    )
