"""Pooling over spatial dimensions."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tf_slim.layers import checks, parts
from tf_slim.ops import places
from tf_slim.ops.arg_scope import add_arg_scope
from tf_slim.ops.types import Collections, Size, Tensor, TensorLike

__all__ = ["avg_pool2d", "avg_pool3d", "max_pool2d", "max_pool3d", "pool"]


def _pool(dims: int, called: str, default_scope: str, op: Callable, op_name: str):
    """Makes a pooling layer over `dims` spatial dimensions, of TensorFlow's `op`."""

    def pooled(
        inputs: TensorLike,
        kernel_size: Size,
        stride: Size = 2,
        padding: str = "VALID",
        data_format: str = checks.FORMATS[dims][0],
        outputs_collections: Collections = None,
        scope: str | None = None,
    ) -> Tensor:
        layer = parts.Layer(called, scope, default_scope, outputs_collections=outputs_collections)
        inputs = tf.convert_to_tensor(inputs)
        window, fitting = checks.window(
            inputs, dims, kernel_size, stride, padding, data_format, layer
        )
        # CPUs pool three dimensions with the channels last only.
        turned = window.channels_first and (
            dims == 3 or (op is tf.nn.max_pool2d and _eagerly_on_cpu(inputs))
        )
        with layer.name_scope(inputs), fitting:
            outputs = op(
                _channels_last(inputs) if turned else inputs,
                ksize=window.kernel,
                strides=window.strides,
                padding=window.padding,
                data_format=checks.FORMATS[dims][0] if turned else window.data_format,
                name=op_name,
            )
            return layer.finish(_channels_first(outputs) if turned else outputs)

    return pooled


max_pool2d = add_arg_scope(
    parts.named(
        _pool(2, "max_pool2d", "MaxPool2D", tf.nn.max_pool2d, "MaxPool"),
        "max_pool2d",
        """The maximum over a window.

        Mind the defaults: stride 2 and padding "VALID", while a convolution has stride 1 and
        "SAME".

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

        Examples:
          >>> images = tf.reshape(tf.range(16.0), [1, 4, 4, 1])
          >>> print(slim.max_pool2d(images, 2)[0, :, :, 0].numpy())
          [[ 5.  7.]
           [13. 15.]]
        """,
    )
)

avg_pool2d = add_arg_scope(
    parts.named(
        _pool(2, "avg_pool2d", "AvgPool2D", tf.nn.avg_pool2d, "AvgPool"),
        "avg_pool2d",
        """The average over a window; with padding "SAME" over its part inside the image.

        Arguments, return value and errors: see `max_pool2d`.

        Examples:
          >>> images = tf.reshape(tf.range(16.0), [1, 4, 4, 1])
          >>> print(slim.avg_pool2d(images, 2)[0, :, :, 0].numpy())
          [[ 2.5  4.5]
           [10.5 12.5]]
        """,
    )
)

max_pool3d = add_arg_scope(
    parts.named(
        _pool(3, "max_pool3d", "MaxPool3D", tf.nn.max_pool3d, "MaxPool3D"),
        "max_pool3d",
        """The maximum over a window in three dimensions.

        Arguments, return value and errors: see `max_pool2d`, with three spatial dimensions, the
        data formats "NDHWC" and "NCDHW", and the scope `MaxPool3D`.

        Examples:
          >>> slim.max_pool3d(tf.ones([2, 8, 16, 16, 3]), [1, 2, 2], stride=[1, 2, 2]).shape
          TensorShape([2, 8, 8, 8, 3])
        """,
    )
)

avg_pool3d = add_arg_scope(
    parts.named(
        _pool(3, "avg_pool3d", "AvgPool3D", tf.nn.avg_pool3d, "AvgPool3D"),
        "avg_pool3d",
        """The average over a window in three dimensions.

        Arguments, return value and errors: see `max_pool3d`.

        Examples:
          >>> slim.avg_pool3d(tf.ones([2, 8, 16, 16, 3]), 2).shape
          TensorShape([2, 4, 8, 8, 3])
        """,
    )
)


@add_arg_scope
def pool(
    inputs: TensorLike,
    kernel_size: Size,
    pooling_type: str,
    padding: str = "VALID",
    data_format: str | None = None,
    dilation_rate: Size = 1,
    stride: Size = 1,
    outputs_collections: Collections = None,
    scope: str | None = None,
) -> Tensor:
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

    Examples:
      >>> images = tf.ones([8, 32, 32, 3])
      >>> slim.pool(images, 3, "MAX", dilation_rate=2).shape
      TensorShape([8, 28, 28, 3])
    """
    kind = pooling_type.upper() if isinstance(pooling_type, str) else pooling_type
    default_scope = f"{kind.lower()}_pool" if kind in ("MAX", "AVG") else "pool"
    layer = parts.Layer("pool", scope, default_scope, outputs_collections=outputs_collections)
    if default_scope == "pool":
        raise layer.error(
            "pooling_type to be 'MAX' or 'AVG'",
            f"pooling_type={pooling_type!r}",
            "For other reductions use tf.nn.depthwise_conv2d or tf.image.extract_patches.",
        )
    inputs = tf.convert_to_tensor(inputs)
    dims = checks.spatial_dims(inputs, layer)
    window, fitting = checks.window(
        inputs,
        dims,
        kernel_size,
        stride,
        padding,
        data_format,
        layer,
        rate=dilation_rate,
        rate_name="dilation_rate",
        formats=(None, *checks.FORMATS[dims]),
    )
    if max(window.dilations) > 1 and window.padding == "SAME":
        raise layer.error(
            "padding='VALID' where dilation_rate is above 1",
            f"padding={padding!r}, dilation_rate={dilation_rate!r}",
            "Pad with tf.pad first.",
        )
    turned = window.channels_first and kind == "MAX" and _eagerly_on_cpu(inputs)
    with layer.name_scope(inputs), fitting:
        outputs = tf.compat.v1.nn.pool(
            _channels_last(inputs) if turned else inputs,
            window_shape=window.kernel,
            pooling_type=kind,
            strides=window.strides,
            padding=window.padding,
            data_format=checks.FORMATS[dims][0] if turned else window.data_format,
            dilations=window.dilations,
            name=places.current().operation_name(layer.output_name),
        )
        return layer.finish(_channels_first(outputs) if turned else outputs)


def _eagerly_on_cpu(inputs: tf.Tensor) -> bool:
    """Whether the gradient of a maximum needs the channels last: graphs are rewritten so."""
    return tf.executing_eagerly() and "CPU" in inputs.device


def _channels_last(inputs: tf.Tensor) -> tf.Tensor:
    return tf.transpose(inputs, [0, *range(2, inputs.shape.rank), 1])


def _channels_first(inputs: tf.Tensor) -> tf.Tensor:
    return tf.transpose(inputs, [0, inputs.shape.rank - 1, *range(1, inputs.shape.rank - 1)])
