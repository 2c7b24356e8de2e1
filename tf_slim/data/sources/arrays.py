"""`from_arrays`: pictures and labels that are in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.data.sources.labelled import as_names, read_labels_of_arrays, read_weights
from tf_slim.data.sources.numbered import Numbered
from tf_slim.data.sources.pixels import as_pixels, checked_picture
from tf_slim.data.sources.protocol import Loaded, Place
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops.arguments import checked_by


class Arrays(Numbered):
    """Pictures in memory, or in a file that is mapped into it. They are not copied."""

    encoded = False
    portable = False

    def __init__(
        self,
        images: Any,
        channels: int,
        labels: np.ndarray,
        weights: np.ndarray | None = None,
    ):
        """Takes note of the arrays.

        Args:
            images: An array `[pictures, height, width, channels]`, or a list of pictures.
            channels: Number of channels of each.
            labels: int64 `[pictures]`, or float32 `[pictures, classes]` of 0 and 1.
            weights: float32 `[pictures]`, or None.
        """
        super().__init__(len(images))
        self._images = images
        self._channels = channels
        self._labels = labels
        self._weights = weights
        self._shape = (
            [*images.shape[1:3], channels]
            if isinstance(images, np.ndarray)
            else [None, None, channels]
        )
        self.picture_spec = tf.TensorSpec([], tf.int64)

    def load(self, records: tf.Tensor) -> Loaded:
        with tf.init_scope():
            labels = tf.constant(self._labels)
            weights = None if self._weights is None else tf.constant(self._weights)
        return Loaded(
            records,
            tf.gather(labels, records),
            None if weights is None else tf.gather(weights, records),
        )

    def fetch(self, picture: tf.Tensor) -> tf.Tensor:
        image = tf.numpy_function(self._picture, [picture], tf.uint8, stateful=False)
        image.set_shape(self._shape)
        return image

    def described(self) -> str:
        return "arrays in memory"

    def place(self, part: Any, record: int) -> Place:
        return Place(record=record)

    def _picture(self, index: np.ndarray) -> np.ndarray:
        return as_pixels(self._images[int(index)])


@checked_by(images=None, labels=None, weights=None)
def from_arrays(
    images: Any,
    labels: Any,
    num_classes: int | None = None,
    *,
    weights: Any = None,
    multi_label: bool | None = None,
    labels_to_names: Mapping[int, str] | Sequence[str] | None = None,
    name: str = "arrays",
    split: str = "all",
    image_size: int | Sequence[int] | None = None,
    preprocessing: str = "none",
) -> DatasetSpec:
    """Describes pictures that are in memory, or in a file that NumPy maps into it.

    Args:
        images: uint8 `[pictures, height, width, channels]` or `[pictures, height, width]`, or a
            list of pictures of any sizes (arrays, PIL images). Floats are taken for the pixels
            that they stand for if all are whole numbers from 0 to 255, or 255th parts of these.
        labels: Of each picture its class, an integer `[pictures]` or `[pictures, 1]`, a name, or a
            row of 0 and 1 `[pictures, classes]`.
        num_classes: Number of classes. If None, one more than the highest label.
        weights: How much each picture counts in training, `[pictures]`, or None.
        multi_label: Whether a picture has any number of labels, which rows of 0 and 1 then say.
            None takes rows with a single 1 each for one label a picture.
        labels_to_names: Name of each class.
        name: Name of the data set.
        split: Name of the split.
        image_size: Size in pixels to hand to the preprocessing: one integer or `(height, width)`.
        preprocessing: Name of the preprocessing to use unless a pipeline is given another.

    Returns:
        The spec.

    Raises:
        TypeError: If these are no arrays of pictures and labels.
        ValueError: If there are not as many labels as pictures, or none, or values are out of
            range; it names the first one.

    Examples:
        >>> images = np.zeros([10, 28, 28], np.uint8)
        >>> spec = slim.data.from_arrays(images, labels=[0, 1] * 5)
        >>> spec.num_samples, spec.num_classes, spec.image_channels
        (10, 2, 1)
    """
    pictures, channels = checked_picture(images)
    found, names, is_multi = read_labels_of_arrays(labels, len(pictures), num_classes, multi_label)
    weight = read_weights(weights, len(pictures))
    names = as_names(labels_to_names) if labels_to_names is not None else names
    count = num_classes
    if count is None:
        count = found.shape[1] if is_multi else max(int(found.max()) + 1, len(names or ()))
    return DatasetSpec(
        name=name,
        split=split,
        data_sources=(),
        num_classes=count,
        num_samples=len(pictures),
        labels_to_names=names,
        image_channels=channels,
        image_size=image_size,
        preprocessing=preprocessing,
        multi_label=is_multi,
        weighted=weight is not None,
        source=Arrays(pictures, channels, found, weight),
    )
