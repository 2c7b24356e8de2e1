"""Convolutions over one, two or three spatial dimensions."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.layers import checks, parts
from tf_slim.layers.initializers import xavier_initializer
from tf_slim.ops import arg_scope as arg_scopes
from tf_slim.ops import convolve, precision, scopes
from tf_slim.ops.arg_scope import add_arg_scope

__all__ = [
    "conv1d",
    "conv2d",
    "conv3d",
    "convolution",
    "convolution1d",
    "convolution2d",
    "convolution3d",
]

_FORMATS = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}
_ALL_FORMATS = (None, *(name for pair in _FORMATS.values() for name in pair))
_AXES = {
    1: "[batch, width, channels]",
    2: "[batch, height, width, channels]",
    3: "[batch, depth, height, width, channels]",
}
_OP_NAMES = {1: "conv1d", 2: "Conv2D", 3: "Conv3D"}


@add_arg_scope
def convolution(
    inputs,
    num_outputs,
    kernel_size,
    stride=1,
    padding="SAME",
    data_format=None,
    rate=1,
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
    conv_dims=None,
):
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
    """
    return _convolve("convolution", **locals())


@add_arg_scope
def convolution1d(
    inputs,
    num_outputs,
    kernel_size,
    stride=1,
    padding="SAME",
    data_format=None,
    rate=1,
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
    """A convolution over `[batch, width, channels]`.

    Arguments, return value and errors: see `convolution`.
    """
    return _convolve("conv1d", **locals(), conv_dims=1)


@add_arg_scope
def convolution2d(
    inputs,
    num_outputs,
    kernel_size,
    stride=1,
    padding="SAME",
    data_format=None,
    rate=1,
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
    """A convolution over `[batch, height, width, channels]`.

        net = slim.conv2d(images, 64, 3, stride=2, scope="conv1")

    Arguments, return value and errors: see `convolution`.
    """
    return _convolve("conv2d", **locals(), conv_dims=2)


@add_arg_scope
def convolution3d(
    inputs,
    num_outputs,
    kernel_size,
    stride=1,
    padding="SAME",
    data_format=None,
    rate=1,
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
    """A convolution over `[batch, depth, height, width, channels]`.

    Arguments, return value and errors: see `convolution`.
    """
    return _convolve("conv3d", **locals(), conv_dims=3)


conv1d = convolution1d
conv2d = convolution2d
conv3d = convolution3d


def _convolve(
    layer,
    *,
    inputs,
    num_outputs,
    kernel_size,
    stride,
    padding,
    data_format,
    rate,
    weights_initializer,
    weights_regularizer,
    reuse,
    scope,
    conv_dims,
    **rest,
):
    site = checks.Site(layer, scope, "Conv")
    if layer != "convolution":
        _refuse_scope_of_convolution(site)
    inputs = precision.operand(inputs)
    checks.data_format(data_format, _ALL_FORMATS, site)
    dims = _spatial_dims(inputs, conv_dims, site)
    channels_first = data_format is not None and data_format.startswith("NC")
    channels = checks.channels(inputs, 1 if channels_first else dims + 1, site)
    dtype = checks.floating(inputs, site)
    depth = checks.depth(num_outputs, "num_outputs", site)
    kernel = checks.positive_integers(dims, kernel_size, "kernel_size", site)
    strides = checks.positive_integers(dims, stride, "stride", site)
    dilations = checks.positive_integers(dims, rate, "rate", site)
    padding = checks.padding(padding, site)
    if max(strides) > 1 and max(dilations) > 1:
        raise site.error(
            "either stride or rate to be 1",
            f"stride={stride!r} with rate={rate!r}",
            "Dilate with stride=1 and subsample afterwards.",
        )
    fitting = checks.fitting(
        inputs, kernel, padding, site, channels_first=channels_first, dilations=dilations
    )
    with scopes.scope(scope, "Conv", [inputs], reuse=reuse) as sc:
        weights = parts.parameter(
            "weights",
            (*kernel, channels, depth),
            dtype,
            weights_initializer,
            weights_regularizer,
            rest["variables_collections"],
            rest["trainable"],
            place="kernel",
        )
        with fitting:
            outputs = convolve.convolve(
                inputs,
                weights,
                strides=strides,
                padding=padding,
                data_format=_FORMATS[dims][channels_first],
                dilations=dilations,
                name=_OP_NAMES[dims],
            )
        return parts.finish(outputs, sc.name, depth, dtype, channels_first=channels_first, **rest)


def _spatial_dims(inputs: tf.Tensor, conv_dims, site: checks.Site) -> int:
    if conv_dims is not None:
        if conv_dims not in _AXES:
            raise site.error(
                "conv_dims to be 1, 2, 3 or None",
                f"conv_dims={conv_dims!r}",
                "Leave it out to follow the rank of the inputs.",
            )
        rank = conv_dims + 2
        remedy = (
            f"Convolution expects input with rank {rank}, got {inputs.shape.rank}: use the layer "
            "for as many dimensions, or add or remove axes."
        )
        return checks.rank(inputs, _AXES[conv_dims], site, exactly=rank, remedy=remedy) - 2
    dims = checks.rank(inputs, "[batch, *space, channels]", site, at_least=3) - 2
    if dims not in _AXES:
        raise site.error(
            "inputs with at most 3 spatial dimensions",
            f"inputs of shape {checks.shape_text(inputs)}",
            "Fold some of them into the batch with tf.reshape.",
        )
    return dims


def _refuse_scope_of_convolution(site: checks.Site) -> None:
    """Such a scope has never reached conv2d; to ignore it in silence would be worse."""
    scope = arg_scopes.current_arg_scope()
    general = scope.get(arg_scopes.arg_scope_func_key(convolution))
    if not general:
        return
    own = scope.get(arg_scopes.arg_scope_func_key(_BY_NAME[site.layer]), {})
    missed = sorted(set(general) - set(own))
    if missed:
        raise site.error(
            "its defaults from an arg_scope over itself",
            f"an arg_scope over slim.convolution that sets {', '.join(missed)}",
            f"Name both there: slim.arg_scope([slim.convolution, slim.{site.layer}], ...).",
            kind=TypeError,
        )


_BY_NAME = {"conv1d": conv1d, "conv2d": conv2d, "conv3d": conv3d}
