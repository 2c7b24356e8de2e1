"""Workers that read whole files each, so that none reads the bytes of the others.

What is in a batch then depends on the number of workers, so that this is done by choice alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_slim.data.batching import Batching
from tf_slim.data.service import nothing
from tf_slim.data.shares import Share
from tf_slim.data.sources.protocol import RecordSource
from tf_slim.ops.data_errors import DataError
from tf_slim.ops.wording import first_few


@dataclasses.dataclass(frozen=True)
class Part:
    """What one of several workers reads.

    Attributes:
        whole: The records of all workers.
        context: Of the worker.
        batch_size: Number of examples of a whole batch, of all workers together.
        drop_remainder: Whether a last batch that is smaller is left out.
        num_parallel_calls: Number of chunks that are loaded at the same time.
    """

    whole: RecordSource
    context: tf.distribute.InputContext
    batch_size: int
    drop_remainder: bool
    num_parallel_calls: int

    def source(self, worker: int | None = None) -> RecordSource:
        """The files of a worker; of this one if none is named.

        Args:
            worker: Its number.

        Raises:
            ValueError: If there are fewer files than workers, or the source has none.
        """
        workers = self.context.num_input_pipelines
        worker = self.context.input_pipeline_id if worker is None else worker
        files = self.whole.shards()
        part = self.whole.part(files[worker::workers]) if len(files) >= workers else None
        if part is None:
            raise ValueError(
                f"shard_files: {workers} workers cannot have whole files each of "
                f"{self.whole.described()}: expected TFRecord files, and as many as there are "
                "workers at least. Leave shard_files out (each then reads all files, and decodes "
                "its own examples alone), or convert the data to more files."
            )
        return part

    def batching(self, worker: int, epochs: int | None) -> tuple[Batching, Share]:
        """How a worker makes its part of each batch, as if it were alone, for its replicas.

        Args:
            worker: Its number.
            epochs: Number of passes over its records; None if there is no end.

        Raises:
            DataError: If there are no records in its files.
        """
        of_all = Share.of(
            tf.distribute.InputContext(
                self.context.num_input_pipelines, worker, self.context.num_replicas_in_sync
            ),
            self.batch_size,
        )
        share = Share(of_all.most, of_all.count, 0, of_all.count)
        total = None if epochs is None else epochs * self.count(worker)
        return Batching(
            share.batch_size, total, self.drop_remainder, self.num_parallel_calls
        ), share

    def count(self, worker: int) -> int:
        """Number of records of a worker, counted by their headers.

        Args:
            worker: Its number.

        Raises:
            DataError: If there are none.
        """
        source = self.source(worker)
        if not (count := source.count()):
            raise DataError(
                f"worker {worker} has no records to read: its files are "
                f"{first_few(source.files())}.",
                remedy="Leave shard_files out, or convert the data to files of equal size.",
            )
        return count

    def batches(
        self,
        records: Callable[..., tf.data.Dataset],
        start: int,
        epochs: int | None,
        load: Callable[..., Any],
        mix: Callable[..., Any] | None,
        as_mapped: Callable[[Callable], Callable],
    ) -> tf.data.Dataset:
        """Makes the batches of this worker's replicas, as many as every other worker makes.

        Where there is an end, workers with fewer examples give empty batches in the end, so that
        every example is seen; or, where smaller batches are left out, all end with the first.

        Args:
            records: Streams the records of a source, as `record_stream` does.
            start: Number of batches to leave out.
            epochs: Number of passes over the records; None if there is no end.
            load: Turns indices and records into examples.
            mix: Turns the number of a batch, and the batch, into another batch; or None.
            as_mapped: What a function is wrapped in before it is mapped.
        """
        worker, workers = self.context.input_pipeline_id, self.context.num_input_pipelines
        own, share = self.batching(worker, epochs)

        # Numbers that no other worker has, since what is random follows from them.
        def loaded(index: tf.Tensor, *record: Any) -> Any:
            return load(index * workers + worker, *record)

        def mixed(number: tf.Tensor, batch: tuple) -> Any:
            return batch if mix is None else mix(number * workers + worker, batch)

        batches = own.batches(
            records(self.source(), start=start * own.size, num_samples=self.count(worker)),
            start,
            as_mapped(loaded),
            as_mapped(mixed) if mix else None,
            share,
        )
        if epochs is None:
            return batches
        counts = [self.batching(one, epochs)[0].count(start) or 0 for one in range(workers)]
        steps = min(counts) if self.drop_remainder else max(counts)
        if steps > counts[worker]:
            batches = batches.concatenate(nothing(batches.element_spec))
        batches = batches.take(steps * share.count)
        return batches.apply(tf.data.experimental.assert_cardinality(steps * share.count))
