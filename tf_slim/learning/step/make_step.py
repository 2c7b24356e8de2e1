"""`make_train_step`: from a model, a loss and an optimizer to a step of training."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tf_slim.learning.step import optimizers, phases, placement
from tf_slim.learning.step.compiled_step import TrainStep
from tf_slim.learning.step.forward import Settings
from tf_slim.learning.step.phases import HeadFirst
from tf_slim.ops.arguments import checked, describe, integer
from tf_slim.ops.model import Model
from tf_slim.ops.types import Patterns

_NUMBER = (int, float, np.number)


@checked
def make_train_step(
    model: Model,
    loss: Callable,
    optimizer: Any,
    *,
    variables_to_train: Sequence | None = None,
    gradient_multipliers: Mapping[str, float] | None = None,
    frozen: Patterns = None,
    head_first: HeadFirst | None = None,
    clip_gradient_norm: float = 0.0,
    clip_global_norm: float = 0.0,
    average_decay: float | None = None,
    check_numerics: bool = True,
    seed: int = 0,
    jit_compile: bool = False,
    warm_up_averages: bool = True,
    accumulate: int = 1,
) -> TrainStep:
    """Makes a function that trains `model` by one step.

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
      loss: a function `(outputs, labels)`, or `(outputs, labels, weights)` for batches that have
        weights of the examples. `outputs` is what the net returned, without its end
        points (see `model.end_points` for these). The scalar that it returns is what is trained
        on; if it returns None, the sum of the losses that it computes by `slim.losses.*` or adds
        by `slim.losses.add_loss`. One that collects a loss and leaves it out of what it returns
        is refused. Losses that the net itself adds, and the regularization, are added unless what
        is returned was made from them (as by `slim.losses.get_total_loss()`).
      optimizer: of Keras 3 or of `tf.compat.v1.train`. A learning rate that changes is a schedule
        of Keras: `SGD(tf.keras.optimizers.schedules.CosineDecay(0.0, 9000, warmup_target=0.1,
        warmup_steps=1000))`.
      variables_to_train: variables, or glob patterns over their names (`["lenet/fc*"]`); all
        trainable variables of the model by default.
      gradient_multipliers: `{name or glob pattern: factor}`. An optimizer that divides gradients by
        their size, such as Adam, takes no notice of them.
      frozen: glob patterns or compiled regular expressions over the names of variables that stay
        as they are: `["MobilenetV2/Conv*"]`. They are not trained, and a batch norm whose
        averages are among them normalizes by these, and keeps them, as in inference.
      head_first: a `HeadFirst`, which trains the new head of a net alone at first; None to train
        all from the start.
      clip_gradient_norm: largest L2 norm of the gradient of each variable, and of each part of one
        that is divided over parameter servers; 0 for no limit.
      clip_global_norm: largest L2 norm of all gradients together, which are then scaled down as
        one (R. Pascanu et al., "On the Difficulty of Training Recurrent Neural Networks", 2013),
        after the limit of each; 0 for no limit.
      average_decay: keeps moving averages of the weights: how much of an average remains in a
        step, such as 0.999; in the step after n others at most `(1 + n) / (10 + n)`. See
        `TrainStep.averaged_weights`. Checkpoints have them under the names of
        `tf.train.ExponentialMovingAverage`, for `slim.nets.create(..., checkpoint=path)` and
        `model.restore(path, rename=slim.checkpoints.averages)`. None for none.
      check_numerics: whether a loss or a gradient that is not finite is an error.
      seed: of dropout and the like. What a step draws depends on this and the step's number.
      jit_compile: whether XLA compiles loss and gradients. It pays on GPU and TPU.
      warm_up_averages: whether the averages of batch norm follow faster in the first steps. False
        for the numbers of `tf.contrib.slim`, which evaluates well after many thousand steps only.
      accumulate: in how many parts to compute a batch, one after the other, where all of it at once
        does not fit in memory. Their gradients are added up to those of the whole batch, whose
        last part may be smaller, and are then clipped and applied as one. Each replica cuts its
        share. The means of `slim.losses` are over what counts in the whole batch, weights of the
        examples included; a loss of another make is taken for a mean over the examples, as it is
        among replicas. What a net computes from several examples is that of a part: batch norm
        normalizes by its moments, and moves its averages part by part, and losses of pairs see
        the pairs in it.

    Returns:
      A `TrainStep`: `step(inputs, labels) -> loss`.

    Raises:
      TypeError: `model` or `optimizer` is of another kind.
      ValueError: the model is not built, a pattern matches nothing, there is nothing to train, or
        the model or the optimizer was made outside the scope of the strategy of several replicas.

    Examples:
      >>> model = slim.Model(slim.linear, num_outputs=2).build(tf.TensorSpec([None, 3]))
      >>> loss = slim.losses.sparse_softmax_cross_entropy
      >>> step = slim.learning.make_train_step(model, loss, tf.keras.optimizers.SGD(0.1))
      >>> images, labels = tf.ones([8, 3]), tf.zeros([8], tf.int64)
      >>> losses = [float(step(images, labels)) for _ in range(5)]
      >>> losses[4] < losses[0], int(step.global_step)
      (True, 5)
    """
    if not isinstance(model, Model):
        raise TypeError(
            f"model: expected a slim.Model; got {describe(model)}. Write slim.Model(net)."
        )
    optimizers.check(optimizer)
    if not callable(loss):
        raise TypeError(f"loss: expected a function (outputs, labels); got {describe(loss)}.")
    _check_norm("clip_gradient_norm", clip_gradient_norm)
    _check_norm("clip_global_norm", clip_global_norm)
    if average_decay is not None and not _is_decay(average_decay):
        raise ValueError(
            "average_decay: expected a number between 0 and 1, such as 0.999, or None; got "
            f"{describe(average_decay)}."
        )
    if head_first is not None and not isinstance(head_first, HeadFirst):
        raise TypeError(
            "head_first: expected slim.learning.HeadFirst(steps, head, optimizer), or None; got "
            f"{describe(head_first)}."
        )
    if (parts := integer(accumulate)) is None or parts < 1:
        raise ValueError(
            "accumulate: expected a whole number of parts of a batch, 1 for all of it at once; got "
            f"{describe(accumulate)}."
        )
    model.require_variables("train")
    plan = phases.plan(
        model,
        optimizer,
        chosen=variables_to_train,
        kept=frozen,
        multipliers=gradient_multipliers,
        head_first=head_first,
    )
    for phase in plan:
        placement.check(model, phase.optimizer)
    settings = Settings(
        float(clip_gradient_norm),
        float(clip_global_norm),
        check_numerics,
        int(seed),
        jit_compile,
        warm_up_averages,
        average_decay,
        parts,
    )
    return TrainStep(model, loss, plan, settings)


def _check_norm(name: str, norm: Any) -> None:
    if not isinstance(norm, _NUMBER) or isinstance(norm, bool):
        raise TypeError(
            f"{name}: expected a number, the largest norm, or 0 for no limit; got {describe(norm)}."
        )
    if not 0 <= norm < math.inf:
        raise ValueError(f"{name} must not be negative, and finite (0 for no limit); got {norm}.")


def _is_decay(value: Any) -> bool:
    return isinstance(value, _NUMBER) and not isinstance(value, bool) and 0 < float(value) < 1
