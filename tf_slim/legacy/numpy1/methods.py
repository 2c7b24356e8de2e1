"""What arrays could do when programs of TensorFlow 1 were written, for the source of the program.

Arrays are NumPy's own and everybody's, so nothing can be added to them. The runner writes calls of
these functions into the program's syntax tree in their place; see `tf_slim.legacy.source`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["METHODS", "attribute", "filled", "only"]


def _itemset(array, *args) -> None:
    *index, value = args
    if not index:
        array[...] = np.reshape(value, array.shape)
    elif isinstance(index[0], tuple) or len(index) > 1:
        array[index[0] if len(index) == 1 else tuple(index)] = value
    else:
        array.flat[index[0]] = value


def _newbyteorder(array, new_order="S"):
    return array.view(array.dtype.newbyteorder(new_order))


METHODS = {
    "itemset": _itemset,
    "newbyteorder": _newbyteorder,
    "ptp": np.ptp,
    "tostring": lambda array, order="C": array.tobytes(order),
}


def attribute(value: Any, name: str) -> Any:
    """`value.<name>`, also where arrays have lost it."""
    try:
        return getattr(value, name)
    except AttributeError:
        method = METHODS[name]
        if isinstance(value, (np.ndarray, np.generic)):
            return lambda *args, **kwargs: method(value, *args, **kwargs)
        if isinstance(value, type) and issubclass(value, (np.ndarray, np.generic)):
            return method
        raise


def only(value: Any) -> Any:
    """The one element of an array that holds one; everything else as it is."""
    if isinstance(value, np.ndarray) and value.ndim and value.size == 1:
        return value.item()
    return value


class _One:
    """An array of one number, where `%` wants a number; as text it is the array."""

    def __init__(self, array: np.ndarray):
        self._array = array

    def __float__(self) -> float:
        return float(self._array.item())

    def __int__(self) -> int:
        return int(self._array.item())

    def __str__(self) -> str:
        return str(self._array)

    def __repr__(self) -> str:
        return repr(self._array)


def _one(value: Any) -> Any:
    return value if only(value) is value else _One(value)


def filled(template: str, values: Any) -> str:
    """`template % values`, where an array of one number is a number."""
    try:
        return template % values
    except TypeError:
        if isinstance(values, tuple):
            mended: Any = tuple(map(_one, values))
        elif isinstance(values, Mapping):
            mended = {key: _one(value) for key, value in values.items()}
        else:
            mended = _one(values)
        return template % mended
