"""Layers of `tf.layers` that are computed by a layer of Slim."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tf_slim.legacy.tensorflow1.layers import named
from tf_slim.legacy.tensorflow1.layers.base import Layer
from tf_slim.ops import keras_objects
from tf_slim.ops.arg_scope import ArgScope, arg_scope

__all__ = ["SlimLayer", "data_format_of"]

_NAMES = {
    "biases": "bias",
    "depthwise_weights": "depthwise_kernel",
    "pointwise_weights": "pointwise_kernel",
    "weights": "kernel",
}


class SlimLayer(Layer):
    """A layer that hands its work to a function of Slim.

    Those who derive set `_slim` to the function and `_arguments` to its keyword arguments, and call
    `_keep` with the arguments of their constructor. Initializers, regularizers and activations may
    be given by name.

    Attributes:
      <each argument of the constructor>: as it was given.
    """

    _slim: Callable
    _arguments: dict

    def __init__(self, trainable=True, name=None, dtype=None, **kwargs):
        super().__init__(trainable=trainable, name=name, dtype=dtype, **kwargs)
        self._initializers: dict = {}
        self._regularizers: dict = {}
        self._constraints: dict = {}

    def _keep(self, given: dict) -> None:
        """Keeps what the constructor was given, each argument as an attribute.

        What is called `<variable>_initializer`, `_regularizer` and `_constraint` also goes to that
        variable when it is made.
        """
        kinds = {
            "initializer": (self._initializers, named.initializer),
            "regularizer": (self._regularizers, named.regularizer),
            "constraint": (self._constraints, lambda value: value),
        }
        for key, value in given.items():
            if key in ("self", "kwargs", "name", "trainable", "__class__"):
                continue
            variable, _, kind = key.rpartition("_")
            if kind in kinds:
                table, find = kinds[kind]
                value = table[variable] = find(value)
            setattr(self, key, value)

    def _compute(self, name, reuse, inputs, *args, **kwargs):
        inputs = tf.convert_to_tensor(inputs)
        if self._dtype is not None:
            inputs = tf.cast(inputs, self._dtype)
        # What an arg_scope of the program sets for Slim's layers is not meant for these.
        with arg_scope(ArgScope()):
            outputs = type(self)._slim(
                inputs,
                **self._arguments,
                **self._call_arguments(*args, **kwargs),
                scope=name,
                reuse=reuse or None,
                trainable=self.trainable,
            )
        self._regularize_activity(name, outputs)
        return outputs

    def _regularize_activity(self, name, outputs) -> None:
        given = self._regularizers.get("activity")
        if given is not None:
            with tf.compat.v1.name_scope(f"{name}/ActivityRegularizer"):
                loss = given(outputs)
                # The strength is one for each example, whatever the size of the batch.
                self.add_loss(tf.divide(loss, tf.cast(tf.shape(outputs)[0], loss.dtype)))

    def _call_arguments(self) -> dict:
        return {}

    def _note(self, getter, name, *args, **kwargs):
        variable = self._renamed(name.rpartition("/")[2])
        if variable in self._initializers:
            # None is the default of the scope, or TensorFlow's, for biases too.
            kwargs["initializer"] = (
                self._initializers[variable] or tf.compat.v1.get_variable_scope().initializer
            )
        if self._regularizers.get(variable) is not None:
            kwargs["regularizer"] = keras_objects.in_graph(self._regularizers[variable])
        if self._constraints.get(variable) is not None:
            kwargs["constraint"] = keras_objects.in_graph(self._constraints[variable])
        return super()._note(getter, name, *args, **kwargs)

    def _renamed(self, variable: str) -> str:
        return _NAMES.get(variable, variable)


def data_format_of(data_format: str, spatial: int) -> str:
    """Slim's name for "channels_last" or "channels_first" with 1 to 3 spatial dimensions.

    Raises:
      ValueError: it is neither.
    """
    space = {1: "W", 2: "HW", 3: "DHW"}[spatial]
    if data_format == "channels_last":
        return f"N{space}C"
    if data_format == "channels_first":
        return f"NC{space}"
    raise ValueError(f"data_format is 'channels_last' or 'channels_first'; got {data_format!r}.")
