"""Frozen graphs (`.pb`), run by TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from tf_slim.export.engines.engine import EngineError
from tf_slim.export.engines.tensorflow import TensorFlowEngine

INPUT = "input"
"""What the graph of a net of images takes, as research/slim's export_inference_graph called it; to
the caller of an engine it is `images`, as in all formats."""

_EXPORTED = ("probabilities", "logits")


class FrozenEngine(TensorFlowEngine):
    """A frozen GraphDef: its placeholders are what it takes.

    What it gives are the nodes `probabilities` and `logits`, where it has one of them, else the
    nodes that no other takes.
    """

    format = "frozen"

    def _load(
        self,
    ) -> tuple[Callable[..., Mapping[str, Any]], Mapping[str, tf.TensorSpec], tuple[str, ...]]:
        graph_def = tf.compat.v1.GraphDef()
        with open(self.path, "rb") as file:
            graph_def.ParseFromString(file.read())
        takes = [node.name for node in graph_def.node if node.op == "Placeholder"]
        gives = _outputs(graph_def)
        if not takes or not gives:
            missing = "placeholder" if not takes else "output"
            raise EngineError(f"{self.path} is no frozen graph of a model: it has no {missing}.")
        wrapped = tf.compat.v1.wrap_function(
            lambda: tf.graph_util.import_graph_def(graph_def, name=""), []
        )
        tensors = {
            "images" if takes == [INPUT] else name: wrapped.graph.get_tensor_by_name(f"{name}:0")
            for name in takes
        }
        outputs = {name: wrapped.graph.get_tensor_by_name(f"{name}:0") for name in gives}
        raw = wrapped.prune(list(tensors.values()), outputs)
        specs = {name: tf.TensorSpec(one.shape, one.dtype, name) for name, one in tensors.items()}

        def function(**feeds: tf.Tensor) -> Mapping[str, Any]:
            return raw(*(feeds[name] for name in tensors))

        return function, specs, tuple(gives)


def _outputs(graph_def: Any) -> list[str]:
    """The names of the nodes that are the outputs."""
    names = {node.name for node in graph_def.node}
    exported = [name for name in _EXPORTED if name in names]
    if exported:
        return exported
    taken = {
        one.removeprefix("^").partition(":")[0] for node in graph_def.node for one in node.input
    }
    idle = ("Placeholder", "Const", "NoOp", "Assert")
    return [node.name for node in graph_def.node if node.name not in taken and node.op not in idle]
