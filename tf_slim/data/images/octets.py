"""Reading numbers from places in files that are strings of a tensor."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf


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
    value = octets[..., first]
    for index in range(first + 1, first + count):
        value = value * 256 + octets[..., index]
    return value


def little(octets: tf.Tensor, first: int, count: int) -> tf.Tensor:
    """The number of `count` octets from `first` on, the least significant one first."""
    value = octets[..., first + count - 1]
    for index in range(first + count - 2, first - 1, -1):
        value = value * 256 + octets[..., index]
    return value


def says(octets: tf.Tensor, text: bytes, first: int = 0) -> tf.Tensor:
    """Whether these octets stand from `first` on."""
    part = octets[..., first : first + len(text)]
    return tf.reduce_all(tf.equal(part, tf.constant(list(text), tf.int64)), axis=-1)


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
