"""A record of image data: its keys, how it is parsed, and how its image is decoded."""

from __future__ import annotations

import tensorflow as tf

IMAGE = "image/encoded"
LABEL = "image/class/label"

_FEATURES = {
    IMAGE: tf.io.FixedLenFeature([], tf.string),
    LABEL: tf.io.FixedLenFeature([], tf.int64),
}


def parse(serialized: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Takes the encoded images and the labels out of records.

    Args:
        serialized: `tf.train.Example` records, a string tensor of shape `[batch]` or `[]`.

    Returns:
        The encoded images (string) and the labels (int64), of the same shape.
    """
    one = serialized.shape.rank == 0
    features = (tf.io.parse_single_example if one else tf.io.parse_example)(serialized, _FEATURES)
    return features[IMAGE], features[LABEL]


def decode(encoded: tf.Tensor, channels: int) -> tf.Tensor:
    """Decodes one PNG, JPEG, BMP or (its first frame) GIF image.

    Args:
        encoded: The file, a string tensor of shape `[]`.
        channels: Number of channels to decode to: 1, 3 or 4.

    Returns:
        The image, uint8 `[height, width, channels]`.
    """
    image = tf.io.decode_image(encoded, channels=channels, expand_animations=False)
    image.set_shape([None, None, channels])
    return image


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
