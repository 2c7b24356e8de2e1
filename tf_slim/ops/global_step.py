"""The global step: how many training steps the variables have seen."""

from __future__ import annotations

import contextlib
import contextvars
import warnings

import tensorflow as tf

from tf_slim.ops import modes, stores

GraphKeys = tf.compat.v1.GraphKeys
_NAME = "global_step"
_STEP: contextvars.ContextVar = contextvars.ContextVar("step_scope", default=None)


@contextlib.contextmanager
def step_scope(step):
    """Makes `get_global_step` return `step` inside: what a training loop knows, nets may ask for.

    Args:
      step: an integer scalar.
    """
    outer = _STEP.get()
    _STEP.set(step)
    try:
        yield
    finally:
        _STEP.set(outer)


def get_global_step(graph=None):
    """The global step, an int64 scalar; None if there is none.

    Inside a training step (see `slim.learning.make_train_step`) it is the number of that step, a
    tensor, otherwise a variable.

    Args:
      graph: the graph to look in (v1 graphs only), by default the current one.
    """
    if graph is not None or modes.in_v1_graph():
        return tf.compat.v1.train.get_global_step(graph)
    if _STEP.get() is not None:
        return _STEP.get()
    members = stores.current_run().store.collection(GraphKeys.GLOBAL_STEP)
    return members[0] if members else None


def create_global_step(graph=None):
    """Makes the global step.

    In a v1 graph TensorFlow makes it within the current variable scope, and checkpoints then hold
    it under another name than `global_step`: a warning says so. In other modes it is called
    `global_step` wherever it is made.

    Raises:
      ValueError: there is one already.
    """
    if graph is not None or modes.in_v1_graph():
        step = tf.compat.v1.train.create_global_step(graph)
        if step.op.name != _NAME:
            warnings.warn(
                f"The global step was made inside a variable scope, so it is called "
                f"{step.op.name!r}, in checkpoints as well. Call "
                "slim.get_or_create_global_step() before the net is built: it is then called "
                f"{_NAME!r}, and the net finds it.",
                stacklevel=2,
            )
        return step
    if get_global_step() is not None:
        raise ValueError(
            "There is a global step already; slim.get_or_create_global_step() returns it."
        )
    store = stores.current_run().store
    step = store.create(
        _NAME,
        shape=[],
        dtype=tf.int64,
        initializer=tf.zeros_initializer(),
        trainable=False,
        collections=[GraphKeys.GLOBAL_VARIABLES, GraphKeys.GLOBAL_STEP],
        aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
    )
    return step


def get_or_create_global_step(graph=None):
    """The global step, made if there is none."""
    step = get_global_step(graph)
    return create_global_step(graph) if step is None else step


def assert_global_step(global_step_tensor) -> None:
    """Raises TypeError unless the argument is an integer scalar."""
    tf.compat.v1.train.assert_global_step(global_step_tensor)


def assert_or_get_global_step(graph=None, global_step_tensor=None):
    """The given tensor, checked, or else the global step (None if there is none).

    Raises:
      TypeError: the tensor is not an integer scalar.
    """
    if global_step_tensor is None:
        return get_global_step(graph)
    assert_global_step(global_step_tensor)
    return global_step_tensor
