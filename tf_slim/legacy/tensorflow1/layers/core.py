"""`tf.layers.dense`, `dropout` and `flatten`."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from tf_slim.layers import dense as slim_dense
from tf_slim.layers.utils import smart_cond
from tf_slim.legacy.tensorflow1.layers.base import Layer, as_function
from tf_slim.legacy.tensorflow1.layers.on_slim import SlimLayer
from tf_slim.ops import shapes

__all__ = ["Dense", "Dropout", "Flatten", "dense", "dropout", "flatten"]


class Dense(SlimLayer):
    """A product with `kernel`, `[channels, units]`, over the last axis of `[..., channels]`."""

    _slim = staticmethod(slim_dense.fully_connected)

    def __init__(
        self,
        units,
        activation=None,
        use_bias=True,
        kernel_initializer=None,
        bias_initializer=tf.compat.v1.zeros_initializer(),
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
        # As TensorFlow 1 did: what stands behind the point of 9 / 2 is dropped.
        self.units = int(units) if isinstance(units, (float, np.floating)) else units
        self._arguments = {
            "num_outputs": self.units,
            "activation_fn": activation,
            "weights_initializer": kernel_initializer,
            "weights_regularizer": kernel_regularizer,
            "biases_initializer": bias_initializer if use_bias else None,
            "biases_regularizer": bias_regularizer,
        }


class Dropout(Layer):
    """Sets a share `rate` of the values to zero when `training`, and scales up the others."""

    def __init__(self, rate=0.5, noise_shape=None, seed=None, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed

    def call(self, inputs, training=False):
        """The values that are left when `training`, otherwise all of them."""
        return smart_cond(
            training,
            lambda: tf.nn.dropout(inputs, self.rate, self.noise_shape, self.seed),
            lambda: tf.identity(inputs),
        )


class Flatten(Layer):
    """`[batch, ...]` as `[batch, values]`."""

    def __init__(self, data_format="channels_last", **kwargs):
        super().__init__(**kwargs)
        self._channels_first = data_format == "channels_first"

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
flatten = as_function(Flatten, "flatten")
