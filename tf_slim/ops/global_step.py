"""The global step: how many training steps the variables have seen."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.ops import modes, stores

GraphKeys = tf.compat.v1.GraphKeys
_NAME = "global_step"


def get_global_step(graph=None):
    """The global step, an int64 scalar variable; None if there is none.

    Args:
      graph: the graph to look in (v1 graphs only), by default the current one.
    """
    if graph is not None or modes.in_v1_graph():
        return tf.compat.v1.train.get_global_step(graph)
    members = stores.current_run().store.collection(GraphKeys.GLOBAL_STEP)
    return members[0] if members else None


def create_global_step(graph=None):
    """Makes the global step.

    Raises:
      ValueError: there is one already.
    """
    if graph is not None or modes.in_v1_graph():
        return tf.compat.v1.train.create_global_step(graph)
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
    if graph is not None or modes.in_v1_graph():
        return tf.compat.v1.train.get_or_create_global_step(graph)
    step = get_global_step()
    return create_global_step() if step is None else step


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


