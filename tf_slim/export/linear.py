"""Operations that are linear in weights of theirs: which, and how their channels are scaled."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.export import graph as graphs

_CONVOLUTIONS = ("Conv2D", "Conv3D", "DepthwiseConv2dNative")
_TRANSPOSED = ("Conv2DBackpropInput", "Conv3DBackpropInputV2")
WITH_WEIGHTS = (*_CONVOLUTIONS, *_TRANSPOSED, "MatMul")
"""Operations whose second input are weights."""

SUMS = ("BiasAdd", "Add", "AddV2")
_PASS_ON = ("Identity", "Cast")
# These move values, too, but not between channels, if channels are the last axis before and after.
_MOVE = ("BatchToSpaceND", "Reshape", "Squeeze", "ExpandDims")
_CHANNELS_FIRST = (b"NCHW", b"NCDHW")


@dataclasses.dataclass(frozen=True)
class Before:
    """What the channels of a tensor come from.

    Attributes:
      node: the operation with weights.
      biases: sums with constants on the way from it.
    """

    node: Any
    biases: list[Any]


def before(
    graph: graphs.Graph,
    consumers: Mapping[str, list[str]],
    kept: Collection[str],
    tensor: str,
    channels: int,
    first: bool,
) -> Before | None:
    """The operation with constant weights that a tensor comes from, if nothing else takes of it.

    Args:
      graph: of the tensor.
      consumers: of its tensors.
      kept: names of nodes whose output is needed as it is.
      tensor: its name.
      channels: of the tensor.
      first: whether channels are axis 1 and not the last one.
    """
    biases: list[Any] = []
    while True:
        node = graph.producer(tensor)
        taken = consumers.get(graphs.full_name(tensor), ())
        if len(taken) != 1 or node.name in kept or not graphs.full_name(tensor).endswith(":0"):
            return None
        if node.op in WITH_WEIGHTS:
            is_it = _is_first(node) == first and _channels(graph, node) == channels
            return Before(node, biases) if is_it else None
        if node.op in SUMS:
            if added(graph, node, first) is None:
                return None
            biases.append(node)
            tensor = operands(graph, node)[0]
        elif node.op in _PASS_ON or (
            node.op in _MOVE and not first and _keeps_channels(graph, node, channels)
        ):
            tensor = node.input[0]
        else:
            return None


def _is_first(node: Any) -> bool:
    return graphs.attribute(node, "data_format").s in _CHANNELS_FIRST


def _channels(graph: graphs.Graph, node: Any) -> int | None:
    weights = graph.value(node.input[1])
    if weights is None:
        return None
    if node.op in _TRANSPOSED:
        return weights.shape[-2]
    if node.op == "DepthwiseConv2dNative":
        return weights.shape[-2] * weights.shape[-1]
    return weights.shape[0 if graphs.attribute(node, "transpose_b").b else -1]


def _keeps_channels(graph: graphs.Graph, node: Any, channels: int) -> bool:
    shapes = graph.shape(node.input[0]), graph.shape(node.name)
    if any(not shape.rank or shape.as_list()[-1] != channels for shape in shapes):
        return False
    if node.op != "BatchToSpaceND":
        return True
    block = graph.value(node.input[1])
    return block is not None and len(block) <= (shapes[0].rank or 0) - 2


def operands(graph: graphs.Graph, node: Any) -> tuple[str, str]:
    """The inputs of a sum or product: first the one that is no constant."""
    one, other = node.input[0], node.input[1]
    return (other, one) if graph.value(one) is not None else (one, other)


def added(graph: graphs.Graph, node: Any, first: bool) -> np.ndarray | None:
    """What a sum adds to each channel, float32 `[channels]`; None if it adds something else."""
    data, constant = operands(graph, node)
    value, shape = graph.value(constant), graph.shape(data)
    if value is None or not shape.rank:
        return None
    if node.op == "BiasAdd":
        return value.astype(np.float32) if _is_first(node) == first else None
    return per_channel(value, shape, 1 if first else shape.rank - 1)


def per_channel(value: np.ndarray, shape: tf.TensorShape, axis: int) -> np.ndarray | None:
    """A factor or summand as float32 `[channels]`; None if it is no number for each channel.

    Args:
      value: is broadcast to the shape.
      shape: of the tensor that is multiplied, or added to.
      axis: of the channels.
    """
    rank = shape.rank or 0
    sizes = [1] * (rank - value.ndim) + list(value.shape)
    if rank < 2 or len(sizes) != rank:
        return None
    channels = shape.as_list()[axis]
    if channels is None or sizes[axis] not in (1, channels):
        return None
    if any(size != 1 for i, size in enumerate(sizes) if i != axis):
        return None
    return np.broadcast_to(value.astype(np.float32).reshape(-1), [channels])


def scale(graph: graphs.Graph, node: Any, factors: np.ndarray) -> bool:
    """Multiplies the channels of what an operation gives, by way of its weights.

    The weights are scaled in float32, then cast to what the operation computes in.

    Args:
      graph: is changed: the operation gets weights of its own.
      node: the operation.
      factors: float32 `[channels]`.

    Returns:
      Whether it was done: not if the weights would be too large for their type.
    """
    weights = graph.precise(node.input[1])
    if node.op in _TRANSPOSED or graphs.attribute(node, "transpose_b").b:
        scaled = weights * factors[:, None]
    elif node.op == "DepthwiseConv2dNative":
        scaled = weights * factors.reshape(weights.shape[-2:])
    else:
        scaled = weights * factors
    dtype = tf.as_dtype(graphs.attribute(node, "T").type).as_numpy_dtype
    with np.errstate(over="ignore"):
        low = scaled.astype(dtype)
    if not np.isfinite(low.astype(np.float32)).all():
        return False
    name = graph.add_constant(f"{node.name}/folded_weights", low, precise=scaled)
    node.input[1] = name
    return True
