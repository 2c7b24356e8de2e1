"""GIF: version 89a. Of an animation the first frame counts."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.data.images.checking import require
from tf_slim.data.images.layout import Layout
from tf_slim.data.images.octets import little

START = b"GIF8"
ENDINGS = (".gif",)


def lay_out(encoded: tf.Tensor, start: tf.Tensor, active: tf.Tensor) -> Layout:
    """Reads the size of the screen, which has its place.

    Args:
        encoded: The files, string `[batch]`.
        start: Their first octets, int64 `[batch, count]`.
        active: Which of them are GIF, bool `[batch]`.

    Returns:
        Their layout; sizes are 0 where none is told.
    """
    del encoded
    none = tf.zeros_like(active, tf.int64)
    height = tf.where(active, little(start, 8, 2), 0)
    return Layout(height, tf.where(active, little(start, 6, 2), 0), none, none - 1)


def decode(encoded: tf.Tensor, channels: int, max_pixels: int) -> tf.Tensor:
    """Decodes the first frame of one file to RGB.

    TensorFlow's decoder takes memory for all frames. It gets a file that ends after the first.

    Args:
        encoded: The file, string `[]`.
        channels: 3.
        max_pixels: The most that the frame may have.
    """
    octets = tf.io.decode_raw(encoded, tf.uint8)
    count = tf.size(octets)
    packed = _at(octets, 10)
    begin, end = _first_frame(octets, 13 + _table(packed))
    there = require(begin >= 0, "the GIF has no frame, or is truncated or damaged")
    with tf.control_dependencies(there):
        frame = tf.cast(tf.pad(octets, [[0, 10]])[begin : begin + 10], tf.int64)
        frame = tf.ensure_shape(frame, [10])
    left, top = little(frame, 1, 2), little(frame, 3, 2)
    width, height = little(frame, 5, 2), little(frame, 7, 2)
    fits = require(width * height <= max_pixels, f"more pixels than the bound of {max_pixels}")
    whole = require(end <= count, "the GIF is truncated")
    with tf.control_dependencies([*fits, *whole]):
        # Its screen is the frame: TensorFlow knows no other.
        before = tf.strings.substr(encoded, 10, begin - 10)
        sides = tf.strings.substr(encoded, begin + 5, 4)
        data = tf.strings.substr(encoded, begin + 9, end - begin - 9)
        origin = b",\0\0\0\0"
        alone = tf.strings.join([b"GIF89a", sides, before, origin, sides, data, b";"])
    image = tf.io.decode_image(alone, channels=channels, expand_animations=False)
    head = tf.ensure_shape(tf.cast(octets[:10], tf.int64), [10])
    return place(image, top, left, little(head, 8, 2), little(head, 6, 2))


def place(image: tf.Tensor, top, left, height, width) -> tf.Tensor:
    """Puts a frame at its place on a screen of zeros; what is outside of that is cut off.

    Args:
        image: The frame, `[height, width, channels]`.
        top: Row of the screen at which it begins.
        left: Column of the screen at which it begins.
        height: Of the screen.
        width: Of the screen.

    Returns:
        The screen.
    """
    top, left = tf.cast(top, tf.int32), tf.cast(left, tf.int32)
    height, width = tf.cast(height, tf.int32), tf.cast(width, tf.int32)
    rows, columns = tf.maximum(height - top, 0), tf.maximum(width - left, 0)
    image = image[:rows, :columns]
    shape = tf.shape(image)
    below = height - tf.minimum(top, height) - shape[0]
    right = width - tf.minimum(left, width) - shape[1]
    return tf.pad(
        image, [[tf.minimum(top, height), below], [tf.minimum(left, width), right], [0, 0]]
    )


def _table(packed: tf.Tensor) -> tf.Tensor:
    """Octets of the table of colours that such a field announces."""
    size = tf.bitwise.left_shift(tf.constant(6), packed % 8)
    return tf.where(packed >= 128, size, 0)


def _at(octets: tf.Tensor, position) -> tf.Tensor:
    """One octet; past the end there are zeros."""
    inside = tf.minimum(position, tf.size(octets) - 1)
    return tf.where(position < tf.size(octets), tf.cast(octets[inside], tf.int32), 0)


def _first_frame(octets: tf.Tensor, position: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Where the first frame begins, or -1, and where it ends."""

    # Phases: 0 before a block, 1 in the parts of an extension, 2 in those of the frame, 3 done.
    def step(phase, position, begin):
        octet = _at(octets, position)

        def block():
            is_frame = tf.equal(octet, 0x2C)
            is_extension = tf.equal(octet, 0x21)
            data = position + 11 + _table(_at(octets, position + 9))
            following = tf.where(is_frame, 2, tf.where(is_extension, 1, 3))
            return (
                following,
                tf.where(is_frame, data, position + 2),
                tf.where(is_frame, position, begin),
            )

        def parts():
            # Nearly all parts are of 255 octets: a run of those is passed over at once.
            lengths = octets[position::256]
            shorter = tf.cumsum(tf.cast(tf.not_equal(lengths, 255), tf.int32)) > 0
            run = tf.reduce_sum(tf.cast(~shorter, tf.int32))
            ends = position + 256 * run
            length = _at(octets, ends)
            return (
                tf.where(tf.equal(length, 0), tf.where(tf.equal(phase, 1), 0, 3), phase),
                ends + 1 + length,
                begin,
            )

        return tf.cond(tf.equal(phase, 0), block, parts)

    _, end, begin = tf.while_loop(
        lambda phase, position, _: (phase < 3) & (position < tf.size(octets)),
        step,
        (tf.constant(0), position, tf.constant(-1)),
        parallel_iterations=1,
    )
    return begin, end
