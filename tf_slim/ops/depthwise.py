"""Depthwise convolution, whose gradients in bfloat16 do not take longer than in float32."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.ops import bfloat16, shapes

_WIDTH = 3


def convolve_channels(
    inputs: tf.Tensor,
    weights: tf.Tensor,
    *,
    strides: Sequence[int],
    padding: str,
    data_format: str = "NHWC",
    dilations: Sequence[int] = (1, 1),
) -> tf.Tensor:
    """`tf.nn.depthwise_conv2d`, with other gradients where `bfloat16` says so.

    They are of the same kind: sums in float32, rounded once.

    Args:
      inputs: `[batch, height, width, channels]`, or with the channels first.
      weights: `[*kernel, channels, multiplier]`.
      strides: four, one for each axis of the inputs.
      padding: "SAME" or "VALID".
      data_format: "NHWC" or "NCHW".
      dilations: of the kernel, two.

    Returns:
      `[batch, height, width, channels * multiplier]`, or with the channels first.
    """

    def plain(inputs: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        return tf.nn.depthwise_conv2d(
            inputs,
            weights,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilations=dilations,
        )

    if data_format != "NHWC" or max(dilations) > 1:
        return plain(inputs, weights)
    _, width, _, multiplier = _sizes(weights)
    dtype, stride = inputs.dtype, strides[1]
    in_float32 = bfloat16.input_gradient_in_float32(dtype, stride, multiplier)
    by = bfloat16.filter_gradient(dtype, width, multiplier)
    if not in_float32 and by is None:
        return plain(inputs, weights)
    options = {"strides": list(strides), "padding": padding}

    @tf.custom_gradient
    def convolved(inputs: tf.Tensor, weights: tf.Tensor) -> Any:
        def gradients(upstream: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            of_inputs = _input_gradient(inputs, weights, upstream, in_float32, options)
            if by == "windows":
                of_weights = _by_windows(inputs, weights, upstream, stride, padding)
            else:
                of_weights = _filter_gradient(inputs, weights, upstream, by == "float32", options)
            return of_inputs, of_weights

        return plain(inputs, weights), gradients

    return convolved(inputs, tf.convert_to_tensor(weights))


def _input_gradient(inputs, weights, upstream, in_float32: bool, options) -> tf.Tensor:
    dtype = tf.float32 if in_float32 else inputs.dtype
    found = tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
        input_sizes=tf.shape(inputs),
        filter=tf.cast(weights, dtype),
        out_backprop=tf.cast(upstream, dtype),
        **options,
    )
    return tf.cast(found, inputs.dtype)


def _filter_gradient(inputs, weights, upstream, in_float32: bool, options) -> tf.Tensor:
    dtype = tf.float32 if in_float32 else inputs.dtype
    found = tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(
        input=tf.cast(inputs, dtype),
        filter_sizes=_sizes(weights),
        out_backprop=tf.cast(upstream, dtype),
        **options,
    )
    return tf.cast(found, weights.dtype)


def _by_windows(inputs, weights, upstream, stride: int, padding: str) -> tf.Tensor:
    """The gradient for a kernel wider than 3, from those for kernels of 3 of its columns each.

    A kernel of some columns is moved over the inputs without what is left of them.
    """
    height, width, *rest = _sizes(weights)
    size = tf.shape(upstream)[1:3]
    steps = (size - 1) * stride
    if padding == "SAME":
        missing = tf.maximum(steps + [height, width] - tf.shape(inputs)[1:3], 0)
        before = missing // 2
        around = tf.stack([before, missing - before], axis=1)
        inputs = tf.pad(inputs, tf.concat([[[0, 0]], around, [[0, 0]]], axis=0))
    parts, done = [], 0
    for first in _windows(width):
        part = tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(
            input=tf.slice(inputs, [0, 0, first, 0], [-1, -1, steps[1] + _WIDTH, -1]),
            filter_sizes=[height, _WIDTH, *rest],
            out_backprop=upstream,
            strides=[1, stride, stride, 1],
            padding="VALID",
        )
        parts.append(part[:, done - first :])
        done = first + _WIDTH
    return tf.concat(parts, axis=1)


def _sizes(weights) -> list[int]:
    """The shape of the weights, which a layer knows."""
    return [size or 0 for size in shapes.of(weights)]


def _windows(width: int) -> Iterator[int]:
    """The first columns of windows that cover `width` columns; the last ones may overlap."""
    yield from range(0, width - _WIDTH, _WIDTH)
    yield width - _WIDTH
