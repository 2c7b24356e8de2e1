"""Batch norm, folded into the convolution or product before it.

In inference batch norm multiplies each channel by a number and adds another one. The number can be
multiplied into the weights of the convolution that made the channel (B. Jacob et al., "Quantization
and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018,
arXiv:1712.05877, section 3.2), and the other one becomes its bias.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.export import graph as graphs
from tf_slim.export import linear

# No zero, but added to a number that is none it is lost, in float32 and in bfloat16.
_TINY = 1e-37

_FUSED = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")


@dataclasses.dataclass
class _Affine:
    """What a node does to each channel: `scale * x + offset`.

    Attributes:
      node: the node.
      inputs: the tensor `x`.
      scale: float32 `[channels]`.
      offset: float32 `[channels]`; None for none.
      first: whether channels are axis 1 and not the last one.
    """

    node: Any
    inputs: str
    scale: np.ndarray
    offset: np.ndarray | None
    first: bool


def fold(graph: graphs.Graph, keep: Iterable[str] = ()) -> int:
    """Folds what multiplies the channels of a convolution into its weights.

    The nodes keep their names: where batch norm was, `BiasAdd` is. The weights of a convolution are
    scaled in float32, whatever it computes in, and are its own even if another one has the same.

    Args:
      graph: is changed. What is constant in it are constants.
      keep: names of nodes whose output is needed as it is.

    Returns:
      How many were folded.
    """
    kept, consumers, folded = set(keep), graph.consumers(), 0
    for name in list(graph.nodes):
        for affine in _affine(graph, graph.nodes[name]):
            channels = len(affine.scale)
            before = linear.before(graph, consumers, kept, affine.inputs, channels, affine.first)
            if before is not None and linear.scale(graph, before.node, affine.scale):
                _put_offset(graph, affine, before)
                folded += 1
                break
    for name in list(graph.nodes):
        _make_bias(graph, consumers, kept, graph.nodes[name])
    return folded


def _affine(graph: graphs.Graph, node: Any) -> Iterator[_Affine]:
    """What a node does to each channel, as it may be seen."""
    if node.op in _FUSED:
        yield from _of_batch_norm(graph, node)
    elif node.op == "Mul" and tf.as_dtype(graphs.attribute(node, "T").type).is_floating:
        yield from _of_product(graph, node)


def _of_batch_norm(graph: graphs.Graph, node: Any) -> Iterator[_Affine]:
    params = [graph.value(name) for name in list(node.input)[1:5]]
    layout = graphs.attribute(node, "data_format").s or b"NHWC"
    if graphs.attribute(node, "is_training").b or layout not in (b"NHWC", b"NCHW"):
        return
    gamma, beta, mean, variance = (
        None if value is None else value.astype(np.float64) for value in params
    )
    if gamma is None or beta is None or mean is None or variance is None:
        return
    scale = gamma / np.sqrt(variance + graphs.attribute(node, "epsilon").f)
    offset = (beta - mean * scale).astype(np.float32)
    yield _Affine(node, node.input[0], scale.astype(np.float32), offset, layout == b"NCHW")


def _of_product(graph: graphs.Graph, node: Any) -> Iterator[_Affine]:
    """A tensor times a number, or one for each channel."""
    inputs, factor = linear.operands(graph, node)
    value, shape = graph.value(factor), graph.shape(inputs)
    if value is None or graph.value(inputs) is not None or (shape.rank or 0) < 2:
        return
    for axis in (shape.rank - 1, 1):
        found = linear.per_channel(value, shape, axis)
        if found is not None:
            yield _Affine(node, inputs, found, None, axis == 1 and shape.rank > 2)


def _put_offset(graph: graphs.Graph, affine: _Affine, before: linear.Before) -> None:
    """Puts the sum with the offset where the batch norm was; what was added before joins it."""
    name = affine.node.name
    dtype = tf.as_dtype(graphs.attribute(affine.node, "T").type)
    offset = affine.offset
    for bias in before.biases:
        added = linear.added(graph, bias, affine.first)
        if added is not None:
            offset = affine.scale * added + (0 if offset is None else offset)
        of = graphs.attribute(bias, "T").type
        graph.replace(bias.name, "Identity", [linear.operands(graph, bias)[0]], of)
    if offset is None:
        graph.replace(name, "Identity", [affine.inputs], dtype)
    else:
        _put_bias(graph, name, affine.inputs, offset, dtype, affine.first)


def _put_bias(
    graph: graphs.Graph, name: str, inputs: str, offset: np.ndarray, dtype: tf.DType, first: bool
) -> None:
    value = offset.astype(dtype.as_numpy_dtype)
    if dtype in (tf.float32, tf.bfloat16) and not value.any():
        # A bias of zeros would be optimized away, and with it the kernel that computes convolution,
        # bias and activation at once: twice the time of an untrained MobileNet in bfloat16.
        value[0] = _TINY
    constant = graph.add_constant(f"{name}/offset", value)
    layout = b"NCHW" if first else b"NHWC"
    graph.replace(name, "BiasAdd", [inputs, constant], dtype, data_format=layout)


def _make_bias(
    graph: graphs.Graph, consumers: Mapping[str, list[str]], kept: set[str], node: Any
) -> None:
    """Makes a sum with a number for each channel a bias, which is computed with the convolution."""
    if node.op not in ("Add", "AddV2"):
        return
    data, _ = linear.operands(graph, node)
    rank = graph.shape(data).rank
    for first in (False, True) if (rank or 0) > 2 else (False,):
        offset = linear.added(graph, node, first)
        if offset is not None and linear.before(graph, consumers, kept, data, len(offset), first):
            dtype = tf.as_dtype(graphs.attribute(node, "T").type)
            _put_bias(graph, node.name, data, offset, dtype, first)
            return
