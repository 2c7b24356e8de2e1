"""Regularizers and constraints of Keras, on the variables of a v1 graph.

Keras 3 knows neither the ref variables of TensorFlow 1 (nor their dtype) nor graphs: some objects
hold a tensor of the place where they were made. Functions of other origin get what they always got,
the variable itself, since they may ask for its name.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, TypeVar

import tensorflow as tf

from tf_slim.ops import modes

_Function = TypeVar("_Function", bound="Callable | None")


def in_graph(function: _Function) -> _Function:
    """A function of a variable; one of Keras such that it can be called in a v1 graph."""
    if function is None or not modes.in_v1_graph() or not _of_keras(function):
        return function
    ready = _without_tensors(function)

    def of_value(variable):
        return ready(_value(variable))

    return of_value  # pyright: ignore[reportReturnType]


def _of_keras(function: Any) -> bool:
    modules = [getattr(function, "__module__", None)]
    modules += [kind.__module__ for kind in type(function).__mro__]
    return any((module or "").split(".")[0] == "keras" for module in modules)


def _value(variable: Any) -> Any:
    """The value of a ref variable; anything else as it is."""
    dtype = tf.as_dtype(variable.dtype)
    return variable if dtype == dtype.base_dtype else tf.convert_to_tensor(variable)


def _without_tensors(function: Any) -> Any:
    """A copy that holds numbers in place of constant tensors, which belong to one graph or none."""
    held = {
        name: tf.get_static_value(value)
        for name, value in getattr(function, "__dict__", {}).items()
        if tf.is_tensor(value)
    }
    if not held:
        return function
    function = copy.copy(function)
    vars(function).update(held)
    return function
