"""Readers of TensorFlow 1 that read files side by side into one queue."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.ops import tfrecord
from tf_slim.v1.queue_summaries import summarize_filling
from tf_slim.v1.v1_only import require_v1_graph

__all__ = ["ParallelReader", "get_data_files", "parallel_read", "single_pass_read"]

v1 = tf.compat.v1

_INSTEAD = "slim.data.Pipeline, or tf.data.TFRecordDataset"
_SHARDS = re.compile(r"(.+)@(\d+)")


class ParallelReader(v1.ReaderBase):
    """Several readers that fill one queue, from which records are read.

    Args:
      reader_class: a reader such as `tf.compat.v1.TFRecordReader`.
      common_queue: the queue of (key, value), both strings.
      num_readers: how many readers there are.
      reader_kwargs: arguments of `reader_class`.

    Raises:
      TypeError: the queue does not hold two strings.

    Examples: see `slim.parallel_reader.single_pass_read`.
    """

    def __init__(
        self,
        reader_class: Callable,
        common_queue: tf.queue.QueueBase,
        num_readers: int = 4,
        reader_kwargs: Mapping[str, Any] | None = None,
    ):
        if [dtype.base_dtype for dtype in common_queue.dtypes] != [tf.string, tf.string]:
            raise TypeError(
                "common_queue must hold the key and the value of a record, two strings; got dtypes "
                f"{[dtype.name for dtype in common_queue.dtypes]}."
            )
        self._readers = [reader_class(**(reader_kwargs or {})) for _ in range(num_readers)]
        self._common_queue = common_queue

    @property
    def num_readers(self) -> int:
        """How many readers there are."""
        return len(self._readers)

    @property
    def common_queue(self) -> tf.queue.QueueBase:
        """The queue that they fill."""
        return self._common_queue

    def read(self, queue: Any, name: str | None = None) -> tuple[tf.Tensor, tf.Tensor]:
        """Reads one record.

        Args:
          queue: of the names of files.
          name: of the operation.

        Returns:
          Key and value, scalar strings.
        """
        self._fill_from(queue)
        return self._common_queue.dequeue(name=name)

    def read_up_to(
        self, queue: Any, num_records: int, name: str | None = None
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Reads several records, fewer only at the end of the files.

        Args:
          queue: of the names of files.
          num_records: how many at most.
          name: of the operation.

        Returns:
          Keys and values, strings `[records]`.
        """
        self._fill_from(queue)
        return self._common_queue.dequeue_up_to(num_records, name)

    def num_records_produced(self, name: str | None = None) -> tf.Tensor:
        """How many records all readers have read, an int64 scalar."""
        return tf.add_n([reader.num_records_produced() for reader in self._readers], name=name)

    def num_work_units_completed(self, name: str | None = None) -> tf.Tensor:
        """How many files all readers have finished, an int64 scalar."""
        return tf.add_n([reader.num_work_units_completed() for reader in self._readers], name=name)

    def _fill_from(self, queue) -> None:
        fill = [self._common_queue.enqueue(reader.read(queue)) for reader in self._readers]
        ends = (tf.errors.OutOfRangeError, tf.errors.CancelledError)
        v1.train.add_queue_runner(
            v1.train.QueueRunner(self._common_queue, fill, queue_closed_exception_types=ends)
        )


def parallel_read(
    data_sources: str | Sequence[str],
    reader_class: Callable,
    num_epochs: int | None = None,
    num_readers: int = 4,
    reader_kwargs: Mapping[str, Any] | None = None,
    shuffle: bool = True,
    dtypes: Sequence[tf.DType] | None = None,
    capacity: int = 256,
    min_after_dequeue: int = 128,
    seed: int | None = None,
    scope: str | None = None,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Reads records of many files side by side, in a v1 graph.

    Args:
      data_sources: see `get_data_files`.
      reader_class: a reader such as `tf.compat.v1.TFRecordReader`.
      num_epochs: how often to read all files, counted by a local variable; None without end.
      num_readers: how many files are read at a time.
      reader_kwargs: arguments of `reader_class`.
      shuffle: whether to shuffle the files, and the records in the queue.
      dtypes: of what the queue holds, by default two strings.
      capacity: how many records the queue holds.
      min_after_dequeue: how many it keeps back, to shuffle among.
      seed: of the shuffling.
      scope: of the operations.

    Returns:
      Key and value of the next record, scalar strings.

    Raises:
      RuntimeError: called outside a v1 graph.
      ValueError: there are no files.

    Examples: see `slim.parallel_reader.single_pass_read`.
    """
    require_v1_graph("slim.parallel_reader.parallel_read", _INSTEAD)
    files = _checked(get_data_files(data_sources), reader_class, reader_kwargs)
    with v1.name_scope(scope, "parallel_read"):
        names = v1.train.string_input_producer(
            files, num_epochs=num_epochs, shuffle=shuffle, seed=seed, name="filenames"
        )
        dtypes, shapes = dtypes or [tf.string, tf.string], [[], []]
        if shuffle:
            queue = v1.RandomShuffleQueue(
                capacity, min_after_dequeue, dtypes, shapes, seed=seed, name="common_queue"
            )
        else:
            queue = v1.FIFOQueue(capacity, dtypes, shapes, name="common_queue")
        summarize_filling(queue, capacity)
        reader = ParallelReader(
            reader_class, queue, num_readers=num_readers, reader_kwargs=reader_kwargs
        )
        return reader.read(names)


def single_pass_read(
    data_sources: str | Sequence[str],
    reader_class: Callable,
    reader_kwargs: Mapping[str, Any] | None = None,
    scope: str | None = None,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Reads the records of files once, in their order, in a v1 graph.

    Args:
      data_sources: see `get_data_files`.
      reader_class: a reader such as `tf.compat.v1.TFRecordReader`.
      reader_kwargs: arguments of `reader_class`.
      scope: of the operations.

    Returns:
      Key and value of the next record, scalar strings; `tf.errors.OutOfRangeError` after the last.

    Raises:
      RuntimeError: called outside a v1 graph.
      ValueError: there are no files.

    Examples:
      >>> slim.data.write_examples("a.tfrecord", [b"first", b"second"])
      2
      >>> with tf.Graph().as_default():
      ...     reader = tf.compat.v1.TFRecordReader
      ...     key, value = slim.parallel_reader.single_pass_read("a.tfrecord", reader)
      ...     with tf.compat.v1.Session() as session:
      ...         session.run(tf.compat.v1.local_variables_initializer())
      ...         with slim.queues.QueueRunners(session):
      ...             print(session.run(value))
      b'first'
    """
    require_v1_graph("slim.parallel_reader.single_pass_read", _INSTEAD)
    files = _checked(get_data_files(data_sources), reader_class, reader_kwargs)
    with v1.name_scope(scope, "single_pass_read"):
        names = v1.train.string_input_producer(
            files, num_epochs=1, shuffle=False, capacity=1, name="filenames"
        )
        return reader_class(**(reader_kwargs or {})).read(names)


def _checked(files: list[str], reader_class, reader_kwargs) -> list[str]:
    """The files, when none of them is known to end the process of who reads it."""
    if reader_class is v1.TFRecordReader and not (reader_kwargs or {}).get("options"):
        tfrecord.refuse_endless(files, tfrecord.QUICKLY_READ)
    return files


def get_data_files(data_sources: Any) -> list[str]:
    """The files that patterns stand for.

    Args:
      data_sources: a path, a pattern with `*`, `?` or `[`, `train@4` for the shards
        `train-00000-of-00004` to `train-00003-of-00004`, or a list or tuple of these.

    Returns:
      Paths, those of a pattern in order. A path without a pattern is not looked up.

    Raises:
      ValueError: a pattern matches nothing, or the list is empty.

    Examples:
      >>> slim.parallel_reader.get_data_files("train@2")
      ['train-00000-of-00002', 'train-00001-of-00002']
      >>> len(slim.parallel_reader.get_data_files("pets/cat/*.jpg"))
      24
    """
    if isinstance(data_sources, (list, tuple)):
        found = [path for source in data_sources for path in get_data_files(source)]
    elif any(mark in data_sources for mark in "*?["):
        found = sorted(tf.io.gfile.glob(data_sources))
    else:
        found = _shards(data_sources) or [data_sources]
    if not found:
        raise ValueError(f"No data files found in {data_sources!r}.")
    return found


def _shards(source: str) -> list[str]:
    match = _SHARDS.fullmatch(source)
    if match is None or tf.io.gfile.exists(source):
        return []
    count = int(match[2])
    return [f"{match[1]}-{shard:05d}-of-{count:05d}" for shard in range(count)]
