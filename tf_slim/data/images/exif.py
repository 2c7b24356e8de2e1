"""Which way up a picture is, as cameras note it in the Exif data of a file.

The tag Orientation, 0x0112, of the first directory; see the standard CIPA DC-008. The data has the
form of a TIFF file of its own, with the octets of a number in one order or the other.
"""

from __future__ import annotations

import functools

import tensorflow as tf

from tf_slim.data.images.calls import FILES, apart
from tf_slim.data.images.octets import big, little, pick, read, says
from tf_slim.ops import shapes

# Of the directories of a segment of a JPEG none is larger.
_MOST_ENTRIES = 5461
_ORIENTATION = 0x0112
_TURNS = [(number >= 5, number in (3, 4, 7, 8), number in (2, 3, 6, 7)) for number in range(9)]


def orientation(encoded: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
    """Reads the orientation.

    Args:
        encoded: The files, string `[batch]`.
        position: Where the Exif data of each begins, int64 `[batch]`; -1 where there is none.

    Returns:
        int64 `[batch]`, from 1 to 8; 1 where nothing else is said.
    """
    return tf.cond(
        tf.reduce_any(position >= 0),
        lambda: _read_apart()(encoded, position),
        lambda: tf.ones_like(position),
    )


@functools.cache
def _read_apart():
    return apart(_read, FILES, tf.TensorSpec([None], tf.int64))


def _read(encoded: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
    # Some programs put the mark of a JPEG's segment before the data in other formats too.
    marked = says(read(encoded, position, 6), b"Exif\0\0")
    start = pick(position < 0, position, position + 6 * tf.cast(marked, tf.int64))
    head = read(encoded, start, 8)
    is_little = says(head, b"II*\0")
    known = (start >= 0) & (is_little | says(head, b"MM\0*"))

    def number(octets, first, count):
        low_first = tf.reshape(is_little, [-1] + [1] * (octets.shape.rank - 2))
        return pick(low_first, little(octets, first, count), big(octets, first, count))

    directory = start + number(head, 4, 4)
    count = pick(known, number(read(encoded, directory, 2), 0, 2), 0)
    count = tf.minimum(count, _MOST_ENTRIES)
    most = tf.reduce_max(tf.concat([count, [1]], 0))
    entries = tf.reshape(read(encoded, directory + 2, 12 * most), tf.stack([-1, most, 12]))
    kind = number(entries, 2, 2)
    value = pick(tf.equal(kind, 3), number(entries, 8, 2), number(entries, 8, 4))
    value = pick(tf.equal(kind, 1), entries[..., 8], value)
    told = (
        tf.equal(number(entries, 0, 2), _ORIENTATION)
        & (tf.range(most) < count[:, tf.newaxis])
        & (value >= 1)
        & (value <= 8)
    )
    return tf.maximum(tf.reduce_max(pick(told, value, 0), axis=1), 1)


def turns(orientation: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """What to do to a picture as stored, to have it upright.

    Args:
        orientation: int64, of any shape.

    Returns:
        Whether to exchange rows and columns, and whether then to reverse the rows, and the columns.
    """
    swapped, rows, columns = tf.unstack(tf.gather(tf.constant(_TURNS), orientation), 3, axis=-1)
    return swapped, rows, columns


def upright(image: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """Turns and mirrors a picture as its orientation says.

    Args:
        image: As stored, `[height, width, channels]`.
        orientation: int64 `[]`, from 1 to 8.

    Returns:
        The image, upright.
    """

    def turn() -> tf.Tensor:
        swapped, rows, columns = turns(orientation)
        turned = tf.cond(swapped, lambda: _transposed(image), lambda: image)
        return tf.raw_ops.Reverse(tensor=turned, dims=tf.stack([rows, columns, False]))

    turned = tf.cond(tf.equal(orientation, 1), lambda: image, turn)
    turned.set_shape([None, None, shapes.size(image, 2)])
    return turned


def _transposed(image: tf.Tensor) -> tf.Tensor:
    """Exchanges rows and columns.

    TensorFlow tells users of an error at the first `tf.transpose` of octets, where oneDNN has none
    for this processor, and goes on without. To take each column for a batch of its own is as fast.
    """
    size = tf.shape(image)
    row = tf.reshape(image, tf.stack([1, size[0] * size[1], size[2]]))
    return tf.raw_ops.SpaceToBatchND(input=row, block_shape=size[1:2], paddings=[[0, 0]])
