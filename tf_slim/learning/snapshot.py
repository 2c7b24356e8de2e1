"""The variables that a step changes before it is known whether it counts, to be put back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf


class Snapshot:
    """The values of variables as they are now, such as moving averages before a step.

    Variables that each replica has for itself are put back by each replica for itself.

    Args:
      variables: of a model, those that are not trained.
      strategy: under which they were made. This is called outside of its replicas.
    """

    def __init__(self, variables: Sequence[tf.Variable], strategy: tf.distribute.Strategy):
        several = strategy.num_replicas_in_sync > 1
        self._strategy = strategy
        self._own = [v for v in variables if several and _is_of_replica(v)]
        self._common = [v for v in variables if not (several and _is_of_replica(v))]
        self._common_values = [tf.identity(v) for v in self._common]
        self.of_replica: Any = strategy.run(self._read) if self._own else []

    def restore(self) -> None:
        """Puts all values back; called outside of the replicas."""
        for variable, value in zip(self._common, self._common_values, strict=True):
            variable.assign(value, read_value=False)
        if self._own:
            self._strategy.run(self._restore, (self.of_replica,))

    def restore_unless(self, needed: tf.Tensor, values: Sequence[tf.Tensor]) -> None:
        """Puts back what a replica without examples has for itself, in whatever layer it is.

        Args:
          needed: whether the replica that calls this has examples, a bool scalar.
          values: its part of `of_replica`.
        """
        if values:
            tf.cond(needed, lambda: None, lambda: self._restore(values))

    def _restore(self, values: Sequence[tf.Tensor]) -> None:
        for variable, value in zip(self._own, values, strict=True):
            variable.assign(value)

    def _read(self) -> list[tf.Tensor]:
        return [tf.identity(v) for v in self._own]


def _is_of_replica(variable: Any) -> bool:
    # What is not aggregated each replica writes for itself, in mirrored variables too.
    on_read = variable.synchronization == tf.VariableSynchronization.ON_READ
    return on_read or variable.aggregation == tf.VariableAggregation.NONE
