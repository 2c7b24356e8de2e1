"""Weights of an ONNX model that was converted without them."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

_LAYOUT = ("Transpose", "Reshape", "Squeeze", "Unsqueeze", "Identity", "Cast")


def put(proto: Any, weights: Mapping[str, np.ndarray]) -> None:
    """Puts weights in the place of inputs, in the layout that the graph brings them to.

    A converter that does not know the kernel of a convolution transposes it in the graph. Engines
    would do that once as well, but who quantizes looks for the weights themselves.

    Args:
      proto: an `onnx.ModelProto`, is changed.
      weights: by the names of its inputs.
    """
    onnx: Any = importlib.import_module("onnx")
    graph = proto.graph
    small = {one.name for one in graph.initializer}
    known = small | set(weights)
    computed, others = [], []
    for node in graph.node:  # in the order in which they can be computed
        constant = node.op_type in _LAYOUT and all(name in known for name in node.input)
        (computed if constant else others).append(node)
        if constant:
            known.update(node.output)
    taken = {*_taken(others), *(one.name for one in graph.output)}
    values = dict(weights)
    made = [name for node in computed for name in node.output if name in taken]
    if made:
        values.update(zip(made, _computed(onnx, proto, computed, made, weights), strict=True))
    inputs = [one for one in graph.input if one.name not in weights]
    kept = [one for one in graph.initializer if one.name in taken]
    kept += [
        onnx.numpy_helper.from_array(np.ascontiguousarray(value), name)
        for name, value in values.items()
        if name in taken
    ]
    for field, elements in (("node", others), ("input", inputs), ("initializer", kept)):
        graph.ClearField(field)
        getattr(graph, field).extend(elements)


def _taken(nodes: Any) -> Iterator[str]:
    """The names that nodes take, those of their branches and loops too."""
    for node in nodes:
        yield from node.input
        for attribute in node.attribute:
            for graph in (attribute.g, *attribute.graphs):
                yield from _taken(graph.node)
                yield from (one.name for one in graph.output)


def _computed(
    onnx: Any, proto: Any, nodes: list[Any], names: list[str], weights: Mapping[str, np.ndarray]
) -> list[np.ndarray]:
    """The values of tensors that some nodes compute of weights and initializers."""
    types = onnx.TensorProto
    part = onnx.helper.make_graph(
        nodes,
        "constants",
        [one for one in proto.graph.input if one.name in weights],
        [onnx.helper.make_tensor_value_info(name, types.UNDEFINED, None) for name in names],
        proto.graph.initializer,
    )
    model = onnx.helper.make_model(part, opset_imports=proto.opset_import)
    reference: Any = importlib.import_module("onnx.reference")
    return reference.ReferenceEvaluator(model).run(names, dict(weights))
