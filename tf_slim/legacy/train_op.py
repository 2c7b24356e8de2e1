"""`create_train_op`: the tensor that takes one training step when a session runs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_slim.legacy import gradients
from tf_slim.legacy.v1_only import require_v1_graph

v1 = tf.compat.v1

USE_GLOBAL_STEP = 0
"""As `global_step`: that of the graph, made if there is none."""

_LOSS_IS_BAD = "LossTensor is inf or nan"


def create_train_op(
    total_loss,
    optimizer,
    global_step=USE_GLOBAL_STEP,
    update_ops=None,
    variables_to_train=None,
    clip_gradient_norm=0,
    summarize_gradients=False,
    gate_gradients=v1.train.Optimizer.GATE_OP,
    aggregation_method=None,
    colocate_gradients_with_ops=False,
    gradient_multipliers=None,
    check_numerics=True,
):
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

    return create_transformed_train_op(
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


def create_transformed_train_op(
    total_loss,
    optimizer,
    global_step=USE_GLOBAL_STEP,
    update_ops=None,
    variables_to_train=None,
    transform_grads_fn: Callable | None = None,
    summarize_gradients=False,
    gate_gradients=v1.train.Optimizer.GATE_OP,
    aggregation_method=None,
    colocate_gradients_with_ops=False,
    check_numerics=True,
):
    """`create_train_op` of `slim.training`: any function may transform the gradients.

    Args:
      total_loss: as in `slim.learning.create_train_op`, like all others but the following.
      optimizer: likewise.
      global_step: likewise.
      update_ops: likewise.
      variables_to_train: likewise.
      transform_grads_fn: takes a list of `(gradient, variable)`, and returns the list to apply;
        for instance `clip_gradient_norms_fn(max_norm)`.
      summarize_gradients: likewise.
      gate_gradients: likewise.
      aggregation_method: likewise.
      colocate_gradients_with_ops: likewise.
      check_numerics: likewise.

    Returns:
      The loss, a tensor that depends on the update. It joins the collection TRAIN_OP.

    Raises:
      AssertionError: there is nothing to train, or something that is not trainable.
      RuntimeError: called outside a v1 graph.
    """
    require_v1_graph(
        "create_train_op",
        "slim.learning.make_train_step(model, loss, optimizer), and slim.learning.fit to loop",
    )
    check_optimizer(optimizer, "create_train_op")
    if isinstance(global_step, int) and global_step == USE_GLOBAL_STEP:
        global_step = v1.train.get_or_create_global_step()
    total_loss = _after_updates(total_loss, update_ops)
    grads = optimizer.compute_gradients(
        total_loss,
        _to_train(variables_to_train),
        gate_gradients=gate_gradients,
        aggregation_method=aggregation_method,
        colocate_gradients_with_ops=colocate_gradients_with_ops,
    )
    if transform_grads_fn:
        grads = transform_grads_fn(grads)
    if summarize_gradients:
        with tf.name_scope("summarize_grads"):
            gradients.summarize_gradients(grads, "_gradient")
    applied = optimizer.apply_gradients(grads, global_step=global_step)
    with tf.name_scope("train_op"):
        if check_numerics:
            total_loss = tf.debugging.check_numerics(total_loss, _LOSS_IS_BAD)
        train_op = _after([applied], total_loss)
    v1.add_to_collection(v1.GraphKeys.TRAIN_OP, train_op)
    return train_op


def _after_updates(total_loss, update_ops):
    collected = v1.get_collection(v1.GraphKeys.UPDATE_OPS)
    if update_ops is None:
        update_ops = collected
    update_ops = _once(update_ops)
    left_out = [op for op in collected if not any(op is other for other in update_ops)]
    if left_out:
        v1.logging.warning(
            "create_train_op: update_ops leaves out %d of the %d operations in UPDATE_OPS, such "
            "as %s. Moving averages that are not updated make evaluation wrong.",
            len(left_out),
            len(collected),
            getattr(left_out[0], "name", left_out[0]),
        )
    if not update_ops:
        return total_loss
    with tf.control_dependencies(update_ops):
        barrier = tf.no_op(name="update_barrier")
    return _after([barrier], total_loss)


def _after(operations, tensor):
    with tf.control_dependencies(operations):
        return tf.identity(tensor, name="control_dependency")


def _once(items) -> list[Any]:
    # Tensors are compared by value under TensorFlow 2 behaviour, and cannot be put into a set.
    return list({id(item): item for item in items}.values())


def _to_train(variables) -> list[Any]:
    trainable = v1.trainable_variables()
    if variables is None:
        variables = trainable
    for variable in variables:
        if not (variable.trainable or any(variable is other for other in trainable)):
            raise AssertionError(
                f"variables_to_train: {variable.name!r} is not trainable. Leave it out, or make it "
                "with trainable=True."
            )
    if not variables:
        raise AssertionError(
            "There is nothing to train: "
            + ("variables_to_train is empty." if trainable else "the graph has no variables.")
        )
    return variables


def check_optimizer(optimizer, name: str) -> None:
    """Checks that `name`, what was called, was given an optimizer of TensorFlow 1.

    Raises:
      TypeError: it was not.
    """
    if not hasattr(optimizer, "compute_gradients"):
        raise TypeError(
            f"{name}: expected an optimizer of tf.compat.v1.train, such as "
            f"tf.compat.v1.train.MomentumOptimizer(0.1, 0.9); got {optimizer!r}. Those of Keras 3 "
            "work with slim.learning.make_train_step."
        )
