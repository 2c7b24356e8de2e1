"""Gradients between `compute_gradients` and `apply_gradients`: lists of `(gradient, variable)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from tf_slim.ops import summary_ops
from tf_slim.ops.gradients import clip_by_norm, scaled
from tf_slim.ops.variables import get_variable_full_name

GradsAndVars = list[tuple[Any, Any]]


def multiply_gradients(grads_and_vars: GradsAndVars, gradient_multipliers: Mapping) -> GradsAndVars:
    """Multiplies the gradients of some variables.

    Args:
      grads_and_vars: a list of `(gradient, variable)`; a gradient may be `tf.IndexedSlices`.
      gradient_multipliers: `{variable or name: factor}`. A name has no `:0`; a factor is a number
        or a scalar tensor. Where TensorFlow 2 behaviour makes variables unhashable, write their
        names, or `variable.ref()`.

    Returns:
      A list of `(gradient, variable)`.

    Raises:
      ValueError: an argument is of another kind or empty, or a variable to multiply for has no
        gradient.

    Examples:
      >>> weights = tf.Variable([0.0, 0.0])
      >>> pairs = [(tf.constant([3.0, 4.0]), weights)]
      >>> [(gradient, _)] = slim.learning.multiply_gradients(pairs, {weights.ref(): 0.5})
      >>> print(gradient.numpy())
      [1.5 2. ]
    """
    if not isinstance(grads_and_vars, list):
        raise ValueError(
            f"grads_and_vars must be a list of (gradient, variable); got {type(grads_and_vars)}."
        )
    if not isinstance(gradient_multipliers, dict) or not gradient_multipliers:
        raise ValueError(
            "gradient_multipliers must be a dict {variable or name: factor} that is not empty; "
            f"got {gradient_multipliers!r}."
        )
    unused = list(gradient_multipliers)
    multiplied = []
    for gradient, variable in grads_and_vars:
        key = next((k for k in gradient_multipliers if _stands_for(k, variable)), None)
        if key is not None:
            unused = [other for other in unused if other is not key]
            if gradient is None:
                raise ValueError(
                    f"gradient_multipliers names {op_name(variable)!r}, but that variable has no "
                    "gradient: the loss does not depend on it. Leave it out."
                )
            gradient = scaled(gradient, gradient_multipliers[key])
        multiplied.append((gradient, variable))
    if unused:
        tf.compat.v1.logging.warning(
            "gradient_multipliers: no variable that is trained is called %s.",
            ", ".join(repr(getattr(key, "name", key)) for key in unused),
        )
    return multiplied


def clip_gradient_norms(gradients_to_variables: GradsAndVars, max_norm: Any) -> GradsAndVars:
    """Scales the gradient of each variable down to at most `max_norm` in L2 norm.

    Each gradient is looked at for itself; for the norm of all together see `tf.clip_by_global_norm`
    (or `clip_gradients` of `slim.optimize_loss`).

    Args:
      gradients_to_variables: a list of `(gradient, variable)`.
      max_norm: the largest norm that a gradient may have.

    Returns:
      A list of `(gradient, variable)`; a gradient of None stays None.

    Examples:
      >>> weights = tf.Variable([0.0, 0.0])
      >>> pairs = [(tf.constant([3.0, 4.0]), weights)]
      >>> [(gradient, _)] = slim.learning.clip_gradient_norms(pairs, max_norm=1.0)
      >>> print(gradient.numpy().round(3))
      [0.6 0.8]
    """
    return [
        (None if gradient is None else clip_by_norm(gradient, max_norm), variable)
        for gradient, variable in gradients_to_variables
    ]


def clip_gradient_norms_fn(max_norm: Any) -> Callable[[GradsAndVars], GradsAndVars]:
    """`clip_gradient_norms` with this norm, to be given as `transform_grads_fn`.

    Examples: see `slim.training.train`.
    """

    def clip(gradients_to_variables: GradsAndVars) -> GradsAndVars:
        return clip_gradient_norms(gradients_to_variables, max_norm)

    return clip


def add_gradients_summaries(grads_and_vars: GradsAndVars) -> list[Any]:
    """Adds a histogram of each gradient, and its norm, to the summaries.

    Args:
      grads_and_vars: a list of `(gradient, variable)`. Variables without a gradient are passed
        over, with a log line.

    Returns:
      The summaries: `<variable>/gradient` and `<variable>/gradient_norm` of each variable.

    Examples:
      >>> with tf.Graph().as_default():
      ...     x = slim.variable("x", [], initializer=tf.ones_initializer())
      ...     pairs = [(tf.constant(2.0), x)]
      ...     [one.op.name for one in slim.learning.add_gradients_summaries(pairs)]
      ['x/gradient', 'x/gradient_norm']
    """
    return add_summaries(grads_and_vars, "/gradient")


def add_summaries(grads_and_vars, suffix: str) -> list[Any]:
    """`add_gradients_summaries` with another ending for the names of the summaries."""
    added = []
    for gradient, variable in grads_and_vars:
        name = op_name(variable)
        if gradient is None:
            tf.compat.v1.logging.info("Variable %s has no gradient: no summary of it.", name)
            continue
        values = gradient.values if isinstance(gradient, tf.IndexedSlices) else gradient
        added.append(summary_ops.histogram(f"{name}{suffix}", values))
        norm = tf.linalg.global_norm([values])
        added.append(summary_ops.scalar(f"{name}{suffix}_norm", norm))
    return added


def op_name(variable) -> str:
    """The name of a variable without `:0`; a part of a larger variable has one of its own."""
    return variable.name.rpartition(":")[0] or get_variable_full_name(variable)


def _stands_for(key: Any, variable: Any) -> bool:
    if isinstance(key, str):
        return key == op_name(variable)
    # Not `==`, which compares the values of variables under TensorFlow 2 behaviour.
    return key is variable or (hasattr(key, "deref") and key.deref() is variable)
