"""From the files of a chunk of records to images: what can be done for all of them at once is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import tensorflow as tf

from tf_slim.data.images.decoding import MAX_PIXELS, check, decode_as
from tf_slim.data.images.headers import Header, header
from tf_slim.data.images.parts import decode_part, is_whole_jpeg
from tf_slim.data.preprocessing.cropping import Cropping
from tf_slim.data.sources.protocol import RecordSource


class Files(NamedTuple):
    """Files of pictures, and what their headers say.

    Attributes:
        encoded: The files, string `[batch]`.
        header: What their headers say: rows of a `Header`, int32 `[batch, 5]`.
        is_plain: Whether each is a whole JPEG that is stored upright, bool `[batch]`.
    """

    encoded: tf.Tensor
    header: tf.Tensor
    is_plain: tf.Tensor


def files_of(source: RecordSource, pictures: Any) -> Files:
    """Fetches the files of pictures, reads their headers and refuses what is none or too large.

    Args:
        source: Where they come from.
        pictures: Rows of its `Loaded.pictures`, `[batch]`.

    Returns:
        The files.
    """
    if type(source).fetch is RecordSource.fetch:
        encoded = pictures
    else:
        encoded = tf.map_fn(
            source.fetch, pictures, fn_output_signature=tf.TensorSpec([], tf.string)
        )
    head = header(encoded)
    with tf.control_dependencies(check(head.kind, head.height, head.width, MAX_PIXELS)):
        encoded = tf.identity(encoded)
    is_plain = is_whole_jpeg(head, encoded) & tf.equal(head.orientation, 1)
    # In one piece, since every tensor of a loop costs it six operations a picture.
    rows = tf.stack([tf.cast(part, tf.int32) for part in head], 1)
    return Files(encoded, rows, is_plain)


def load(
    file: Files, channels: int, preprocess: Callable, *, is_training: bool, seed: tf.Tensor
) -> tf.Tensor:
    """Decodes and preprocesses one picture; if that begins with a cut, the part alone is decoded.

    Args:
        file: The file, and what its header says.
        channels: Number of channels to decode to: 1, 3 or 4.
        preprocess: As `get_preprocessing` describes it.
        is_training: Whether it is for training.
        seed: int32 `[2]`.

    Returns:
        float32 `[height, width, channels]`.
    """
    encoded, row, is_plain = file
    head = Header(*tf.unstack(row, len(Header._fields)))
    if not isinstance(preprocess, Cropping):
        image = decode_as(head, encoded, channels)
        return preprocess(image, is_training=is_training, seed=seed)
    window = preprocess.window(head.height, head.width, is_training=is_training, seed=seed)
    part = decode_part(head, encoded, window, channels, is_plain)
    return preprocess.finish(part, is_training=is_training, seed=seed)
