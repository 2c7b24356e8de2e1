"""What a graph or a net is made of: operations, variables, layers, multiply-adds."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import Any

import tensorflow as tf

from tf_slim import nets
from tf_slim.ops import net_table, shapes
from tf_slim.ops.outputs import with_end_points

__all__ = [
    "Layer",
    "Statistics",
    "analyze_net",
    "analyze_ops",
    "analyze_vars",
    "multiply_adds",
    "tensor_description",
]

_RULE = "---------"
# What passes the value of a variable on.
_PASSES_ON = ("Identity", "ReadVariableOp", "Cast", "Reshape", "Enter")
_VARIABLES = ("VarHandleOp", "VariableV2")


def tensor_description(var: tf.Tensor | tf.Variable) -> str:
    """The type and shape of a tensor or a variable, such as `(float32 1x8x8x1024)`.

    Examples:
      >>> slim.model_analyzer.tensor_description(tf.zeros([1, 8, 8, 1024]))
      '(float32 1x8x8x1024)'
    """
    known = var.shape.rank is not None
    sides = ["?" if n is None else str(n) for n in shapes.of(var)] if known else []
    return f"({' '.join([var.dtype.base_dtype.name, 'x'.join(sides)]).rstrip()})"


def analyze_ops(graph: tf.Graph, print_info: bool = False) -> int:
    """Adds up the sizes of what the operations of a graph put out.

    Args:
      graph: any graph.
      print_info: whether to print a line for each operation.

    Returns:
      The number of elements of all outputs. One whose shape is not known counts as none.

    Examples:
      >>> with tf.Graph().as_default() as graph:
      ...     net = tf.ones([8, 10], name="ones") * 2.0
      >>> slim.model_analyzer.analyze_ops(graph)
      161
    """
    if print_info:
        print(f"{_RULE}\nOperations: name -> (type shapes) [size]\n{_RULE}")
    total = 0
    for op in graph.get_operations():
        size = sum(output.shape.num_elements() or 0 for output in op.outputs)
        total += size
        if print_info:
            shapes = ", ".join(tensor_description(output) for output in op.outputs)
            print(f"{op.name} -> {shapes} [{size}]")
    if print_info:
        print(f"Total size of operations: {total}")
    return total


def analyze_vars(variables: Iterable[Any], print_info: bool = False) -> tuple[int, int]:
    """Adds up the sizes of variables.

    Args:
      variables: any, such as `model.variables`.
      print_info: whether to print a line for each variable.

    Returns:
      (elements, bytes). One whose shape is not known counts as none.

    Examples:
      >>> net = slim.fully_connected(tf.ones([8, 20]), 10)
      >>> slim.model_analyzer.analyze_vars(slim.get_model_variables())
      (210, 840)
    """
    if print_info:
        print(f"{_RULE}\nVariables: name (type shape) [size]\n{_RULE}")
    elements = total_bytes = 0
    for variable in variables:
        size = variable.shape.num_elements() or 0
        its_bytes = size * variable.dtype.base_dtype.size
        elements += size
        total_bytes += its_bytes
        if print_info:
            print(f"{variable.name} {tensor_description(variable)} [{size}, bytes: {its_bytes}]")
    if print_info:
        print(f"Total size of variables: {elements}")
        print(f"Total bytes of variables: {total_bytes}")
    return elements, total_bytes


# ------------------------------------------------------------------------------ multiply-adds


def multiply_adds(graph: tf.Graph) -> dict[str, int]:
    """Counts the multiplications, each with an addition, of convolutions and matrix products.

    Args:
      graph: any graph. Where a dimension is not known it counts as 1, such as the batch.

    Returns:
      For each operation that has any, by its name, their number in one run.

    Examples:
      >>> with tf.Graph().as_default() as graph:
      ...     net = slim.fully_connected(tf.ones([8, 20]), 10, scope="fc1")
      >>> slim.model_analyzer.multiply_adds(graph)
      {'fc1/MatMul': 1600}
    """
    counted = ((op.name, _multiply_adds(op)) for op in graph.get_operations())
    return {name: count for name, count in counted if count}


def _multiply_adds(op: tf.Operation) -> int:
    """A product for each output, as often as what it is the sum of is long."""
    kind = op.type
    if kind in ("Conv2D", "Conv3D"):
        # The filter is [..., channels of one group, filters].
        return _size(op.outputs[0].shape) * _size(op.inputs[1].shape[:-1])
    if kind == "DepthwiseConv2dNative":
        return _size(op.outputs[0].shape) * _size(op.inputs[1].shape[:2])
    if kind in ("Conv2DBackpropInput", "Conv3DBackpropInputV2"):
        # A transposed convolution: each of its inputs goes to as many outputs.
        return _size(op.inputs[2].shape) * _size(op.inputs[1].shape[:-1])
    if kind == "MatMul":
        inner = 0 if op.get_attr("transpose_a") else 1
        return _size(op.outputs[0].shape) * _side(shapes.size(op.inputs[0], inner))
    if kind in ("BatchMatMul", "BatchMatMulV2"):
        inner = -2 if op.get_attr("adj_x") else -1
        return _size(op.outputs[0].shape) * _side(shapes.size(op.inputs[0], inner))
    return 0


def _size(shape: tf.TensorShape) -> int:
    return 0 if shape.rank is None else math.prod(_side(side) for side in shapes.of(shape))


def _side(side: int | None) -> int:
    return 1 if side is None else side


# ------------------------------------------------------------------------------------- nets


@dataclasses.dataclass(frozen=True)
class Layer:
    """A layer with variables, or a product of two tensors without.

    Attributes:
      name: its scope.
      output: what it makes of one image, as `tensor_description` says it, the batch being 1; empty
        for a layer that is no convolution or product.
      parameters: how many trainable numbers it has.
      multiply_adds: how many it computes for one image.

    Examples: see `slim.model_analyzer.analyze_net`.
    """

    name: str
    output: str
    parameters: int
    multiply_adds: int


@dataclasses.dataclass(frozen=True)
class Statistics:
    """What a net is made of, for one image.

    Attributes:
      layers: in the order of their first use.
      end_points: (name, type and shape) of each, in the net's order.
      variables: how many there are.
      parameters: how many trainable numbers they hold.
      state: how many numbers that are not trained, such as moving averages.
      multiply_adds: of convolutions and matrix products.
      operations: how many operations the graph of a prediction has.

    Examples: see `slim.model_analyzer.analyze_net`.
    """

    layers: tuple[Layer, ...]
    end_points: tuple[tuple[str, str], ...]
    variables: int
    parameters: int
    state: int
    multiply_adds: int
    operations: int


def analyze_net(
    name: str, image_size: int | None = None, num_classes: int | None = None, **kwargs: Any
) -> Statistics:
    """Computes what a net is made of, in evaluation, from its graph. No weight gets memory.

    Args:
      name: one of `slim.nets.names()`.
      image_size: height and width in pixels; None for the net's own.
      num_classes: the number of classes, or None for the net's own.
      **kwargs: keyword arguments of the net.

    Returns:
      The statistics. Heads for training only, where the net leaves them out, do not count.

    Raises:
      ValueError: there is no such net, or it cannot take images of that size.
      TypeError: the net has no such keyword.

    Examples:
      >>> found = slim.model_analyzer.analyze_net("mobilenet_v2")
      >>> found.parameters, found.multiply_adds
      (3506153, 300775552)
      >>> found.layers[0].name, found.layers[0].output
      ('MobilenetV2/Conv', '(float32 1x112x112x32)')
    """
    spec = nets.spec(name)
    shape = [1, *spec.input_shape[1:]]
    if image_size is not None:
        shape[-3:-1] = [image_size, image_size]
    with tf.Graph().as_default() as graph:
        net = nets.get_network_fn(name, num_classes or spec.num_classes)
        result = net(tf.compat.v1.placeholder(tf.float32, shape), **kwargs)
        end_points = with_end_points(result)[1] or {}  # a net of one's own may have none
        variables = tf.compat.v1.global_variables()
        trainable = tf.compat.v1.trainable_variables()
        parameters = analyze_vars(trainable)[0]
        return Statistics(
            layers=tuple(_layers(graph, trainable)),
            end_points=tuple(
                (key, tensor_description(v)) for key, v in end_points.items() if tf.is_tensor(v)
            ),
            variables=len(variables),
            parameters=parameters,
            state=analyze_vars(variables)[0] - parameters,
            multiply_adds=sum(multiply_adds(graph).values()),
            operations=len(graph.get_operations()),
        )


def _layers(graph: tf.Graph, variables: Iterable[Any]) -> Iterable[Layer]:
    """Rows for the operations that count, by the scope of the variable that they multiply with."""
    parameters = net_table.sizes_by_layer((variable.op.name, variable) for variable in variables)
    products: dict[str, int] = {}
    outputs: dict[str, str] = {}
    for name, count in multiply_adds(graph).items():
        op = graph.get_operation_by_name(name)
        scope = _scope_of(op)
        products[scope] = products.get(scope, 0) + count
        outputs[scope] = tensor_description(op.outputs[0])
    for scope in net_table.merged(parameters, products):
        yield Layer(scope, outputs.get(scope, ""), parameters.get(scope, 0), products.get(scope, 0))


def _scope_of(op: tf.Operation) -> str:
    for tensor in op.inputs:
        source = tensor.op
        while source.type in _PASSES_ON and source.inputs:
            source = source.inputs[0].op
        if source.type in _VARIABLES:
            return net_table.layer_of(source.name.rpartition("/")[0])
    return op.name.rpartition("/")[0]
