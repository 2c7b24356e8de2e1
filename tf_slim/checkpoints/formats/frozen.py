"""A frozen GraphDef: a graph of TensorFlow 1 whose variables have become constants."""

from __future__ import annotations

from tf_slim.checkpoints.errors import CheckpointError
from tf_slim.checkpoints.formats.format import Format
from tf_slim.checkpoints.formats.late import np, tf
from tf_slim.checkpoints.formats.source import Entry, Source

# Operations that compute with weights. What else a constant goes into are shapes, axes, paddings.
_WEIGHTS_OF = frozenset(
    [
        "Add", "AddV2", "BatchMatMul", "BatchMatMulV2", "BiasAdd", "Conv2D", "Conv2DBackpropInput",
        "Conv3D", "Conv3DBackpropInputV2", "DepthwiseConv2dNative", "Div", "Einsum",
        "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3", "Gather", "GatherV2", "MatMul",
        "Mul", "RealDiv", "Rsqrt", "Sub",
    ]
)  # fmt: skip
_PASSES_ON = frozenset(["Identity", "ReadVariableOp", "Enter"])


class Frozen(Source):
    """The constants that a frozen graph computes with, by the names of their nodes.

    A format without checksums: an altered value cannot be told from a right one.
    """

    format = "frozen GraphDef"
    checked = False

    def __init__(self, path: str):
        graph = tf.compat.v1.GraphDef()
        with open(path, "rb") as file:
            graph.ParseFromString(file.read())
        if not graph.node:
            raise CheckpointError(
                f"{path} is no frozen GraphDef: it has no nodes. A graph in text form "
                "(.pbtxt) must be made binary first; for a SavedModel name its folder."
            )
        direct, passed_on = _used(graph)
        # A variable that was frozen has kept its Identity, `alpha/read`. A number without one is a
        # constant of the formula: the epsilon of a batch norm, the slope of a leaky ReLU.
        constants = {
            node.name: node
            for node in graph.node
            if _may_be_a_weight(node) and (_entry(node).shape or node.name in passed_on)
        }
        used = (direct | passed_on) & set(constants)
        if not used:
            raise CheckpointError(
                f"{path} holds no weights: the graph has not been frozen. Its "
                "variables are in the checkpoint that was saved with it."
            )
        self._nodes = {name: node for name, node in constants.items() if name in used}
        self.entries = {name: _entry(node) for name, node in self._nodes.items()}

    def read(self, name: str) -> np.ndarray:
        return tf.make_ndarray(self._nodes[name].attr["value"].tensor)


def _used(graph) -> tuple[set[str], set[str]]:
    """Names of nodes whose value goes into arithmetic: directly, and by way of an Identity."""
    source = {
        node.name: node.input[0].split(":")[0]
        for node in graph.node
        if node.op in _PASSES_ON and node.input
    }
    direct, passed_on = set(), set()
    for node in graph.node:
        if node.op in _WEIGHTS_OF:
            for name in node.input:
                first = name = name.split(":")[0]
                for _ in source:  # Not longer than that: a damaged graph may go in circles.
                    if name not in source:
                        break
                    name = source[name]
                (direct if name == first else passed_on).add(name)
    return direct, passed_on


def _may_be_a_weight(node) -> bool:
    return node.op == "Const" and tf.as_dtype(node.attr["value"].tensor.dtype).is_floating


def _entry(node) -> Entry:
    tensor = node.attr["value"].tensor
    return Entry(tuple(d.size for d in tensor.tensor_shape.dim), tf.as_dtype(tensor.dtype))


FORMAT = Format(
    "frozen GraphDef",
    Frozen,
    suffixes=(".pb",),
    why_not_written=(
        "it also describes the graph. Freeze the graph with TensorFlow, or export a SavedModel"
    ),
)
