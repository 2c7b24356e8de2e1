"""Convolutions that treat each channel by itself, alone or before a 1x1 convolution."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.layers import checks, parts
from tf_slim.layers.initializers import xavier_initializer
from tf_slim.ops import precision, scopes
from tf_slim.ops.arg_scope import add_arg_scope

__all__ = [
    "conv2d_in_plane",
    "convolution2d_in_plane",
    "separable_conv2d",
    "separable_convolution2d",
]

_AXES = "[batch, height, width, channels]"
_KERNELS = {
    "depthwise_kernel": "depthwise_weights",
    "pointwise_kernel": "pointwise_weights",
    "bias": "biases",
}


@add_arg_scope
def separable_convolution2d(
    inputs,
    num_outputs,
    kernel_size,
    depth_multiplier=1,
    stride=1,
    padding="SAME",
    data_format="NHWC",
    rate=1,
    activation_fn=tf.nn.relu,
    normalizer_fn=None,
    normalizer_params=None,
    weights_initializer=xavier_initializer(),
    pointwise_initializer=None,
    weights_regularizer=None,
    biases_initializer=tf.zeros_initializer(),
    biases_regularizer=None,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    scope=None,
):
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
    """
    site = checks.Site("separable_conv2d", scope, "SeparableConv2d")
    checks.data_format(data_format, ("NHWC", "NCHW"), site)
    inputs = precision.operand(inputs)
    checks.rank(inputs, _AXES, site, exactly=4)
    channels_first = data_format == "NCHW"
    channels = checks.channels(inputs, 1 if channels_first else 3, site)
    dtype = checks.floating(inputs, site)
    multiplier = checks.depth(depth_multiplier, "depth_multiplier", site)
    kernel = checks.positive_integers(2, kernel_size, "kernel_size", site)
    strides = checks.positive_integers(2, stride, "stride", site)
    dilations = checks.positive_integers(2, rate, "rate", site)
    padding = checks.padding(padding, site)
    depthwise_only = num_outputs is None
    depth = channels * multiplier
    if not depthwise_only:
        depth = checks.depth(num_outputs, "num_outputs", site)
    if max(strides) > 1 and max(dilations) > 1:
        raise site.error(
            "either stride or rate to be 1",
            f"stride={stride!r} with rate={rate!r}",
            "Dilate with stride=1 and subsample afterwards.",
        )
    fitting = checks.fitting(
        inputs, kernel, padding, site, channels_first=channels_first, dilations=dilations
    )
    with scopes.scope(scope, "SeparableConv2d", [inputs], reuse=reuse) as sc:

        def kernel_of(name, shape, initializer, place):
            return parts.parameter(
                name,
                shape,
                dtype,
                initializer,
                weights_regularizer,
                variables_collections,
                trainable,
                place=place,
            )

        depthwise = kernel_of(
            "depthwise_weights",
            (*kernel, channels, multiplier),
            weights_initializer,
            None if depthwise_only else "depthwise_kernel",
        )
        options = {
            "strides": (1, 1, *strides) if channels_first else (1, *strides, 1),
            "padding": padding,
            "data_format": data_format,
            "dilations": dilations,
        }
        if depthwise_only:
            with fitting:
                outputs = tf.nn.depthwise_conv2d(inputs, depthwise, **options)
        else:
            pointwise = kernel_of(
                "pointwise_weights",
                (1, 1, channels * multiplier, depth),
                pointwise_initializer or weights_initializer,
                "pointwise_kernel",
            )
            with fitting:
                outputs = tf.nn.separable_conv2d(inputs, depthwise, pointwise, **options)
        return parts.finish(
            outputs,
            sc.name,
            depth,
            dtype,
            activation_fn=activation_fn,
            normalizer_fn=normalizer_fn,
            normalizer_params=normalizer_params,
            biases_initializer=biases_initializer,
            biases_regularizer=biases_regularizer,
            variables_collections=variables_collections,
            outputs_collections=outputs_collections,
            trainable=trainable,
            channels_first=channels_first,
            biases_place=None if depthwise_only else "bias",
            renamed=_KERNELS,
        )


@add_arg_scope
def convolution2d_in_plane(
    inputs,
    kernel_size,
    stride=1,
    padding="SAME",
    activation_fn=tf.nn.relu,
    normalizer_fn=None,
    normalizer_params=None,
    weights_initializer=xavier_initializer(),
    weights_regularizer=None,
    biases_initializer=tf.zeros_initializer(),
    biases_regularizer=None,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    scope=None,
):
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
    """
    site = checks.Site("conv2d_in_plane", scope, "ConvInPlane")
    inputs = precision.operand(inputs)
    checks.rank(inputs, _AXES, site, exactly=4)
    channels = checks.channels(inputs, 3, site)
    dtype = checks.floating(inputs, site)
    kernel = checks.positive_integers(2, kernel_size, "kernel_size", site)
    strides = checks.positive_integers(2, stride, "stride", site)
    padding = checks.padding(padding, site)
    fitting = checks.fitting(inputs, kernel, padding, site)
    with scopes.scope(scope, "ConvInPlane", [inputs], reuse=reuse) as sc:
        weights = parts.parameter(
            "weights",
            (*kernel, 1, 1),
            dtype,
            weights_initializer,
            weights_regularizer,
            variables_collections,
            trainable,
        )
        tiled = tf.tile(weights, [1, 1, channels, 1])
        with fitting:
            outputs = tf.nn.depthwise_conv2d(
                inputs, tiled, strides=(1, *strides, 1), padding=padding
            )
        return parts.finish(
            outputs,
            sc.name,
            channels,
            dtype,
            activation_fn=activation_fn,
            normalizer_fn=normalizer_fn,
            normalizer_params=normalizer_params,
            biases_initializer=biases_initializer,
            biases_regularizer=biases_regularizer,
            variables_collections=variables_collections,
            outputs_collections=outputs_collections,
            trainable=trainable,
            biases_place=None,
            renamed={},
        )


separable_conv2d = separable_convolution2d
conv2d_in_plane = convolution2d_in_plane
