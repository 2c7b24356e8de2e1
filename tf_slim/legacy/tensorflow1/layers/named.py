"""Initializers, activations and regularizers of `tf.layers`, which may be given by name."""

from __future__ import annotations

import functools
import re
from typing import Any

import tensorflow as tf

__all__ = ["activation", "initializer", "regularizer"]

v1 = tf.compat.v1

# By name these were Keras's, with its own width; v1.initializers have others.
_KERAS_INITIALIZERS = {
    "random_normal": functools.partial(v1.random_normal_initializer, stddev=0.05),
    "random_uniform": functools.partial(v1.random_uniform_initializer, -0.05, 0.05),
    "truncated_normal": functools.partial(v1.truncated_normal_initializer, stddev=0.05),
}
_PLAIN_INITIALIZERS = (
    "constant",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "variance_scaling",
    "zeros",
)
_SHORT_INITIALIZERS = {
    "normal": "random_normal",
    "one": "ones",
    "uniform": "random_uniform",
    "zero": "zeros",
}
_ACTIVATIONS = {
    "exponential": tf.exp,
    "hard_sigmoid": lambda x: tf.clip_by_value(0.2 * x + 0.5, 0.0, 1.0),
    "linear": None,
    "swish": tf.nn.silu,
}
_PLAIN_ACTIVATIONS = (
    "elu",
    "gelu",
    "leaky_relu",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "softsign",
    "tanh",
)
_REGULARIZERS = {
    "l1": lambda w: 0.01 * tf.reduce_sum(tf.abs(w)),
    "l2": lambda w: 0.01 * tf.reduce_sum(tf.square(w)),
    "l1_l2": lambda w: 0.01 * tf.reduce_sum(tf.abs(w) + tf.square(w)),
}


def initializer(given: Any) -> Any:
    """The initializer that a name such as "he_normal" or "HeNormal" stands for.

    Args:
      given: a name, or what is returned as it is.

    Raises:
      ValueError: there is no initializer of this name.
    """
    if not isinstance(given, str):
        return given
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", given).lower()
    snake = _SHORT_INITIALIZERS.get(snake, snake)
    if snake in _KERAS_INITIALIZERS:
        return _KERAS_INITIALIZERS[snake]()
    if snake in _PLAIN_INITIALIZERS:
        return getattr(v1.initializers, snake)()
    raise _unknown("initializer", given, [*_PLAIN_INITIALIZERS, *_KERAS_INITIALIZERS])


def activation(given: Any) -> Any:
    """The function that a name such as "relu" stands for; None for "linear".

    Args:
      given: a name, or what is returned as it is.

    Raises:
      ValueError: there is no activation of this name.
    """
    if not isinstance(given, str):
        return given
    if given in _PLAIN_ACTIVATIONS:
        return getattr(tf.nn, given)
    if given not in _ACTIVATIONS:
        raise _unknown("activation", given, [*_PLAIN_ACTIVATIONS, *_ACTIVATIONS])
    return _ACTIVATIONS[given]


def regularizer(given: Any) -> Any:
    """The function that "l1", "l2" or "l1_l2" stands for, of strength 0.01.

    Args:
      given: a name, or what is returned as it is.

    Raises:
      ValueError: there is no regularizer of this name.
    """
    if not isinstance(given, str):
        return given
    if given not in _REGULARIZERS:
        raise _unknown("regularizer", given, [*_REGULARIZERS])
    return _REGULARIZERS[given]


def _unknown(kind: str, given: str, names: list[str]) -> ValueError:
    return ValueError(
        f"tf.layers knows no {kind} {given!r}. Give a function, or one of the names "
        f"{', '.join(sorted(names))}."
    )
