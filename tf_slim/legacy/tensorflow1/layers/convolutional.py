"""`tf.layers.conv2d` and its relatives."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tf_slim.layers import checks, conv, separable, transpose
from tf_slim.legacy.tensorflow1.layers import named
from tf_slim.legacy.tensorflow1.layers.base import as_function
from tf_slim.legacy.tensorflow1.layers.on_slim import SlimLayer, data_format_of

__all__ = [
    "Conv1D",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "SeparableConv1D",
    "SeparableConv2D",
    "conv1d",
    "conv2d",
    "conv2d_transpose",
    "conv3d",
    "conv3d_transpose",
    "separable_conv1d",
    "separable_conv2d",
]

_zeros = tf.compat.v1.zeros_initializer


class _Convolution(SlimLayer):
    """A convolution. `kernel` has shape `[*kernel_size, channels, filters]`."""

    _spatial: int
    filters: int
    kernel_size: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str
    data_format: str
    dilation_rate: tuple[int, ...] = ()
    activation: Any
    use_bias: bool

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
        given = locals()
        super().__init__(trainable=trainable, name=name, **kwargs)
        self._keep(given)
        self._convolve(rate=dilation_rate)

    def _keep(self, given):
        super()._keep(given)
        caller = checks.Caller(type(self).__name__, self._name, self._base_name)
        for key in ("kernel_size", "strides", "dilation_rate"):
            if key in given:
                setattr(self, key, checks.positive_integers(self._spatial, given[key], key, caller))

    def _convolve(self, **arguments):
        self._arguments = {
            "num_outputs": self.filters,
            "kernel_size": self.kernel_size,
            "stride": self.strides,
            "padding": self.padding,
            "data_format": data_format_of(self.data_format, self._spatial),
            "activation_fn": named.activation(self.activation),
            "biases_initializer": _zeros() if self.use_bias else None,
            **arguments,
        }


class Conv1D(_Convolution):
    """A convolution over `[batch, length, channels]`; "causal" padding looks at the past only."""

    _slim = staticmethod(conv.conv1d)
    _spatial = 1

    def _compute(self, name, reuse, inputs, *args, **kwargs):
        if isinstance(self.padding, str) and self.padding.lower() == "causal":
            before = [(self.kernel_size[0] - 1) * self.dilation_rate[0], 0]
            first = self.data_format == "channels_first"
            inputs = tf.pad(inputs, [[0, 0], [0, 0], before] if first else [[0, 0], before, [0, 0]])
            self._arguments["padding"] = "VALID"
        return super()._compute(name, reuse, inputs, *args, **kwargs)


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
        given = locals()
        SlimLayer.__init__(self, trainable=trainable, name=name, **kwargs)
        self._keep(given)
        self._convolve()


class Conv2DTranspose(_Transposed):
    """A transposed convolution over `[batch, height, width, channels]`."""

    _slim = staticmethod(transpose.conv2d_transpose)
    _spatial = 2


class Conv3DTranspose(_Transposed):
    """A transposed convolution over `[batch, depth, height, width, channels]`."""

    _slim = staticmethod(transpose.conv3d_transpose)
    _spatial = 3


class _Separable(_Convolution):
    """A depthwise convolution, then a 1x1 one: `depthwise_kernel` and `pointwise_kernel`."""

    depth_multiplier: int

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format="channels_last",
        dilation_rate=1,
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
        given = locals()
        SlimLayer.__init__(self, trainable=trainable, name=name, **kwargs)
        self._keep(given)
        self._convolve(rate=self.dilation_rate, depth_multiplier=depth_multiplier)
        for table in (self._initializers, self._regularizers, self._constraints):
            for kernel in ("depthwise", "pointwise"):
                table[f"{kernel}_kernel"] = table.pop(kernel)


class SeparableConv1D(_Separable):
    """A separable convolution over `[batch, length, channels]`."""

    _spatial = 1

    def _compute(self, name, reuse, inputs, *args, **kwargs):
        inputs = tf.convert_to_tensor(inputs)
        caller = checks.Caller("separable_conv1d", name, name)
        checks.rank(inputs, "[batch, length, channels]", caller, exactly=3)
        first = self.data_format == "channels_first"
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise caller.error(
                "either strides or dilation_rate to be 1",
                f"strides={self.strides} with dilation_rate={self.dilation_rate}",
                "Dilate with strides=1 and subsample afterwards.",
            )
        channels = checks.channels(inputs, 1 if first else 2, caller)
        inside = channels * self.depth_multiplier
        with tf.compat.v1.variable_scope(name, reuse=reuse or None):
            depthwise = self.add_variable(
                "depthwise_kernel", [*self.kernel_size, channels, self.depth_multiplier]
            )
            pointwise = self.add_variable("pointwise_kernel", [1, inside, self.filters])
            net = tf.transpose(inputs, [0, 2, 1]) if first else inputs
            # Its two strides must be equal; over one row, the first makes no difference.
            net = tf.nn.separable_conv2d(
                tf.expand_dims(net, 1),
                depthwise[tf.newaxis],
                pointwise[tf.newaxis],
                strides=[1, *self.strides, *self.strides, 1],
                padding=checks.known_padding(self.padding, caller),
                dilations=[1, *self.dilation_rate],
            )
            if self.use_bias:
                net = tf.nn.bias_add(net, self.add_variable("bias", [self.filters]))
            net = tf.squeeze(net, 1, name="Squeeze")
            net = tf.transpose(net, [0, 2, 1]) if first else net
            activation = named.activation(self.activation)
            net = net if activation is None else activation(net)
        self._regularize_activity(name, net)
        return net


class SeparableConv2D(_Separable):
    """A separable convolution over `[batch, height, width, channels]`."""

    _slim = staticmethod(separable.separable_conv2d)
    _spatial = 2


conv1d = as_function(Conv1D, "conv1d")
conv2d = as_function(Conv2D, "conv2d")
conv2d_transpose = as_function(Conv2DTranspose, "conv2d_transpose")
conv3d = as_function(Conv3D, "conv3d")
conv3d_transpose = as_function(Conv3DTranspose, "conv3d_transpose")
separable_conv1d = as_function(SeparableConv1D, "separable_conv1d")
separable_conv2d = as_function(SeparableConv2D, "separable_conv2d")
