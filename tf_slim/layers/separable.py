"""Convolutions that treat each channel by itself, alone or before a 1x1 convolution."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tf_slim.layers import checks, parts
from tf_slim.layers.initializers import xavier_initializer
from tf_slim.ops import bfloat16, precision, quantization
from tf_slim.ops.arg_scope import add_arg_scope
from tf_slim.ops.depthwise import convolve_channels
from tf_slim.ops.types import (
    Activation,
    Collections,
    CollectionsByName,
    Initializer,
    Normalizer,
    Regularizer,
    Reuse,
    Scope,
    Size,
    Tensor,
    TensorLike,
)

__all__ = [
    "conv2d_in_plane",
    "convolution2d_in_plane",
    "separable_conv2d",
    "separable_convolution2d",
]

_KERNELS = {
    "depthwise_kernel": "depthwise_weights",
    "pointwise_kernel": "pointwise_weights",
    "bias": "biases",
}
_LOSSES = {ours: theirs for theirs, ours in _KERNELS.items()}
_DEPTHWISE_KERNEL = {name: _KERNELS[name] for name in ("depthwise_kernel", "bias")}


@add_arg_scope
def separable_convolution2d(
    inputs: TensorLike,
    num_outputs: int | None,
    kernel_size: Size,
    depth_multiplier: int = 1,
    stride: Size = 1,
    padding: str = "SAME",
    data_format: str = "NHWC",
    rate: Size = 1,
    activation_fn: Activation | None = tf.nn.relu,
    normalizer_fn: Normalizer | None = None,
    normalizer_params: Mapping[str, Any] | None = None,
    weights_initializer: Initializer = xavier_initializer(),
    pointwise_initializer: Initializer | None = None,
    weights_regularizer: Regularizer | None = None,
    biases_initializer: Initializer | None = tf.zeros_initializer(),
    biases_regularizer: Regularizer | None = None,
    reuse: Reuse = None,
    variables_collections: CollectionsByName = None,
    outputs_collections: Collections = None,
    trainable: bool = True,
    scope: Scope = None,
) -> Tensor:
    """A depthwise convolution, followed by a 1x1 (pointwise) one.

    Makes `depthwise_weights`, shape `[*kernel_size, channels, depth_multiplier]`,
    `pointwise_weights`, shape `[1, 1, channels * depth_multiplier, num_outputs]`, and `biases`,
    shape `[num_outputs]`, unless there is a normalizer.

    Args:
      inputs: `[batch, height, width, channels]`; for "NCHW" `[batch, channels, height, width]`.
        The channels must be known when the layer is built; batch and space need not.
      num_outputs: number of output channels; None for the depthwise convolution alone, which has
        `channels * depth_multiplier`.
      kernel_size: of the depthwise convolution; an integer or a pair.
      depth_multiplier: how many outputs the depthwise convolution makes of each channel.
      stride: an integer or a pair. If one is above 1, `rate` must be 1.
      padding: "SAME" or "VALID", in upper or lower case.
      data_format: "NHWC" or "NCHW".
      rate: of dilation; an integer or a pair.
      activation_fn: a function from tensor to tensor, or None.
      normalizer_fn: a function such as `slim.batch_norm` that is applied in place of biases.
      normalizer_params: a dict of its keyword arguments.
      weights_initializer: of both kernels.
      pointwise_initializer: of `pointwise_weights`, if another.
      weights_regularizer: a function from a variable to its loss, for each kernel, or None.
      biases_initializer: of `biases`; None for no biases.
      biases_regularizer: as `weights_regularizer`.
      reuse: whether to share variables that exist; then `scope` must be given.
      variables_collections: collections for all variables, or a dict of them by variable name.
      outputs_collections: name, or list of names, of collections for the output.
      trainable: whether optimizers change the variables.
      scope: name of the scope; by default `SeparableConv2d`, made unique.

    Returns:
      The output, of the data format and dtype of `inputs`.

    Raises:
      ValueError: an argument is out of its range, or the channels are unknown.
      TypeError: `inputs` is not floating point.

    Examples:
      >>> images = tf.ones([8, 32, 32, 16])
      >>> net = slim.separable_conv2d(images, 64, 3, depth_multiplier=1, scope="conv1")
      >>> for one in slim.get_model_variables():
      ...     print(one.name, one.shape.as_list())
      conv1/depthwise_weights:0 [3, 3, 16, 1]
      conv1/pointwise_weights:0 [1, 1, 16, 64]
      conv1/biases:0 [64]
    """
    depthwise_only = num_outputs is None
    layer = parts.Layer(
        "separable_conv2d",
        scope,
        "SeparableConv2d",
        activation_fn=activation_fn,
        normalizer_fn=normalizer_fn,
        normalizer_params=normalizer_params,
        biases_initializer=biases_initializer,
        biases_regularizer=biases_regularizer,
        reuse=reuse,
        variables_collections=variables_collections,
        outputs_collections=outputs_collections,
        trainable=trainable,
        renamed=_DEPTHWISE_KERNEL if depthwise_only else _KERNELS,
        loss_names={} if depthwise_only else _LOSSES,
    )
    inputs = precision.operand(inputs)
    window, fitting = checks.window(
        inputs, 2, kernel_size, stride, padding, data_format, layer, rate=rate
    )
    channels = checks.channels(inputs, window.channel_axis, layer)
    layer.dtype = checks.floating(inputs, layer)
    multiplier = checks.depth(depth_multiplier, "depth_multiplier", layer)
    depth = channels * multiplier
    if not depthwise_only:
        depth = checks.depth(num_outputs, "num_outputs", layer)
    with layer.variable_scope(inputs):
        depthwise = layer.parameter(
            "depthwise_weights",
            (*window.kernel, channels, multiplier),
            weights_initializer,
            weights_regularizer,
        )
        first = window.channels_first
        options = {
            "strides": (1, 1, *window.strides) if first else (1, *window.strides, 1),
            "padding": window.padding,
            "data_format": window.data_format,
            "dilations": window.dilations,
        }
        by_channel = functools.partial(convolve_channels, inputs, **options)
        if depthwise_only:
            with fitting:
                outputs = layer.apply(by_channel, depthwise, [channels, multiplier])
        else:
            pointwise = layer.parameter(
                "pointwise_weights",
                (1, 1, channels * multiplier, depth),
                pointwise_initializer or weights_initializer,
                weights_regularizer,
            )
            with fitting:
                outputs = _separable(layer, inputs, depthwise, pointwise, options)
        return layer.finish(outputs, depth, first)


@add_arg_scope
def convolution2d_in_plane(
    inputs: TensorLike,
    kernel_size: Size,
    stride: Size = 1,
    padding: str = "SAME",
    activation_fn: Activation | None = tf.nn.relu,
    normalizer_fn: Normalizer | None = None,
    normalizer_params: Mapping[str, Any] | None = None,
    weights_initializer: Initializer = xavier_initializer(),
    weights_regularizer: Regularizer | None = None,
    biases_initializer: Initializer | None = tf.zeros_initializer(),
    biases_regularizer: Regularizer | None = None,
    reuse: Reuse = None,
    variables_collections: CollectionsByName = None,
    outputs_collections: Collections = None,
    trainable: bool = True,
    scope: Scope = None,
) -> Tensor:
    """Convolves each channel with the same kernel: a blur or a gradient that is learned.

    Makes `weights`, shape `[*kernel_size, 1, 1]`, and `biases`, shape `[channels]`, unless there
    is a normalizer.

    Args:
      inputs: `[batch, height, width, channels]`. The channels must be known when the layer is
        built.
      kernel_size: an integer or a pair.
      stride: an integer or a pair.
      padding: "SAME" or "VALID", in upper or lower case.
      activation_fn: a function from tensor to tensor, or None.
      normalizer_fn: a function such as `slim.batch_norm` that is applied in place of biases.
      normalizer_params: a dict of its keyword arguments.
      weights_initializer: of `weights`.
      weights_regularizer: a function from the variable to its loss, or None.
      biases_initializer: of `biases`; None for no biases.
      biases_regularizer: as `weights_regularizer`.
      reuse: whether to share variables that exist; then `scope` must be given.
      variables_collections: collections for all variables, or a dict of them by variable name.
      outputs_collections: name, or list of names, of collections for the output.
      trainable: whether optimizers change the variables.
      scope: name of the scope; by default `ConvInPlane`, made unique.

    Returns:
      The output, with as many channels as `inputs` and of its dtype.

    Raises:
      ValueError: an argument is out of its range, or the channels are unknown.
      TypeError: `inputs` is not floating point.

    Examples:
      >>> images = tf.ones([8, 32, 32, 3])
      >>> net = slim.conv2d_in_plane(images, 3, scope="blur")
      >>> net.shape
      TensorShape([8, 32, 32, 3])
      >>> [(one.name, one.shape.as_list()) for one in slim.get_model_variables()]
      [('blur/weights:0', [3, 3, 1, 1]), ('blur/biases:0', [3])]
    """
    layer = parts.Layer(
        "conv2d_in_plane",
        scope,
        "ConvInPlane",
        activation_fn=activation_fn,
        normalizer_fn=normalizer_fn,
        normalizer_params=normalizer_params,
        biases_initializer=biases_initializer,
        biases_regularizer=biases_regularizer,
        reuse=reuse,
        variables_collections=variables_collections,
        outputs_collections=outputs_collections,
        trainable=trainable,
    )
    inputs = precision.operand(inputs)
    window, fitting = checks.window(inputs, 2, kernel_size, stride, padding, "NHWC", layer)
    channels = checks.channels(inputs, 3, layer)
    layer.dtype = checks.floating(inputs, layer)
    with layer.variable_scope(inputs):
        weights = layer.parameter(
            "weights", (*window.kernel, 1, 1), weights_initializer, weights_regularizer
        )
        tiled = tf.tile(weights, [1, 1, channels, 1])
        by_channel = functools.partial(
            convolve_channels,
            inputs,
            strides=(1, *window.strides, 1),
            padding=window.padding,
        )
        with fitting:
            outputs = layer.apply(by_channel, tiled, [channels, 1])
        return layer.finish(outputs, channels)


def _separable(layer: parts.Layer, inputs, depthwise, pointwise, options) -> Tensor:
    """Both convolutions; one after the other in `slim.quantize`, where each is rounded."""
    if not quantization.in_force() and not bfloat16.differs(inputs.dtype):
        return tf.nn.separable_conv2d(inputs, depthwise, pointwise, **options)
    *_, channels, multiplier = depthwise.shape.as_list()
    by_channel = functools.partial(convolve_channels, inputs, **options)
    between = layer.apply(by_channel, depthwise, [channels, multiplier], "depthwise_weights", False)
    if layer.quantizer is not None:
        between = layer.quantizer.outputs(between, "depthwise_quant")
    across = functools.partial(
        tf.nn.conv2d,
        between,
        strides=1,
        padding="VALID",
        data_format=options["data_format"],
    )
    return layer.apply(across, pointwise, pointwise.shape[-1:].as_list(), "pointwise_weights")


separable_conv2d = separable_convolution2d
conv2d_in_plane = convolution2d_in_plane
