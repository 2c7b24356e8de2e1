"""Data sets of TensorFlow Datasets: `tfds:NAME`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tf_slim.data.sources.described import choose_split, split_name
from tf_slim.data.sources.protocol import Loaded, Place, RecordSource
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops.data_errors import DataError

PREFIX = "tfds:"


class Tfds(RecordSource):
    """A split of a builder, read in one fixed order and with its pictures still encoded."""

    def __init__(self, builder: Any, module: Any, split: str, image: str, label: str, count: int):
        """Takes note of the builder.

        Args:
            builder: Of the data set, prepared.
            module: `tensorflow_datasets`.
            split: Name of the split as it is there.
            image: Key of the picture.
            label: Key of the label.
            count: Number of records.
        """
        self._builder = builder
        self._module = module
        self._split = split
        self._image = image
        self._label = label
        self._count = count

    def count(self) -> int:
        return self._count

    def shards(self) -> Sequence[int]:
        return range(1)

    def read(self, shard: tf.Tensor) -> tf.data.Dataset:
        del shard
        return self.read_all()

    @tf.autograph.experimental.do_not_convert
    def read_all(self) -> tf.data.Dataset:
        dataset = self._builder.as_dataset(
            split=self._split,
            shuffle_files=False,
            decoders={self._image: self._module.decode.SkipDecoding()},
            # More files side by side would come in an order of their number.
            read_config=self._module.ReadConfig(interleave_cycle_length=1, try_autocache=False),
        )
        return dataset.map(self._pair)

    def _pair(self, row: Any) -> tuple[tf.Tensor, tf.Tensor]:
        return row[self._image], tf.cast(row[self._label], tf.int64)

    def load(self, records: Any) -> Loaded:
        return Loaded(*records)

    def filenames(self, positions: Sequence[int]) -> list[str | None]:
        return [None] * len(positions)

    def described(self) -> str:
        return f"{PREFIX}{self._builder.info.full_name}"

    def place(self, part: Any, record: int) -> Place:
        return Place(self.described(), record)

    def explain(self, part: Any, record: int) -> bytes:
        with tf.init_scope():
            return next(iter(self.read_all().skip(record)))[0].numpy()


def from_tfds(name: str, split: str = "train", **options: Any) -> DatasetSpec:
    """Describes a split of a data set of TensorFlow Datasets that has pictures and labels.

    Args:
        name: As `tfds.builder` takes it, with or without `tfds:` before it. It is downloaded if it
            is not there yet.
        split: Name of the split.
        **options: `image_size` and `preprocessing` of the spec.

    Returns:
        The spec.

    Raises:
        ImportError: If tensorflow-datasets is not installed.
        DataError: If the data set has no pictures with one label each.
        ValueError: If there is no such split.
    """
    module = _module(name)
    builder = module.builder(name.removeprefix(PREFIX))
    builder.download_and_prepare()
    features = builder.info.features
    image, label = builder.info.supervised_keys or ("image", "label")
    if (
        not (image in features and label in features)
        or not hasattr(features[label], "num_classes")
        or len(features[image].shape or ()) != 3
    ):
        raise DataError(
            f"it has no pictures with one label each; its features are {', '.join(features)}.",
            path=f"{PREFIX}{builder.info.full_name}",
            remedy="Write its pictures as you need them: slim.data.write_examples.",
        )
    there = _splits(builder)
    chosen = choose_split(split, tuple(there), f"{name!r}")
    own = "+".join(there.values()) if chosen == "all" else there[chosen]
    count = sum(
        builder.info.splits[one].num_examples
        for known, one in there.items()
        if chosen in ("all", known)
    )
    channels = features[image].shape[-1] or 3
    return DatasetSpec(
        name=builder.info.name,
        split=chosen,
        data_sources=(),
        num_classes=features[label].num_classes,
        num_samples=count,
        labels_to_names=dict(enumerate(features[label].names)),
        image_channels=channels,
        citation=builder.info.citation,
        source=Tfds(builder, module, own, image, label, count),
        **options,
    )


def tfds_splits(name: str) -> tuple[str, ...]:
    """Names of the splits of a data set of TensorFlow Datasets.

    Args:
        name: As `from_tfds` takes it.

    Raises:
        ImportError: If tensorflow-datasets is not installed.
    """
    builder = _module(name).builder(name.removeprefix(PREFIX))
    builder.download_and_prepare()
    return tuple(_splits(builder))


def _splits(builder: Any) -> dict[str, str]:
    """What its splits are called here, and there."""
    return {split_name(split): split for split in builder.info.splits}


def _module(name: str) -> Any:
    try:
        import tensorflow_datasets  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ImportError(
            f"{name}: this is read by tensorflow-datasets, which is not installed: "
            "pip install 'tf-slim2[tfds]'."
        ) from error
    return tensorflow_datasets
