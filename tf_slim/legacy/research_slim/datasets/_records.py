"""What the data sets have in common: how a split of one becomes a `slim.dataset.Dataset`."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tf_slim.data.dataset import Dataset
from tf_slim.data.decoding import tfexample_decoder
from tf_slim.legacy.research_slim.datasets import dataset_utils
from tf_slim.ops.wording import unknown_name

v1 = tf.compat.v1

_IMAGE = "image/encoded"
_FORMAT = "image/format"
_LABEL = "image/class/label"
_BOX = "image/object/bbox/"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Item:
    """An item of a data set.

    Attributes:
      description: what it is.
      features: what to parse for it, by name.
      handler: how it is made of them.
    """

    description: str
    features: Mapping[str, Any]
    handler: tfexample_decoder.ItemHandler


@dataclasses.dataclass(frozen=True, kw_only=True)
class Records:
    """A data set in TFRecord files.

    Attributes:
      name: of the data set.
      sizes: the number of examples in each split.
      num_classes: the number of classes.
      file_pattern: what the files are called; `%s` stands for the split.
      items: the items, by name.
    """

    name: str
    sizes: Mapping[str, int]
    num_classes: int
    file_pattern: str
    items: Mapping[str, Item]

    def get_split(self, split_name, dataset_dir, file_pattern=None, reader=None):
        """Describes one split, for `slim.dataset_data_provider.DatasetDataProvider`.

        Neither the folder nor the files need to be there before they are read.

        Args:
          split_name: the name of the split.
          dataset_dir: the folder of the files. The names of the classes are those of the
            `labels.txt` in it, if there is one.
          file_pattern: what the files are called, where not as usual; `%s` stands for the split.
          reader: the class that reads the files, by default `tf.compat.v1.TFRecordReader`.

        Returns:
          A `slim.dataset.Dataset`. Its `labels_to_names` is None if there is no `labels.txt`.

        Raises:
          ValueError: there is no such split, or the folder is None.
        """
        if split_name not in self.sizes:
            which = f"split of the data set {self.name!r} called"
            raise ValueError(unknown_name(which, split_name, self.sizes, repr))
        if dataset_dir is None:
            raise ValueError(
                f"Data set {self.name!r}, split {split_name!r}: dataset_dir must be the folder of "
                "its files, received None."
            )
        pattern = file_pattern or self.file_pattern
        named = pattern % split_name if "%" in pattern else pattern
        features = {key: f for item in self.items.values() for key, f in item.features.items()}
        handlers = {name: item.handler for name, item in self.items.items()}
        return Dataset(
            data_sources=os.path.join(dataset_dir, named),
            reader=reader or v1.TFRecordReader,
            decoder=tfexample_decoder.TFExampleDecoder(features, handlers),
            num_samples=self.sizes[split_name],
            items_to_descriptions={name: item.description for name, item in self.items.items()},
            num_classes=self.num_classes,
            labels_to_names=self._labels_to_names(dataset_dir),
        )

    def _labels_to_names(self, dataset_dir) -> dict[int, str] | None:
        if dataset_utils.has_labels(dataset_dir):
            return dataset_utils.read_label_file(dataset_dir)
        v1.logging.info(
            "Data set %r: there is no %s in %r, so that labels_to_names is None. "
            "dataset_utils.write_label_file writes one.",
            self.name,
            dataset_utils.LABELS_FILENAME,
            dataset_dir,
        )
        return None


def image(description: str, *, default_format: str, **handler: Any) -> Item:
    """The image of a record.

    Args:
      description: what it is.
      default_format: the format of images whose record does not tell it.
      **handler: arguments of `tfexample_decoder.Image`.
    """
    return Item(
        description=description,
        features={
            _IMAGE: tf.io.FixedLenFeature([], tf.string, ""),
            _FORMAT: tf.io.FixedLenFeature([], tf.string, default_format),
        },
        handler=tfexample_decoder.Image(_IMAGE, _FORMAT, **handler),
    )


def label(description: str, *, default: int) -> Item:
    """The class of an image; `default` is that of a record which does not tell it."""
    return Item(
        description=description,
        features={_LABEL: tf.io.FixedLenFeature([], tf.int64, default)},
        handler=tfexample_decoder.Tensor(_LABEL),
    )


def boxes(description: str) -> Item:
    """The bounding boxes in an image: float32 `[boxes, 4]`, ymin, xmin, ymax, xmax in `[0, 1]`."""
    sides = ["ymin", "xmin", "ymax", "xmax"]
    return Item(
        description=description,
        features={_BOX + side: tf.io.VarLenFeature(tf.float32) for side in sides},
        handler=tfexample_decoder.BoundingBox(sides, _BOX),
    )
