"""Convolutions over one, two or three spatial dimensions."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tf_slim.layers import checks, parts
from tf_slim.layers.initializers import xavier_initializer
from tf_slim.ops import convolve, precision
from tf_slim.ops.arg_scope import add_arg_scope, arg_scope_func_key, current_arg_scope
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
    "conv1d",
    "conv2d",
    "conv3d",
    "convolution",
    "convolution1d",
    "convolution2d",
    "convolution3d",
]

_OP_NAMES = {1: "conv1d", 2: "Conv2D", 3: "Conv3D"}


def _convolution(dims: int | None, called: str):
    """Makes a convolution over `dims` spatial dimensions, or as many as its inputs have."""

    def conv(
        inputs: TensorLike,
        num_outputs: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: str = "SAME",
        data_format: str | None = None,
        rate: Size = 1,
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
        layer = parts.Layer(
            called,
            scope,
            "Conv",
            activation_fn=activation_fn,
            normalizer_fn=normalizer_fn,
            normalizer_params=normalizer_params,
            biases_initializer=biases_initializer,
            biases_regularizer=biases_regularizer,
            reuse=reuse,
            variables_collections=variables_collections,
            outputs_collections=outputs_collections,
            trainable=trainable,
            renamed=parts.KERNEL,
            loss_names=parts.LOSSES_OF_KERNEL,
        )
        return _convolve(
            layer,
            dims,
            inputs,
            num_outputs,
            kernel_size,
            stride,
            padding,
            data_format,
            rate,
            weights_initializer,
            weights_regularizer,
        )

    return conv


def _convolve(
    layer: parts.Layer,
    dims: int | None,
    inputs,
    num_outputs,
    kernel_size,
    stride,
    padding,
    data_format,
    rate,
    weights_initializer,
    weights_regularizer,
) -> Tensor:
    """The way of the inputs: check, scope, parameters, compute, finish."""
    if layer.name != "convolution":
        _refuse_scope_of_convolution(layer)
    inputs = precision.operand(inputs)
    window, fitting = checks.window(
        inputs,
        checks.spatial_dims(inputs, layer) if dims is None else dims,
        kernel_size,
        stride,
        padding,
        data_format,
        layer,
        rate=rate,
        formats=checks.ANY_FORMAT,
        remedy=_OTHER_RANK,
    )
    channels = checks.channels(inputs, window.channel_axis, layer)
    layer.dtype = checks.floating(inputs, layer)
    depth = checks.depth(num_outputs, "num_outputs", layer)
    with layer.variable_scope(inputs):
        weights = layer.parameter(
            "weights",
            (*window.kernel, channels, depth),
            weights_initializer,
            weights_regularizer,
        )
        convolved = functools.partial(
            convolve.convolve,
            inputs,
            strides=window.strides,
            padding=window.padding,
            data_format=window.data_format,
            dilations=window.dilations,
            name=_OP_NAMES[len(window.kernel)],
        )
        with fitting:
            outputs = layer.apply(convolved, weights, [depth])
        return layer.finish(outputs, depth, window.channels_first)


_OTHER_RANK = (
    "Convolution expects input with rank {}, got {}: use the layer for as many dimensions, or add "
    "or remove axes."
)


@add_arg_scope
def convolution(
    inputs: TensorLike,
    num_outputs: int,
    kernel_size: Size,
    stride: Size = 1,
    padding: str = "SAME",
    data_format: str | None = None,
    rate: Size = 1,
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
    conv_dims: int | None = None,
) -> Tensor:
    """A convolution over one to three spatial dimensions, as many as `inputs` has.

    Makes `weights`, shape `[*kernel_size, channels, num_outputs]`, whatever the data format, and
    `biases`, shape `[num_outputs]`, unless there is a normalizer. The order is convolution, bias
    or normalizer, activation.

    Args:
      inputs: `[batch, *space, channels]`, or `[batch, channels, *space]` if `data_format` says so.
        The channels must be known when the layer is built; batch and space need not.
      num_outputs: number of output channels.
      kernel_size: an integer, or one for each spatial dimension.
      stride: the same. If one is above 1, `rate` must be 1.
      padding: "SAME" or "VALID", in upper or lower case.
      data_format: "NWC", "NHWC" or "NDHWC" (also None); "NCW", "NCHW" or "NCDHW".
      rate: of dilation (atrous convolution); an integer, or one for each spatial dimension.
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
      scope: name of the scope; by default `Conv`, made unique.
      conv_dims: the number of spatial dimensions that `inputs` must have, or None.

    Returns:
      The output, of the data format and dtype of `inputs`.

    Raises:
      ValueError: an argument is out of its range, or the channels are unknown.
      TypeError: `inputs` is not floating point.

    Examples:
      >>> slim.convolution(tf.ones([8, 100, 3]), 16, 5).shape
      TensorShape([8, 100, 16])
      >>> slim.convolution(tf.ones([8, 32, 32, 3]), 16, [3, 5], padding="VALID").shape
      TensorShape([8, 30, 28, 16])
    """
    if conv_dims is not None and conv_dims not in checks.FORMATS:
        raise checks.Caller("convolution", scope, "Conv").error(
            "conv_dims to be 1, 2, 3 or None",
            f"conv_dims={conv_dims!r}",
            "Leave it out to follow the rank of the inputs.",
        )
    return _convolution(conv_dims, "convolution")(
        inputs,
        num_outputs,
        kernel_size,
        stride,
        padding,
        data_format,
        rate,
        activation_fn,
        normalizer_fn,
        normalizer_params,
        weights_initializer,
        weights_regularizer,
        biases_initializer,
        biases_regularizer,
        reuse,
        variables_collections,
        outputs_collections,
        trainable,
        scope,
    )


conv1d = convolution1d = add_arg_scope(
    parts.named(
        _convolution(1, "conv1d"),
        "convolution1d",
        """A convolution over `[batch, width, channels]`.

        Arguments, return value and errors: see `convolution`.

        Examples:
          >>> slim.conv1d(tf.ones([8, 100, 3]), 16, 5, stride=2).shape
          TensorShape([8, 50, 16])
        """,
    )
)

conv2d = convolution2d = add_arg_scope(
    parts.named(
        _convolution(2, "conv2d"),
        "convolution2d",
        """A convolution over `[batch, height, width, channels]`.

        Arguments, return value and errors: see `convolution`.

        Examples:
          >>> images = tf.ones([8, 32, 32, 3])
          >>> net = slim.conv2d(images, 64, 3, stride=2, scope="conv1")
          >>> net.shape
          TensorShape([8, 16, 16, 64])
          >>> [(one.name, one.shape.as_list()) for one in slim.get_model_variables()]
          [('conv1/weights:0', [3, 3, 3, 64]), ('conv1/biases:0', [64])]
        """,
    )
)

conv3d = convolution3d = add_arg_scope(
    parts.named(
        _convolution(3, "conv3d"),
        "convolution3d",
        """A convolution over `[batch, depth, height, width, channels]`.

        Arguments, return value and errors: see `convolution`.

        Examples:
          >>> slim.conv3d(tf.ones([2, 8, 16, 16, 3]), 16, 3, stride=[1, 2, 2]).shape
          TensorShape([2, 8, 8, 8, 16])
        """,
    )
)

_BY_NAME = {"conv1d": conv1d, "conv2d": conv2d, "conv3d": conv3d}


def _refuse_scope_of_convolution(layer: parts.Layer) -> None:
    """Such a scope has never reached conv2d; to ignore it in silence would be worse."""
    scope = current_arg_scope()
    general = scope.get(arg_scope_func_key(convolution))
    if not general:
        return
    own = scope.get(arg_scope_func_key(_BY_NAME[layer.name]), {})
    missed = sorted(set(general) - set(own))
    if missed:
        raise layer.error(
            "its defaults from an arg_scope over itself",
            f"an arg_scope over slim.convolution that sets {', '.join(missed)}",
            f"Name both there: slim.arg_scope([slim.convolution, slim.{layer.name}], ...).",
            kind=TypeError,
        )
