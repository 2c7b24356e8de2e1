"""A record of image data: its keys, how it is parsed, and how its image is decoded."""

from __future__ import annotations

import os

import tensorflow as tf

from tf_slim.data import images
from tf_slim.ops import shapes

IMAGE = "image/encoded"
LABEL = "image/class/label"
FILE_NAME = "image/filename"
WEIGHT = "image/weight"


def parse(
    serialized: tf.Tensor, *, multi_label: bool = False, weighted: bool = False
) -> tuple[tf.Tensor, tf.Tensor | tf.RaggedTensor, tf.Tensor | None]:
    """Takes the encoded images, the labels and the weights out of records.

    Args:
        serialized: `tf.train.Example` records, a string tensor of shape `[batch]`.
        multi_label: Whether a record has any number of labels.
        weighted: Whether to read weights; a record without one has 1.

    Returns:
        The encoded images, string `[batch]`; the labels, int64 `[batch]`, or ragged
        `[batch, None]`; the weights, float32 `[batch]`, or None.
    """
    features: dict = {IMAGE: tf.io.FixedLenFeature([], tf.string)}
    if multi_label:
        features[LABEL] = tf.io.RaggedFeature(tf.int64, row_splits_dtype=tf.int64)
    else:
        features[LABEL] = tf.io.FixedLenFeature([], tf.int64)
    if weighted:
        features[WEIGHT] = tf.io.FixedLenFeature([], tf.float32, default_value=1.0)
    parsed = tf.io.parse_example(serialized, features)
    return parsed[IMAGE], parsed[LABEL], parsed.get(WEIGHT)


def filename(serialized: bytes) -> str | None:
    """The relative path of the picture of a record, if the record has it."""
    feature = tf.train.Example.FromString(serialized).features.feature
    if FILE_NAME not in feature or not feature[FILE_NAME].bytes_list.value:
        return None
    return os.fsdecode(feature[FILE_NAME].bytes_list.value[0])


def decode(encoded: tf.Tensor, channels: int) -> tf.Tensor:
    """Decodes one JPEG, PNG, GIF (its first frame), BMP or WebP image, upright.

    Args:
        encoded: The file, a string tensor of shape `[]`.
        channels: Number of channels to decode to: 1, 3 or 4.

    Returns:
        The image, uint8 `[height, width, channels]`.
    """
    return images.decode(encoded, channels)


def as_targets(
    labels: tf.Tensor | tf.RaggedTensor, indices: tf.Tensor, num_classes: int
) -> tf.Tensor:
    """Makes of the labels of records what a batch has, and fails where one is out of range.

    Args:
        labels: int64 `[batch]`, ragged int64 `[batch, None]`, or float32 `[batch, num_classes]`.
        indices: Position of each record in the stream, int64 `[batch]`, for the error.
        num_classes: Number of classes.

    Returns:
        int64 `[batch]`; of several labels a picture float32 `[batch, num_classes]` of 0 and 1.
    """
    if isinstance(labels, tf.RaggedTensor):
        rows = labels.value_rowids()
        flat = check_labels(labels.flat_values, tf.gather(indices, rows), num_classes)
        size = tf.stack([labels.nrows(), tf.constant(num_classes, tf.int64)])
        hits = tf.scatter_nd(tf.stack([rows, flat], axis=1), tf.ones_like(flat), size)
        targets = tf.cast(hits > 0, tf.float32)
        targets.set_shape([*shapes.of(indices), num_classes])
        return targets
    if labels.dtype.is_floating:
        return labels
    return check_labels(labels, indices, num_classes)


def check_labels(labels: tf.Tensor, indices: tf.Tensor, num_classes: int) -> tf.Tensor:
    """Fails where a label is not in `[0, num_classes)`.

    Args:
        labels: int64 `[batch]`.
        indices: Position of each record in the stream, int64 `[batch]`, for the error.
        num_classes: Number of classes.

    Returns:
        The labels, checked before they are used.
    """
    bad = (labels < 0) | (labels >= num_classes)
    check = tf.raw_ops.Assert(
        condition=~tf.reduce_any(bad),
        data=[
            f"tf_slim.data: labels must be in [0, {num_classes}), received",
            tf.boolean_mask(labels, bad),
            "in the records with these positions in the stream:",
            tf.boolean_mask(indices, bad),
        ],
        summarize=8,
    )
    with tf.control_dependencies([check] if check is not None else []):
        return tf.identity(labels)
