"""`tf.layers.dense`, `dropout` and `flatten`."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tf_slim.layers import dense as slim_dense
from tf_slim.layers.utils import smart_cond
from tf_slim.legacy.tensorflow1.layers import named
from tf_slim.legacy.tensorflow1.layers.base import Layer, as_function
from tf_slim.legacy.tensorflow1.layers.on_slim import SlimLayer, data_format_of
from tf_slim.ops import shapes

__all__ = ["Dense", "Dropout", "Flatten", "dense", "dropout", "flatten"]

_zeros = tf.compat.v1.zeros_initializer


class Dense(SlimLayer):
    """A product with `kernel`, `[channels, units]`, over the last axis of `[..., channels]`."""

    _slim = staticmethod(slim_dense.fully_connected)

    def __init__(
        self,
        units,
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
        # As TensorFlow 1 did: what stands behind the point of 9 / 2 is dropped.
        self.units = int(units) if isinstance(units, (float, np.floating)) else units
        self._arguments = {
            "num_outputs": self.units,
            "activation_fn": named.activation(activation),
            "biases_initializer": _zeros() if use_bias else None,
        }


class Dropout(Layer):
    """Sets a share `rate` of the values to zero when `training`, and scales up the others."""

    def __init__(self, rate=0.5, noise_shape=None, seed=None, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed

    def call(self, inputs, training=False):
        """The values that are left when `training`, otherwise all of them."""
        return smart_cond(
            False if training is None else training,
            lambda: tf.nn.dropout(inputs, self.rate, self.noise_shape, self.seed),
            lambda: tf.identity(inputs),
        )


class Flatten(Layer):
    """`[batch, ...]` as `[batch, values]`."""

    def __init__(self, data_format="channels_last", name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self.data_format = data_format
        self._channels_first = data_format_of(data_format, 1) == "NCW"

    def call(self, inputs):
        """The flattened inputs."""
        inputs = tf.convert_to_tensor(inputs)
        if self._channels_first and (inputs.shape.rank or 0) > 2:
            axes = [0, *range(2, inputs.shape.rank), 1]
            inputs = tf.transpose(inputs, axes)
        size = inputs.shape[1:].num_elements()
        batch = shapes.size(inputs, 0)
        if size is None or batch is None:
            flat = tf.reshape(inputs, [tf.shape(inputs)[0], -1 if size is None else size])
            flat.set_shape([batch, size])
            return flat
        return tf.reshape(inputs, [batch, size])


dense = as_function(Dense, "dense")
dropout = as_function(Dropout, "dropout", "training")
flatten = as_function(Flatten, "flatten", order="name data_format reuse")
