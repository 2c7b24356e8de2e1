"""What of a graph does not depend on its inputs, computed beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.export import graph as graphs
from tf_slim.export import linear
from tf_slim.ops import precision

# A constant that is larger than this, in bytes, and than all that it is computed from, as a tensor
# of zeros can be, is computed anew each time.
_LARGE = 2**16
_LOW = tuple(dtype.as_datatype_enum for dtype in precision.LOW)


def compute(graph: graphs.Graph, keep: Iterable[str] = ()) -> None:
    """Computes the parts of a graph that are constant, and puts constants in their place.

    Args:
      graph: is changed.
      keep: names of nodes which shall stay as they are, such as those of outputs.
    """
    known = _constant_nodes(graph, set(keep))
    wanted = list(_wanted(graph, known))
    if not wanted:
        return
    precise = _in_full(graph, known, wanted)
    for name, value in zip(wanted, _computed(graph, known, wanted), strict=True):
        node = graph.nodes[name]
        held = sum(graph.values[one].nbytes for one in _sources(graph, node) if one in graph.values)
        if value.nbytes <= max(_LARGE, 2 * held) or node.op in ("Cast", "Reshape", "Transpose"):
            del graph.nodes[name]
            graph.add_constant(name, value, precise.get(name))


def _sources(graph: graphs.Graph, node) -> Iterator[str]:
    return map(graphs.node_of, graphs.data_inputs(node))


def _constant_nodes(graph: graphs.Graph, others: set[str]) -> set[str]:
    """The names of the nodes that are computed from constants alone, without the constants."""
    stays = others | graph.opaque
    found: dict[str, bool] = {}
    pending = list(graph.nodes)
    while pending:
        name = pending[-1]
        node = graph.nodes[name]
        varies = name in stays or node.op in graph.stateful or node.op == "NextIteration"
        first = [] if varies else [one for one in _sources(graph, node) if one not in found]
        if name not in found and first:
            pending += first
            continue
        pending.pop()
        if node.op == "Const":
            found[name] = True
        elif name not in found:
            inputs = [found.get(one, False) for one in _sources(graph, node)]
            found[name] = not varies and bool(inputs) and all(inputs)
    return {name for name, constant in found.items() if constant and name not in graph.values}


def _wanted(graph: graphs.Graph, known: set[str]) -> Iterator[str]:
    """Of the constant nodes those that others take, and take one output of."""
    taken = graph.consumers()
    others = {graphs.node_of(tensor) for tensor in taken if not tensor.endswith(":0")}
    for tensor, consumers in taken.items():
        name = graphs.node_of(tensor)
        if name in known and name not in others and any(one not in known for one in consumers):
            yield name


def _in_full(graph: graphs.Graph, known: set[str], wanted: list[str]) -> dict[str, np.ndarray]:
    """The values of those that are weights in a low type, computed in float32 throughout."""
    weights = {
        graphs.node_of(node.input[1])
        for node in graph.nodes.values()
        if node.op in linear.WITH_WEIGHTS and graphs.attribute(node, "T").type in _LOW
    }
    low = [name for name in wanted if name in weights]
    return dict(zip(low, _computed(graph, known, low, in_full=True), strict=True))


def _computed(
    graph: graphs.Graph, known: set[str], wanted: list[str], in_full: bool = False
) -> list[np.ndarray]:
    """The values of constant nodes.

    Args:
      graph: of the nodes.
      known: their names, with those that they depend on.
      wanted: the names of those to compute.
      in_full: whether to do in float32 what is done in a low type.
    """
    if not wanted:
        return []
    held = sorted({one for name in known for one in _sources(graph, graph.nodes[name])} - known)
    nodes = []
    for name in held:
        node = tf.compat.v1.NodeDef(name=name, op="Placeholder")
        node.attr["dtype"].CopyFrom(graph.nodes[name].attr["dtype"])
        nodes.append(node)
    part = graph.part([*nodes, *(graph.nodes[name] for name in known)])
    if in_full:
        _make_full(part)
    wrapped = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(part, name=""), [])
    tensor = wrapped.graph.get_tensor_by_name
    feeds = [tensor(f"{name}:0") for name in held]
    function = wrapped.prune(feeds, [tensor(f"{name}:0") for name in wanted])
    given = [
        tf.cast(graph.values[name], feed.dtype) for name, feed in zip(held, feeds, strict=True)
    ]
    return [value.numpy() for value in function(*given)]


def _make_full(part: Any) -> None:
    """Has all that is of a low type be of float32."""
    for node in part.node:
        for attr in node.attr.values():
            if attr.type in _LOW:
                attr.type = tf.float32.as_datatype_enum
            for i, dtype in enumerate(attr.list.type):
                if dtype in _LOW:
                    attr.list.type[i] = tf.float32.as_datatype_enum
