"""`TrainStep`: one step of training as one compiled function."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.learning import snapshot
from tf_slim.learning.step import (
    empty_batches,
    finite,
    gradients,
    loss_scale,
    optimizers,
    placement,
)
from tf_slim.learning.step.forward import Forward, Settings
from tf_slim.learning.step.phases import Phase
from tf_slim.learning.step.weight_averages import WeightAverages
from tf_slim.learning.together import told
from tf_slim.ops import frozen, sharding
from tf_slim.ops.model import Model
from tf_slim.ops.tracing import TracedFunction, user_function


class TrainStep:
    """One step of training: `loss = step(inputs, labels)`. Made by `make_train_step`.

    Attributes:
      model: the model that is trained.
      optimizer: what trains it; if its head is trained first, what trains all of it afterwards.
      global_step: int64 variable, the number of steps taken so far.
      strategy: the `tf.distribute` strategy under which the step was made.
      loss_scale: what keeps the gradients of a model in "mixed_float16" in range; None for others.
      told: what workers tell each other in a step.

    Examples: see `slim.learning.make_train_step`.
    """

    def __init__(
        self,
        model: Model,
        loss: Callable,
        phases: Sequence[Phase],
        settings: Settings,
    ):
        self.model = model
        self.optimizer = phases[-1].optimizer
        self.strategy = tf.distribute.get_strategy()
        self._loss = user_function(loss)
        self._phases = tuple(phases)
        self._settings = settings
        with tf.init_scope():
            self.global_step = tf.Variable(
                0,
                dtype=tf.int64,
                trainable=False,
                name="global_step",
                aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
            )
        low = model.precision == "mixed_float16"
        self.loss_scale = loss_scale.LossScale() if low else None
        self._of_replica = Forward(model, self._loss, settings)
        self.told = told.Told(self.strategy)
        self._several: dict[int, Any] = {}  # what takes several steps a call, by how many
        self._averages = None
        if settings.average_decay is not None:
            self._averages = WeightAverages(
                phases[-1].trained, settings.average_decay, self.strategy
            )
        for phase in phases:
            optimizers.build(phase.optimizer, tuple(phase.trained.values()))
        # One function a phase: an optimizer of TensorFlow 1 makes variables in its first step.
        self._functions = [
            TracedFunction(functools.partial(self._step, phase), reduce_retracing=True)
            for phase in phases
        ]

    def __call__(self, inputs: Any, labels: Any, weights: Any = None) -> tf.Tensor:
        """Takes one step.

        A batch without examples counts as a step, and changes nothing else.

        Args:
          inputs: what the net takes; under a strategy with several replicas an element of a
            distributed dataset.
          labels: what the loss function takes.
          weights: `[batch]`, how much each example counts, which the loss function then takes as
            `weights`; None for all alike. The mean of a loss of `slim.losses` is over the
            examples whose weight is not 0. Regularization has no part in it.

        Returns:
          The loss before the step, a float scalar, regularization included.

        Raises:
          tf.errors.InvalidArgumentError: the loss or a gradient is not finite (if checked). All
            variables are then as before, moving averages of the model included.
          TypeError: there are weights, and the loss function takes none.
          RuntimeError: this is within `averaged_weights`.
        """
        self._require_weights_in_place()
        try:
            return self._of_phase(_batch(inputs, labels, weights))
        except tf.errors.InvalidArgumentError as error:
            raise finite.refused(error) or error from None

    def prepare(self, inputs: Any, labels: Any, weights: Any = None) -> None:
        """Makes all variables that a step needs, without taking one.

        Args:
          inputs: as in a call, or a `tf.TensorSpec`.
          labels: likewise.
          weights: likewise.
        """
        for index in self._to_prepare():
            self._functions[index].get_concrete_function(_batch(inputs, labels, weights))

    @property
    def output_spec(self) -> Any:
        """Spec of what the net returns for a batch in training; None before it was traced."""
        return self._of_replica.output_spec

    @property
    def learning_rate(self) -> float | None:
        """The learning rate in force, or None if the optimizer in force does not tell."""
        return optimizers.learning_rate(self.current_optimizer)

    @property
    def current_optimizer(self) -> Any:
        """The optimizer in force: another one than `optimizer` while the head is trained first."""
        return self._phase.optimizer

    def by_other(self, optimizer: Any) -> TrainStep:
        """A step that trains the same as this one does now, by another optimizer, from step 0."""
        phase = self._phase.alone(optimizer)
        settings = dataclasses.replace(self._settings, average_decay=None)
        return TrainStep(self.model, self._loss, [phase], settings)

    def averaged_weights(self) -> contextlib.AbstractContextManager[None]:
        """Inside, the model has the moving averages of its weights, to be evaluated or exported.

        Afterwards it has its weights again, also after an error or Ctrl-C. Steps, and checkpoints
        of the training, are for outside. Without `average_decay` the block changes nothing.

        Examples:
          >>> model = slim.Model(slim.linear, num_outputs=2).build(tf.TensorSpec([None, 3]))
          >>> loss, sgd = slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.SGD(0.1)
          >>> step = slim.learning.make_train_step(model, loss, sgd, average_decay=0.999)
          >>> value = step(tf.ones([8, 3]), tf.zeros([8], tf.int64))
          >>> with step.averaged_weights():
          ...     model.save("averaged.npz")
          'averaged.npz'
        """
        if self._averages is None:
            return contextlib.nullcontext()
        return self._averages.in_place()

    def frozen_variables(self) -> contextlib.AbstractContextManager[Any]:
        """Inside, a call of the model in training leaves alone what the step would leave alone."""
        return frozen.freeze(self._phase.frozen)

    def named_variables(self) -> dict[str, tf.Variable]:
        """All state of training by the name that it has in a checkpoint."""
        named = dict(self.model.named_variables)
        for phase in self._phases:
            named.update(phase.named_variables())
        if self._averages is not None:
            named.update(self._averages.named_variables())
        if self.loss_scale is not None:
            named.update(self.loss_scale.named_variables())
        named["global_step"] = self.global_step
        return sharding.joined(named, self.model.named_variables)

    @property
    def _phase(self) -> Phase:
        """What a step would do now."""
        return self._phases[self._index]

    @property
    def _index(self) -> int:
        """The place of the phase that a step would be of now."""
        if len(self._phases) == 1:
            return 0
        step = int(tf.convert_to_tensor(self.global_step))
        return next(index for index, phase in enumerate(self._phases) if step < phase.until)

    def _to_prepare(self) -> list[int]:
        """The phases that have variables to make before a step, and the one that comes next."""
        placement.check_step(self.strategy)
        now, phases = self._index, enumerate(self._phases)
        return [i for i, phase in phases if i == now or optimizers.is_v1(phase.optimizer)]

    def _require_weights_in_place(self) -> None:
        if self._averages is not None:
            self._averages.require_outside("take a step")

    def _of_phase(self, batch: tuple) -> tf.Tensor:
        if len(self._phases) == 1:
            return self._functions[0](batch)
        first, then = self._functions
        # Outside of functions this asks the variable, and traces what it needs alone.
        is_first = tf.convert_to_tensor(self.global_step) < self._phases[0].until
        return tf.cond(is_first, lambda: first(batch), lambda: then(batch))

    def _step(self, phase: Phase, batch: tuple):
        """On all replicas: the gradients, and the update, which changes all or nothing."""
        placement.check_step(self.strategy)
        # Under a strategy an optimizer of TensorFlow 1 does not tell what it has made. Within the
        # scope, so that variables are noted, and not the replicas' parts of them.
        with self.strategy.scope(), tf.variable_creator_scope(_noting(phase.made)):
            before = snapshot.Snapshot(self.model.non_trainable_variables, self.strategy)
            may_be_empty = empty_batches.possible(batch, self.strategy)
            forward = functools.partial(self._forward, phase, may_be_empty)
            losses, grads, checksums, counts = self.strategy.run(forward, batch)
            loss, checksum, count = self.told.sums(losses, checksums, counts)
            good, some = self._verdict(checksum, count)

            def update():
                if self._averages is not None:
                    self._averages.begin_if_new()
                # Slots made here are not called after the branch.
                with tf.compat.v1.name_scope(None):
                    in_replica = functools.partial(self._update, phase, before)
                    self.strategy.run(in_replica, (grads, counts, before.of_replica))
                if self._averages is not None:
                    self._averages.update(phase.trained)
                self._count_step(tf.constant(True))
                return tf.constant("")

            def leave():
                before.restore()
                return self._refusal(phase, losses, grads, some)

            if good is None:
                update()
                return loss
            # All replicas must go the same way, so this is decided outside of them.
            refusal = tf.cond(good, update, leave)
            with tf.control_dependencies([tf.debugging.Assert(tf.equal(refusal, ""), [refusal])]):
                return tf.identity(loss)

    def _forward(self, phase: Phase, may_be_empty: bool, *batch):
        """In a replica: loss, gradients, their checksum, number of examples, if it may be 0."""
        step = tf.convert_to_tensor(self.global_step)
        scale = None if self.loss_scale is None else tf.convert_to_tensor(self.loss_scale.scale)
        return self._of_replica.run(phase, step, scale, may_be_empty, batch)

    def _update(self, phase: Phase, before: snapshot.Snapshot, grads, count, values) -> None:
        """In a replica: the optimizer's step."""
        settings = self._settings
        pairs = gradients.with_variables(grads, phase.trained)
        pairs = gradients.clipped(pairs, settings.clip_gradient_norm, settings.clip_global_norm)
        phase.apply_gradients(pairs)
        if count is not None:
            before.restore_unless(count > 0, values)

    def _verdict(self, checksum, count):
        """Whether to apply the gradients, and whether there are examples; None for always."""
        checked = self._settings.check_numerics or self.loss_scale is not None
        good = tf.math.is_finite(checksum) if checked else None
        some = None if count is None else count > 0
        if good is None or some is None:
            return some if good is None else good, some
        return good & some, some

    def _refusal(self, phase: Phase, losses, grads, some):
        """Why to refuse a step that is not applied, or "" where it counts nevertheless."""

        def count_step():
            self._count_step(tf.constant(False) if some is None else tf.logical_not(some))
            return tf.constant("")

        if not self._settings.check_numerics:
            return count_step()
        broken = self._sum(self.strategy.run(finite.broken, (losses, grads)))
        refused = tf.constant(True) if some is None else some
        if self.loss_scale is not None:  # that of the gradients alone is for a lower scale to mend
            refused &= broken[0] > 0
        names = [name for g, name in zip(grads, phase.trained, strict=True) if g is not None]
        return tf.cond(refused, lambda: finite.reason(broken, names), count_step)

    def _count_step(self, in_range: tf.Tensor) -> None:
        self.global_step.assign_add(1)
        if self.loss_scale is not None:
            self.loss_scale.update(in_range)

    def _sum(self, per_replica):
        return self.strategy.reduce(tf.distribute.ReduceOp.SUM, per_replica, axis=None)


def _batch(inputs: Any, labels: Any, weights: Any) -> tuple:
    return (inputs, labels) if weights is None else (inputs, labels, weights)


def _noting(made: list[tf.Variable]) -> Callable:
    def note(next_creator, **kwargs):
        variable = next_creator(**kwargs)
        made.append(variable)
        return variable

    return note
