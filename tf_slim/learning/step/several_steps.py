"""Several steps of training in one call: what happens around a step then happens once for all."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_slim.learning.step import finite
from tf_slim.learning.step.compiled_step import TrainStep
from tf_slim.learning.step.phases import Phase
from tf_slim.ops.arguments import checked, describe, integer
from tf_slim.ops.tracing import TracedFunction


class SeveralSteps:
    """Takes steps on the next batches of an iterator: `losses = several(batches)`.

    They are the steps that `train_step` takes one by one, bit for bit. The time of Python, of
    reading a batch and of starting a function, is spent once for all of them. `slim.learning.fit`
    does the same by `steps_per_call`.

    Args:
      train_step: from `make_train_step`.
      most: how many steps there may be in a call.

    Raises:
      TypeError: `train_step` is of another kind.
      ValueError: `most` is no whole number of at least 1.

    Examples:
      >>> model = slim.Model(slim.linear, num_outputs=2).build(tf.TensorSpec([None, 3]))
      >>> loss = slim.losses.sparse_softmax_cross_entropy
      >>> step = slim.learning.make_train_step(model, loss, tf.keras.optimizers.SGD(0.1))
      >>> data = tf.data.Dataset.from_tensors((tf.ones([8, 3]), tf.zeros([8], tf.int64))).repeat()
      >>> slim.learning.SeveralSteps(step, most=10)(iter(data)).shape
      TensorShape([10])
    """

    @checked
    def __init__(self, train_step: TrainStep, most: int):
        if not isinstance(train_step, TrainStep):
            raise TypeError(
                "train_step: expected what slim.learning.make_train_step returns; got "
                f"{describe(train_step)}."
            )
        if (count := integer(most)) is None or count < 1:
            raise ValueError(f"most: expected a whole number of at least 1; got {describe(most)}.")
        self.most = count
        self._step = train_step
        with tf.init_scope():
            # A variable, so that an error in one step does not cost the losses of those before.
            self._losses = tf.Variable(
                tf.zeros([count]),
                trainable=False,
                name="losses",
                aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
            )
        self._functions = [
            TracedFunction(functools.partial(self._take, phase), reduce_retracing=True)
            for phase in train_step._phases
        ]
        self._numbers = [tf.constant(number) for number in range(count + 1)]

    def __call__(self, batches: Any, number: int | None = None) -> tf.Tensor:
        """Takes steps.

        Args:
          batches: an iterator over a `tf.data.Dataset` of `(inputs, labels)` or `(inputs, labels,
            weights)`; under a strategy with several replicas over a distributed dataset.
          number: how many; by default as many as there may be.

        Returns:
          Their losses, `[number]`; fewer where the data end before.

        Raises:
          tf.errors.OpError: as of one step, or a batch cannot be read. The steps before it have
            been taken: `train_step.global_step` tells how many.
          ValueError: `number` is out of range, or beyond the step at which the head is no longer
            trained alone.
          RuntimeError: this is within `averaged_weights`.
        """
        number = self.most if number is None else number
        if not 1 <= number <= self.most:
            raise ValueError(f"number: expected 1 to {self.most} steps; got {describe(number)}.")
        self._step._require_weights_in_place()
        function = self._function(number)
        try:
            return function(batches, self._numbers[number])
        except tf.errors.InvalidArgumentError as error:
            raise finite.refused(error) or error from None

    def prepare(self, batches: Any) -> None:
        """Makes all variables that a step needs, without taking one.

        Args:
          batches: as in a call, or its `tf.TypeSpec`.
        """
        for index in self._step._to_prepare():
            self._functions[index].get_concrete_function(batches, self._numbers[1])

    def losses_since(self, step: int) -> list[tf.Tensor]:
        """The losses, scalars, of the steps after the first `step` of a call, even a failed one."""
        count = int(tf.convert_to_tensor(self._step.global_step)) - step
        return tf.unstack(tf.convert_to_tensor(self._losses)[:count])

    def _function(self, number: int) -> Callable:
        if len(self._functions) == 1:
            return self._functions[0]
        step, index = int(tf.convert_to_tensor(self._step.global_step)), self._step._index
        until = self._step._phases[index].until
        if step + number > until:
            raise ValueError(
                f"number: from step {step} on there may be {until - step} steps in a call, since "
                f"at step {until} all of the net begins to train; got {number}."
            )
        return self._functions[index]

    def _take(self, phase: Phase, batches: Any, number: tf.Tensor) -> tf.Tensor:
        def goes_on(taken, ended):
            return (taken < number) & ~ended

        def turn(taken, ended):
            batch = batches.get_next_as_optional()

            def take():
                loss = self._step._step(phase, batch.get_value())
                losses = tf.tensor_scatter_nd_update(self._losses, [[taken]], [loss])
                self._losses.assign(losses, read_value=False)
                return taken + 1, tf.constant(False)

            # Data that end are no error, which might come when half of a step was taken.
            return tf.cond(batch.has_value(), take, lambda: (taken, tf.constant(True)))

        start = (tf.constant(0), tf.constant(False))
        # No step begins before the last one is through, with all that it assigns.
        taken, _ = tf.while_loop(goes_on, turn, start, parallel_iterations=1)
        return tf.convert_to_tensor(self._losses)[:taken]


def of(train_step: TrainStep, most: int) -> SeveralSteps:
    """The same one each time, so that its functions are traced once."""
    known = train_step._several
    if most not in known:
        known[most] = SeveralSteps(train_step, most)
    return known[most]
