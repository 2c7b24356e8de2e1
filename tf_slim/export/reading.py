"""Variables of a traced graph, made constants where they are read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.export import functions
from tf_slim.export import graph as graphs
from tf_slim.export.errors import ExportError


@dataclasses.dataclass(frozen=True)
class Captured:
    """What a function takes besides its arguments.

    Attributes:
      tensor: the tensor; of a variable its handle.
      variable: the name of the variable; None if it is none.
      dtype: of its value.
    """

    tensor: Any
    variable: str | None
    dtype: tf.DType


def read(graph: graphs.Graph, given: Mapping[str, Captured], model: str) -> None:
    """Puts constants in the place of all that a function has captured, variables above all.

    Args:
      graph: is changed.
      given: by the name of the placeholder.
      model: its name, for messages.

    Raises:
      ExportError: a variable is changed, or used in a way that is not known here.
    """
    known = dict(given)
    for node in graph.nodes.values():
        source = graphs.node_of(node.input[0]) if node.input else None
        if node.op == "Identity" and source in known:
            known[node.name] = known[source]
    constants: dict[int, str] = {}

    def constant(name: str) -> str:
        one = known[name]
        if id(one.tensor) not in constants:
            value = one.tensor
            if one.variable is not None:
                value = tf.raw_ops.ReadVariableOp(resource=value, dtype=one.dtype)
            called = f"{name}/value" if one.variable is None else one.variable
            constants[id(one.tensor)] = graph.add_constant(called, value.numpy())
        return constants[id(one.tensor)]

    for node in list(graph.nodes.values()):
        inputs = {i: graphs.node_of(one) for i, one in enumerate(node.input) if one[0] != "^"}
        for i, name in inputs.items():
            if name in known and known[name].tensor.dtype != tf.resource:
                node.input[i] = constant(name)
        resources = {
            i: name
            for i, name in inputs.items()
            if name in known and known[name].tensor.dtype == tf.resource
        }
        if not resources or node.op == "Identity":
            continue
        variables = [known[name].variable for name in resources.values()]
        if None in variables:
            raise ExportError(
                f"{model} uses {node.op} {node.name} in inference, whose {next(iter(resources))}. "
                "input is no variable (a table, an iterator ...): a graph of constants cannot hold "
                "it. Apply it outside of the model."
            )
        if node.op == "ReadVariableOp":
            dtype = known[resources[0]].dtype
            graph.replace(node.name, "Identity", [constant(resources[0])], dtype)
        elif node.op == "ResourceGather" and not graphs.attribute(node, "batch_dims").i:
            _gather(graph, node, constant(resources[0]))
        elif node.op in functions.TAKES_FUNCTIONS:
            skip = len(node.input) - len(graphs.attribute(node, _TYPES[node.op]).list.type)
            types = {i - skip: known[name].dtype for i, name in resources.items()}
            enums = {i: dtype.as_datatype_enum for i, dtype in types.items()}
            if not functions.take_values(graph.library, node, enums):
                raise ExportError(_not_read(node, variables, model))
            for i, name in resources.items():
                node.input[i] = constant(name)
        else:
            raise ExportError(_not_read(node, variables, model))


_TYPES = {op: "T" if op.endswith("While") else "Tin" for op in functions.TAKES_FUNCTIONS}


def _gather(graph: graphs.Graph, node: Any, table: str) -> None:
    """`tf.gather` of a variable, as that of a constant."""
    axis = graph.add_constant(f"{node.name}/axis", np.array(0, np.int32))
    gather = tf.compat.v1.NodeDef(name=node.name, op="GatherV2", input=[table, node.input[1], axis])
    gather.attr["Tparams"].type = graphs.attribute(node, "dtype").type
    gather.attr["Tindices"].type = graphs.attribute(node, "Tindices").type
    gather.attr["Taxis"].type = tf.int32.as_datatype_enum
    graph.nodes[node.name] = gather


def _not_read(node: Any, variables: Sequence[Any], model: str) -> str:
    named = " and ".join(map(repr, variables))
    if node.op.startswith(("Assign", "Resource", "Scatter")):
        return (
            f"{model} changes its variable {named} in inference ({node.op} {node.name}): a graph "
            "of constants cannot. If it was made with is_training=True, make it without."
        )
    return (
        f"{model} uses its variable {named} in {node.op} {node.name}, where it cannot be made a "
        "constant. Read it outside of it: tf.convert_to_tensor(variable)."
    )
