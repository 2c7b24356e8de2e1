"""A model as a graph of inference, whose variables are constants."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.export import errors, functions, reading
from tf_slim.export.graph import Graph
from tf_slim.ops import bfloat16
from tf_slim.ops import precision as precisions
from tf_slim.ops.arg_scope import default_is_training
from tf_slim.ops.arguments import describe
from tf_slim.ops.model import Model
from tf_slim.ops.specs import named
from tf_slim.ops.stores import get_variable_full_name
from tf_slim.ops.tracing import TracedFunction


@dataclasses.dataclass(frozen=True)
class Traced:
    """A traced model.

    Attributes:
      graph: the graph.
      inputs: the names of the tensors that it takes, in their order.
      outputs: the names of the tensors that it gives, in the structure of what was returned.
    """

    graph: Graph
    inputs: tuple[str, ...]
    outputs: Any


def trace(
    model: Model, specs: Sequence[Any], precision: str | None, outputs: Callable[[Any], Any]
) -> Traced:
    """Calls a model for inference once, in a graph, and puts constants in place of variables.

    The model is left as it is: it is the graph that the values of its variables are put into.

    Args:
      model: built.
      specs: what it is called with, each a `tf.TensorSpec` or a structure of them.
      precision: what to compute in; None for the model's own.
      outputs: from what the net returned to a structure of tensors, within the graph.

    Raises:
      ExportError: the model cannot be frozen: it is one of a v1 graph, or changes its variables.
    """
    if not tf.executing_eagerly():
        raise errors.ExportError(
            f"{model.name} can be turned into a graph with constants in eager mode only: call this "
            "outside tf.function and tf.Graph. (A graph of TensorFlow 1 is frozen by "
            "tf.compat.v1.graph_util.convert_variables_to_constants.)"
        )

    made: list[Any] = []

    def compute(*args: Any) -> Any:
        with (
            precisions.of_models(precision),
            default_is_training(False),
            bfloat16.graph_to_fold(),
        ):
            made.append(outputs(model(*args)))
        return made[-1]

    traced = TracedFunction(compute).get_concrete_function(*specs)
    captured = traced.captured_inputs
    inside = traced.inputs[len(traced.inputs) - len(captured) :]
    variables = {id(variable.handle): variable for variable in traced.variables}
    given = {
        placeholder.op.name: _captured(tensor, variables.get(id(tensor)))
        for placeholder, tensor in zip(inside, captured, strict=True)
    }
    graph = _graph(traced.graph)
    reading.read(graph, given, model.name)
    graph.infer_shapes()
    inputs = traced.inputs[: len(traced.inputs) - len(captured)]
    # Not those of `traced`, which have names of its own.
    structure = tf.nest.map_structure(_name_of, made[-1])
    return Traced(graph, tuple(tensor.name for tensor in inputs), structure)


def named_specs(spec: Any) -> tuple[Any, ...]:
    """What a model is called with, as specs with names: those of the inputs of its graph.

    Args:
      spec: a `tf.TensorSpec`, or a dict of them; a tuple or a list of these for several arguments.

    Raises:
      TypeError: it is something else.
    """
    args = tuple(spec) if isinstance(spec, (tuple, list)) else (spec,)
    flat = [one for one in tf.nest.flatten(args) if isinstance(one, tf.TensorSpec)]
    if not flat or len(flat) != len(tf.nest.flatten(args)):
        raise TypeError(
            f"spec: expected a tf.TensorSpec of the images; got {describe(spec)}. Write "
            "tf.TensorSpec([None, height, width, channels]). A net of several inputs has a tuple "
            "or a dict of them."
        )

    return named(args)


def _captured(tensor: Any, variable: Any) -> reading.Captured:
    if variable is None:
        return reading.Captured(tensor, None, tensor.dtype)
    return reading.Captured(tensor, get_variable_full_name(variable), variable.dtype)


def _graph(traced: tf.Graph) -> Graph:
    graph_def = traced.as_graph_def()
    operations = _operations(traced)
    if functions.inline(graph_def, operations):
        with tf.Graph().as_default() as inlined:
            tf.import_graph_def(graph_def, name="")
        operations = _operations(inlined)
    return Graph(graph_def, {name for name, one in operations.items() if one.is_stateful})


def _operations(graph: tf.Graph) -> dict[str, Any]:
    """What TensorFlow knows of each operation of a graph: an `OpDef`."""
    with tf.Graph().as_default():  # it is refused in eager mode, of any graph
        listed = tf.compat.v1.train.export_meta_graph(graph=graph)
    return {op.name: op for op in listed.meta_info_def.stripped_op_list.op}


def _name_of(tensor: Any) -> str:
    return tensor.name
