"""Where what a net leaves behind goes: its variables, losses, outputs, updates, steps, summaries.

There are two places. In a `tf.compat.v1` graph all of it belongs to the graph and its collections
(`GraphPlace`). In eager mode and in a `tf.function` variables belong to a store and the rest to the
`slim.collect()` frame of the thread (`StorePlace`). Code that has such an effect asks for the
place and says what it has:

    places.current().add_loss(loss)

It does not ask which of the two it is. (What computes differently in a v1 graph and leaves nothing
behind asks `modes`.)
"""

from __future__ import annotations

import tensorflow as tf

from tf_slim.ops import modes
from tf_slim.ops.places.graph import GraphPlace
from tf_slim.ops.places.protocol import Place
from tf_slim.ops.places.store import StorePlace, step_scope

__all__ = ["Place", "current", "step_scope"]


_GRAPH, _STORE = GraphPlace(), StorePlace()


def current(graph: tf.Graph | None = None) -> Place:
    """The place of the code that asks.

    Args:
      graph: a v1 graph that the caller names, whatever the code around belongs to; or None.
    """
    return _GRAPH if graph is not None or modes.in_v1_graph() else _STORE
