"""Pooling over spatial dimensions."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tf_slim.layers import checks, parts
from tf_slim.ops.arg_scope import add_arg_scope

__all__ = ["avg_pool2d", "max_pool2d"]

_AXES = {
    "NHWC": "[batch, height, width, channels]",
    "NCHW": "[batch, channels, height, width]",
}


@add_arg_scope
def max_pool2d(
    inputs,
    kernel_size,
    stride=2,
    padding="VALID",
    data_format="NHWC",
    outputs_collections=None,
    scope=None,
):
    """The maximum over a window.

    Mind the defaults: stride 2 and padding "VALID", while a convolution has stride 1 and "SAME".

    Args:
      inputs: `[batch, height, width, channels]`; for "NCHW" `[batch, channels, height, width]`.
      kernel_size: of the window; an integer or a pair.
      stride: an integer or a pair.
      padding: "VALID" or "SAME", in upper or lower case.
      data_format: "NHWC" or "NCHW".
      outputs_collections: name, or list of names, of collections for the output.
      scope: name of the operation; by default `MaxPool2D`, made unique.

    Returns:
      The pooled tensor, of the data format and dtype of `inputs`.

    Raises:
      ValueError: an argument is out of its range.
    """
    return _pool("max_pool2d", "MaxPool2D", tf.nn.max_pool2d, "MaxPool", _AXES, **locals())


@add_arg_scope
def avg_pool2d(
    inputs,
    kernel_size,
    stride=2,
    padding="VALID",
    data_format="NHWC",
    outputs_collections=None,
    scope=None,
):
    """The average over a window; with padding "SAME" over its part inside the image.

    Arguments, return value and errors: see `max_pool2d`.
    """
    return _pool("avg_pool2d", "AvgPool2D", tf.nn.avg_pool2d, "AvgPool", _AXES, **locals())


def _pool(
    layer: str,
    default_scope: str,
    op: Callable,
    op_name: str,
    axes: dict[str, str],
    *,
    inputs,
    kernel_size,
    stride,
    padding,
    data_format,
    outputs_collections,
    scope,
):
    site = checks.Site(layer, scope, default_scope)
    checks.data_format(data_format, tuple(axes), site)
    inputs = tf.convert_to_tensor(inputs)
    dims = len(data_format) - 2
    checks.rank(inputs, axes[data_format], site, exactly=dims + 2)
    kernel = checks.positive_integers(dims, kernel_size, "kernel_size", site)
    strides = checks.positive_integers(dims, stride, "stride", site)
    padding = checks.padding(padding, site)
    with parts.plain_scope(scope, default_scope, [inputs], outputs_collections) as alias:
        outputs = op(
            inputs,
            ksize=kernel,
            strides=strides,
            padding=padding,
            data_format=data_format,
            name=op_name,
        )
        return parts.deliver(outputs, alias, outputs_collections=outputs_collections)
