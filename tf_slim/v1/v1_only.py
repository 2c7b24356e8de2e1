"""Refusals: of what is called outside v1 graphs, and of what does not work within them."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tf_slim.ops import modes


def require_v1_graph(name: str, instead: str) -> None:
    """Checks that a v1 graph is being built.

    Args:
      name: what was called, as users write it.
      instead: what to use in eager mode and in a `tf.function`.

    Raises:
      RuntimeError: it is not.
    """
    if not modes.in_v1_graph():
        raise RuntimeError(_message(name, instead))


def graph_of(train_op: Any, name: str, instead: str) -> tf.Graph:
    """The v1 graph that something to run belongs to, by default the current one.

    Raises:
      RuntimeError: it belongs to none.
    """
    graph = getattr(train_op, "graph", None)  # an eager tensor has none
    if graph is None and modes.in_v1_graph():
        graph = tf.compat.v1.get_default_graph()
    if graph is None:
        raise RuntimeError(_message(name, instead))
    return graph


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


def _message(name: str, instead: str) -> str:
    return (
        f"{name} belongs to the graphs of TensorFlow 1, and was called in eager mode or in a "
        "tf.function. Build the graph and call it under `with tf.Graph().as_default():` (or after "
        f"tf.compat.v1.disable_v2_behavior()). In eager mode use {instead}."
    )
