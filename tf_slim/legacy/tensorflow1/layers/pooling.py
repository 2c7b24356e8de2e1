"""`tf.layers.max_pooling2d` and its relatives."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.layers.utils import n_positive_integers
from tf_slim.legacy.tensorflow1.layers.base import Layer, as_function
from tf_slim.legacy.tensorflow1.layers.on_slim import data_format_of

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

    _spatial: int
    _kind: str

    def __init__(
        self, pool_size, strides, padding="valid", data_format="channels_last", name=None, **kwargs
    ):
        super().__init__(name=name, **kwargs)
        self.pool_size, self.strides, self.padding = pool_size, strides, padding
        self._data_format = data_format_of(data_format, self._spatial)

    def call(self, inputs):
        """The pooled inputs."""
        return tf.nn.pool(
            inputs,
            n_positive_integers(self._spatial, self.pool_size),
            self._kind,
            n_positive_integers(self._spatial, self.strides),
            self.padding.upper(),
            data_format=self._data_format,
        )


class MaxPooling1D(_Pooling):
    """The maximum over windows of `[batch, length, channels]`."""

    _spatial, _kind = 1, "MAX"


class MaxPooling2D(_Pooling):
    """The maximum over windows of `[batch, height, width, channels]`."""

    _spatial, _kind = 2, "MAX"


class MaxPooling3D(_Pooling):
    """The maximum over windows of `[batch, depth, height, width, channels]`."""

    _spatial, _kind = 3, "MAX"


class AveragePooling1D(_Pooling):
    """The average over windows of `[batch, length, channels]`."""

    _spatial, _kind = 1, "AVG"


class AveragePooling2D(_Pooling):
    """The average over windows of `[batch, height, width, channels]`."""

    _spatial, _kind = 2, "AVG"


class AveragePooling3D(_Pooling):
    """The average over windows of `[batch, depth, height, width, channels]`."""

    _spatial, _kind = 3, "AVG"


average_pooling1d = as_function(AveragePooling1D, "average_pooling1d")
average_pooling2d = as_function(AveragePooling2D, "average_pooling2d")
average_pooling3d = as_function(AveragePooling3D, "average_pooling3d")
max_pooling1d = as_function(MaxPooling1D, "max_pooling1d")
max_pooling2d = as_function(MaxPooling2D, "max_pooling2d")
max_pooling3d = as_function(MaxPooling3D, "max_pooling3d")
