"""`folded`: a model as a graph for inference, which is what every format is written from."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.export import batch_norms, constants, tracing
from tf_slim.export import graph as graphs
from tf_slim.export.errors import ExportError
from tf_slim.nets._features import select
from tf_slim.ops import precision as precisions
from tf_slim.ops.model import Model
from tf_slim.ops.outputs import mapped, split_outputs

# What TensorFlow has no place for in the name of an operation.
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_./>-]|^[^A-Za-z0-9.]")


@dataclasses.dataclass(frozen=True, eq=False)
class Folded:
    """A model as a graph for inference: constants for variables, batch norm folded.

    Attributes:
      inputs: the names of the tensors that it takes, such as `images:0`.
      outputs: the names of the tensors that it gives, by what they are.
      specs: what each of the inputs is.
      folds: how many batch norms and factors have gone into the weights before them.

    Examples: see `slim.export.folded`.
    """

    inputs: tuple[str, ...]
    outputs: dict[str, str]
    specs: tuple[tf.TensorSpec, ...]
    folds: int
    _graph: graphs.Graph = dataclasses.field(repr=False)
    _structure: Any = dataclasses.field(repr=False)
    _model_name: str = dataclasses.field(repr=False)

    @functools.cached_property
    def graph_def(self) -> Any:
        """The graph, a `tf.compat.v1.GraphDef`.

        Raises:
          ExportError: it is too large for one.
        """
        size = self._graph.size
        if size > graphs.LARGEST:
            raise ExportError(
                f"{self._model_name} takes {size / 2**30:.2f} GB as a graph with its weights as "
                "constants, and TensorFlow cannot write more than 2 GB into one. Compute in "
                "bfloat16, by precision='mixed_bfloat16', which halves it; or write a SavedModel, "
                "which has its weights beside the graph."
            )
        return self._graph.graph_def()

    def without_weights(self) -> tuple[Any, dict[str, np.ndarray]]:
        """The graph with placeholders for its weights, and these by name, of any shapes."""
        weights = self._graph.weights
        graph_def = self._graph.graph_def(given=weights)
        return graph_def, {f"{name}:0": value for name, value in weights.items()}

    @functools.cached_property
    def function(self) -> Callable:
        """A ConcreteFunction of the inputs, in their order.

        It gives float32 tensors, in the structure of what was asked for. The weights of a large
        model are variables, which it holds.
        """
        names = tf.nest.flatten(self._structure)
        variables = self._graph.variables()
        if self._graph.library.function:
            run = self._with_functions(names)
        else:
            graph_def = self._graph.graph_def(given=variables)

            def run(*inputs: tf.Tensor) -> list[tf.Tensor]:
                given = dict(zip(self.inputs, inputs, strict=True))
                given.update((name, one.read_value()) for name, one in variables.items())
                return tf.import_graph_def(graph_def, given, names, name="")

        def compute(*inputs: tf.Tensor) -> Any:
            return tf.nest.pack_sequence_as(self._structure, run(*inputs))

        function: Any = tf.function(compute, autograph=False).get_concrete_function(*self.specs)
        # Of itself it refers to its variables weakly.
        function.held = tuple(variables.values())
        return function

    def _with_functions(self, names: list[str]) -> Callable:
        """The graph as a function, where it has branches and loops: they need their own functions.

        It takes longer than what serves without them.
        """

        def load() -> None:
            tf.import_graph_def(self.graph_def, name="")

        loaded = tf.compat.v1.wrap_function(load, [])
        tensor = loaded.graph.get_tensor_by_name
        return loaded.prune(list(map(tensor, self.inputs)), list(map(tensor, names)))


def folded(
    model: Model,
    spec: Any,
    *,
    precision: str | None = None,
    outputs: Callable[[Any], Any] | Iterable[str] | None = None,
    fold: bool = True,
) -> Folded:
    """A built model as a graph for inference, with the weights that it has now.

    Variables become constants, what depends on constants alone is computed, and batch norm is
    multiplied into the weights of the convolution or product before it. Assertions are left out.

    Args:
      model: built; it is left as it is.
      spec: a `tf.TensorSpec` of the images, whose batch may be None; or a dict of them, or a tuple,
        for a net of several inputs.
      precision: what the layers compute in, such as "mixed_bfloat16"; None for the model's own.
        Inputs and outputs are float32 in each.
      outputs: what the graph gives: a function, within the graph, from what the net returns to a
        tensor or a dict of them; or names of end points; None for what the net returns without its
        end points.
      fold: False to leave batch norm as it is.

    Returns:
      A `Folded`.

    Raises:
      ExportError: the model changes its variables in inference, or belongs to a v1 graph.
      ValueError: the model is not built, or there is no such precision or end point.

    Examples:
      >>> def net(images):
      ...     return slim.conv2d(images, 4, 3, normalizer_fn=slim.batch_norm, activation_fn=None)
      >>> spec = tf.TensorSpec([None, 8, 8, 3])
      >>> model = slim.Model(net).build(spec)
      >>> graph = slim.export.folded(model, spec)
      >>> graph.folds, [node.op for node in graph.graph_def.node if "Norm" in node.op]
      (1, [])
    """
    model.require_variables("export")
    precisions.check(precision)
    choose = outputs if callable(outputs) else functools.partial(_chosen, model, outputs)
    specs = tracing.named_specs(spec)
    traced = tracing.trace(model, specs, precision, lambda result: _named(choose(result)))
    graph, fetched = traced.graph, tf.nest.flatten(traced.outputs)
    names = [graphs.node_of(name) for name in fetched]
    inputs = [graphs.node_of(name) for name in traced.inputs]
    graph.keep(names, inputs)
    constants.compute(graph, names)
    folds = 0
    if fold:
        folds = batch_norms.fold(graph, names)
        graph.pass_by(names)
    graph.keep(names, inputs)
    return Folded(
        traced.inputs,
        _by_name(traced.outputs),
        tuple(tf.nest.flatten(specs)),
        folds,
        graph,
        traced.outputs,
        model.name,
    )


def _chosen(model: Model, names: Iterable[str] | None, result: Any) -> Any:
    outputs, end_points = split_outputs(result)
    if names is None:
        model.require_outputs(outputs)
        return outputs
    named = model.end_points if end_points is None else end_points
    return select(model.name, named, names, True)


def _named(values: Any) -> Any:
    """Outputs in float32, each by an operation of its name, if that is free."""

    def named(name: str, value: Any) -> tf.Tensor:
        tensor = tf.convert_to_tensor(value)
        if tensor.dtype in precisions.LOW:
            tensor = tf.cast(tensor, tf.float32)
        has_it = tensor.op.type == "Identity" and tensor.op.name == name
        return tensor if has_it else tf.identity(tensor, _NOT_IN_NAMES.sub("_", name))

    is_logits = tf.is_tensor(values) and values.shape.rank == 2
    return mapped(named, values, "logits" if is_logits else "output")


def _by_name(structure: Any) -> dict[str, str]:
    """The names of the tensors by what they are: the keys of a dict, or the name of their node."""
    found: dict[str, str] = {}
    mapped(found.__setitem__, structure)
    if isinstance(structure, str):
        return {graphs.node_of(structure): structure}
    return found
