"""`make_train_step`: one step of training as one compiled function."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.layers import moving_average
from tf_slim.learning import (
    empty_batches,
    finite,
    gradients,
    loss_scale,
    objective,
    optimizers,
    placement,
    snapshot,
)
from tf_slim.ops import collect, patterns, randomness
from tf_slim.ops.arg_scope import default_is_training
from tf_slim.ops.arguments import checked, describe
from tf_slim.ops.model import Model
from tf_slim.ops.modes import do_not_convert
from tf_slim.ops.outputs import split_outputs
from tf_slim.ops.places import step_scope
from tf_slim.ops.wording import first_few


@dataclasses.dataclass(frozen=True)
class _Settings:
    """How a step is taken: see `make_train_step`."""

    factors: tuple[float, ...]  # of the gradients, one for each variable that is trained
    clip_gradient_norm: float
    check_numerics: bool
    seed: int
    jit_compile: bool
    warm_up_averages: bool


class TrainStep:
    """One step of training: `loss = step(inputs, labels)`. Made by `make_train_step`.

    Attributes:
      model: the model that is trained.
      optimizer: what trains it.
      global_step: int64 variable, the number of steps taken so far.
      strategy: the `tf.distribute` strategy under which the step was made.
      output_spec: of what the net returns for a batch in training; None before it was traced.
      loss_scale: what keeps the gradients of a model in "mixed_float16" in range; None for others.
    """

    def __init__(
        self,
        model: Model,
        loss: Callable,
        optimizer: Any,
        trained: Mapping[str, tf.Variable],
        settings: _Settings,
    ):
        self.model = model
        self.optimizer = optimizer
        self.strategy = tf.distribute.get_strategy()
        self._loss = loss
        self._names, self._trained = tuple(trained), tuple(trained.values())
        self._known = frozenset(model.named_variables)
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
        self.output_spec: Any = None
        self._made_by_optimizer: list[tf.Variable] = []
        optimizers.build(optimizer, self._trained)
        grads_fn = self._loss_and_gradients
        self._grads_fn = (
            tf.function(grads_fn, jit_compile=True) if settings.jit_compile else grads_fn
        )
        self._compiled = tf.function(self._step, reduce_retracing=True)

    def __call__(self, inputs: Any, labels: Any) -> tf.Tensor:
        """Takes one step.

        A batch without examples counts as a step, and changes nothing else.

        Args:
          inputs: what the net takes; under a strategy with several replicas an element of a
            distributed dataset.
          labels: what the loss function takes.

        Returns:
          The loss before the step, a float scalar, regularization included.

        Raises:
          tf.errors.InvalidArgumentError: the loss or a gradient is not finite (if checked). All
            variables are then as before, moving averages of the model included.
        """
        try:
            return self._compiled(inputs, labels)
        except tf.errors.InvalidArgumentError as error:
            reason = finite.said(error)
            if reason is None:
                raise
            raise tf.errors.InvalidArgumentError(
                error.node_def, error.op, f"{reason}; the step was not taken: nothing is changed"
            ) from None

    def prepare(self, inputs: Any, labels: Any) -> None:
        """Makes all variables that a step needs, without taking one.

        Args:
          inputs: as in a call, or a `tf.TensorSpec`.
          labels: likewise.
        """
        placement.check_step(self.strategy)
        self._compiled.get_concrete_function(inputs, labels)

    def named_variables(self) -> dict[str, tf.Variable]:
        """All state of training by the name that it has in a checkpoint."""
        named = {
            **self.model.named_variables,
            **optimizers.named_variables(self.optimizer, self._made_by_optimizer),
        }
        if self.loss_scale is not None:
            named.update(self.loss_scale.named_variables())
        named["global_step"] = self.global_step
        return named

    def _step(self, inputs, labels):
        """On all replicas: the gradients, and the update, which changes all or nothing."""
        placement.check_step(self.strategy)
        # Under a strategy an optimizer of TensorFlow 1 does not tell what it has made. Within the
        # scope, so that variables are noted, and not the replicas' parts of them.
        with self.strategy.scope(), tf.variable_creator_scope(self._note_made):
            before = snapshot.Snapshot(self.model.non_trainable_variables, self.strategy)
            may_be_empty = empty_batches.possible((inputs, labels), self.strategy)
            forward = functools.partial(self._forward, may_be_empty)
            losses, grads, checksums, counts = self.strategy.run(forward, (inputs, labels))
            good, some = self._verdict(checksums, counts)

            def update():
                # Slots made here are not called after the branch.
                with tf.compat.v1.name_scope(None):
                    in_replica = functools.partial(self._update, before)
                    self.strategy.run(in_replica, (grads, counts, before.of_replica))
                self._count_step(tf.constant(True))
                return tf.constant("")

            def leave():
                before.restore()
                return self._refusal(losses, grads, some)

            if good is None:
                update()
                return self._sum(losses)
            # All replicas must go the same way, so this is decided outside of them.
            refusal = tf.cond(good, update, leave)
            with tf.control_dependencies([tf.debugging.Assert(tf.equal(refusal, ""), [refusal])]):
                return self._sum(losses)

    def _forward(self, may_be_empty: bool, inputs, labels):
        """In a replica: loss, gradients, their checksum, number of examples, if it may be 0."""
        step = tf.convert_to_tensor(self.global_step)
        scale = None if self.loss_scale is None else tf.convert_to_tensor(self.loss_scale.scale)
        examples = None
        if may_be_empty:
            examples = empty_batches.count_examples((inputs, labels))
            inputs, labels = empty_batches.filled((inputs, labels), examples)
        loss, grads = self._grads_fn(inputs, labels, step, scale, examples)
        return loss, grads, finite.checksum(loss, grads), examples

    def _loss_and_gradients(self, inputs, labels, step, scale, examples):
        """In a replica: what XLA compiles, if it is to."""
        settings = self._settings
        with (
            randomness.random_scope(self._seed_of(step)),
            step_scope(step),
            moving_average.warm_up(step) if settings.warm_up_averages else contextlib.nullcontext(),
            collect.share(None if examples is None else examples > 0),
            collect.collect() as got,
            tf.GradientTape(watch_accessed_variables=False) as tape,
        ):
            tape.watch(self._trained)
            with default_is_training(True):
                outputs, _ = split_outputs(self.model(inputs))
            self.model.require_outputs(outputs, got.losses)
            self.output_spec = tf.nest.map_structure(_spec_of, outputs)
            loss = objective.compute(got, lambda: self._loss(outputs, labels), examples)
            target = loss if scale is None else loss * scale
        self._require_same_variables()
        grads = tape.gradient(target, self._trained)
        if scale is not None:
            grads = loss_scale.unscaled(grads, scale)
        return loss, gradients.multiplied(grads, settings.factors)

    def _update(self, before: snapshot.Snapshot, grads, count, values) -> None:
        """In a replica: the optimizer's step."""
        pairs = gradients.with_variables(grads, self._trained, self._names)
        pairs = gradients.clipped(pairs, self._settings.clip_gradient_norm)
        self.optimizer.apply_gradients(pairs)
        if count is not None:
            before.restore_unless(count > 0, values)

    @do_not_convert
    def _verdict(self, checksums, counts):
        """Whether to apply the gradients, and whether there are examples; None for always."""
        checked = self._settings.check_numerics or self.loss_scale is not None
        good = tf.math.is_finite(self._sum(checksums)) if checked else None
        some = None if counts is None else self._sum(counts) > 0
        if good is None or some is None:
            return some if good is None else good, some
        return good & some, some

    @do_not_convert
    def _refusal(self, losses, grads, some):
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
        names = [name for g, name in zip(grads, self._names, strict=True) if g is not None]
        return tf.cond(refused, lambda: finite.reason(broken, names), count_step)

    @do_not_convert
    def _count_step(self, in_range: tf.Tensor) -> None:
        self.global_step.assign_add(1)
        if self.loss_scale is not None:
            self.loss_scale.update(in_range)

    @do_not_convert
    def _sum(self, per_replica):
        return self.strategy.reduce(tf.distribute.ReduceOp.SUM, per_replica, axis=None)

    @do_not_convert
    def _seed_of(self, step: tf.Tensor) -> tf.Tensor:
        """Another one for each step and replica."""
        context = tf.distribute.get_replica_context()
        return tf.random.experimental.stateless_fold_in(
            tf.stack([tf.constant(self._settings.seed, tf.int32), tf.cast(step, tf.int32)]),
            0 if context is None else context.replica_id_in_sync_group,
            alg=randomness.ALGORITHM,
        )

    def _note_made(self, next_creator, **kwargs):
        made = next_creator(**kwargs)
        self._made_by_optimizer.append(made)
        return made

    def _require_same_variables(self) -> None:
        new = [name for name in self.model.named_variables if name not in self._known]
        if new:
            raise ValueError(
                f"{self.model.name} made new variables after the train step was made: "
                f"{first_few(new)}. The optimizer does not know them. Build the model first "
                "with the arguments of training: model.build(spec, is_training=True)."
            )


def _spec_of(value: Any) -> Any:
    return tf.TensorSpec(value.shape, value.dtype) if tf.is_tensor(value) else None


@checked
def make_train_step(
    model: Model,
    loss: Callable,
    optimizer: Any,
    *,
    variables_to_train: Sequence | None = None,
    gradient_multipliers: Mapping[str, float] | None = None,
    clip_gradient_norm: float = 0.0,
    check_numerics: bool = True,
    seed: int = 0,
    jit_compile: bool = False,
    warm_up_averages: bool = True,
) -> TrainStep:
    """Makes a function that trains `model` by one step.

        step = slim.learning.make_train_step(
            model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.SGD(0.1))
        for images, labels in dataset:
            loss = step(images, labels)

    The step calls the model with `is_training=True`, then `loss`, adds the
    model's regularization, and applies the gradients. Make it under `strategy.scope()` to train
    on several devices; the loss and its gradients are then those of the global batch.

    Batch norm has averages that follow faster in the first steps, whatever the decay of the net:
    it is at most `(1 + n) / (10 + n)` at step n. So a short training can be evaluated, too.

    For a model in "mixed_float16" the step scales the loss, so that small gradients do not
    vanish. It tries how far it can go: a step with a gradient that is not finite changes nothing
    but the scale, which it halves. The scale is part of the state (see `named_variables`).

    Args:
      model: a built model.
      loss: a function `(outputs, labels)`. `outputs` is what the net returned, without its end
        points (see `model.end_points` for these). The scalar that it returns is what is trained
        on; if it returns None, the sum of the losses that it computes by `slim.losses.*` or adds
        by `slim.losses.add_loss`. One that collects a loss and leaves it out of what it returns
        is refused. Losses that the net itself adds, and the regularization, are added unless what
        is returned was made from them (as by `slim.losses.get_total_loss()`).
      optimizer: of Keras 3 or of `tf.compat.v1.train`.
      variables_to_train: variables, or glob patterns over their names (`["lenet/fc*"]`); all
        trainable variables of the model by default.
      gradient_multipliers: `{name or glob pattern: factor}`.
      clip_gradient_norm: largest L2 norm of the gradient of each variable; 0 for no limit.
      check_numerics: whether a loss or a gradient that is not finite is an error.
      seed: of dropout and the like. What a step draws depends on this and the step's number.
      jit_compile: whether XLA compiles loss and gradients. It pays on GPU and TPU.
      warm_up_averages: whether the averages of batch norm follow faster in the first steps. False
        for the numbers of `tf.contrib.slim`, which evaluates well after many thousand steps only.

    Returns:
      A `TrainStep`: `step(inputs, labels) -> loss`.

    Raises:
      TypeError: `model` or `optimizer` is of another kind.
      ValueError: the model is not built, a pattern matches nothing, there is nothing to train, or
        the model or the optimizer was made outside the scope of the strategy of several replicas.
    """
    if not isinstance(model, Model):
        raise TypeError(
            f"model: expected a slim.Model; got {describe(model)}. Write slim.Model(net)."
        )
    optimizers.check(optimizer)
    if not callable(loss):
        raise TypeError(f"loss: expected a function (outputs, labels); got {describe(loss)}.")
    if not isinstance(clip_gradient_norm, numbers.Real) or isinstance(clip_gradient_norm, bool):
        raise TypeError(
            "clip_gradient_norm: expected a number, the largest norm, or 0 for no limit; got "
            f"{describe(clip_gradient_norm)}."
        )
    if not 0 <= clip_gradient_norm < math.inf:
        raise ValueError(
            "clip_gradient_norm must not be negative, and finite (0 for no limit); got "
            f"{clip_gradient_norm}."
        )
    model.require_variables("train")
    placement.check(model, optimizer)
    trained = _to_train(model, variables_to_train)
    factors = gradients.multipliers_by_name(gradient_multipliers, list(trained))
    settings = _Settings(
        tuple(factors.get(name, 1.0) for name in trained),
        float(clip_gradient_norm),
        check_numerics,
        int(seed),
        jit_compile,
        warm_up_averages,
    )
    return TrainStep(model, loss, optimizer, trained, settings)


def _to_train(model: Model, chosen: Sequence | None) -> dict[str, tf.Variable]:
    trainable = {name: v for name, v in model.named_variables.items() if v.trainable}
    taken = dict(trainable) if chosen is None else {}
    for item in chosen or ():
        if isinstance(item, str):
            names = patterns.select(trainable, [item], what="trainable variable")[0]
        else:
            names = [name for name, v in trainable.items() if v is item]
            if not names:
                raise ValueError(
                    f"variables_to_train: {getattr(item, 'name', item)!r} is not a trainable "
                    f"variable of {model.name}."
                )
        taken.update((name, trainable[name]) for name in names)
    if not taken:
        raise ValueError(f"There is nothing to train: {model.name} has no trainable variables.")
    return taken
