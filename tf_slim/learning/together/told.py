"""What replicas and workers tell each other in a step: in one all-reduce, as each has its price."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.learning.together import workers


class Told:
    """Sums of numbers over the replicas; with them comes, unasked, a word of each worker.

    Args:
      strategy: of the replicas.
    """

    def __init__(self, strategy: tf.distribute.Strategy):
        self._strategy = strategy
        self._workers = workers.of(strategy)
        self._said: tf.Variable | None = None
        self._word = 0
        if self._workers.count == 1:
            return
        self._here = strategy.num_replicas_in_sync // self._workers.count
        with tf.init_scope():
            none = np.zeros([self._workers.count], np.float32)
            self._said = tf.Variable(
                none,
                trainable=False,
                name="said",
                synchronization=tf.VariableSynchronization.ON_READ,
                aggregation=tf.VariableAggregation.SUM,
            )
            self._heard = tf.Variable(
                none,
                trainable=False,
                name="heard",
                aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
            )

    def say(self, word: int) -> None:
        """What the others hear of this worker in each step from now on, a number below 2**16."""
        if self._said is None or word == self._word:
            return
        row = np.zeros([self._workers.count], np.float32)
        row[self._workers.index] = self._word = word
        for variable in self._strategy.experimental_local_results(self._said):
            variable.assign(row)

    def heard(self) -> list[int]:
        """What each worker has said before the last step."""
        values = self._strategy.experimental_local_results(self._heard)[0].numpy()
        return (values / self._here).astype(int).tolist()

    def sums(self, *numbers) -> list[Any]:
        """The sums of float32 or integer scalars, each of which may be None, as float32.

        Called outside of the replicas, in a step that is traced.
        """
        given = [number for number in numbers if number is not None]
        if self._strategy.num_replicas_in_sync == 1:
            sums = [self._sum(number) for number in given]
        else:
            row = self._sum(self._strategy.run(self._row, given))
            sums = tf.unstack(row[: len(given)])
            if self._said is not None:
                self._heard.assign(row[len(given) :], read_value=False)
        rest = iter(sums)
        return [None if number is None else next(rest) for number in numbers]

    def _row(self, *numbers) -> tf.Tensor:
        row = tf.stack([tf.cast(number, tf.float32) for number in numbers])
        return row if self._said is None else tf.concat([row, self._said.read_value()], 0)

    def _sum(self, per_replica) -> tf.Tensor:
        return self._strategy.reduce(tf.distribute.ReduceOp.SUM, per_replica, axis=None)
