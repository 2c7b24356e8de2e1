"""What a step computes in a replica before anything is changed: the loss and its gradients."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from tf_slim.layers import moving_average
from tf_slim.learning.step import (
    accumulation,
    empty_batches,
    finite,
    gradients,
    loss_scale,
    objective,
    sample_weights,
)
from tf_slim.learning.step.batch_parts import Cut, Part
from tf_slim.learning.step.phases import Phase
from tf_slim.ops import collect, counting, frozen, modes, randomness
from tf_slim.ops.arg_scope import default_is_training
from tf_slim.ops.model import Model
from tf_slim.ops.outputs import split_outputs
from tf_slim.ops.places import step_scope
from tf_slim.ops.wording import first_few


@dataclasses.dataclass(frozen=True)
class Settings:
    """How a step is taken: see `make_train_step`."""

    clip_gradient_norm: float
    clip_global_norm: float
    check_numerics: bool
    seed: int
    jit_compile: bool
    warm_up_averages: bool
    average_decay: float | None
    accumulate: int


@dataclasses.dataclass(frozen=True)
class _Now:
    """What a forward run goes by, the same for all parts of the batch.

    Attributes:
      phase: what is trained.
      step: the number of steps before.
      scale: of the loss, or None.
      examples: how many this replica has, where it may have none; None for some.
      relative_size: tells them as a multiple of what replicas have on average; None for 1.
    """

    phase: Phase
    step: tf.Tensor
    scale: tf.Tensor | None
    examples: tf.Tensor | None
    relative_size: Callable[[], tf.Tensor] | None = None


class Forward:
    """Loss and gradients of a replica's share of a batch.

    Args:
      model: the model.
      loss: takes what it returns.
      settings: of the step.

    Attributes:
      output_spec: of what the net returned for a batch; None before it was traced.
    """

    def __init__(self, model: Model, loss: Callable, settings: Settings):
        self.output_spec: Any = None
        self._model, self._loss, self._settings = model, loss, settings
        self._known = frozenset(model.named_variables)

    def run(
        self, phase: Phase, step: tf.Tensor, scale: tf.Tensor | None, may_be_empty: bool, batch: Any
    ) -> tuple:
        """In a replica: loss, gradients, their checksum, number of examples, if it may be 0.

        Args:
          phase: what is trained.
          step: the number of steps before.
          scale: of the loss while its gradients are computed, or None.
          may_be_empty: whether there may be no examples.
          batch: `(inputs, labels)` or `(inputs, labels, weights)`.
        """
        examples = None
        if may_be_empty:
            examples = empty_batches.count_examples(batch)
            batch = empty_batches.filled(batch, examples)
        relative_size = None
        if examples is not None and collect.replica_count() > 1:
            relative_size = functools.partial(_relative_size, examples)
            if self._settings.accumulate > 1 or self._settings.jit_compile:
                # Where the loss is computed replicas cannot ask each other.
                size = relative_size()
                relative_size = lambda: size  # noqa: E731
        now = _Now(phase, step, scale, examples, relative_size)
        if self._settings.accumulate > 1:
            loss, grads = self._by_parts(now, batch)
        else:
            compute = functools.partial(self._loss_and_gradients, now)
            if self._settings.jit_compile:
                compute = tf.function(compute, jit_compile=True, autograph=False)
            loss, grads = compute(batch)
        return loss, grads, finite.checksum(loss, grads), examples

    def _loss_and_gradients(self, now: _Now, batch: tuple, part: Part | None = None):
        """What XLA compiles, if it is to; of a part the regularization is left out."""
        trained = tuple(now.phase.trained.values())
        with (
            self._entered(now, part) as got,
            tf.GradientTape(watch_accessed_variables=False) as tape,
        ):
            tape.watch(trained)
            found = self._objective(now, batch, got)
            if part is None:
                loss = found.total()
            else:
                part.objective = found
                loss = tf.add_n(found.of_examples) * part.share
            target = loss if now.scale is None else loss * now.scale
        self._require_same_variables()
        grads = tape.gradient(target, trained)
        if now.scale is not None:
            grads = loss_scale.unscaled(grads, now.scale)
        return loss, gradients.multiplied(grads, now.phase.factors)

    def _by_parts(self, now: _Now, batch: tuple):
        """The same of all parts of a batch, one after the other."""
        cut = Cut(batch, self._settings.accumulate)

        def count(batch, part):
            # This is not the run that moves averages.
            with modes.recomputation(), self._entered(now, part) as got:
                self._objective(now, batch, got)

        def shared(counts):
            if now.examples is not None:
                counts *= tf.cast(now.examples > 0, counts.dtype)
            return _mean_over_replicas(counts)

        examples = tf.cast(cut.examples if now.examples is None else now.examples, tf.float32)
        several = collect.replica_count() > 1
        return accumulation.added_up(
            cut,
            tuple(now.phase.trained.values()),
            functools.partial(self._loss_and_gradients, now),
            count,
            functools.partial(self._regularization, now),
            shared=shared,
            relative_size=tf.math.divide_no_nan(_mean_over_replicas(examples), examples)
            if several
            else 1.0,
            jit_compile=self._settings.jit_compile,
        )

    def _regularization(self, now: _Now, found: objective.Objective):
        """Loss and gradients of what does not go by examples."""
        trained = tuple(now.phase.trained.values())
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(trained)
            losses = found.regularization()
            loss = tf.add_n(losses) if losses else tf.constant(0.0)
        grads = tape.gradient(loss, trained) if losses else [None] * len(trained)
        return loss, gradients.multiplied(grads, now.phase.factors)

    @contextlib.contextmanager
    def _entered(self, now: _Now, part: Part | None) -> Iterator[collect.Frame]:
        """All that a net and its loss are called in, in training."""
        updates, losses = now.step, None
        if part is not None:
            updates = now.step * self._settings.accumulate + tf.cast(part.index, now.step.dtype)
            losses = part.losses
        warms_up = self._settings.warm_up_averages
        with (
            randomness.random_scope(self._seed(now.step, part)),
            step_scope(now.step),
            moving_average.warm_up(updates) if warms_up else contextlib.nullcontext(),
            frozen.freeze(now.phase.frozen),
            counting.share(None if now.examples is None else now.examples > 0),
            counting.within(losses),
            collect.collect() as got,
        ):
            yield got

    def _objective(self, now: _Now, batch: tuple, got: collect.Frame) -> objective.Objective:
        inputs, labels, weights = batch if len(batch) == 3 else (*batch, None)
        with default_is_training(True):
            outputs, _ = split_outputs(self._model(inputs))
        self._model.require_outputs(outputs, got.losses)
        self.output_spec = tf.nest.map_structure(self._spec_of, outputs)
        loss = functools.partial(sample_weights.call, self._loss, outputs, labels, weights)
        return objective.compute(got, loss, now.examples, now.relative_size)

    def _spec_of(self, value: Any) -> Any:
        if not tf.is_tensor(value):
            return None
        if self._settings.accumulate > 1 and value.shape.rank:
            return tf.TensorSpec([None, *value.shape[1:]], value.dtype)  # a part is no batch
        return tf.TensorSpec(value.shape, value.dtype)

    def _seed(self, step: tf.Tensor, part: Part | None) -> tf.Tensor:
        """Another one for each step, replica and part."""
        context = tf.distribute.get_replica_context()
        seed = tf.random.experimental.stateless_fold_in(
            tf.stack([tf.constant(self._settings.seed, tf.int32), tf.cast(step, tf.int32)]),
            0 if context is None else context.replica_id_in_sync_group,
            alg=randomness.ALGORITHM,
        )
        if part is None:
            return seed
        return tf.random.experimental.stateless_fold_in(seed, part.index, alg=randomness.ALGORITHM)

    def _require_same_variables(self) -> None:
        new = [name for name in self._model.named_variables if name not in self._known]
        if new:
            raise ValueError(
                f"{self._model.name} made new variables after the train step was made: "
                f"{first_few(new)}. The optimizer does not know them. Build the model first "
                "with the arguments of training: model.build(spec, is_training=True)."
            )


def _relative_size(examples: tf.Tensor) -> tf.Tensor:
    examples = tf.cast(examples, tf.float32)
    return tf.math.divide_no_nan(examples, _mean_over_replicas(examples))


def _mean_over_replicas(value: tf.Tensor) -> tf.Tensor:
    if collect.replica_count() == 1:
        return value
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.MEAN, value)
