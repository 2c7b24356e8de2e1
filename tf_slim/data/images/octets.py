"""Reading numbers from places in files that are strings of a tensor."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from tf_slim.ops import shapes


def read(encoded: tf.Tensor, position, count: int | tf.Tensor) -> tf.Tensor:
    """Some octets of each file; past the end of one there are zeros.

    Args:
        encoded: The files, string `[batch]`.
        position: Where to begin, int64 `[batch]` or `[]`.
        count: How many, the same for all.

    Returns:
        int64 `[batch, count]`.
    """
    length = tf.cast(tf.strings.length(encoded), tf.int64)
    position = tf.clip_by_value(tf.broadcast_to(position, tf.shape(length)), 0, length)
    size = tf.fill(tf.shape(position), tf.cast(count, tf.int64))
    part = tf.strings.substr(encoded, position, size)
    octets = tf.io.decode_raw(part, tf.uint8, fixed_length=tf.cast(count, tf.int32))
    octets = tf.reshape(octets, tf.stack([tf.size(length), tf.cast(count, tf.int32)]))
    if isinstance(count, int):
        octets.set_shape([None, count])
    return tf.cast(octets, tf.int64)


def big(octets: tf.Tensor, first: int, count: int) -> tf.Tensor:
    """The number of `count` octets from `first` on, the most significant one first."""
    return _weighted(octets, first, [256**n for n in reversed(range(count))])


def little(octets: tf.Tensor, first: int, count: int) -> tf.Tensor:
    """The number of `count` octets from `first` on, the least significant one first."""
    return _weighted(octets, first, [256**n for n in range(count)])


def says(octets: tf.Tensor, text: bytes, first: int = 0) -> tf.Tensor:
    """Whether these octets, of which the first seven count, stand from `first` on."""
    text = text[:7]
    return tf.equal(big(octets, first, len(text)), int.from_bytes(text, "big"))


def _weighted(octets: tf.Tensor, first: int, weights: list[int]) -> tf.Tensor:
    # Four operations, however many octets: what has to be prepared for each graph are operations.
    length = shapes.size(octets, -1) or 0
    weights = [0] * first + weights
    weights += [0] * (length - len(weights))
    return tf.reduce_sum(octets * tf.constant(weights, tf.int64), -1)


def among(values: tf.Tensor, choices: Sequence[int]) -> tf.Tensor:
    """Whether each value is one of the choices."""
    return tf.reduce_any(tf.equal(values[..., tf.newaxis], tf.constant(choices, tf.int64)), -1)


def pick(condition: tf.Tensor, yes: tf.Tensor | int, no: tf.Tensor | int) -> tf.Tensor:
    """`tf.where` of int64, which takes integers of Python on either side."""
    return tf.where(condition, tf.cast(yes, tf.int64), tf.cast(no, tf.int64))


def as_text(value: tf.Tensor, count: int) -> tf.Tensor:
    """A number as a string of `count` octets, the least significant one first."""
    digits = tf.bitwise.right_shift(value, tf.range(0, 8 * count, 8, tf.int64)) % 256
    return tf.strings.reduce_join(tf.gather(tf.constant([bytes([i]) for i in range(256)]), digits))
