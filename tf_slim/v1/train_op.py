"""`create_train_op` of `slim.learning`: the tensor that takes one training step when it is run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.v1 import gradients
from tf_slim.v1.training import training

v1 = tf.compat.v1


def create_train_op(
    total_loss: Any,
    optimizer: Any,
    global_step: Any = training.USE_GLOBAL_STEP,
    update_ops: Sequence | None = None,
    variables_to_train: Sequence | None = None,
    clip_gradient_norm: float = 0,
    summarize_gradients: bool = False,
    gate_gradients: int = v1.train.Optimizer.GATE_OP,
    aggregation_method: int | None = None,
    colocate_gradients_with_ops: bool = False,
    gradient_multipliers: Mapping | None = None,
    check_numerics: bool = True,
) -> tf.Tensor:
    """Makes the tensor whose evaluation takes one training step, in a v1 graph.

    A run of it first runs the update operations (moving averages of batch norm), then computes
    the loss and its gradients, multiplies and clips them, and applies them.

    Args:
      total_loss: the loss, a scalar tensor.
      optimizer: a `tf.compat.v1.train.Optimizer`.
      global_step: what to count steps in; the graph's own by default, None not to count.
      update_ops: what to run before the loss; the collection UPDATE_OPS by default. Leaving some
        of that out logs a warning.
      variables_to_train: by default the collection TRAINABLE_VARIABLES.
      clip_gradient_norm: the largest L2 norm that the gradient of each variable may have; 0 for
        no limit.
      summarize_gradients: whether to add summaries of gradients.
      gate_gradients: see `tf.compat.v1.train.Optimizer.compute_gradients`.
      aggregation_method: likewise.
      colocate_gradients_with_ops: likewise.
      gradient_multipliers: see `multiply_gradients`; applied before clipping.
      check_numerics: whether a loss that is not finite is an error, in which case the step was
        taken nevertheless.

    Returns:
      The loss, a tensor that depends on the update. It joins the collection TRAIN_OP.

    Raises:
      AssertionError: there is nothing to train, or something that is not trainable.
      RuntimeError: called outside a v1 graph.
      ValueError: `clip_gradient_norm` is not a number.

    Examples:
      >>> with tf.Graph().as_default(), tf.compat.v1.Session() as session:
      ...     x = slim.variable("x", [], initializer=tf.ones_initializer())
      ...     optimizer = tf.compat.v1.train.GradientDescentOptimizer(0.1)
      ...     train_op = slim.learning.create_train_op(tf.square(x), optimizer)
      ...     session.run(tf.compat.v1.global_variables_initializer())
      ...     print(session.run(train_op), session.run(x).round(3))
      1.0 0.8
    """

    if not tf.is_tensor(clip_gradient_norm) and clip_gradient_norm != clip_gradient_norm:
        raise ValueError(f"clip_gradient_norm: expected a number; got {clip_gradient_norm}.")

    def multiply_and_clip(grads: gradients.GradsAndVars) -> gradients.GradsAndVars:
        if gradient_multipliers:
            with tf.name_scope("multiply_grads"):
                grads = gradients.multiply_gradients(grads, gradient_multipliers)
        if clip_gradient_norm > 0:
            with tf.name_scope("clip_grads"):
                grads = gradients.clip_gradient_norms(grads, clip_gradient_norm)
        return grads

    return training.create_train_op(
        total_loss,
        optimizer,
        global_step=global_step,
        update_ops=update_ops,
        variables_to_train=variables_to_train,
        transform_grads_fn=multiply_and_clip,
        summarize_gradients=summarize_gradients,
        gate_gradients=gate_gradients,
        aggregation_method=aggregation_method,
        colocate_gradients_with_ops=colocate_gradients_with_ops,
        check_numerics=check_numerics,
    )
