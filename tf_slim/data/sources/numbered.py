"""`Numbered`: sources whose records can be had by their number, so that they need no file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tf_slim.data.sources import ordering
from tf_slim.data.sources.protocol import RecordSource


class Numbered(RecordSource):
    """Records 0, 1, 2 ..., in shards of the sizes that a conversion would give its files."""

    def __init__(self, count: int):
        """Makes the shards.

        Args:
            count: Number of records.
        """
        self._bounds = ordering.shard_bounds(count)

    def count(self) -> int:
        return self._bounds[-1]

    def shards(self) -> Sequence[int]:
        return range(len(self._bounds) - 1)

    def read(self, shard: tf.Tensor) -> tf.data.Dataset:
        bounds = tf.constant(self._bounds, tf.int64)
        return tf.data.Dataset.range(bounds[shard], bounds[shard + 1])

    def read_all(self) -> tf.data.Dataset:
        return tf.data.Dataset.range(self.count())

    def filenames(self, positions: Sequence[int]) -> list[Any]:
        return [None] * len(positions)
