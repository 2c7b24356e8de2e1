"""`RecordSource`: what a pipeline has to know about the records of a split."""

from __future__ import annotations

import abc
from collections.abc import Sequence
from typing import Any, NamedTuple

import tensorflow as tf


class Loaded(NamedTuple):
    """What a chunk of records holds.

    Attributes:
        pictures: A nest of tensors `[records, ...]`, one row a picture. A row is what
            `RecordSource.fetch` takes.
        labels: int64 `[records]`; of several labels a picture a ragged int64 `[records, None]`, or
            float32 `[records, classes]` of 0 and 1.
        weights: float32 `[records]`, or None.
    """

    pictures: Any
    labels: tf.Tensor | tf.RaggedTensor
    weights: tf.Tensor | None = None


class Place(NamedTuple):
    """Where a record stands, as `DataError` tells it."""

    path: str | None = None
    record: int | None = None
    offset: int | None = None


class RecordSource(abc.ABC):
    """The records of one split, in an order that is always the same.

    A record is whatever is cheap to shuffle and to skip: the bytes of an example, or the number of
    a picture. Records are cut into shards, which training reads side by side in an order that is
    drawn anew in each epoch. What costs time (reading a file, decoding) is put off until `fetch`.
    To add a kind of source, write these methods; the tests of `tests/data/sources` have a table.

    Attributes:
        encoded: Whether `fetch` gives the bytes of a picture's file, and not its pixels.
        picture_spec: A nest of `tf.TensorSpec`: one row of `Loaded.pictures`.
        listing: The pictures by their paths (`slim.data.sources.Listing`), where it has such.
        portable: Whether another process can read it, as the workers of a tf.data service do.

    Examples: see `slim.data.DatasetSpec`.
    """

    encoded: bool = True
    picture_spec: Any = tf.TensorSpec([], tf.string)
    listing: Any = None
    portable: bool = True

    @abc.abstractmethod
    def count(self) -> int:
        """Number of records, counted if need be."""

    @property
    def known_count(self) -> int | None:
        """Number of records, if that is known without reading them."""
        return self.count()

    @abc.abstractmethod
    def shards(self) -> Sequence[Any]:
        """The shards, each as `read` takes it: all strings, or all integers."""

    @abc.abstractmethod
    def read(self, shard: tf.Tensor) -> tf.data.Dataset:
        """The records of a shard, which is a scalar tensor (an element of `shards`)."""

    def part(self, shards: Sequence[Any]) -> RecordSource | None:
        """A source of some of the shards; None where they are no files of their own.

        Args:
            shards: Some of `shards`.
        """
        del shards
        return None

    def read_all(self) -> tf.data.Dataset:
        """The records of all shards, one shard after the other."""
        shards = tf.data.Dataset.from_tensor_slices(shard_tensor(self.shards()))
        return shards.flat_map(self.read)

    @abc.abstractmethod
    def load(self, records: Any) -> Loaded:
        """Takes a chunk of records apart. It runs in the graph of a `tf.data` map.

        Args:
            records: A nest of tensors `[records, ...]`, of what `read` gives.
        """

    def load_one(self, *record: Any) -> tuple[Any, tf.Tensor, tf.Tensor | None]:
        """Takes one record apart, in a function that is mapped over what `read` gives.

        Returns:
            A row of `Loaded.pictures`; the labels, int64 `[labels]`; the weight, or None.
        """
        chunk = tf.nest.map_structure(lambda part: part[tf.newaxis], as_nest(record))
        pictures, labels, weights = self.load(chunk)
        if isinstance(labels, tf.RaggedTensor):
            labels = labels.flat_values
        elif labels.dtype.is_floating:
            labels = tf.where(labels[0] > 0)[:, 0]
        picture = tf.nest.map_structure(lambda part: part[0], pictures)
        return picture, labels, None if weights is None else weights[0]

    def fetch(self, picture: Any) -> tf.Tensor:
        """Gets one picture: its encoded file, or its pixels uint8 `[height, width, channels]`.

        Args:
            picture: A row of `Loaded.pictures`.
        """
        return picture

    @abc.abstractmethod
    def filenames(self, positions: Sequence[int]) -> list[str | None]:
        """The relative path of each picture, where it has one.

        Args:
            positions: Positions in the order of `read_all`, from 0.
        """

    def files(self) -> list[str]:
        """The files that it reads, as paths that can be opened."""
        return []

    def described(self) -> str:
        """Where it reads, in a few words for messages."""
        return "memory"

    # What looks for a fault reads part after part, so that it can tell the place of a record.

    def parts(self) -> Sequence[Any]:
        """What is read one after the other when a fault is looked for."""
        return [None]

    def start_part(self, part: Any) -> None:
        """Looks at a part before it is read.

        Raises:
            DataError: If it must not be.
        """
        del part

    def read_part(self, part: Any) -> tf.data.Dataset:
        """The records of a part; of one that is a string, given as a tensor."""
        del part
        return self.read_all()

    def place(self, part: Any, record: int) -> Place:
        """Where a record of a part stands."""
        del part
        (name,) = self.filenames([record])
        return Place(name, None if name else record)

    def finish_part(self, part: Any) -> None:
        """Looks at a part that was read to its end.

        Raises:
            DataError: If it ended too early.
        """
        del part

    def damage(self, part: Any, record: int, error: tf.errors.OpError) -> Exception | None:
        """The error for a part that cannot be read on after `record` records, if that is why."""
        del part, record, error
        return None

    def explain(self, part: Any, record: int) -> tuple[str, str] | bytes | None:
        """Looks at a record that cannot be used.

        Returns:
            The problem and the remedy; or, if the record itself is in order, the bytes of the
            picture, or None where it has pixels.
        """
        del part, record
        return None


def as_nest(records: tuple) -> Any:
    """What `RecordSource.load` takes, of the arguments that a map of a dataset calls with."""
    return records[0] if len(records) == 1 else records


def shard_tensor(shards: Sequence[Any]) -> tf.Tensor:
    """The shards of a source as one tensor `[shards]`, string or int64."""
    if shards and isinstance(shards[0], str):
        return tf.constant(list(shards))
    return tf.constant(list(shards), tf.int64)
