"""`optimize_loss`: from a loss to a training operation, in one call."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.ops import gradients as of_one
from tf_slim.ops import modes, scopes, variables

__all__ = [
    "OPTIMIZER_CLS_NAMES",
    "OPTIMIZER_SUMMARIES",
    "optimize_loss",
]

v1 = tf.compat.v1

OPTIMIZER_CLS_NAMES = {
    "Adagrad": v1.train.AdagradOptimizer,
    "Adam": v1.train.AdamOptimizer,
    "Ftrl": v1.train.FtrlOptimizer,
    "Momentum": lambda learning_rate: v1.train.MomentumOptimizer(learning_rate, momentum=0.9),
    "RMSProp": v1.train.RMSPropOptimizer,
    "SGD": v1.train.GradientDescentOptimizer,
}
"""Optimizers by the name that `optimize_loss` knows them by: functions of the learning rate."""

OPTIMIZER_SUMMARIES = [
    "learning_rate",
    "loss",
    "gradients",
    "gradient_norm",
    "global_gradient_norm",
]
"""What `optimize_loss` can summarize."""


def optimize_loss(
    loss: Any,
    global_step: Any,
    learning_rate: Any,
    optimizer: Any,
    gradient_noise_scale: Any = None,
    gradient_multipliers: Mapping | None = None,
    clip_gradients: Any = None,
    learning_rate_decay_fn: Callable | None = None,
    update_ops: Sequence | None = None,
    variables: Sequence | None = None,
    name: str | None = None,
    summaries: Sequence[str] | None = None,
    colocate_gradients_with_ops: bool = False,
    increment_global_step: bool = True,
) -> tf.Tensor:
    """Makes the training operation of a v1 graph.

    Args:
      loss: a scalar tensor.
      global_step: an integer variable that counts the steps; None for that of the graph, if there
        is one.
      learning_rate: a number, which becomes the variable `learning_rate`; a scalar tensor; or None
        where `optimizer` has its own.
      optimizer: a name out of `OPTIMIZER_CLS_NAMES`; a subclass of `tf.compat.v1.train.Optimizer`;
        an optimizer; or a function that makes one, of the learning rate or, if that is None,
        without arguments.
      gradient_noise_scale: standard deviation of the noise to add to gradients (cut off at twice
        that), or None.
      gradient_multipliers: a dict of factors by variable or by its name, with or without ":0".
      clip_gradients: a float, to which the global norm of all gradients is clipped; a function
        such as `adaptive_clipping_fn()`, from a list of (gradient, variable) to another; or None.
      learning_rate_decay_fn: a function of (learning rate, global step) to the learning rate.
      update_ops: operations to run before the loss; by default those of `GraphKeys.UPDATE_OPS`.
      variables: what to train; by default all trainable variables.
      name: name of the scope; by default `OptimizeLoss`, made unique.
      summaries: a list out of `OPTIMIZER_SUMMARIES`; by default loss, learning_rate and
        global_gradient_norm.
      colocate_gradients_with_ops: whether gradients are computed on the device of the operation.
      increment_global_step: whether this counts as a step.

    Returns:
      A scalar: the loss, when the step is done.

    Raises:
      ValueError: an argument is not what is asked for above, or there is nothing to train.
      RuntimeError: outside v1 graphs: see `slim.learning.make_train_step`.

    Examples:
      >>> with tf.Graph().as_default(), tf.compat.v1.Session() as session:
      ...     x = slim.variable("x", [], initializer=tf.ones_initializer())
      ...     step = slim.create_global_step()
      ...     train_op = slim.optimize_loss(tf.square(x), step, learning_rate=0.1, optimizer="SGD")
      ...     session.run(tf.compat.v1.global_variables_initializer())
      ...     print(session.run(train_op), session.run(x).round(3))
      1.0 0.8
    """
    if not modes.in_v1_graph():
        raise RuntimeError(
            "optimize_loss makes an operation of a tf.compat.v1 graph, to be run in a Session; it "
            "was called in eager mode or in a tf.function. There, make a step once and call it for "
            "each batch: slim.learning.make_train_step(model, loss_fn, optimizer)."
        )
    loss = tf.convert_to_tensor(loss)
    if loss.shape.rank not in (0, None):
        raise ValueError(
            f"optimize_loss expects a scalar loss; got shape {loss.shape}. Use tf.reduce_mean."
        )
    if global_step is None:
        global_step = v1.train.get_global_step()
    else:
        v1.train.assert_global_step(global_step)
    shown = _checked_summaries(summaries)
    with scopes.scope(name, "OptimizeLoss", [loss, global_step]):
        updates = v1.get_collection(v1.GraphKeys.UPDATE_OPS) if update_ops is None else update_ops
        loss = _after(list(dict.fromkeys(updates)), loss)
        rate = _learning_rate(learning_rate, learning_rate_decay_fn, global_step, shown)
        trainer = _optimizer(optimizer, rate)
        pairs = trainer.compute_gradients(
            loss,
            v1.trainable_variables() if variables is None else variables,
            colocate_gradients_with_ops=colocate_gradients_with_ops,
        )
        if gradient_noise_scale is not None:
            pairs = [(_noisy(gradient, gradient_noise_scale), v) for gradient, v in pairs]
        if gradient_multipliers is not None:
            pairs = [(_multiplied(gradient, v, gradient_multipliers), v) for gradient, v in pairs]
        before, pairs = pairs, _clipped(pairs, clip_gradients)
        _summarize(loss, before, pairs, shown, clipped=clip_gradients is not None)
        step = trainer.apply_gradients(
            pairs, global_step if increment_global_step else None, name="train"
        )
        return _after([step], loss)


def _after(operations: list, loss: tf.Tensor) -> tf.Tensor:
    if not operations:
        return loss
    with tf.control_dependencies(operations):
        return tf.identity(loss, name="control_dependency")


def _checked_summaries(summaries) -> list[str]:
    if summaries is None:
        return ["loss", "learning_rate", "global_gradient_norm"]
    unknown = [summary for summary in summaries if summary not in OPTIMIZER_SUMMARIES]
    if unknown:
        raise ValueError(
            f"optimize_loss expects summaries out of {', '.join(OPTIMIZER_SUMMARIES)}; got "
            f"{unknown[0]!r}."
        )
    return list(summaries)


def _learning_rate(value, decay_fn, global_step, shown: list[str]):
    """The learning rate as a variable or tensor; None if the optimizer has its own."""
    if value is None:
        return None
    if isinstance(value, numbers.Real) and not isinstance(value, bool):
        if value < 0:
            raise ValueError(f"optimize_loss expects a learning_rate of 0.0 or more; got {value}.")
        initializer = tf.constant_initializer(float(value))
        rate = variables.variable(
            "learning_rate", [], tf.float32, initializer=initializer, trainable=False
        )
    elif isinstance(value, (tf.Tensor, tf.Variable)) and value.shape.rank == 0:
        rate = value
    else:
        raise ValueError(
            "optimize_loss expects learning_rate to be a number, a scalar tensor or None; got "
            f"{value!r}."
        )
    if decay_fn is None:
        return rate
    if global_step is None:
        raise ValueError(
            "optimize_loss: global_step is required for learning_rate_decay_fn, and the graph has "
            "none. Call slim.get_or_create_global_step() first."
        )
    rate = decay_fn(rate, global_step)
    if "learning_rate" in shown:
        v1.summary.scalar("learning_rate", rate)
    return rate


def _optimizer(optimizer: Any, rate) -> v1.train.Optimizer:
    if isinstance(optimizer, v1.train.Optimizer):
        return optimizer
    make = optimizer
    if isinstance(optimizer, str):
        if optimizer not in OPTIMIZER_CLS_NAMES:
            raise ValueError(
                f"optimize_loss knows the optimizers {', '.join(OPTIMIZER_CLS_NAMES)}; got "
                f"{optimizer!r}."
            )
        make = OPTIMIZER_CLS_NAMES[optimizer]
    by_class = isinstance(make, type) and issubclass(make, v1.train.Optimizer)
    if rate is None and (by_class or isinstance(optimizer, str)):
        raise ValueError(
            f"optimize_loss needs a learning_rate for the optimizer {optimizer!r}. Pass one, or an "
            "optimizer that is made already."
        )
    made = make
    if callable(make):
        made = make() if rate is None else make(rate)
    if not isinstance(made, v1.train.Optimizer):
        raise ValueError(
            "optimize_loss expects optimizer to be a name, a tf.compat.v1.train.Optimizer, its "
            f"class, or a function that makes one; got {made!r}. The optimizers of Keras 3 do not "
            "work in v1 graphs."
        )
    return made


def _noisy(gradient, scale):
    if gradient is None:
        return None
    gradient = tf.convert_to_tensor(gradient)
    noise = tf.random.truncated_normal(tf.shape(gradient), dtype=gradient.dtype)
    return gradient + scale * noise


def _multiplied(gradient, variable, multipliers: Mapping):
    for key, factor in multipliers.items():
        named = key in (variable.name, variable.op.name) if isinstance(key, str) else False
        if gradient is not None and (named or key is variable):
            return of_one.scaled(gradient, factor)
    return gradient


def _clipped(pairs: list, clip: float | Callable | None) -> list:
    if clip is None:
        return pairs
    if callable(clip):
        return clip(pairs)
    if not isinstance(clip, numbers.Real):
        raise ValueError(
            f"optimize_loss expects clip_gradients to be a float, a function or None; got {clip!r}."
        )
    clipped, _ = tf.clip_by_global_norm([gradient for gradient, _ in pairs], clip)
    return list(zip(clipped, [variable for _, variable in pairs], strict=True))


def _summarize(loss, before: list, pairs: list, shown: list[str], clipped: bool) -> None:
    norms = "global_gradient_norm" in shown or "gradient_norm" in shown
    if norms:
        norm = tf.linalg.global_norm([gradient for gradient, _ in before])
        v1.summary.scalar("global_norm/gradient_norm", norm)
    if "loss" in shown:
        v1.summary.scalar("loss", loss)
    for gradient, variable in pairs:
        if gradient is None:
            continue
        values = gradient.values if isinstance(gradient, tf.IndexedSlices) else gradient
        name = variable.name.replace(":", "_")
        if "gradients" in shown:
            v1.summary.histogram(f"gradients/{name}", values)
        if "gradient_norm" in shown:
            v1.summary.scalar(f"gradient_norm/{name}", tf.linalg.global_norm([values]))
    if clipped and norms:
        norm = tf.linalg.global_norm([gradient for gradient, _ in pairs])
        v1.summary.scalar("global_norm/clipped_gradient_norm", norm)
