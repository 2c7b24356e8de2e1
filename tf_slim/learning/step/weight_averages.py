"""Moving averages of the weights of a net: the average of late weights is often the better net.

B. Polyak and A. Juditsky, "Acceleration of Stochastic Approximation by Averaging", 1992; with the
warm-up and the names in checkpoints of `tf.train.ExponentialMovingAverage`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import tensorflow as tf

from tf_slim.checkpoints import renaming
from tf_slim.ops import sharding

_UPDATES = "average_updates"


class WeightAverages:
    """The averages of some variables, and the number of their updates.

    Averages that have had no update are worth nothing: the weights themselves stand for them.

    Args:
      weights: the variables by name.
      decay: how much of an average remains in an update, in (0, 1); in the update after n others
        it is at most `(1 + n) / (10 + n)`.
      strategy: under which they were made.
    """

    def __init__(
        self, weights: Mapping[str, tf.Variable], decay: float, strategy: tf.distribute.Strategy
    ):
        self._decay = decay
        self._strategy = strategy
        self._weights = dict(weights)
        self._inside = False
        with tf.init_scope(), tf.compat.v1.name_scope(None):
            self._averages = {
                name: _state(variable, renaming.average_of(name))
                for name, variable in weights.items()
            }
            self._updates = _state(tf.constant(0, tf.int64), _UPDATES)

    def named_variables(self) -> dict[str, tf.Variable]:
        """The state by the name that it has in a checkpoint.

        Raises:
          RuntimeError: within `in_place`, where weights and averages are one.
        """
        self.require_outside("save or restore a training")
        if not self._begun():
            self.begin()
        named = {renaming.average_of(name): v for name, v in self._averages.items()}
        named[_UPDATES] = self._updates
        return named

    def require_outside(self, action: str) -> None:
        """Raises RuntimeError within `in_place`."""
        if self._inside:
            raise RuntimeError(
                f"Cannot {action} within averaged_weights(): the model has the averages of its "
                "weights there. Evaluate inside the block, and do this after it."
            )

    def begin(self) -> None:
        """Lets the averages be the weights; called outside of the replicas."""
        for name, average in self._averages.items():
            self._assign(average, self._weights[name])

    def begin_if_new(self) -> None:
        """The same before the first update, in a step that is traced."""
        tf.cond(tf.equal(self._updates, 0), self.begin, lambda: None)

    def update(self, names: Mapping[str, Any]) -> None:
        """Moves averages towards the weights; called outside of the replicas.

        Args:
          names: of the variables that the step has changed. For others an update changes nothing.
        """
        updates = tf.cast(self._updates, tf.float32)
        rate = tf.maximum(1.0 - self._decay, 9.0 / (10.0 + updates))

        def move(average, weight, rate):
            difference = tf.convert_to_tensor(average) - tf.convert_to_tensor(weight)
            average.assign_sub(difference * tf.cast(rate, average.dtype), read_value=False)

        for name in names:
            # On each device for itself: what is the same there stays the same.
            self._strategy.extended.update(
                self._averages[name], move, args=(self._weights[name], rate), group=False
            )
        self._updates.assign_add(1, read_value=False)

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """The weights are their averages inside, and what they were afterwards, come what may."""
        if self._inside or not self._begun():
            yield
            return
        before = {name: tf.identity(variable) for name, variable in self._weights.items()}
        try:
            self._inside = True
            for name, variable in self._weights.items():
                self._assign(variable, self._averages[name])
            yield
        finally:
            self._put_back(before)

    def _put_back(self, values: Mapping[str, tf.Tensor]) -> None:
        interruption = None
        while self._inside:
            try:
                for name, value in values.items():
                    self._weights[name].assign(value)
                self._inside = False
            except KeyboardInterrupt as interrupted:  # it must not leave half of them
                interruption = interrupted
        if interruption is not None:
            raise interruption

    def _begun(self) -> bool:
        return int(tf.convert_to_tensor(self._updates)) > 0

    def _assign(self, variable: tf.Variable, value: tf.Variable) -> None:
        self._strategy.extended.update(
            variable, lambda to, what: to.assign(what), args=(value,), group=False
        )


def _state(value: Any, name: str) -> tf.Variable:
    with sharding.beside(value) if isinstance(value, tf.Variable) else contextlib.nullcontext():
        return tf.Variable(
            tf.convert_to_tensor(value),
            trainable=False,
            name=name,
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        )
