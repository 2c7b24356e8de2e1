"""The pictures of any source one by one, as the bytes of their files, shard after shard."""

from __future__ import annotations

import dataclasses
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tf_slim.data import examples
from tf_slim.data.sources import ordering
from tf_slim.data.sources.listing import Listing
from tf_slim.data.sources.protocol import RecordSource, shard_tensor
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops import files, tfrecord
from tf_slim.ops.data_errors import DataError


class Stored(NamedTuple):
    """A picture as it is stored.

    Attributes:
        path: Its relative path, or None.
        where: Where it is, for messages: a path, or a file and the number of a record.
        labels: Its classes, by number.
        weight: How much it counts in training, or None.
        content: The bytes of its file, or its pixels, uint8 `[height, width, channels]`. None if
            it cannot be read.
        problem: Why it cannot be read, or None.
        record: All of its record, where it comes out of a TFRecord file.
    """

    path: str | None
    where: str
    labels: tuple[int, ...]
    weight: float | None
    content: bytes | np.ndarray | None
    problem: str | None = None
    record: bytes | None = None

    @property
    def called(self) -> str:
        """Its path, or else where it is."""
        return self.where if self.path is None else self.path


@dataclasses.dataclass(frozen=True)
class Shard:
    """Pictures that are read one after the other. Shards may be read side by side.

    Attributes:
        split: Name of the split.
        number: Number of the shard in its split.
        pictures: Number of pictures.
        read: Begins to read them.
    """

    split: str
    number: int
    pictures: int
    read: Callable[[], Iterator[Stored]]


def shards_of(spec: DatasetSpec) -> list[Shard]:
    """Lists the shards of a split.

    Args:
        spec: The split.

    Returns:
        The shards, in order: of the pictures of a folder or table as a conversion cuts them, of
        TFRecord files each file that has any records.

    Raises:
        DataNotFoundError: If a pattern matches nothing.
    """
    listing = spec.listing
    if listing is not None:
        return of_listing(spec.split, listing)
    if spec.source is None:
        counted = [(path, _count(path)) for path in spec.files()]
        return [
            Shard(spec.split, number, count, _RecordReader(path))
            for number, (path, count) in enumerate(one for one in counted if one[1] != 0)
        ]
    source = spec.records()
    bounds = ordering.shard_bounds(source.count())
    shards = source.shards()
    if len(shards) != len(bounds) - 1:  # records that cannot be had by number
        shards, bounds = [None], [0, source.count()]
    return [
        Shard(spec.split, number, end - begin, _SourceReader(source, shards[number], begin, end))
        for number, (begin, end) in enumerate(itertools.pairwise(bounds))
    ]


def _count(path: str) -> int:
    try:
        return tfrecord.count_records([path])
    except DataError as error:  # raised anew when the file is read
        return max(1, error.record or 0)


def of_listing(split: str, listing: Listing, bounds: Sequence[int] | None = None) -> list[Shard]:
    """The shards of pictures by their paths.

    Args:
        split: Name of the split.
        listing: The pictures.
        bounds: Where in the listing each shard begins, and the last one ends. None is where a
            conversion cuts.
    """
    bounds = ordering.shard_bounds(len(listing)) if bounds is None else bounds
    return [
        Shard(split, number, end - begin, _ListingReader(listing, begin, end))
        for number, (begin, end) in enumerate(itertools.pairwise(bounds))
    ]


@dataclasses.dataclass(frozen=True)
class _ListingReader:
    listing: Listing
    begin: int
    end: int

    def __call__(self) -> Iterator[Stored]:
        weights = self.listing.weights
        for place in range(self.begin, self.end):
            path, label = self.listing.paths[place], self.listing.labels[place]
            where = self.listing.opened(path)
            labels = tuple(label) if isinstance(label, (tuple, list)) else (int(label),)
            weight = None if weights is None else float(weights[place])
            content, problem = read_file(where)
            yield Stored(path, where, labels, weight, content, problem)


def read_file(path: str) -> tuple[bytes | None, str | None]:
    """The content of a file, or why it cannot be had."""
    try:
        return files.read_bytes(path), None
    except OSError as error:
        return None, f"cannot be opened: {error.strerror or error}"
    except tf.errors.OpError as error:
        return None, f"cannot be opened: {error.message}"


def of_file(path: str) -> Callable[[], Iterator[Stored]]:
    """What begins to read the pictures of a TFRecord file."""
    return _RecordReader(path)


@dataclasses.dataclass(frozen=True)
class _RecordReader:
    path: str

    def __call__(self) -> Iterator[Stored]:
        tfrecord.refuse_endless([self.path])
        for number, record in enumerate(records_in(self.path)):
            yield _taken_apart(record, f"{self.path}, record {number}")


def records_in(path: str) -> Iterator[bytes]:
    """The records of a TFRecord file, with their checksums checked, in any mode of TensorFlow.

    Raises:
        DataError: If the file is damaged, once the records before have been read.
    """
    number = 0
    try:
        for record in _rows(lambda: tf.data.TFRecordDataset(path)):
            yield record
            number += 1
    except tf.errors.DataLossError as error:
        raise tfrecord.broken(path, number, tfrecord.record_offset(path, number)) from error
    except tf.errors.OpError as error:
        raise DataError(f"the file cannot be read: {error.message}", path=path) from error


def _rows(made: Callable[[], tf.data.Dataset]) -> Iterator[Any]:
    with tf.Graph().as_default() as graph:
        following = tf.compat.v1.data.make_one_shot_iterator(made()).get_next()
    config = tf.compat.v1.ConfigProto(device_count={"GPU": 0})
    with tf.compat.v1.Session(graph=graph, config=config) as session:
        take = session.make_callable(following)
        while True:
            try:
                row = take()
            except tf.errors.OutOfRangeError:
                return
            yield row


def _taken_apart(record: bytes, where: str) -> Stored:
    def refused(problem: str) -> Stored:
        return Stored(None, where, (), None, None, problem, record)

    try:
        features = tf.train.Example.FromString(record).features.feature
    except Exception:  # protobuf's DecodeError, whose home differs between its versions
        return refused(f"is no record: its {len(record)} bytes are not a tf.train.Example")
    for key in (examples.IMAGE, examples.LABEL):
        if key not in features:
            return refused(f"lacks the key {key!r}")
    encoded = features[examples.IMAGE].bytes_list.value
    if len(encoded) != 1:
        return refused(f"has {len(encoded)} values of {examples.IMAGE!r}, in place of one")
    weight = None
    if examples.WEIGHT in features and features[examples.WEIGHT].float_list.value:
        weight = features[examples.WEIGHT].float_list.value[0]
    path = None
    if examples.FILE_NAME in features and features[examples.FILE_NAME].bytes_list.value:
        path = os.fsdecode(features[examples.FILE_NAME].bytes_list.value[0])
    labels = tuple(features[examples.LABEL].int64_list.value)
    return Stored(path, where, labels, weight, encoded[0], None, record)


@dataclasses.dataclass(frozen=True)
class _SourceReader:
    source: RecordSource
    shard: Any
    begin: int
    end: int

    def __call__(self) -> Iterator[Stored]:
        paths = self.source.filenames(range(self.begin, self.end))
        for number, row in enumerate(_rows(self._dataset), start=self.begin):
            picture, labels, weight = row
            yield Stored(
                paths[number - self.begin],
                f"{self.source.described()}, picture {number}",
                tuple(np.asarray(labels).tolist()),
                None if np.isnan(weight) else float(weight),
                picture,
            )

    def _dataset(self) -> tf.data.Dataset:
        source = self.source
        if self.shard is None:
            records = source.read_all()
        else:
            records = source.read(shard_tensor([self.shard])[0])

        def take(*record: Any) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            picture, labels, weight = source.load_one(*record)
            return source.fetch(picture), labels, tf.constant(np.nan) if weight is None else weight

        return records.map(take, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
