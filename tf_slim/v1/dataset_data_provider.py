"""A `DataProvider` that reads and decodes the records of a `Dataset`, in a v1 graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tf_slim.v1 import parallel_reader
from tf_slim.v1.data_provider import DataProvider
from tf_slim.v1.v1_only import require_v1_graph

__all__ = ["DatasetDataProvider"]


class DatasetDataProvider(DataProvider):
    """The items of one example of a data set after the other.

    Args:
      dataset: a `slim.dataset.Dataset`.
      num_readers: how many files are read at a time.
      reader_kwargs: arguments of the data set's reader.
      shuffle: whether to shuffle the files, and the records in the queue.
      num_epochs: how often to read everything, counted by a local variable, which must be
        initialized; None without end.
      common_queue_capacity: how many records the queue holds.
      common_queue_min: how many it keeps back, to shuffle among.
      record_key: the item that holds the key of the record.
      seed: of the shuffling.
      scope: of the operations.

    Raises:
      RuntimeError: called outside a v1 graph.
      ValueError: the data set has an item called as `record_key`, or no files.

    Examples:
      >>> example = slim.data.image_example(np.zeros([4, 4, 3], np.uint8), label=7)
      >>> slim.data.write_examples("a.tfrecord", [example])
      1
      >>> features = {"image/class/label": tf.io.FixedLenFeature([], tf.int64)}
      >>> items = {"label": slim.tfexample_decoder.Tensor("image/class/label")}
      >>> decoder = slim.tfexample_decoder.TFExampleDecoder(features, items)
      >>> dataset = slim.dataset.Dataset("a.tfrecord", tf.compat.v1.TFRecordReader, decoder, 1, {})
      >>> with tf.Graph().as_default():
      ...     provider = slim.dataset_data_provider.DatasetDataProvider(dataset)
      ...     [label] = provider.get(["label"])
      ...     with tf.compat.v1.Session() as session, slim.queues.QueueRunners(session):
      ...         print(session.run(label))
      7
    """

    def __init__(
        self,
        dataset: Any,
        num_readers: int = 1,
        reader_kwargs: Mapping[str, Any] | None = None,
        shuffle: bool = True,
        num_epochs: int | None = None,
        common_queue_capacity: int = 256,
        common_queue_min: int = 128,
        record_key: str = "record_key",
        seed: int | None = None,
        scope: str | None = None,
    ):
        require_v1_graph(
            "slim.dataset_data_provider.DatasetDataProvider",
            "slim.data.Pipeline, or dataset.decoder.decode in a tf.data.Dataset.map",
        )
        key, record = parallel_reader.parallel_read(
            dataset.data_sources,
            reader_class=dataset.reader,
            num_epochs=num_epochs,
            num_readers=num_readers,
            reader_kwargs=reader_kwargs,
            shuffle=shuffle,
            capacity=common_queue_capacity,
            min_after_dequeue=common_queue_min,
            seed=seed,
            scope=scope,
        )
        items = list(dataset.decoder.list_items())
        if record_key in items:
            raise ValueError(
                f"record_key is {record_key!r}, but the data set has an item of that name; its "
                f"items are {items}. Give another record_key."
            )
        tensors = dataset.decoder.decode(record, items)
        super().__init__(
            items_to_tensors={**dict(zip(items, tensors, strict=True)), record_key: key},
            num_samples=dataset.num_samples,
        )
