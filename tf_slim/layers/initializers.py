"""Initializers that keep the scale of activations the same from layer to layer."""

from __future__ import annotations

import math

import tensorflow as tf

from tf_slim.ops import modes
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import DType, Initializer

__all__ = [
    "variance_scaling_initializer",
    "xavier_initializer",
    "xavier_initializer_conv2d",
]

_MODES = ("FAN_IN", "FAN_OUT", "FAN_AVG")

# A normal distribution cut off at two standard deviations has about 1 / 1.3 of its variance. The
# exact factor is 1.2924; 1.3 is what Slim has always used.
_TRUNCATION = 1.3


@checked
def xavier_initializer(
    uniform: bool = True, seed: int | None = None, dtype: DType = tf.float32
) -> Initializer:
    """Weights with variance 2 / (fan-in + fan-out): the default of all layers.

    From "Understanding the difficulty of training deep feedforward neural networks", Glorot and
    Bengio, 2010.

    Args:
      uniform: draw from a uniform distribution; otherwise from a truncated normal one.
      seed: makes the draw repeatable.
      dtype: the default dtype; floating point.

    Returns:
      An initializer: a function of (shape, dtype).

    Raises:
      TypeError: `dtype` is not floating point.

    Examples:
      >>> weights = slim.initializers.xavier_initializer(seed=1)([200, 300], tf.float32)
      >>> print(round(2 / (200 + 300), 3), tf.math.reduce_variance(weights).numpy().round(3))
      0.004 0.004
    """
    return variance_scaling_initializer(1.0, "FAN_AVG", uniform, seed, dtype)


xavier_initializer_conv2d = xavier_initializer


@checked
def variance_scaling_initializer(
    factor: float = 2.0,
    mode: str = "FAN_IN",
    uniform: bool = False,
    seed: int | None = None,
    dtype: DType = tf.float32,
) -> Initializer:
    """Weights with variance factor / n, where n is the number of inputs or outputs of a unit.

    The defaults are those of "Delving Deep into Rectifiers", He et al., 2015.

    Args:
      factor: of the variance.
      mode: "FAN_IN" for the number of inputs, "FAN_OUT" for that of outputs, "FAN_AVG" for their
        mean. Both are read off the shape `[*kernel, inputs, outputs]`.
      uniform: draw from a uniform distribution; otherwise from a truncated normal one.
      seed: makes the draw repeatable.
      dtype: the default dtype; floating point.

    Returns:
      An initializer: a function of (shape, dtype).

    Raises:
      TypeError: `dtype` is not floating point, or `mode` is unknown.

    Examples:
      >>> make = slim.initializers.variance_scaling_initializer(seed=1)
      >>> weights = make([3, 3, 16, 32], tf.float32)
      >>> print(round(2 / (3 * 3 * 16), 3), tf.math.reduce_variance(weights).numpy().round(3))
      0.014 0.014
    """
    _require_floating(dtype)
    if mode not in _MODES:
        raise TypeError(
            f"variance_scaling_initializer expects mode to be one of {', '.join(_MODES)}; got "
            f"{mode!r}."
        )

    def _initializer(shape, dtype=dtype, partition_info=None):
        dtype = _require_floating(dtype)
        # A part of a partitioned variable is scaled like the whole.
        whole = shape if partition_info is None else partition_info.full_shape
        variance = factor / _fan(tf.TensorShape(whole).as_list(), mode)
        if uniform:
            limit = math.sqrt(3.0 * variance)
            return _random_uniform(shape, -limit, limit, dtype, seed)
        return _truncated_normal(shape, math.sqrt(_TRUNCATION * variance), dtype, seed)

    return _initializer


def _fan(shape: list[int], mode: str) -> float:
    receptive_field = math.prod(shape[:-2])
    fan_out = float(receptive_field * shape[-1]) if shape else 1.0
    fan_in = float(receptive_field * shape[-2]) if len(shape) > 1 else fan_out
    # Of an empty variable nothing is drawn, whatever the scale.
    return max({"FAN_IN": fan_in, "FAN_OUT": fan_out}.get(mode, (fan_in + fan_out) / 2.0), 1e-30)


def _random_uniform(shape, low: float, high: float, dtype: tf.DType, seed: int | None):
    if seed is None or modes.in_v1_graph():
        return tf.random.uniform(shape, low, high, dtype, seed=seed)
    return tf.random.stateless_uniform(shape, _pair(seed), low, high, dtype)


def _truncated_normal(shape, stddev: float, dtype: tf.DType, seed: int | None):
    if seed is None or modes.in_v1_graph():
        return tf.random.truncated_normal(shape, 0.0, stddev, dtype, seed=seed)
    return tf.random.stateless_truncated_normal(shape, _pair(seed), 0.0, stddev, dtype)


def _pair(seed: int) -> tf.Tensor:
    # Kernels with hidden state would draw other numbers for the second variable with this seed.
    return tf.constant([seed, 0], tf.int64)


def _require_floating(dtype) -> tf.DType:
    dtype = tf.as_dtype(dtype)
    if not dtype.is_floating:
        raise TypeError(
            "Cannot create initializer for non-floating point type. Weights are drawn from a "
            f"continuous distribution; expected a floating-point dtype, got {dtype.name}."
        )
    return dtype
