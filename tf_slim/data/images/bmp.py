"""BMP: device-independent bitmaps of Windows and OS/2, without compression."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.data.images.checking import require
from tf_slim.data.images.layout import Layout
from tf_slim.data.images.octets import little, pick

START = b"BM"
ENDINGS = (".bmp",)

_BIT_FIELDS = (3, 6)


def lay_out(encoded: tf.Tensor, start: tf.Tensor, active: tf.Tensor) -> Layout:
    """Reads the size, which has its place.

    Args:
        encoded: The files, string `[batch]`.
        start: Their first octets, int64 `[batch, count]`.
        active: Which of them are BMP, bool `[batch]`.

    Returns:
        Their layout; sizes are 0 where none is told.
    """
    del encoded
    header = little(start, 14, 4)
    of_os2 = active & tf.equal(header, 12)
    later = active & (header >= 40)
    width = pick(later, _signed(little(start, 18, 4)), little(start, 18, 2))
    height = pick(later, tf.abs(_signed(little(start, 22, 4))), little(start, 20, 2))
    told = (of_os2 | later) & (width > 0)
    none = tf.zeros_like(width)
    return Layout(pick(told, height, 0), pick(told, width, 0), none, none - 1)


def decode(encoded: tf.Tensor, channels: int) -> tf.Tensor:
    """Decodes one file to RGB or, where 4 channels are asked for, RGBA.

    TensorFlow's own decoder knows no palettes: it takes the number of a colour for a grey.

    Args:
        encoded: The file, string `[]`.
        channels: 3 or 4.
    """
    octets = tf.io.decode_raw(encoded, tf.uint8)
    head = tf.cast(tf.pad(octets[:70], [[0, tf.maximum(70 - tf.size(octets[:70]), 0)]]), tf.int64)
    head = tf.ensure_shape(head, [70])
    is_os2 = tf.equal(little(head, 14, 4), 12)
    width = pick(is_os2, little(head, 18, 2), _signed(little(head, 18, 4)))
    signed_height = pick(is_os2, little(head, 20, 2), _signed(little(head, 22, 4)))
    height = tf.abs(signed_height)
    bits = pick(is_os2, little(head, 24, 2), little(head, 28, 2))
    method = pick(is_os2, 0, little(head, 30, 4))
    known = require(
        (tf.equal(method, 0) & _any(bits, (1, 4, 8, 16, 24, 32)))
        | (_any(method, _BIT_FIELDS) & _any(bits, (16, 32))),
        "a BMP with compression, or of a kind that is not known: save it as PNG",
    )
    begin = little(head, 10, 4)
    row = (width * bits + 31) // 32 * 4
    whole = require(
        begin + row * height <= tf.cast(tf.size(octets), tf.int64), "the BMP is truncated"
    )
    with tf.control_dependencies([*known, *whole]):
        pixels = tf.reshape(octets[begin : begin + row * height], tf.stack([height, row]))
    shape = tf.stack([height, width])

    def of_palette() -> tf.Tensor:
        each = pick(is_os2, 3, 4)
        first = 14 + little(head, 14, 4)
        used = pick(is_os2, 0, little(head, 46, 4))
        most = tf.bitwise.left_shift(tf.constant(1, tf.int64), bits)
        count = pick((used > 0) & (used <= most), used, most)
        count = tf.minimum(count, tf.maximum(begin - first, 0) // each)
        palette = octets[first : first + count * each]
        palette = tf.reshape(palette, tf.stack([count, each]))[:, 2::-1]
        palette = tf.pad(palette, [[0, most - count], [0, 0]])
        shifts = tf.cast(tf.range(8 - bits, -1, -bits), tf.uint8)
        numbers = tf.bitwise.right_shift(pixels[..., tf.newaxis], shifts)
        numbers = tf.bitwise.bitwise_and(numbers, tf.cast(most - 1, tf.uint8))
        numbers = tf.reshape(numbers, tf.stack([height, -1]))[:, :width]
        return _opaque(tf.gather(palette, tf.cast(numbers, tf.int32)))

    def of_three() -> tf.Tensor:
        return _opaque(tf.reshape(pixels[:, : 3 * width], tf.stack([height, width, 3]))[..., ::-1])

    def of_fields() -> tf.Tensor:
        size = bits // 8
        values = tf.reshape(pixels[:, : size * width], tf.stack([height, width, size]))
        values = tf.cast(values, tf.int64)
        values = tf.reduce_sum(
            values * tf.bitwise.left_shift(tf.constant(1, tf.int64), 8 * tf.range(size)), -1
        )
        told = _any(method, _BIT_FIELDS)
        usual = pick(
            tf.equal(bits, 16),
            tf.constant([0x7C00, 0x3E0, 0x1F, 0], tf.int64),
            tf.constant([0xFF0000, 0xFF00, 0xFF, 0xFF000000], tf.int64),
        )
        masks = tf.stack([little(head, 54 + 4 * n, 4) for n in range(4)])
        # Only from the third version of the header on is there a mask of the alpha.
        has_alpha = tf.cast(little(head, 14, 4) >= 56, tf.int64)
        masks *= tf.stack([1, 1, 1, has_alpha])
        masks = pick(told, masks, usual)
        lowest = tf.maximum(tf.bitwise.bitwise_and(masks, -masks), 1)
        largest = tf.maximum(masks // lowest, 1)
        parts = tf.bitwise.bitwise_and(values[..., tf.newaxis], masks) // lowest
        image = tf.cast(parts * 255 // largest, tf.uint8)
        # A fourth octet that is never used is 0 everywhere.
        without = tf.reduce_all(tf.equal(image[..., 3], 0))
        return tf.where(without, tf.maximum(image, tf.constant([0, 0, 0, 255], tf.uint8)), image)

    image = tf.case(
        [(bits <= 8, of_palette), (tf.equal(bits, 24), of_three)], default=of_fields, exclusive=True
    )
    image = tf.cond(signed_height > 0, lambda: image[::-1], lambda: image)
    image = tf.ensure_shape(tf.reshape(image, tf.concat([shape, [4]], 0)), [None, None, 4])
    return image[..., :channels]


def _signed(value: tf.Tensor) -> tf.Tensor:
    return pick(value >= 2**31, value - 2**32, value)


def _any(value: tf.Tensor, choices: tuple[int, ...]) -> tf.Tensor:
    return tf.reduce_any(tf.equal(value, tf.constant(choices, tf.int64)))


def _opaque(image: tf.Tensor) -> tf.Tensor:
    return tf.concat([image, tf.fill(tf.shape(image[..., :1]), tf.constant(255, tf.uint8))], -1)
