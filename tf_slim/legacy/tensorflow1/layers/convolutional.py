"""`tf.layers.conv2d` and its relatives."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.layers import conv, separable, transpose
from tf_slim.legacy.tensorflow1.layers.base import as_function
from tf_slim.legacy.tensorflow1.layers.on_slim import SlimLayer, data_format_of

__all__ = [
    "Conv1D",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "SeparableConv2D",
    "conv1d",
    "conv2d",
    "conv2d_transpose",
    "conv3d",
    "conv3d_transpose",
    "separable_conv2d",
]

_zeros = tf.compat.v1.zeros_initializer


class _Convolution(SlimLayer):
    """A convolution. `kernel` has shape `[*kernel_size, channels, filters]`."""

    _spatial: int

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format="channels_last",
        dilation_rate=1,
        activation=None,
        use_bias=True,
        kernel_initializer=None,
        bias_initializer=_zeros(),
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        trainable=True,
        name=None,
        **kwargs,
    ):
        super().__init__(
            activity_regularizer,
            {"kernel": kernel_constraint, "bias": bias_constraint},
            trainable=trainable,
            name=name,
            **kwargs,
        )
        self.filters, self.kernel_size, self.strides = filters, kernel_size, strides
        self._arguments = {
            "num_outputs": filters,
            "kernel_size": kernel_size,
            "stride": strides,
            "padding": padding,
            "data_format": data_format_of(data_format, self._spatial),
            "rate": dilation_rate,
            "activation_fn": activation,
            "weights_initializer": kernel_initializer,
            "weights_regularizer": kernel_regularizer,
            "biases_initializer": bias_initializer if use_bias else None,
            "biases_regularizer": bias_regularizer,
        }


class Conv1D(_Convolution):
    """A convolution over `[batch, length, channels]`."""

    _slim = staticmethod(conv.conv1d)
    _spatial = 1


class Conv2D(_Convolution):
    """A convolution over `[batch, height, width, channels]`."""

    _slim = staticmethod(conv.conv2d)
    _spatial = 2


class Conv3D(_Convolution):
    """A convolution over `[batch, depth, height, width, channels]`."""

    _slim = staticmethod(conv.conv3d)
    _spatial = 3


class _Transposed(_Convolution):
    """A transposed convolution. `kernel` has shape `[*kernel_size, filters, channels]`."""

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format="channels_last",
        activation=None,
        use_bias=True,
        kernel_initializer=None,
        bias_initializer=_zeros(),
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        trainable=True,
        name=None,
        **kwargs,
    ):
        given = {k: v for k, v in locals().items() if k not in ("self", "kwargs", "__class__")}
        super().__init__(**given, **kwargs)
        del self._arguments["rate"]


class Conv2DTranspose(_Transposed):
    """A transposed convolution over `[batch, height, width, channels]`."""

    _slim = staticmethod(transpose.conv2d_transpose)
    _spatial = 2


class Conv3DTranspose(_Transposed):
    """A transposed convolution over `[batch, depth, height, width, channels]`."""

    _slim = staticmethod(transpose.conv3d_transpose)
    _spatial = 3


class SeparableConv2D(SlimLayer):
    """A depthwise convolution, then a 1x1 one: `depthwise_kernel` and `pointwise_kernel`."""

    _slim = staticmethod(separable.separable_conv2d)

    def __init__(
        self,
        filters,
        kernel_size,
        strides=(1, 1),
        padding="valid",
        data_format="channels_last",
        dilation_rate=(1, 1),
        depth_multiplier=1,
        activation=None,
        use_bias=True,
        depthwise_initializer=None,
        pointwise_initializer=None,
        bias_initializer=_zeros(),
        depthwise_regularizer=None,
        pointwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        pointwise_constraint=None,
        bias_constraint=None,
        trainable=True,
        name=None,
        **kwargs,
    ):
        super().__init__(
            activity_regularizer,
            {
                "depthwise_kernel": depthwise_constraint,
                "pointwise_kernel": pointwise_constraint,
                "bias": bias_constraint,
            },
            trainable=trainable,
            name=name,
            **kwargs,
        )
        self._regularizers = {
            "depthwise_kernel": depthwise_regularizer,
            "pointwise_kernel": pointwise_regularizer,
        }
        self._initializers = {
            "depthwise_kernel": depthwise_initializer,
            "pointwise_kernel": pointwise_initializer,
        }
        self._arguments = {
            "num_outputs": filters,
            "kernel_size": kernel_size,
            "depth_multiplier": depth_multiplier,
            "stride": strides,
            "padding": padding,
            "data_format": data_format_of(data_format, 2),
            "rate": dilation_rate,
            "activation_fn": activation,
            "weights_initializer": None,
            "biases_initializer": bias_initializer if use_bias else None,
            "biases_regularizer": bias_regularizer,
        }

    def _note(self, getter, name, *args, **kwargs):
        renamed = self._renamed(name.rpartition("/")[2])
        if renamed in self._regularizers:
            kwargs["regularizer"] = self._regularizers[renamed] or kwargs.get("regularizer")
            kwargs["initializer"] = self._initializers[renamed] or kwargs.get("initializer")
        return super()._note(getter, name, *args, **kwargs)


conv1d = as_function(Conv1D, "conv1d")
conv2d = as_function(Conv2D, "conv2d")
conv2d_transpose = as_function(Conv2DTranspose, "conv2d_transpose")
conv3d = as_function(Conv3D, "conv3d")
conv3d_transpose = as_function(Conv3DTranspose, "conv3d_transpose")
separable_conv2d = as_function(SeparableConv2D, "separable_conv2d")
