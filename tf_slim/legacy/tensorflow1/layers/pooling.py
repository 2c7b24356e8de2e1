"""`tf.layers.max_pooling2d` and its relatives."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tf_slim.layers import avg_pool2d, avg_pool3d, checks, max_pool2d, max_pool3d
from tf_slim.legacy.tensorflow1.layers.base import Layer, as_function
from tf_slim.legacy.tensorflow1.layers.on_slim import data_format_of
from tf_slim.ops.arg_scope import ArgScope, arg_scope

__all__ = [
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "average_pooling1d",
    "average_pooling2d",
    "average_pooling3d",
    "max_pooling1d",
    "max_pooling2d",
    "max_pooling3d",
]


class _Pooling(Layer):
    """Takes the maximum or the average of each window."""

    _slim: Callable
    _spatial: int

    def __init__(
        self, pool_size, strides, padding="valid", data_format="channels_last", name=None, **kwargs
    ):
        super().__init__(name=name, **kwargs)
        self._data_format = data_format_of(data_format, self._spatial)
        self._caller = checks.Caller(type(self).__name__, name, self._base_name)
        self.pool_size = self._sizes(pool_size, "pool_size")
        self.strides = self._sizes(strides, "strides")
        self.padding, self.data_format = padding, data_format
        checks.known_padding(padding, self._caller)

    def _sizes(self, given, argument: str) -> tuple[int, ...]:
        return tuple(checks.positive_integers(self._spatial, given, argument, self._caller))

    def _compute(self, name, reuse, inputs):
        del reuse
        # What an arg_scope of the program sets for Slim's layers is not meant for these.
        with arg_scope(ArgScope()):
            return type(self)._slim(
                inputs,
                self.pool_size,
                self.strides,
                self.padding,
                self._data_format,
                scope=name,
            )


def _pool1d(op: Callable, op_name: str) -> Callable:
    """Pooling over one dimension, as over two of which the second is 1."""

    def pooled(inputs, kernel, strides, padding, data_format, scope):
        inputs = tf.convert_to_tensor(inputs)
        caller = checks.Caller(op_name, scope, op_name)
        checks.rank(inputs, "[batch, length, channels]", caller, exactly=3)
        turned = data_format == "NCW"
        with tf.compat.v1.name_scope(scope):
            net = tf.transpose(inputs, [0, 2, 1]) if turned else inputs
            net = tf.expand_dims(net, 2, name="ExpandDims")
            net = op(net, [*kernel, 1], [*strides, 1], padding.upper(), name=op_name)
            net = tf.transpose(net, [0, 3, 1, 2]) if turned else net
            return tf.squeeze(net, 3 if turned else 2, name="Squeeze")

    return pooled


class MaxPooling1D(_Pooling):
    """The maximum over windows of `[batch, length, channels]`."""

    _slim, _spatial = staticmethod(_pool1d(tf.nn.max_pool2d, "MaxPool")), 1


class MaxPooling2D(_Pooling):
    """The maximum over windows of `[batch, height, width, channels]`."""

    _slim, _spatial = staticmethod(max_pool2d), 2


class MaxPooling3D(_Pooling):
    """The maximum over windows of `[batch, depth, height, width, channels]`."""

    _slim, _spatial = staticmethod(max_pool3d), 3


class AveragePooling1D(_Pooling):
    """The average over windows of `[batch, length, channels]`."""

    _slim, _spatial = staticmethod(_pool1d(tf.nn.avg_pool2d, "AvgPool")), 1


class AveragePooling2D(_Pooling):
    """The average over windows of `[batch, height, width, channels]`."""

    _slim, _spatial = staticmethod(avg_pool2d), 2


class AveragePooling3D(_Pooling):
    """The average over windows of `[batch, depth, height, width, channels]`."""

    _slim, _spatial = staticmethod(avg_pool3d), 3


average_pooling1d = as_function(AveragePooling1D, "average_pooling1d")
average_pooling2d = as_function(AveragePooling2D, "average_pooling2d")
average_pooling3d = as_function(AveragePooling3D, "average_pooling3d")
max_pooling1d = as_function(MaxPooling1D, "max_pooling1d")
max_pooling2d = as_function(MaxPooling2D, "max_pooling2d")
max_pooling3d = as_function(MaxPooling3D, "max_pooling3d")
