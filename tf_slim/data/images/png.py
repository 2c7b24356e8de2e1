"""PNG: ISO/IEC 15948, and its chunk eXIf."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.data.images.layout import LONGEST, Layout
from tf_slim.data.images.octets import big, pick, read, says

START = b"\x89PNG\r\n\x1a\n"
ENDINGS = (".png",)


def lay_out(encoded: tf.Tensor, start: tf.Tensor, active: tf.Tensor) -> Layout:
    """Reads the size, which has its place, and looks for Exif data, which may stand anywhere.

    Args:
        encoded: The files, string `[batch]`.
        start: Their first octets, int64 `[batch, count]`.
        active: Which of them are PNG, bool `[batch]`.

    Returns:
        Their layout; sizes are 0 where none is told.
    """
    told = active & says(start, b"IHDR", 12)
    width = pick(told, big(start, 16, 4), 0)
    height = pick(told, big(start, 20, 4), 0)
    size = tf.cast(tf.strings.length(encoded), tf.int64)

    def step(active, position, exif):
        octets = read(encoded, position, 8)
        found = active & says(octets, b"eXIf", 4)
        exif = pick(found, position + 8, exif)
        position += 12 + big(octets, 0, 4)
        return active & ~found & (position < size), position, exif

    none = tf.zeros_like(width)
    _, _, exif = tf.while_loop(
        lambda active, *_: tf.reduce_any(active),
        step,
        (told, none + 8, none - 1),
        maximum_iterations=LONGEST,
        parallel_iterations=1,
    )
    grey_depth = pick(told & tf.equal(start[:, 25], 0), start[:, 24], 0)
    return Layout(height, width, grey_depth, exif)


def decode(encoded: tf.Tensor, grey_depth: tf.Tensor, channels: int) -> tf.Tensor:
    """Decodes one file, uint8 `[height, width, channels]`; of 16 bits the higher 8 are taken.

    Args:
        encoded: The file, string `[]`.
        grey_depth: As `lay_out` has it, int64 `[]`.
        channels: 1, 3 or 4.
    """
    image = tf.io.decode_png(encoded, channels=channels)
    if channels < 4:
        return image
    # TensorFlow writes 1, 3 or 15 for an alpha of 255 where there are less than 8 bits of grey.
    opaque = tf.constant([0, 0, 0, 255], tf.uint8)
    few = (grey_depth > 0) & (grey_depth < 8)
    return tf.cond(few, lambda: tf.maximum(image, opaque), lambda: image)
