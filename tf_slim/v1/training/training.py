"""Training in a `tf.compat.v1.train.MonitoredTrainingSession`, whose hooks do the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.v1.gradients import (
    add_gradients_summaries,
    add_summaries,
    clip_gradient_norms,
    clip_gradient_norms_fn,
    multiply_gradients,
)
from tf_slim.v1.v1_only import check_optimizer, graph_of, require_v1_graph

__all__ = [
    "add_gradients_summaries",
    "clip_gradient_norms",
    "clip_gradient_norms_fn",
    "create_train_op",
    "multiply_gradients",
    "train",
]

v1 = tf.compat.v1

USE_GLOBAL_STEP = 0
"""As `global_step`: that of the graph, made if there is none."""

_LOSS_IS_BAD = "LossTensor is inf or nan"


def create_train_op(
    total_loss: Any,
    optimizer: Any,
    global_step: Any = USE_GLOBAL_STEP,
    update_ops: Sequence | None = None,
    variables_to_train: Sequence | None = None,
    transform_grads_fn: Callable | None = None,
    summarize_gradients: bool = False,
    gate_gradients: int = v1.train.Optimizer.GATE_OP,
    aggregation_method: int | None = None,
    colocate_gradients_with_ops: bool = False,
    check_numerics: bool = True,
) -> tf.Tensor:
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

    Examples: see `slim.learning.create_train_op`.
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
            add_summaries(grads, "_gradient")
    applied = optimizer.apply_gradients(grads, global_step=global_step)
    with tf.name_scope("train_op"):
        if check_numerics:
            total_loss = tf.debugging.check_numerics(total_loss, _LOSS_IS_BAD)
        train_op = _after([applied], total_loss)
    v1.add_to_collection(v1.GraphKeys.TRAIN_OP, train_op)
    return train_op


def train(
    train_op: Any,
    logdir: str,
    master: str = "",
    is_chief: bool = True,
    scaffold: tf.compat.v1.train.Scaffold | None = None,
    hooks: Sequence | None = None,
    chief_only_hooks: Sequence | None = None,
    save_checkpoint_secs: float = 600,
    save_summaries_steps: int = 100,
    config: tf.compat.v1.ConfigProto | None = None,
    max_wait_secs: float = 7200,
    run_metadata: Any = None,
) -> Any:
    """Runs `train_op` in a `tf.compat.v1.train.MonitoredTrainingSession` until it should stop.

    It goes on from the latest checkpoint of `logdir`. Hooks end it, such as
    `tf.compat.v1.train.StopAtStepHook`, or the end of the data.

    Args:
      train_op: from `create_train_op`.
      logdir: the folder of checkpoints and summaries; None to write nothing.
      master: the session's target; "" for this process.
      is_chief: whether this process initializes, and writes checkpoints and summaries.
      scaffold: a `tf.compat.v1.train.Scaffold`: how to initialize, restore and save.
      hooks: `tf.compat.v1.train.SessionRunHook`s.
      chief_only_hooks: further ones, for the chief.
      save_checkpoint_secs: seconds between checkpoints; None or 0 for none.
      save_summaries_steps: steps between summaries; None or 0 for none.
      config: a `tf.compat.v1.ConfigProto`.
      max_wait_secs: how long a process waits for the chief to initialize, in seconds.
      run_metadata: a `tf.compat.v1.RunMetadata` to fill at each step.

    Returns:
      What the last run of `train_op` returned, or None if there was none.

    Raises:
      RuntimeError: called outside a v1 graph.
      ValueError: something is to be saved, but `logdir` is None.

    Examples:
      >>> with tf.Graph().as_default():
      ...     x = slim.variable("x", [], initializer=tf.ones_initializer())
      ...     optimizer = tf.compat.v1.train.GradientDescentOptimizer(0.1)
      ...     clip = slim.training.clip_gradient_norms_fn(0.5)
      ...     train_op = slim.training.create_train_op(
      ...         tf.square(x), optimizer, transform_grads_fn=clip)
      ...     stop = tf.compat.v1.train.StopAtStepHook(last_step=3)
      ...     loss = slim.training.train(train_op, "run", hooks=[stop])
      >>> print(f"{loss:.4f}")
      0.8100
    """
    if logdir is None and is_chief:
        for name, value in (
            ("save_summaries_steps", save_summaries_steps),
            ("save_checkpoint_secs", save_checkpoint_secs),
        ):
            if value:
                raise ValueError(
                    f"logdir is None, but {name} is {value}. Give a logdir, or {name}=None."
                )
    instead = "slim.learning.fit(train_step, dataset, logdir)"
    with (
        graph_of(train_op, "slim.training.train", instead).as_default(),
        v1.train.MonitoredTrainingSession(
            master=master,
            is_chief=is_chief,
            checkpoint_dir=logdir,
            scaffold=scaffold,
            hooks=hooks,
            chief_only_hooks=chief_only_hooks,
            save_checkpoint_secs=save_checkpoint_secs,
            save_summaries_steps=save_summaries_steps,
            config=config,
            max_wait_secs=max_wait_secs,
        ) as session,
    ):
        result = None
        while not session.should_stop():
            result = session.run(train_op, run_metadata=run_metadata)
    return result


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
