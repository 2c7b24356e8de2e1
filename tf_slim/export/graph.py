"""A graph to be rewritten: nodes by name, and apart from them the values of its constants."""

from __future__ import annotations

import collections
from collections.abc import Container, Iterable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

# Operations that take a tensor for its shape.
_OF_SHAPES = ("Shape", "ShapeN", "Size", "Rank")
# What TensorFlow can write into one GraphDef, in bytes.
LARGEST = 2**31 - 1
# TensorFlow copies the constants of a function some 20 times before its first call (2 GB, 3 s for
# the 100 MB of a ResNet-50), and computes faster with them than with variables (one picture: by
# 5 % in float32, 30 % in bfloat16). Above so many bytes they are not worth it.
MOST_CONSTANTS = 2**26
LARGE = 2**16
# What a node takes besides the numbers in it.
_OF_A_NODE = 256


class Graph:
    """The nodes of an inference graph.

    A constant is a node whose value is an array in `values`: a graph whose weights were in its
    protocol buffer would be copied as a whole with every step.

    Args:
      graph_def: a graph, whose constants are small.
      stateful: the operations in it that need not give the same when they are given the same.

    Attributes:
      nodes: by name.
      values: of the constants, by name.
      shapes: of tensors by their names (`conv1/Conv2D:0`), since `infer_shapes`.
      opaque: names of nodes that give lists, handles and other things that are no arrays.
      stateful: names of operations.
      library: the functions that nodes run.
    """

    def __init__(self, graph_def: Any, stateful: Iterable[str]):
        self.nodes: dict[str, Any] = {node.name: node for node in graph_def.node}
        self.values: dict[str, np.ndarray] = {
            node.name: tf.make_ndarray(node.attr["value"].tensor)
            for node in graph_def.node
            if node.op == "Const"
        }
        self.shapes: dict[str, tf.TensorShape] = {}
        self.opaque: set[str] = set()
        self.stateful = frozenset(stateful)
        self._precise: dict[str, np.ndarray] = {}
        self.library = graph_def.library
        self._versions = graph_def.versions

    def producer(self, tensor: str) -> Any:
        """The node that a tensor comes from."""
        return self.nodes[node_of(tensor)]

    def value(self, tensor: str) -> np.ndarray | None:
        """The value of a constant tensor, also of one that was passed on; None of any other."""
        node = self.producer(tensor)
        while node.op == "Identity":
            node = self.producer(node.input[0])
        return self.values.get(node.name) if node.op == "Const" else None

    def precise(self, tensor: str) -> np.ndarray:
        """The value of a constant tensor of floating point in float32, before it was rounded."""
        node = self.producer(tensor)
        while node.op == "Identity":
            node = self.producer(node.input[0])
        return self._precise.get(node.name, self.values[node.name]).astype(np.float32, copy=False)

    def infer_shapes(self) -> None:
        """Asks TensorFlow for the static shapes of all tensors."""
        made = self.part(self.nodes.values())
        made.library.CopyFrom(self.library)
        for node in made.node:
            value = self.values.get(node.name)
            if value is not None and "value" not in node.attr:
                _make_placeholder(node, value)
        with tf.Graph().as_default() as imported:
            tf.import_graph_def(made, name="")
        self.shapes = {
            tensor.name: tensor.shape
            for operation in imported.get_operations()
            for tensor in operation.outputs
        }
        self.opaque = {
            operation.name
            for operation in imported.get_operations()
            if any(tensor.dtype in (tf.variant, tf.resource) for tensor in operation.outputs)
        }

    def shape(self, tensor: str) -> tf.TensorShape:
        """The static shape of a tensor."""
        return self.shapes.get(full_name(tensor), tf.TensorShape(None))

    def add_constant(self, name: str, value: np.ndarray, precise: np.ndarray | None = None) -> str:
        """Adds a constant.

        Args:
          name: of its node; if it is taken, a number is added.
          value: of the constant.
          precise: the same before it was rounded, float32.

        Returns:
          The name.
        """
        unique, number = name, 0
        while unique in self.nodes:
            number += 1
            unique = f"{name}_{number}"
        node = tf.compat.v1.NodeDef(name=unique, op="Const")
        node.attr["dtype"].type = tf.as_dtype(value.dtype).as_datatype_enum
        self.nodes[unique] = node
        self.values[unique] = value
        if precise is not None and precise is not value:
            self._precise[unique] = precise
        self.shapes[f"{unique}:0"] = tf.TensorShape(value.shape)
        return unique

    def replace(self, name: str, op: str, inputs: Iterable[str], dtype: Any, **attr: bytes) -> None:
        """Puts another operation in the place of a node, whose one output takes that of the first.

        Args:
          name: of the node, which it keeps.
          op: of the new one.
          inputs: of the new one.
          dtype: its attribute `T`.
          **attr: further attributes.
        """
        node = tf.compat.v1.NodeDef(name=name, op=op, input=list(inputs))
        node.attr["T"].type = tf.as_dtype(dtype).as_datatype_enum
        for key, value in attr.items():
            node.attr[key].s = value
        self.nodes[name] = node

    def consumers(self) -> dict[str, list[str]]:
        """The names of the nodes that take the values of each tensor, once for each time."""
        found: dict[str, list[str]] = collections.defaultdict(list)
        for node in self.nodes.values():
            if node.op in _OF_SHAPES:
                continue
            for tensor in data_inputs(node):
                found[full_name(tensor)].append(node.name)
        return found

    def pass_by(self, kept: Iterable[str] = ()) -> None:
        """Has what takes the output of an Identity take the input of it.

        Args:
          kept: names of those to be left alone.
        """
        stay = set(kept)

        def source(tensor: str) -> str:
            while tensor[0] != "^" and (node := self.producer(tensor)).op == "Identity":
                if node.name in stay:
                    break
                tensor = node.input[0]
            return tensor

        for node in self.nodes.values():
            for i, tensor in enumerate(node.input):
                node.input[i] = source(tensor)

    def keep(self, names: Iterable[str], also: Iterable[str] = ()) -> None:
        """Drops all that no one of `names` depends on, and what is there for its effect alone.

        Args:
          names: of nodes.
          also: of nodes to keep, though nothing may depend on them.
        """
        reached = set(also)
        pending = list(names)
        while pending:
            name = pending.pop()
            if name not in reached:
                reached.add(name)
                pending.extend(map(node_of, data_inputs(self.nodes[name])))
        for node in self.nodes.values():
            inputs = list(data_inputs(node))
            if len(inputs) != len(node.input):
                del node.input[:]
                node.input.extend(inputs)
        self.nodes = {name: node for name, node in self.nodes.items() if name in reached}
        self.values = {name: value for name, value in self.values.items() if name in reached}
        self._precise = {k: value for k, value in self._precise.items() if k in reached}

    @property
    def size(self) -> int:
        """About how many bytes the GraphDef takes."""
        library = self.library.ByteSize()
        nodes = sum(node.ByteSize() + _OF_A_NODE for node in self.nodes.values())
        return nodes + library + sum(value.nbytes for value in self.values.values())

    def graph_def(self, given: Container[str] = ()) -> Any:
        """The graph as a `tf.compat.v1.GraphDef`.

        Args:
          given: names of constants that become placeholders.
        """
        made = self.part(self.nodes.values())
        made.library.CopyFrom(self.library)
        for node in made.node:
            value = self.values.get(node.name)
            if value is None:
                continue
            if node.name in given:
                _make_placeholder(node, value)
            elif "value" not in node.attr:
                node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
        return made

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """The constants that are not small, by name."""
        return {name: value for name, value in self.values.items() if value.nbytes > LARGE}

    def variables(self) -> dict[str, tf.Variable]:
        """Variables for the weights of a graph that is too large to hold them, by name."""
        if self.library.function or self.size <= MOST_CONSTANTS:
            return {}
        return {
            name: tf.Variable(value, trainable=False, name=name)
            for name, value in self.weights.items()
        }

    def part(self, nodes: Iterable[Any]) -> Any:
        """Some of the nodes, as a GraphDef without functions."""
        made = tf.compat.v1.GraphDef(node=nodes)
        made.versions.CopyFrom(self._versions)
        return made


def _make_placeholder(constant: Any, value: np.ndarray) -> None:
    constant.op = "Placeholder"
    constant.attr.pop("value", None)
    constant.attr["shape"].shape.CopyFrom(tf.TensorShape(value.shape).as_proto())


def node_of(tensor: str) -> str:
    """The name of the node that a tensor, or a control input, comes from."""
    return tensor.removeprefix("^").partition(":")[0]


def full_name(tensor: str) -> str:
    """The name of a tensor with the number of its output, `conv1/Conv2D:0`."""
    return tensor if ":" in tensor else f"{tensor}:0"


def data_inputs(node: Any) -> Iterator[str]:
    """The tensors that a node takes."""
    return (name for name in node.input if not name.startswith("^"))


def attribute(node: Any, name: str) -> Any:
    """An attribute of a node, an `AttrValue`; an empty one if it has none of this name."""
    # Not node.attr[name], which would add the empty one to the node.
    return node.attr[name] if name in node.attr else tf.compat.v1.AttrValue()
