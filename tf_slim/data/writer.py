"""Writing image data: one record, and a file of records."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

import numpy as np
import tensorflow as tf

from tf_slim.data.conversion.probing import Probe, Unreadable, probe
from tf_slim.data.examples import FILE_NAME, IMAGE, LABEL, WEIGHT
from tf_slim.ops import files, paths
from tf_slim.ops.arguments import checked, describe
from tf_slim.ops.data_errors import DataError


@checked
def image_example(
    image: bytes | np.ndarray, label: int, text: str | None = None
) -> tf.train.Example:
    """Builds the record of one labelled image.

    Its keys are those that TF-Slim's data sets always had: `image/encoded`, `image/format`,
    `image/height`, `image/width`, `image/class/label`, and `image/class/text` if there is one.

    Args:
        image: The bytes of a JPEG, PNG, GIF, BMP or WebP file, kept as they are; or pixels, uint8
            `[height, width, channels]` or `[height, width]`, which become a PNG.
        label: Number of the class.
        text: Name of the class.

    Returns:
        A `tf.train.Example`.

    Raises:
        DataError: If the bytes are no image, or the pixels not uint8 of such a shape.

    Examples:
        >>> example = slim.data.image_example(np.zeros([4, 6, 3], np.uint8), label=7, text="seven")
        >>> example.features.feature["image/width"].int64_list.value[0]
        6
        >>> sorted(example.features.feature)[:3]
        ['image/class/label', 'image/class/text', 'image/encoded']
    """
    encoded, file_format, height, width = _encode(image)
    texts = None if text is None else [text]
    return record_of(encoded, file_format, height, width, [label], texts=texts)


def record_of(
    encoded: bytes,
    file_format: str,
    height: int,
    width: int,
    labels: Sequence[int],
    *,
    texts: Sequence[str] | None = None,
    filename: str | None = None,
    weight: float | None = None,
) -> tf.train.Example:
    """Builds the record of a picture of which everything is known.

    Args:
        encoded: The bytes of its file.
        file_format: Its format, such as `jpeg`.
        height: In pixels, as it is decoded.
        width: Likewise.
        labels: Numbers of its classes.
        texts: Names of its classes, or None.
        filename: Its relative path, or None.
        weight: How much it counts in training, or None.

    Returns:
        The record.
    """
    features = {
        IMAGE: _bytes(encoded),
        "image/format": _bytes(file_format.encode()),
        "image/height": _int64(height),
        "image/width": _int64(width),
        LABEL: _int64(*labels),
    }
    if texts is not None:
        features["image/class/text"] = _bytes(*(_utf8(text) for text in texts))
    if filename is not None:
        features[FILE_NAME] = _bytes(os.fsencode(filename))
    if weight is not None:
        features[WEIGHT] = tf.train.Feature(float_list=tf.train.FloatList(value=[weight]))
    return tf.train.Example(features=tf.train.Features(feature=features))


@checked
def write_examples(path: str | os.PathLike, examples: Iterable) -> int:
    """Writes a TFRecord file, whole or not at all.

    The records go to a file with another name in the same folder, which takes its place when the
    last one is written. The same records always give the same bytes.

    Args:
        path: The file to write. Its folder is made if need be.
        examples: `tf.train.Example` records, or such records serialized (bytes).

    Returns:
        The number of records written.

    Raises:
        TypeError: `path` is no path.
        OSError: the file cannot be written.

    Examples:
        >>> example = slim.data.image_example(np.zeros([4, 4, 3], np.uint8), label=7)
        >>> slim.data.write_examples("a.tfrecord", [example] * 3)
        3
    """
    path = os.fsdecode(path)
    folder = os.path.dirname(path)
    if folder:
        paths.make_folders(folder)
    # The name that it has meanwhile is not in patterns such as `train-*` and `*.tfrecord`.
    with files.replacing(path) as part:
        return _write(part, examples)


def _write(path: str, examples: Iterable) -> int:
    count = 0
    with tf.io.TFRecordWriter(path) as writer:
        for example in examples:
            if not isinstance(example, (bytes, tf.train.Example, tf.train.SequenceExample)):
                raise TypeError(
                    f"examples: record {count} is {describe(example)}; expected a "
                    "tf.train.Example, or the bytes of one."
                )
            if not isinstance(example, bytes):
                example = example.SerializeToString(deterministic=True)
            writer.write(example)
            count += 1
    return count


def _encode(image: bytes | np.ndarray) -> Probe:
    if isinstance(image, bytes):
        try:
            return probe(image)
        except Unreadable as error:
            raise DataError(
                f"{len(image)} bytes starting with {image[:8]!r} are not a JPEG, PNG, GIF, BMP or "
                f"WebP image that decodes: it {error}."
            ) from error
    pixels = np.asarray(image)
    if pixels.ndim == 2:
        pixels = pixels[:, :, np.newaxis]
    if pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4) or pixels.dtype != np.uint8:
        raise DataError(
            "an image must be uint8 [height, width, channels] with 1, 3 or 4 channels, received "
            f"{pixels.dtype} {list(pixels.shape)}.",
            remedy="Convert it first, e.g. np.clip(np.rint(image), 0, 255).astype(np.uint8).",
        )
    return probe(pixels)


def _bytes(*values: bytes):
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=values))


def _int64(*values: int):
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[int(value) for value in values]))


def _utf8(text: str) -> bytes:
    # Names of folders may hold halves of characters, where they are no text.
    return text.encode("utf-8", "surrogateescape")
