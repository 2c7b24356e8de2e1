"""Pooling over spatial dimensions."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tf_slim.layers import checks, parts
from tf_slim.ops import modes
from tf_slim.ops.arg_scope import add_arg_scope

__all__ = ["avg_pool2d", "avg_pool3d", "max_pool2d", "max_pool3d", "pool"]

_AXES_2D = {
    "NHWC": "[batch, height, width, channels]",
    "NCHW": "[batch, channels, height, width]",
}
_AXES_3D = {
    "NDHWC": "[batch, depth, height, width, channels]",
    "NCDHW": "[batch, channels, depth, height, width]",
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
    return _pool("max_pool2d", "MaxPool2D", tf.nn.max_pool2d, "MaxPool", _AXES_2D, **locals())


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
    return _pool("avg_pool2d", "AvgPool2D", tf.nn.avg_pool2d, "AvgPool", _AXES_2D, **locals())


@add_arg_scope
def max_pool3d(
    inputs,
    kernel_size,
    stride=2,
    padding="VALID",
    data_format="NDHWC",
    outputs_collections=None,
    scope=None,
):
    """The maximum over a window in three dimensions.

    Arguments, return value and errors: see `max_pool2d`, with three spatial dimensions, the data
    formats "NDHWC" and "NCDHW", and the scope `MaxPool3D`.
    """
    return _pool("max_pool3d", "MaxPool3D", tf.nn.max_pool3d, "MaxPool3D", _AXES_3D, **locals())


@add_arg_scope
def avg_pool3d(
    inputs,
    kernel_size,
    stride=2,
    padding="VALID",
    data_format="NDHWC",
    outputs_collections=None,
    scope=None,
):
    """The average over a window in three dimensions.

    Arguments, return value and errors: see `max_pool3d`.
    """
    return _pool("avg_pool3d", "AvgPool3D", tf.nn.avg_pool3d, "AvgPool3D", _AXES_3D, **locals())


@add_arg_scope
def pool(
    inputs,
    kernel_size,
    pooling_type,
    padding="VALID",
    data_format=None,
    dilation_rate=1,
    stride=1,
    outputs_collections=None,
    scope=None,
):
    """Pooling over one to three spatial dimensions, as many as `inputs` has; can be dilated.

    Args:
      inputs: `[batch, *space, channels]`, or `[batch, channels, *space]` if `data_format` begins
        with "NC".
      kernel_size: of the window; an integer, or one for each spatial dimension.
      pooling_type: "MAX" or "AVG".
      padding: "VALID" or "SAME", in upper or lower case.
      data_format: None, or the names of the axes: "NHWC", "NCHW", ...
      dilation_rate: distance between the elements of the window; as `kernel_size`. Above 1 only
        with stride 1 and padding "VALID".
      stride: as `kernel_size`. Mind the default, 1, while that of `max_pool2d` is 2.
      outputs_collections: name, or list of names, of collections for the output.
      scope: name of the operation; by default `max_pool` or `avg_pool`, made unique.

    Returns:
      The pooled tensor, of the data format and dtype of `inputs`.

    Raises:
      ValueError: an argument is out of its range.
    """
    kind = pooling_type.upper() if isinstance(pooling_type, str) else pooling_type
    default_scope = f"{kind.lower()}_pool" if kind in ("MAX", "AVG") else "pool"
    site = checks.Site("pool", scope, default_scope)
    if default_scope == "pool":
        raise site.error(
            "pooling_type to be 'MAX' or 'AVG'",
            f"pooling_type={pooling_type!r}",
            "For other reductions use tf.nn.depthwise_conv2d or tf.image.extract_patches.",
        )
    inputs = tf.convert_to_tensor(inputs)
    dims = checks.rank(inputs, "[batch, *space, channels]", site, at_least=3) - 2
    formats = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}
    if dims not in formats:
        raise site.error(
            "inputs with at most 3 spatial dimensions",
            f"inputs of shape {checks.shape_text(inputs)}",
            "Fold some of them into the batch with tf.reshape.",
        )
    checks.data_format(data_format, (None, *formats[dims]), site)
    kernel = checks.positive_integers(dims, kernel_size, "kernel_size", site)
    strides = checks.positive_integers(dims, stride, "stride", site)
    dilations = checks.positive_integers(dims, dilation_rate, "dilation_rate", site)
    padding = checks.padding(padding, site)
    if max(dilations) > 1 and (max(strides) > 1 or padding == "SAME"):
        raise site.error(
            "stride=1 and padding='VALID' where dilation_rate is above 1",
            f"stride={stride!r}, padding={padding!r}, dilation_rate={dilation_rate!r}",
            "Pad with tf.pad first, and subsample afterwards.",
        )
    data_format = data_format or formats[dims][0]
    channels_first = data_format == formats[dims][1]
    turned = channels_first and kind == "MAX" and _eagerly_on_cpu(inputs)
    fitting = checks.fitting(
        inputs, kernel, padding, site, channels_first=channels_first, dilations=dilations
    )
    with parts.plain_scope(scope, default_scope, [inputs], outputs_collections) as alias, fitting:
        outputs = tf.compat.v1.nn.pool(
            _channels_last(inputs) if turned else inputs,
            window_shape=kernel,
            pooling_type=kind,
            strides=strides,
            padding=padding,
            data_format=formats[dims][0] if turned else data_format,
            dilations=dilations,
            # Graphs know the operation by the name of its scope.
            name=f"{alias}/" if modes.in_v1_graph() else None,
        )
        outputs = _channels_first(outputs) if turned else outputs
        return parts.deliver(outputs, alias, outputs_collections=outputs_collections)


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
    # CPUs pool three dimensions with the channels last only.
    channels_first = data_format.startswith("NC")
    turned = data_format == "NCDHW" or (
        channels_first and op is tf.nn.max_pool2d and _eagerly_on_cpu(inputs)
    )
    fitting = checks.fitting(inputs, kernel, padding, site, channels_first=channels_first)
    with parts.plain_scope(scope, default_scope, [inputs], outputs_collections) as alias, fitting:
        outputs = op(
            _channels_last(inputs) if turned else inputs,
            ksize=kernel,
            strides=strides,
            padding=padding,
            data_format=next(iter(axes)) if turned else data_format,
            name=op_name,
        )
        outputs = _channels_first(outputs) if turned else outputs
        return parts.deliver(outputs, alias, outputs_collections=outputs_collections)


def _eagerly_on_cpu(inputs: tf.Tensor) -> bool:
    """Whether the gradient of a maximum needs the channels last: graphs are rewritten so."""
    return tf.executing_eagerly() and "CPU" in inputs.device


def _channels_last(inputs: tf.Tensor) -> tf.Tensor:
    return tf.transpose(inputs, [0, *range(2, inputs.shape.rank), 1])


def _channels_first(inputs: tf.Tensor) -> tf.Tensor:
    return tf.transpose(inputs, [0, inputs.shape.rank - 1, *range(1, inputs.shape.rank - 1)])
