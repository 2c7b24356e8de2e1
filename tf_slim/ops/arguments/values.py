"""Kinds of arguments that are data or numbers: tensors, sizes, shapes, axes, thresholds."""

from __future__ import annotations

import functools
import math
import numbers
import operator
import sys
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.ops.arguments.kinds import Kind

LARGEST = 2**31
"""What no size reaches: TensorFlow's kernels count in int32, and some abort the process beyond."""

_MOST_ELEMENTS = 2**40
_MOST = sys.float_info.max


def integer(value: Any) -> int | None:
    """`value` as an int, or None: numbers of numpy, v1 dimensions and integral floats are fine."""
    if isinstance(value, (float, np.floating)):
        return int(value) if float(value).is_integer() else None
    try:
        return operator.index(value)
    except (TypeError, AttributeError):  # a tensor has the method, whatever is in it
        pass
    except ValueError:  # a Dimension of unknown size
        return None
    size = getattr(value, "value", None) if isinstance(value, tf.compat.v1.Dimension) else None
    return size if isinstance(size, int) else None


def is_composite(value: Any) -> bool:
    """Whether it is a ragged or sparse tensor, or the value of one."""
    return isinstance(
        value,
        (
            tf.RaggedTensor,
            tf.SparseTensor,
            tf.IndexedSlices,
            tf.compat.v1.SparseTensorValue,
            tf.compat.v1.ragged.RaggedTensorValue,
        ),
    )


def is_dense(value: Any, words: bool = False) -> bool:
    """Whether it is a dense tensor, or something to make one of."""
    if isinstance(value, tf.Tensor):
        return words or value.dtype.base_dtype != tf.string
    if isinstance(value, (bool, int, float, complex, np.generic)):
        # An integer of more than 64 bits has no place in a tensor.
        return not isinstance(value, int) or -(2**63) <= value < 2**63
    if isinstance(value, (list, tuple)) and not is_composite(value):
        return _is_dense_list(value, words)
    dtype = getattr(value, "dtype", None)
    if dtype is None or is_composite(value) or isinstance(value, (tf.TypeSpec, tf.data.Dataset)):
        return words and isinstance(value, (str, bytes))
    if isinstance(dtype, np.dtype):
        return dtype.kind in ("biufcVSU" if words else "biufcV")
    if not isinstance(dtype, tf.DType):  # of Keras, or another library: a name
        return not type(value).__module__.startswith("keras") or hasattr(value, "assign")
    return words or dtype.base_dtype != tf.string


def _is_dense_list(value: Any, words: bool) -> bool:
    flat = tf.nest.flatten(value)
    if any(hasattr(part, "dtype") for part in flat):
        return not any(part is None or is_composite(part) for part in flat)
    try:
        return np.asarray(value).dtype.kind in ("biufcSU" if words else "biufc")
    except (ValueError, OverflowError):
        return False


def _to_dense(name: str, value: Any) -> str:
    if isinstance(value, (tf.RaggedTensor, tf.compat.v1.ragged.RaggedTensorValue)):
        return f"Make it dense first: {name}.to_tensor()."
    if is_composite(value):
        return f"Make it dense first: tf.sparse.to_dense({name})."
    if type(value).__name__ == "KerasTensor":
        return "In a Keras model wrap the net: slim.as_keras_layer(slim.Model(net))(x)."
    if isinstance(value, tf.data.Dataset):
        return f"Take its elements: `for {name} in dataset:`."
    if value is None:
        return f"Pass {name}=..."
    return "Write for instance tf.constant(...)."


TENSOR = Kind("a dense tensor of numbers", is_dense, _to_dense)
ANY_TENSOR = Kind("a dense tensor", functools.partial(is_dense, words=True), _to_dense)
ANY_OR_SPARSE = Kind(
    "a tensor, dense or sparse",
    lambda value: (
        isinstance(value, tf.SparseTensor)
        or is_dense(value, words=True)
        or isinstance(value, tf.compat.v1.SparseTensorValue)
    ),
    _to_dense,
)


def is_number(value: Any, least: float = -math.inf, most: float = math.inf) -> bool:
    """Whether it is a real number, of a range if it is known now, or a scalar tensor of one."""
    if isinstance(value, (numbers.Real, np.generic)):
        try:
            return bool(least <= float(value) <= most)  # pyright: ignore[reportArgumentType]
        except (TypeError, OverflowError, ValueError):
            return False
    if isinstance(value, np.ndarray):
        return value.ndim == 0 and value.dtype.kind in "biuf" and bool(least <= value <= most)
    dtype: Any = getattr(value, "dtype", None)
    shape: Any = getattr(value, "shape", None)
    if not isinstance(dtype, tf.DType) or not isinstance(shape, tf.TensorShape):
        return False
    real = dtype.base_dtype.is_floating or dtype.base_dtype.is_integer or dtype.is_bool
    return real and shape.rank in (None, 0) and not is_composite(value)


NUMBER = Kind(
    "a finite number",
    lambda value: is_number(value, -_MOST, _MOST),
    "Write for instance {}=0.5.",
    ValueError,
)
AT_LEAST_0 = NUMBER._replace(
    expected="a finite number, at least 0",
    takes=lambda value: is_number(value, 0.0, _MOST),
    remedy="Write for instance {}=0.001.",
)
IN_0_1 = NUMBER._replace(
    expected="a number in [0, 1]",
    takes=lambda value: is_number(value, 0.0, 1.0),
    remedy="Write for instance {}=0.9.",
)


def is_integer(value: Any, least: int = -LARGEST, below: int = LARGEST) -> bool:
    found = None if isinstance(value, np.ndarray) and value.ndim else integer(value)
    return found is not None and least <= found < below


INTEGER = Kind("an integer", is_integer, "Write for instance {}=1.", ValueError)
SEED = INTEGER._replace(takes=lambda value: is_integer(value, -(2**63), 2**63))
POSITIVE_INTEGER = INTEGER._replace(
    expected=f"a positive integer below {LARGEST}",
    takes=lambda value: is_integer(value, 1),
)
NATURAL = INTEGER._replace(
    expected=f"an integer in [0, {LARGEST})", takes=lambda value: is_integer(value, 0)
)
INTEGER_OR_TENSOR = INTEGER._replace(
    takes=lambda value: is_integer(value) if not tf.is_tensor(value) else is_number(value)
)

AXES = Kind(
    "a list of axes",
    lambda value: (
        isinstance(value, (list, tuple, range, np.ndarray))
        and all(is_integer(axis) for axis in value)
    ),
    "Write for instance {}=[1, 2].",
)


AXIS_OR_AXES = AXES._replace(
    expected="an axis or a list of axes",
    takes=lambda value: is_integer(value) or AXES.takes(value),
)


def _is_shape(value: Any) -> bool:
    if type(value) is list:  # of layers: the short way
        count = 1
        for size in value:
            if type(size) is not int or not 0 <= size < LARGEST:
                break
            count *= size
        else:
            return count < _MOST_ELEMENTS
    return _is_any_shape(value)


def _is_any_shape(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, tf.TensorShape):
        given: list = value.as_list() if value.rank is not None else []
    elif isinstance(value, (list, tuple, np.ndarray)):
        given = list(value)
    else:
        given = [value]
    known = [size for size in given if getattr(size, "value", size) is not None]
    sizes = [integer(size) for size in known]
    count = math.prod(LARGEST**2 if size is None or size < 0 else size for size in sizes)
    return count < _MOST_ELEMENTS and all(
        size is not None and 0 <= size < LARGEST for size in sizes
    )


SHAPE = Kind(
    "a list of sizes, each below 2**31, of no more than 2**40 elements together",
    _is_shape,
    "Write for instance {}=[3, 3, 64, 128].",
    ValueError,
)


def _are_thresholds(value: Any) -> bool:
    if not is_dense(value) or isinstance(value, (bool, int, float)):
        return False
    if tf.is_tensor(value):
        return value.shape.rank == 1
    found = np.asarray(value)
    return found.ndim == 1 and found.size > 0 and bool(np.isfinite(found.astype(float)).all())


THRESHOLDS = Kind("a list of numbers", _are_thresholds, "Write for instance {}=[0.2, 0.5].")
HOW_MANY_THRESHOLDS = POSITIVE_INTEGER._replace(
    expected="an integer, at least 1 and at most a million",
    takes=lambda value: is_integer(value, 1, 10**6 + 1),
    remedy="Write for instance {}=200.",
)
NUM_CLASSES = INTEGER._replace(
    expected="a positive integer, of which the square still fits in memory",
    takes=lambda value: is_number(value) if tf.is_tensor(value) else is_integer(value, 1, 2**16),
    remedy="Write for instance {}=10.",
)
