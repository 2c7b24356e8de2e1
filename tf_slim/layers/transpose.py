"""Transposed convolutions: the gradient of a convolution, as a layer that makes images larger."""

from __future__ import annotations

from typing import NamedTuple

import tensorflow as tf

from tf_slim.layers import checks, parts
from tf_slim.layers.initializers import xavier_initializer
from tf_slim.ops import precision, scopes
from tf_slim.ops.arg_scope import add_arg_scope

__all__ = [
    "conv2d_transpose",
    "conv3d_transpose",
    "convolution2d_transpose",
    "convolution3d_transpose",
]


@add_arg_scope
def convolution2d_transpose(
    inputs,
    num_outputs,
    kernel_size,
    stride=1,
    padding="SAME",
    data_format="NHWC",
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
    """A transposed convolution over `[batch, height, width, channels]`.

    With padding "SAME" the output is `stride` times as large as the input, with "VALID" by
    `max(kernel_size - stride, 0)` larger than that.

    Makes `weights`, shape `[*kernel_size, num_outputs, channels]` (outputs before inputs), and
    `biases`, shape `[num_outputs]`, unless there is a normalizer.

    Args:
      inputs: `[batch, height, width, channels]`; for "NCHW" `[batch, channels, height, width]`.
        The channels must be known when the layer is built; batch and space need not.
      num_outputs: number of output channels.
      kernel_size: an integer or a pair.
      stride: an integer or a pair.
      padding: "SAME" or "VALID", in upper or lower case.
      data_format: "NHWC" or "NCHW".
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
      scope: name of the scope; by default `Conv2d_transpose`, made unique.

    Returns:
      The output, of the data format and dtype of `inputs`.

    Raises:
      ValueError: an argument is out of its range, or the channels are unknown.
      TypeError: `inputs` is not floating point.
    """
    return _transposed(_KINDS["conv2d_transpose"], **locals())


@add_arg_scope
def convolution3d_transpose(
    inputs,
    num_outputs,
    kernel_size,
    stride=1,
    padding="SAME",
    data_format="NDHWC",
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
    """A transposed convolution over `[batch, depth, height, width, channels]`.

    Arguments, return value and errors: see `conv2d_transpose`, with three spatial dimensions, the
    data formats "NDHWC" and "NCDHW", and the scope `Conv3d_transpose`.
    """
    return _transposed(_KINDS["conv3d_transpose"], **locals())


conv2d_transpose = convolution2d_transpose
conv3d_transpose = convolution3d_transpose


class _Kind(NamedTuple):
    layer: str
    default_scope: str
    op: str
    formats: tuple[str, str]
    axes: str


_KINDS = {
    kind.layer: kind
    for kind in (
        _Kind(
            "conv2d_transpose",
            "Conv2d_transpose",
            "conv2d_transpose",
            ("NHWC", "NCHW"),
            "[batch, height, width, channels]",
        ),
        _Kind(
            "conv3d_transpose",
            "Conv3d_transpose",
            "conv3d_transpose",
            ("NDHWC", "NCDHW"),
            "[batch, depth, height, width, channels]",
        ),
    )
}


def _transposed(
    kind: _Kind,
    *,
    inputs,
    num_outputs,
    kernel_size,
    stride,
    padding,
    data_format,
    weights_initializer,
    weights_regularizer,
    reuse,
    scope,
    **rest,
):
    site = checks.Site(kind.layer, scope, kind.default_scope)
    checks.data_format(data_format, kind.formats, site)
    inputs = precision.operand(inputs)
    dims = len(data_format) - 2
    checks.rank(inputs, kind.axes, site, exactly=dims + 2)
    channels_first = data_format == kind.formats[1]
    channels = checks.channels(inputs, 1 if channels_first else dims + 1, site)
    dtype = checks.floating(inputs, site)
    depth = checks.depth(num_outputs, "num_outputs", site)
    kernel = checks.positive_integers(dims, kernel_size, "kernel_size", site)
    strides = checks.positive_integers(dims, stride, "stride", site)
    padding = checks.padding(padding, site)
    with scopes.scope(scope, kind.default_scope, [inputs], reuse=reuse) as sc:
        weights = parts.parameter(
            "weights",
            (*kernel, depth, channels),
            dtype,
            weights_initializer,
            weights_regularizer,
            rest["variables_collections"],
            rest["trainable"],
            place="kernel",
        )
        more = [max(k - s, 0) if padding == "VALID" else 0 for k, s in zip(kernel, strides)]
        first = 2 if channels_first else 1

        def enlarged(sizes):
            """The output shape for an input of `sizes`."""
            space = [
                None if size is None else size * s + m
                for size, s, m in zip(sizes[first : first + dims], strides, more)
            ]
            return [sizes[0], depth, *space] if channels_first else [sizes[0], *space, depth]

        static = enlarged(inputs.shape.as_list())
        known = static if None not in static else enlarged(parts.sizes(inputs))
        outputs = getattr(tf.nn, kind.op)(
            inputs, weights, known, strides, padding=padding, data_format=data_format
        )
        outputs.set_shape(static)
        return parts.finish(outputs, sc.name, depth, dtype, channels_first=channels_first, **rest)
