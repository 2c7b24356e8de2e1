"""`Share`: which examples of each batch belong to a worker, and to each of its replicas."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import tensorflow as tf

from tf_slim.ops.modes import do_not_convert

_CHUNK = 256
"""Records that are looked at by one call: many, since most of them may be others'."""


@dataclasses.dataclass(frozen=True)
class Share:
    """A worker's consecutive part of each batch, cut into consecutive parts for its replicas.

    The batches are those of one process. Replica j of n has the j-th of n parts, which differ by
    one example at most; the larger ones come first. A batch at the end that is smaller is cut in
    the same way, and has nothing for some replicas if it has fewer examples than there are.

    Attributes:
        batch_size: Number of examples of a whole batch, of all replicas together.
        replicas: Number of replicas of all workers.
        first: The first replica of this worker.
        count: Number of replicas of this worker.
    """

    batch_size: int
    replicas: int
    first: int
    count: int

    @classmethod
    def of(cls, context: tf.distribute.InputContext, batch_size: int) -> Share:
        """The share of the worker that reads its input in a context.

        Args:
            context: As `distribute_datasets_from_function` hands it over.
            batch_size: Number of examples of a whole batch.

        Raises:
            ValueError: If the workers cannot have equally many replicas, or a replica would never
                have an example.
        """
        replicas, workers = context.num_replicas_in_sync, context.num_input_pipelines
        worker = context.input_pipeline_id
        if not 0 <= worker < workers or replicas % workers:
            raise ValueError(
                f"context: expected num_replicas_in_sync to be a multiple of num_input_pipelines, "
                f"and input_pipeline_id in [0, num_input_pipelines); received {replicas}, "
                f"{workers} and {worker}."
            )
        if batch_size < replicas:
            raise ValueError(
                f"batch_size must be at least the number of replicas, {replicas} on {workers} "
                f"workers, which share each batch; received {batch_size}. Take a larger batch or "
                "fewer workers."
            )
        count = replicas // workers
        return cls(batch_size, replicas, worker * count, count)

    def bounds(self, size: int) -> list[int]:
        """Where in a batch the parts of this worker's replicas begin and end.

        Args:
            size: Number of examples of the batch.

        Returns:
            Positions in the batch, one more than the worker has replicas.
        """
        least, larger = divmod(size, self.replicas)
        replicas = range(self.first, self.first + self.count + 1)
        return [replica * least + min(replica, larger) for replica in replicas]

    def sizes(self, size: int) -> list[int]:
        """How many examples of a batch each replica of this worker has.

        Args:
            size: Number of examples of the batch.
        """
        bounds = self.bounds(size)
        return [end - begin for begin, end in itertools.pairwise(bounds)]

    @property
    def most(self) -> int:
        """The most examples that this worker has of a batch."""
        begin, *_, end = self.bounds(self.batch_size)
        return end - begin

    def mine(self, index: tf.Tensor, rest: int, whole: int | None) -> tf.Tensor:
        """Whether examples belong to this worker.

        Args:
            index: Positions in the full stream, int64 `[examples]`.
            rest: Number of examples of a last batch that is smaller; 0 if there is none.
            whole: Number of examples in whole batches; None if the stream does not end.

        Returns:
            bool `[examples]`.
        """
        position = index % self.batch_size
        begin, *_, end = self.bounds(self.batch_size)
        mine = (position >= begin) & (position < end)
        if whole is None:
            return mine
        begin, *_, end = self.bounds(rest)
        return tf.where(index < whole, mine, (position >= begin) & (position < end))

    def select(self, records: tf.data.Dataset, rest: int, whole: int | None) -> tf.data.Dataset:
        """Leaves out the records of others.

        Args:
            records: `(index in the full stream, record)`.
            rest: As `mine` takes it.
            whole: As `mine` takes it.

        Returns:
            The others, in batches of any sizes.
        """

        @do_not_convert
        def own(index: tf.Tensor, *record: Any) -> tuple:
            mine = self.mine(index, rest, whole)
            return tf.nest.map_structure(lambda part: tf.boolean_mask(part, mine), (index, *record))

        return records.batch(min(self.batch_size, _CHUNK)).map(own)

    def regroup(self, examples: tf.data.Dataset, rest: int, whole: int) -> tf.data.Dataset:
        """Puts this worker's examples together to the batches of its replicas.

        Args:
            examples: In batches of any sizes.
            rest: Number of examples of a last batch that is smaller; 0 if there is none.
            whole: Number of whole batches before that one.

        Returns:
            As many elements for each batch as the worker has replicas.
        """
        sizes = self.sizes(self.batch_size)
        if rest:
            # All of them, one by one: the last ones are others than those before.
            sizes = sizes * whole + self.sizes(rest)
        elif len(set(sizes)) == 1:
            return examples.rebatch(sizes[0], drop_remainder=True)
        return examples.rebatch(tf.constant(sizes, tf.int64))

    def cut(self, *batch: tf.Tensor) -> tuple[tf.Tensor, ...]:
        """This worker's part of a whole batch or of a smaller one.

        Args:
            *batch: Tensors `[examples, ...]`.
        """
        size = tf.shape(batch[0])[0]
        least, larger = size // self.replicas, size % self.replicas
        begin, end = (
            replica * least + tf.minimum(replica, larger)
            for replica in (self.first, self.first + self.count)
        )
        return tuple(part[begin:end] for part in batch)
