"""What `tf.contrib.framework` had besides arg_scope and variables."""

from __future__ import annotations

import functools
import types

import tensorflow as tf

from tf_slim.layers.utils import smart_cond
from tf_slim.legacy.overlay import Overlay

__all__ = [
    "CriticalSection",
    "argsort",
    "assert_scalar",
    "deprecated",
    "deprecated_arg_values",
    "deprecated_args",
    "get_name_scope",
    "init_from_checkpoint",
    "is_tensor",
    "list_variables",
    "load_checkpoint",
    "load_variable",
    "nest",
    "smart_cond",
    "smart_constant_value",
    "sort",
]

CriticalSection = tf.CriticalSection
argsort = tf.argsort
init_from_checkpoint = tf.compat.v1.train.init_from_checkpoint
is_tensor = tf.is_tensor
list_variables = tf.train.list_variables
load_checkpoint = tf.train.load_checkpoint
load_variable = tf.train.load_variable
smart_constant_value = tf.get_static_value
sort = tf.sort


def _is_nested(structure) -> bool:
    """Whether `tf.nest` looks into `structure`: a list, tuple, dict and the like."""
    return tf.nest.is_nested(structure)


nest = Overlay(
    "tensorflow.contrib.framework.nest",
    tf.nest,
    {"is_sequence": lambda: _is_nested, "is_nested": lambda: _is_nested},
)


def assert_scalar(tensor, name=None):
    """Returns `tensor` if its shape is that of a scalar.

    Raises:
      ValueError: its static shape is another one.
    """
    return tf.compat.v1.debugging.assert_scalar(tensor, name=name)


def get_name_scope() -> str:
    """The name scope that is open."""
    return tf.compat.v1.get_default_graph().get_name_scope()


def _undecorated(*unused_args, **unused_kwargs):
    """A decorator that leaves functions alone: programs mark their own functions as deprecated."""

    def decorate(function):
        @functools.wraps(function)
        def same(*args, **kwargs):
            return function(*args, **kwargs)

        return same if isinstance(function, types.FunctionType) else function

    return decorate


deprecated = deprecated_args = deprecated_arg_values = _undecorated
