"""Variables of a traced graph, made constants where they are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.export import graph as graphs
from tf_slim.export.errors import ExportError


def read(graph: graphs.Graph, given: Mapping[str, tuple[str | None, Any]], model: str) -> None:
    """Puts constants in the place of all that a function has captured, variables above all.

    Args:
      graph: is changed.
      given: by name of the placeholder: the name of the variable, and its handle; or None and a
        tensor.
      model: its name, for messages.

    Raises:
      ExportError: a variable is changed, or used in a way that is not known here.
    """
    handles: dict[str, str] = {}
    values: dict[str, str] = {}
    for name, (variable, tensor) in given.items():
        if tensor.dtype == tf.resource:
            handles[name] = variable or name
        else:
            values[name] = graph.add_constant(f"{name}/value", tensor.numpy())
    _pass_on(graph, handles)
    constants: dict[str, str] = {}

    def constant(placeholder: str, dtype: int) -> str:
        variable = handles[placeholder]
        if placeholder not in constants:
            tensor = _source(given, handles, placeholder)
            read = tf.raw_ops.ReadVariableOp(resource=tensor, dtype=tf.as_dtype(dtype))
            constants[placeholder] = graph.add_constant(variable, read.numpy())
        return constants[placeholder]

    for node in list(graph.nodes.values()):
        resources = [name for name in map(graphs.node_of, node.input) if name in handles]
        if node.op == "Identity" and resources:
            continue
        if resources and node.op == "ReadVariableOp":
            dtype = graphs.attribute(node, "dtype").type
            graph.replace(node.name, "Identity", [constant(resources[0], dtype)], dtype)
        elif (
            resources and node.op == "ResourceGather" and not graphs.attribute(node, "batch_dims").i
        ):
            _gather(graph, node, constant(resources[0], graphs.attribute(node, "dtype").type))
        elif resources:
            raise ExportError(_not_read(node, handles[resources[0]], model))
        for i, name in enumerate(node.input):
            if name in values:
                node.input[i] = values[name]


def _pass_on(graph: graphs.Graph, handles: dict[str, str]) -> None:
    """Adds what a handle is passed on by to the handles."""
    for node in graph.nodes.values():
        if node.op == "Identity" and graphs.node_of(node.input[0]) in handles:
            handles[node.name] = handles[graphs.node_of(node.input[0])]


def _source(given: Mapping[str, Any], handles: Mapping[str, str], placeholder: str) -> Any:
    name = placeholder
    if name not in given:
        name = next(one for one in given if handles.get(one) == handles[placeholder])
    return given[name][1]


def _gather(graph: graphs.Graph, node: Any, table: str) -> None:
    """`tf.gather` of a variable, as that of a constant."""
    axis = graph.add_constant(f"{node.name}/axis", np.array(0, np.int32))
    gather = tf.compat.v1.NodeDef(name=node.name, op="GatherV2", input=[table, node.input[1], axis])
    gather.attr["Tparams"].type = graphs.attribute(node, "dtype").type
    gather.attr["Tindices"].type = graphs.attribute(node, "Tindices").type
    gather.attr["Taxis"].type = tf.int32.as_datatype_enum
    graph.nodes[node.name] = gather


def _not_read(node: Any, variable: str, model: str) -> str:
    if node.op.startswith(("Assign", "Resource", "Scatter")):
        return (
            f"{model} changes its variable {variable!r} in inference ({node.op} {node.name}): a "
            "graph of constants cannot. If it was made with is_training=True, make it without."
        )
    return (
        f"{model} uses its variable {variable!r} in {node.op} {node.name}, where it cannot be made "
        "a constant. Read it outside of it: tf.convert_to_tensor(variable)."
    )
