"""What a net takes: shapes, tensors and specs, read as `tf.TensorSpec`s."""

from __future__ import annotations

import numbers
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.ops.arguments import describe


def specs_of(given: Any) -> Any:
    """Shapes, tensors and specs, one or a structure of them, as a structure of specs."""
    if isinstance(given, tf.TypeSpec):
        return given
    if tf.is_tensor(given) or hasattr(given, "dtype"):
        return tf.TensorSpec(given.shape, given.dtype)
    if isinstance(given, Mapping):
        return {name: specs_of(one) for name, one in given.items()}
    if isinstance(given, (list, tuple)) and not all(_is_size(one) for one in given):
        specs = [specs_of(one) for one in given]
        return type(given)(*specs) if hasattr(given, "_fields") else type(given)(specs)
    shape = _shape(given)
    if shape is None:
        remedy = "Write for instance tf.TensorSpec([None, height, width, channels])."
        elements = getattr(given, "element_spec", None)
        if elements is not None:
            first = "[0]" if isinstance(elements, tuple) else ""
            remedy = f"Of a dataset that is `model.build(dataset.element_spec{first})`."
        raise TypeError(
            "build: expected as spec of an input a tf.TensorSpec, a tensor or a shape, or a dict, "
            f"list or tuple of them; got {describe(given)}. {remedy}"
        )
    return tf.TensorSpec(shape, tf.float32)


def taken(args: tuple) -> tuple[Any, ...]:
    """What a net was called with, as specs of batches of any size; none if it is not all tensors.

    Args:
      args: tensors, arrays, or structures of them.
    """
    flat = tf.nest.flatten(args)
    if not flat or not all(tf.is_tensor(one) or isinstance(one, np.ndarray) for one in flat):
        return ()

    def spec(one: Any) -> tf.TensorSpec:
        shape = tf.TensorShape(one.shape)
        if shape.rank:
            shape = tf.TensorShape([None]).concatenate(shape[1:])
        return tf.TensorSpec(shape, one.dtype)

    return tf.nest.map_structure(spec, args)


def named(args: Sequence[Any]) -> tuple[Any, ...]:
    """The specs of the arguments of a net, with the names that the inputs of its graph have.

    A single one is called `images`, others by the keys of their dict, or `input_0`, `input_1`.

    Args:
      args: for each argument a spec, or a structure of them.
    """

    def with_name(one: Any, default: str) -> Any:
        if isinstance(one, Mapping):
            return {key: with_name(value, str(key)) for key, value in one.items()}
        if isinstance(one, (tuple, list)):
            return type(one)(with_name(value, f"{default}_{i}") for i, value in enumerate(one))
        return tf.TensorSpec(one.shape, one.dtype, one.name or default)

    if len(args) == 1:
        return (with_name(args[0], "images"),)
    return tuple(with_name(one, f"input_{i}") for i, one in enumerate(args))


def _shape(given: Any) -> tf.TensorShape | None:
    # Not of what can be gone through: it would be, and TensorFlow's error shows what is in it.
    if hasattr(given, "__iter__") and not isinstance(given, (list, tuple, tf.TensorShape)):
        return None
    try:
        return tf.TensorShape(given)
    except (TypeError, ValueError):
        return None


def _is_size(value: Any) -> bool:
    return value is None or isinstance(value, (numbers.Integral, tf.compat.v1.Dimension))
