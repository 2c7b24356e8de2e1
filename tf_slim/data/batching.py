"""From a stream of records to batches of examples, or to a worker's share of them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_slim.data import service
from tf_slim.data.shares import Share
from tf_slim.ops import shapes
from tf_slim.ops.modes import do_not_convert

# Records per call of the parallel map: enough to spread its overhead, which for small images is
# larger than the work itself, and few enough to share out a batch of large ones.
_CHUNK = 32


@dataclasses.dataclass(frozen=True)
class Batching:
    """How records become batches.

    Attributes:
        size: Number of records in a whole batch.
        total: Number of records of the full stream; None if it does not end.
        drop_remainder: Whether a last batch that is smaller is left out.
        num_parallel_calls: Number of chunks that are loaded at the same time.
    """

    size: int
    total: int | None
    drop_remainder: bool
    num_parallel_calls: int

    def count(self, start: int = 0) -> int | None:
        """Number of batches from a batch on; None if there is no end."""
        if self.total is None:
            return None
        whole, rest = divmod(max(0, self.total - start * self.size), self.size)
        return whole if self.drop_remainder or not rest else whole + 1

    def batches(
        self,
        records: tf.data.Dataset,
        start: int,
        load: Callable[..., Any],
        mix: Callable[..., Any] | None,
        share: Share | None,
    ) -> tf.data.Dataset:
        """Makes the batches.

        Args:
            records: `(index in the full stream, record)`.
            start: Number of batches that the stream has left out at its beginning.
            load: Turns indices and records `[records]` into examples.
            mix: Turns the number of a batch in the full stream, and the batch, into another batch;
                None if nothing is mixed.
            share: The share of the worker, or None for whole batches.

        Returns:
            Batches; with a share, one for each replica of the worker.
        """
        count = self.count(start)
        # What is mixed needs its partner, which may be anywhere in the batch.
        if share is None or mix is not None:
            batches = self._whole(records, load)
            if mix is not None:
                batches = self._mapped(batches.enumerate(start), mix)
            if share is not None:
                batches = batches.map(do_not_convert(share.cut))
        else:
            chunks = share.select(records, self.rest, self.in_whole).rebatch(
                min(share.most, _CHUNK)
            )
            batches = self._mapped(chunks, load)
        if share is not None:
            batches = share.regroup(batches, self.rest, (count or 0) - (self.rest > 0))
            if count is not None:
                # To a replica without examples in the last batch empty ones would never end.
                count *= share.count
                batches = batches.take(count)
        return _ending(batches, count)

    @property
    def rest(self) -> int:
        """Number of records of the last batch, if that is smaller and not left out."""
        return 0 if self.total is None or self.drop_remainder else self.total % self.size

    @property
    def in_whole(self) -> int | None:
        return None if self.total is None else self.total - self.total % self.size

    def served(
        self,
        records: Callable[[], tf.data.Dataset],
        start: int,
        load: Callable[..., Any],
        mix: Callable[..., Any] | None,
        share: Share | None,
        address: str,
        as_mapped: Callable[[Callable], Callable],
    ) -> tf.data.Dataset:
        """Has the batches made by a tf.data service, each whole batch or share by one worker of it.

        Args:
            records: Makes what `batches` takes.
            start: As `batches` takes it.
            load: As `batches` takes it.
            mix: As `batches` takes it.
            share: As `batches` takes it.
            address: Of the dispatcher.
            as_mapped: What a function is wrapped in before it is mapped.

        Returns:
            As `batches`.

        Raises:
            service.ServiceError: If the service is not there.
        """

        def numbered() -> tf.data.Dataset:
            return records().batch(self.size, drop_remainder=self.drop_remainder).enumerate(start)

        one = share or Share(self.size, 1, 0, 1)

        def cut(number: tf.Tensor, batch: tuple) -> tuple:
            return number, tf.nest.map_structure(lambda part: one.cut(part)[0], batch)

        def loaded(number: tf.Tensor, batch: tuple) -> tuple:
            return number, load(*batch)

        def mixed(number: tf.Tensor, batch: tuple) -> tuple:
            return number, batch if mix is None else mix(number, batch)

        steps = [as_mapped(loaded), do_not_convert(cut)]
        # What is mixed needs its partner, which may be anywhere in the batch.
        steps = [*steps[:1], as_mapped(mixed), *steps[1:]] if mix else steps[::-1]

        def made(mine: tf.data.Dataset) -> tf.data.Dataset:
            for step in steps:
                mine = self._mapped(mine, step)
            return mine.prefetch(tf.data.AUTOTUNE)

        count = self.count(start)
        batches = service.read(numbered, made, start, count, address)
        if share is not None and share.count > 1:
            batches = share.regroup(batches, self.rest, (count or 0) - (self.rest > 0))
            count = None if count is None else count * share.count
            batches = batches if count is None else batches.take(count)
        elif not self.rest:
            batches = batches.map(do_not_convert(functools.partial(_of_size, one.most)))
        return _ending(batches, count)

    def _whole(self, records: tf.data.Dataset, load: Callable[..., Any]) -> tf.data.Dataset:
        chunk = min(self.size, _CHUNK)
        if chunk == self.size:
            return self._mapped(records.batch(chunk, drop_remainder=self.drop_remainder), load)
        batches = self._mapped(records.batch(chunk), load)
        return batches.rebatch(self.size, drop_remainder=self.drop_remainder)

    def _mapped(self, dataset: tf.data.Dataset, function: Callable[..., Any]) -> tf.data.Dataset:
        return dataset.map(function, num_parallel_calls=self.num_parallel_calls, deterministic=True)


def _ending(batches: tf.data.Dataset, count: int | None) -> tf.data.Dataset:
    length = tf.data.INFINITE_CARDINALITY if count is None else count
    batches = batches.prefetch(tf.data.AUTOTUNE)
    return batches.apply(tf.data.experimental.assert_cardinality(length))


def _of_size(size: int, *batch: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """What is known of the batches of a stream that has no smaller one."""
    return tuple(tf.ensure_shape(part, [size, *shapes.of(part)[1:]]) for part in batch)
