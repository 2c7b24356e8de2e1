"""Writes the handwritten digits that TF-Slim ships: `python scripts/make_digits.py [--out DIR]`.

Needs scikit-learn, whose `load_digits` carries the images of the UCI Machine Learning Repository.
The files come out byte for byte the same each time; README.md beside them says how they are laid
out.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.data import image_example, write_examples, write_labels

_DEFAULT_OUT = os.path.join(
    os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tf_slim", "data", "digits"
)
_NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_FOLDS = 5


def split_indices(labels: np.ndarray) -> dict[str, list[int]]:
    """Splits images by class: the 5th, 10th, 15th ... image of each class goes to `test`.

    Args:
        labels: The class of each image, integers `[images]`.

    Returns:
        The images of each split, one of each class in turn: the first zero, the first one, ...,
        the first nine, the second zero, and so on; a class that has run out is passed over.
    """
    places: dict[str, list[tuple[int, int, int]]] = {"train": [], "test": []}
    for label in range(len(_NAMES)):
        for rank, index in enumerate(np.flatnonzero(labels == label)):
            split = "test" if rank % _FOLDS == _FOLDS - 1 else "train"
            places[split].append((rank, label, int(index)))
    return {split: [index for _, _, index in sorted(found)] for split, found in places.items()}


def digit_examples(images: np.ndarray, labels: np.ndarray, indices: list[int]) -> Iterator:
    """Builds the records of some images.

    Args:
        images: Values of 0 to 16, `[images, 8, 8]`.
        labels: The class of each image, `[images]`.
        indices: Which images, in which order.

    Yields:
        `tf.train.Example` records.
    """
    for index in indices:
        pixels = np.rint(images[index] * 255 / 16).astype(np.uint8)
        # Uncompressed, so that the bytes do not depend on the zlib that TensorFlow was built with.
        encoded = tf.io.encode_png(pixels[:, :, np.newaxis], compression=0).numpy()
        yield image_example(encoded, int(labels[index]), _NAMES[labels[index]])


def main(arguments: list[str] | None = None) -> None:
    """Writes both splits and the names of the classes.

    Args:
        arguments: The command line, without the program's name.
    """
    parser = argparse.ArgumentParser(description="Write the handwritten digits as TFRecord files.")
    parser.add_argument("--out", default=_DEFAULT_OUT, help="folder to write to")
    out = parser.parse_args(arguments).out

    from sklearn.datasets import load_digits

    data: Any = load_digits()
    for split, indices in split_indices(data.target).items():
        path = os.path.join(out, f"digits_{split}.tfrecord")
        count = write_examples(path, digit_examples(data.images, data.target, indices))
        print(f"{path}: {count} images")
    write_labels(os.path.join(out, "labels.txt"), dict(enumerate(_NAMES)))


if __name__ == "__main__":
    main()
