"""Layers of `tf.layers` that are computed by a layer of Slim."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

from tf_slim.legacy.tensorflow1.layers.base import Layer
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

    Those who derive set `_slim` to the function and `_arguments` to its keyword arguments.
    """

    _slim: Callable
    _arguments: dict

    def __init__(self, activity_regularizer=None, constraints=None, **kwargs):
        super().__init__(**kwargs)
        self._activity_regularizer = activity_regularizer
        self._constraints = {k: v for k, v in (constraints or {}).items() if v is not None}

    def _compute(self, name, reuse, inputs, *args, **kwargs):
        inputs = tf.convert_to_tensor(inputs)
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
        if self._activity_regularizer is not None:
            self.add_loss(self._activity_regularizer(outputs))
        return outputs

    def _call_arguments(self) -> dict:
        return {}

    def _note(self, getter, name, *args, **kwargs):
        constraint = self._constraints.get(self._renamed(name.rpartition("/")[2]))
        if constraint is not None:
            kwargs["constraint"] = constraint
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
