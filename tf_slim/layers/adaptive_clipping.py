"""Clipping gradients by what their norm has been so far."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tf_slim.layers import moving_average
from tf_slim.ops import gradients, modes, scopes, summary_ops, variables
from tf_slim.ops.types import Tensor, TensorLike

__all__ = ["adaptive_clipping_fn"]


def adaptive_clipping_fn(
    std_factor: float = 2.0,
    decay: float = 0.95,
    static_max_norm: float | Tensor | None = None,
    global_step: TensorLike | None = None,
    report_summary: bool = False,
    epsilon: float = 1e-8,
    name: str | None = None,
) -> Callable:
    """Makes a function that scales gradients down when their norm is unusually large.

    From "End-to-end Continuous Speech Recognition using Attention-based Recurrent NN: First
    Results", Chorowski et al., 2014, section 3.2.1. It keeps moving averages `mean` and `sq_mean`
    of the logarithm of the global norm and of its square. When the norm exceeds
    exp(mean + std_factor * standard deviation), all gradients are scaled so that it is exp(mean).

    Args:
      std_factor: how many standard deviations above the mean are usual.
      decay: of the moving averages.
      static_max_norm: a norm that is never exceeded, or None.
      global_step: a scalar; if given, the decay at step n is at most n / (n + 1), so that the
        averages settle faster at the beginning.
      report_summary: whether to summarize the largest usual norm.
      epsilon: keeps the logarithm and the root finite.
      name: name of the scope of the averages; by default `AdaptiveMaxNorm`, made unique.

    Returns:
      A function from a list of (gradient, variable) to another, for `optimize_loss` or a loop of
      one's own. In a v1 graph each call of it makes averages of its own; elsewhere the first call
      makes them, and all share them.

    Examples:
      >>> weights = tf.Variable([3.0, 4.0])
      >>> clip = slim.adaptive_clipping_fn(static_max_norm=1.0)
      >>> [(gradient, _)] = clip([(tf.constant([3.0, 4.0]), weights)])
      >>> print(tf.norm(gradient).numpy().round(3))
      1.0
    """
    kept: list = []

    def averages(dtype: tf.DType) -> tuple:
        kwargs = {"dtype": dtype, "initializer": tf.zeros_initializer(), "trainable": False}
        return tuple(variables.variable(key, [], **kwargs) for key in ("mean", "sq_mean"))

    def usual_norms(norm, mean, sq_mean):
        remains = decay
        if global_step is not None:
            step = tf.cast(global_step, norm.dtype)
            remains = tf.minimum(tf.cast(decay, norm.dtype), step / (step + 1.0))
        log_norm = tf.math.log(norm + epsilon)
        mean = moving_average.update(mean, log_norm, 1.0 - remains)
        sq_mean = moving_average.update(sq_mean, tf.square(log_norm), 1.0 - remains)
        deviation = tf.sqrt(tf.maximum(epsilon, sq_mean - tf.square(mean)))
        return tf.exp(mean), tf.exp(mean + std_factor * deviation)

    def clip(grads_and_vars):
        grads, trained = zip(*grads_and_vars)
        norm = tf.linalg.global_norm(grads)
        if modes.in_v1_graph() or not kept:
            with scopes.scope(name, "AdaptiveMaxNorm", [norm]):
                kept[:] = averages(norm.dtype)
        usual, longest = usual_norms(norm, *kept)
        if report_summary:
            summary_ops.scalar("global_norm/adaptive_max_gradient_norm", longest)
        factor = tf.where(norm < longest, tf.ones_like(norm), usual / norm)
        if static_max_norm is not None:
            factor = tf.minimum(static_max_norm / norm, factor)
        scaled = [None if grad is None else gradients.scaled(grad, factor) for grad in grads]
        return list(zip(scaled, trained, strict=True))

    return clip
