"""Small data sets made for a test: the image and the label of a record say which one it is."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tf_slim import data

CLASSES = 10


def identify(image, *, is_training, seed):
    """A preprocessing whose images hold their number and the seed they were given."""
    del is_training
    number = tf.cast(image[0, 0, 0], tf.float32) + 256 * tf.cast(image[0, 1, 0], tf.float32)
    return tf.reshape(tf.stack([number, tf.cast(seed[1], tf.float32)]), [1, 2, 1])


def example(number: int, label: int | None = None):
    """The record of one image, whose first two pixels are its number."""
    pixels = np.array([[number % 256, number // 256], [7, 9]], np.uint8)
    return data.image_example(pixels, number % CLASSES if label is None else label)


def write(folder, sizes, name="part") -> str:
    """Writes files of `sizes` records each, numbered throughout, and returns their pattern."""
    number = 0
    for index, size in enumerate(sizes):
        path = folder / f"{name}-{index:03d}.tfrecord"
        data.write_examples(path, [example(number + i) for i in range(size)])
        number += size
    return str(folder / f"{name}-*.tfrecord")


def describe(pattern, **changes) -> data.DatasetSpec:
    """The spec of what `write` wrote."""
    return data.from_tfrecords(pattern, CLASSES, image_channels=1, **changes)


def pipeline(pattern, batch_size, **options) -> data.Pipeline:
    """Of what `write` wrote: batches that tell the numbers of their records."""
    return data.Pipeline(describe(pattern), batch_size, **{"preprocess": identify, **options})


def numbers(dataset) -> list[list[int]]:
    """The numbers of the records of each batch, for pipelines with `preprocess=identify`."""
    return [images[:, 0, 0, 0].astype(int).tolist() for images, _ in batches(dataset)]


def batches(dataset) -> list[tuple[np.ndarray, np.ndarray]]:
    """All batches, as arrays."""
    return [(images.numpy(), labels.numpy()) for images, labels in dataset]


def assert_same(got, expected) -> None:
    """Two lists of batches are equal to the bit."""
    assert len(got) == len(expected)
    for one, other in zip(got, expected):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])
