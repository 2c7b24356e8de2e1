"""Which graph and which name scope one is in."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

__all__ = ["get_graph_from_inputs", "get_name_scope"]


def get_graph_from_inputs(op_input_list: Sequence, graph: tf.Graph | None = None) -> tf.Graph:
    """The graph that some tensors and operations belong to.

    Args:
      op_input_list: a list or tuple of tensors, operations or variables; other things in it do
        not count.
      graph: the graph that they must belong to, or None.

    Returns:
      `graph`, or that of the first of them, or else the default graph.

    Raises:
      TypeError: `op_input_list` is neither a list nor a tuple, or `graph` is no graph.
      ValueError: they belong to different graphs.
    """
    if not isinstance(op_input_list, (list, tuple)):
        raise TypeError(
            f"get_graph_from_inputs expects a list of tensors; got {op_input_list!r}. Write "
            "[tensor]."
        )
    if graph is not None and not isinstance(graph, tf.Graph):
        raise TypeError(f"get_graph_from_inputs expects graph to be a tf.Graph; got {graph!r}.")
    wrong = "must be from the same graph as the rest, and is not"
    if graph is not None:
        wrong = "is not from the passed-in graph"
    for element in op_input_list:
        # Eager tensors have the attribute too, and raise AttributeError.
        own = getattr(element, "graph", None)
        if not isinstance(own, tf.Graph):
            continue
        if graph is None:
            graph = own
        elif own is not graph:
            raise ValueError(
                f"get_graph_from_inputs: {element!r} {wrong}. Build everything under one "
                "`with graph.as_default():`."
            )
    return tf.compat.v1.get_default_graph() if graph is None else graph


def get_name_scope() -> str:
    """The name scope that is open, such as "scope1/scope2"; "" for none."""
    return tf.get_current_name_scope()
