"""JPEG: ITU-T T.81. Baseline, progressive, grey, YCbCr, RGB, CMYK and YCCK."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.data.images.layout import LONGEST, Layout
from tf_slim.data.images.octets import among, big, pick, read, says

START = b"\xff\xd8\xff"
ENDINGS = (".jpg", ".jpeg", ".jpe", ".jfif")

_FRAMES = [0xC0 + n for n in range(16) if n not in (4, 8, 12)]
_WITHOUT_LENGTH = [0x00, 0x01, *range(0xD0, 0xD9)]
_ENDS = [0xD9, 0xDA]


def lay_out(encoded: tf.Tensor, start: tf.Tensor, active: tf.Tensor) -> Layout:
    """Goes from segment to segment until one tells the size.

    Args:
        encoded: The files, string `[batch]`.
        start: Their first octets, int64 `[batch, count]`.
        active: Which of them are JPEG, bool `[batch]`.

    Returns:
        Their layout; sizes are 0 where none is told.
    """
    del start
    none = tf.zeros_like(active, tf.int64)

    def step(active, position, height, width, components, exif):
        octets = read(encoded, position, 10)
        marker = octets[:, 1]
        is_marker = tf.equal(octets[:, 0], 0xFF)
        # Any number of 0xFF may stand before a marker; other octets there are none of the format's.
        one_on = ~is_marker | tf.equal(marker, 0xFF)
        without_length = among(marker, _WITHOUT_LENGTH)
        length = big(octets, 2, 2)
        segment = active & ~one_on & ~without_length
        frame = segment & among(marker, _FRAMES)
        found = segment & tf.equal(marker, 0xE1) & says(octets, b"Exif\0\0", 4) & (exif < 0)
        exif = pick(found, position + 10, exif)
        height = pick(frame, big(octets, 5, 2), height)
        width = pick(frame, big(octets, 7, 2), width)
        components = pick(frame, octets[:, 9], components)
        stop = frame | (segment & (among(marker, _ENDS) | (length < 2)))
        active = active & ~stop & (position < size)
        position += pick(one_on, 1, pick(without_length, 2, 2 + length))
        return active, position, height, width, components, exif

    size = tf.cast(tf.strings.length(encoded), tf.int64)
    _, _, height, width, components, exif = tf.while_loop(
        lambda active, *_: tf.reduce_any(active),
        step,
        (active, none + 2, none, none, none, none - 1),
        maximum_iterations=LONGEST,
        parallel_iterations=1,
    )
    return Layout(height, width, components, exif)
