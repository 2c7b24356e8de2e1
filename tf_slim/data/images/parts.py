"""Decoding a part of a picture: of a JPEG, not much more than that part is decoded."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.data.images import exif
from tf_slim.data.images.decoding import MAX_PIXELS, decode_as
from tf_slim.data.images.headers import JPEG, Header

# At its edges libjpeg makes colours of the pixels around: those of a larger part are right within.
_MARGIN = 8


def is_whole_jpeg(header: Header, encoded: tf.Tensor) -> tf.Tensor:
    """Whether files are JPEG of which a part may be decoded.

    Of one that is cut off, that would fail or not by where the part lies.

    Args:
        header: What the headers say, of `[batch]`.
        encoded: The files, string `[batch]`.

    Returns:
        bool `[batch]`.
    """
    last = tf.maximum(tf.strings.length(encoded) - 2, 0)
    ends = tf.equal(tf.strings.substr(encoded, last, tf.fill(tf.shape(last), 2)), b"\xff\xd9")
    return ends & tf.equal(header.kind, JPEG) & tf.not_equal(header.detail, 4)


def decode_part(
    header: Header,
    encoded: tf.Tensor,
    window: tf.Tensor,
    channels: int,
    may_cut: tf.Tensor,
    max_pixels: int = MAX_PIXELS,
) -> tf.Tensor:
    """Decodes a part of a picture, which is to the bit that part of the whole.

    Args:
        header: What the header says, each of shape `[]`; it has passed `decoding.check`.
        encoded: The file, a string tensor of shape `[]`.
        window: `[top, left, height, width]` in pixels of the upright picture, int32 `[4]`. It must
            lie within the picture.
        channels: Number of channels to decode to: 1, 3 or 4.
        may_cut: What `is_whole_jpeg` says of the file, bool `[]`.
        max_pixels: The most pixels that a picture may have.

    Returns:
        The part, uint8 `[height, width, channels]`.
    """

    def of_whole() -> tf.Tensor:
        return _cut(decode_as(header, encoded, channels, max_pixels), window)

    if channels == 4:
        return of_whole()

    def cut() -> tf.Tensor:
        upright = tf.equal(header.orientation, 1)
        size = tf.cast(tf.stack([header.height, header.width]), tf.int32)
        stored, sides = tf.cond(
            upright,
            lambda: (window, size),
            lambda: _as_stored(window, size, header.orientation),
        )
        begin = tf.maximum(stored[:2] - _MARGIN, 0)
        end = tf.minimum(stored[:2] + stored[2:] + _MARGIN, sides)
        part = tf.io.decode_and_crop_jpeg(
            encoded, tf.concat([begin, end - begin], 0), channels=channels
        )
        part = _cut(part, tf.concat([stored[:2] - begin, stored[2:]], 0))
        return exif.upright(part, header.orientation)

    part = tf.cond(may_cut, cut, of_whole)
    part.set_shape([None, None, channels])
    return part


def _cut(image: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
    begin = tf.concat([window[:2], [0]], 0)
    return tf.slice(image, begin, tf.concat([window[2:], [-1]], 0))


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
