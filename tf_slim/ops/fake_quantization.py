"""Rounding to what integers can hold, with ranges that are learned: see `quantization`."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.ops import frozen, modes, places, quantization, scopes, variables
from tf_slim.ops.quantization import Quantization, Quantizer
from tf_slim.ops.types import Scope, Tensor, TensorLike

_INITIAL_MIN, _INITIAL_MAX = -6.0, 6.0

# Ranges of weights are wider by this, so that the largest of them, which rounding of the range
# could leave outside, has a gradient.
_WIDER = 1 + 1e-6
# A range of nothing but zeros has no step.
_LEAST = 1e-8


class LayerQuantizer(Quantizer):
    """The quantization of one layer by the rules of `slim.quantize`.

    Makes `updates`, the number of training steps so far, and `min` and `max` for each tensor.

    Args:
      options: how to quantize.
      training: whether this call moves the ranges: a truth value or a scalar tensor.
      scope: where `updates` is; "" for the scope that is open.
    """

    def __init__(self, options: Quantization, training: Any, scope: str):
        self._options = options
        known = tf.get_static_value(training) if tf.is_tensor(training) else training
        self._training = tf.convert_to_tensor(training) if known is None else bool(known)
        with _within(scope):
            self._updates = variables.model_variable(
                "updates",
                shape=[],
                dtype=tf.float32,
                initializer=tf.zeros_initializer(),
                trainable=False,
            )
        self._count: tf.Tensor | None = None

    def kernel(
        self, name: str, kernel: Any, channels: Sequence[int] | None, normalized: bool = False
    ) -> tf.Tensor:
        kernel = tf.convert_to_tensor(kernel)
        rounded = self._rounded(tf.cast(kernel, tf.float32), channels)
        return self._when_active(tf.cast(rounded, kernel.dtype), kernel)

    def scaled_kernel(
        self, name: str, kernel: Any, channels: Sequence[int] | None, factor: tf.Tensor
    ) -> tf.Tensor | None:
        if self._by_channel(kernel, channels):
            return None  # to scale a channel is to scale its range
        kernel = tf.convert_to_tensor(kernel)
        exact, factor = tf.cast(kernel, tf.float32), tf.stop_gradient(tf.cast(factor, tf.float32))
        rounded = self._rounded(exact * factor, channels)
        rounded = unscaled(rounded, exact, factor, self._options.weight_bits)
        return self._when_active(tf.cast(rounded, kernel.dtype), kernel)

    def outputs(self, outputs: tf.Tensor, scope: str = "act_quant") -> tf.Tensor:
        low, high = _range_variables(scope)
        exact = tf.cast(outputs, tf.float32)
        least, most = tf.convert_to_tensor(low), tf.convert_to_tensor(high)
        if self._training is not False and not frozen.holds((low, high)):
            rate = tf.maximum(1.0 - self._options.decay, tf.math.reciprocal_no_nan(self._counted()))
            rate = tf.where(self._training, rate, 0.0)
            least = _moved(low, tf.minimum(tf.reduce_min(exact), 0.0), rate)
            most = _moved(high, tf.maximum(tf.reduce_max(exact), 0.0), rate)
        rounded = tf.quantization.fake_quant_with_min_max_vars(
            exact, least, tf.maximum(most, least + _LEAST), num_bits=self._options.activation_bits
        )
        return self._when_active(tf.cast(rounded, outputs.dtype), outputs)

    def _by_channel(self, kernel: Any, channels: Sequence[int] | None) -> bool:
        # The LiteRT converter transposes matrices, and cannot do so with ranges by column.
        return self._options.per_channel and channels is not None and len(kernel.shape) > 2

    def _rounded(self, kernel: tf.Tensor, channels: Sequence[int] | None) -> tf.Tensor:
        bits = self._options.weight_bits
        if channels is None or not self._by_channel(kernel, channels):
            most = tf.maximum(tf.stop_gradient(tf.reduce_max(tf.abs(kernel))), _LEAST) * _WIDER
            return tf.quantization.fake_quant_with_min_max_vars(
                kernel, -most, most, num_bits=bits, narrow_range=True
            )
        shape = kernel.shape.as_list()
        flat = tf.reshape(kernel, [*shape[: -len(channels)], math.prod(channels)])
        axes = list(range(flat.shape.rank - 1))
        most = tf.maximum(tf.stop_gradient(tf.reduce_max(tf.abs(flat), axes)), _LEAST) * _WIDER
        rounded = tf.quantization.fake_quant_with_min_max_vars_per_channel(
            flat, -most, most, num_bits=bits, narrow_range=True
        )
        return rounded if flat.shape == kernel.shape else tf.reshape(rounded, shape)

    def _counted(self) -> tf.Tensor:
        """The number of training steps, this one among them."""
        if self._count is None:
            self._count = tf.convert_to_tensor(self._updates)
            if not modes.recomputing():
                self._count += tf.cast(self._training, tf.float32)
                _assign(self._updates, self._count)
        return self._count

    def _when_active(self, rounded: tf.Tensor, exact: tf.Tensor) -> tf.Tensor:
        if self._training is False or not self._options.delay:
            return rounded
        begun = self._counted() > self._options.delay
        return tf.where(tf.logical_or(begun, tf.logical_not(self._training)), rounded, exact)


def layer(scope: str = "act_quant") -> Quantizer | None:
    """What quantizes the layer whose scope is open; None for no quantization.

    Args:
      scope: of what the layer keeps once, however many tensors it has; "" for the open scope.
    """
    options = quantization.current()
    if options is not None:
        return LayerQuantizer(options, quantization.training(), scope)
    scheme = quantization.scheme_of_graph()
    return None if scheme is None else scheme.layer()


@modes.do_not_convert
def fake_quant(inputs: TensorLike, scope: Scope = None) -> Tensor:
    """Inside `slim.quantize`: a tensor as it will be after quantization. Elsewhere the tensor.

    For what no layer gives, so that nothing else would round it: a sum of two branches, or the
    images of a net. Makes `min`, `max` and `updates`: see `slim.quantize`.

    Args:
      inputs: a tensor, floating point.
      scope: name of the scope; by default `FakeQuant`, made unique.

    Returns:
      A tensor of the shape and dtype of `inputs`.

    Raises:
      TypeError: `inputs` is not floating point.

    Examples:
      >>> def net(x):
      ...     return slim.fake_quant(slim.fully_connected(x, 8, None) + x, scope="add_quant")
      >>> model = slim.Model(net, quantize=True)
      >>> model(tf.ones([1, 8])).shape
      TensorShape([1, 8])
      >>> [name for name in model.named_variables if name.startswith("add_quant")]
      ['add_quant/updates', 'add_quant/min', 'add_quant/max']
    """
    if not quantization.in_force():
        return tf.convert_to_tensor(inputs)
    inputs = tf.convert_to_tensor(inputs)
    if not inputs.dtype.is_floating:
        raise TypeError(
            f"fake_quant in scope {scope!r}: expected floating point inputs; got "
            f"{inputs.dtype.name}. Cast them first: tf.cast(inputs, tf.float32)."
        )
    with scopes.scope(scope, "FakeQuant", [inputs]):
        quantizer = layer("")
        return inputs if quantizer is None else quantizer.outputs(inputs, "")


@modes.do_not_convert
def inputs_of_model(args: tuple) -> tuple:
    """The positional arguments of a model that is quantized: images as integers will hold them."""
    if quantization.current() is None:
        return args
    names = ("input_quant" + (f"_{index}" if index else "") for index in range(len(args)))
    return tuple(
        fake_quant(value, name) if _is_batch(value) else value
        for value, name in zip(args, names, strict=True)
    )


def names_of_ranges(names: Iterable[str]) -> list[str]:
    """Those of a model's variables that quantization has made; a checkpoint may be older."""
    names = set(names)
    return sorted(
        name
        for name in names
        for scope, _, leaf in [name.rpartition("/")]
        if leaf in ("min", "max", "updates") and {f"{scope}/min", f"{scope}/max"} <= names
    )


def _is_batch(value: Any) -> bool:
    dtype = getattr(value, "dtype", None)
    return dtype is not None and tf.as_dtype(dtype).is_floating and len(value.shape) > 1


def unscaled(rounded: tf.Tensor, exact: tf.Tensor, factor: tf.Tensor, bits: int) -> tf.Tensor:
    """What times `factor` is `rounded`, with gradients as if there were neither.

    Args:
      rounded: `exact * factor`, rounded with one range for all.
      exact: weights.
      factor: what can be broadcast to them; it has no gradient.
      bits: the size of the integers.
    """
    # Where a channel is scaled to nothing its weights stay what they are, so that gradients find
    # the scale: what they give is less than a step.
    step = tf.reduce_max(tf.abs(exact * factor)) / (2 ** (bits - 1) - 1)
    nothing = tf.abs(factor) * tf.reduce_max(tf.abs(exact)) < step / 2
    return tf.where(nothing, exact, tf.math.divide_no_nan(rounded, factor))


def _within(scope: str) -> contextlib.AbstractContextManager:
    return scopes.scope(scope) if scope else contextlib.nullcontext()


def _range_variables(scope: str) -> tuple[Any, Any]:
    with _within(scope):
        low, high = (
            variables.model_variable(
                name,
                shape=[],
                dtype=tf.float32,
                initializer=tf.constant_initializer(value),
                trainable=False,
            )
            for name, value in (("min", _INITIAL_MIN), ("max", _INITIAL_MAX))
        )
    return low, high


def _moved(variable: Any, value: tf.Tensor, rate: tf.Tensor) -> tf.Tensor:
    """Moves an end of a range towards that of a batch, and returns where it is then."""
    now = tf.convert_to_tensor(variable)
    if modes.recomputing():
        return now
    # Neither a batch without examples nor one that overflows tells anything.
    value = tf.where(tf.math.is_finite(value), tf.stop_gradient(value), now)
    now += (value - now) * rate
    _assign(variable, now)
    return now


def _assign(variable: Any, value: tf.Tensor) -> None:
    assigned = tf.compat.v1.assign(variable, value)
    places.current().add_updates([assigned], [tf.compat.v1.GraphKeys.UPDATE_OPS])
