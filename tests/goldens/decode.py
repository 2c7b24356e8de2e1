"""Names in the recorded cases, and the `$` forms that stand for objects."""

from __future__ import annotations

import importlib
import types
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

ROOTS = {
    "slim": "tf_slim",
    "tf": "tensorflow.compat.v1",
    "np": "numpy",
    "functools": "functools",
    "nets": "tf_slim.legacy.research_slim.nets",
    "preprocessing": "tf_slim.legacy.research_slim.preprocessing",
}
"""What plays the packages that the recorded programs imported."""


def find(path: str) -> Any:
    """The object with the recorded name `path`, such as "slim.losses.log_loss".

    Raises:
      LookupError: there is none.
    """
    root, *parts = path.split(".")
    try:
        found = importlib.import_module(ROOTS[root])
    except ModuleNotFoundError as error:
        raise LookupError(path) from error
    for part in parts:
        if hasattr(found, part):
            found = getattr(found, part)
        elif isinstance(found, types.ModuleType):
            try:
                found = importlib.import_module(f"{found.__name__}.{part}")
            except ModuleNotFoundError as error:
                raise LookupError(path) from error
        else:
            raise LookupError(path)
    return found


def exists(path: str) -> bool:
    """Whether `find` finds it."""
    try:
        find(path)
    except LookupError:
        return False
    return True


def names_in(recorded: Any) -> Iterator[str]:
    """All names that a recorded value refers to."""
    if isinstance(recorded, list):
        for element in recorded:
            yield from names_in(element)
    elif isinstance(recorded, dict):
        for key, element in recorded.items():
            if key in ("$ref", "$call"):
                yield element
            else:
                yield from names_in(element)


def decode(recorded: Any, inputs: Sequence = ()) -> Any:
    """The object that a recorded argument stands for.

        {"$input": k}                         the k-th of `inputs`
        {"$ref": name}                        what has this name
        {"$call": name, "args", "kwargs"}     what the call of it returns
        {"$tuple": [...]}                     a tuple
        {"$tensor": values, "dtype"}          a constant
        {"$sparse": [indices, values, dense shape], "dtype"}
        {"$set": {...}, "on": object}         the object, after setting these attributes

    Everything else stands for itself.
    """
    if isinstance(recorded, list):
        return [decode(element, inputs) for element in recorded]
    if not isinstance(recorded, dict):
        return recorded
    for form, make in _FORMS.items():
        if form in recorded:
            return make(recorded, inputs)
    return {key: decode(element, inputs) for key, element in recorded.items()}


def _call(recorded, inputs):
    args = decode(recorded.get("args", []), inputs)
    kwargs = decode(recorded.get("kwargs", {}), inputs)
    return find(recorded["$call"])(*args, **kwargs)


def _sparse(recorded, inputs):
    indices, values, dense_shape = recorded["$sparse"]
    return tf.SparseTensor(
        np.array(indices, np.int64).reshape(-1, len(dense_shape)),
        tf.constant(values, recorded.get("dtype")),
        np.array(dense_shape, np.int64),
    )


def _set(recorded, inputs):
    changed = decode(recorded["on"], inputs)
    for name, value in recorded["$set"].items():
        setattr(changed, name, decode(value, inputs))
    return changed


_FORMS = {
    "$input": lambda recorded, inputs: inputs[recorded["$input"]],
    "$ref": lambda recorded, inputs: find(recorded["$ref"]),
    "$call": _call,
    "$tuple": lambda recorded, inputs: tuple(decode(recorded["$tuple"], inputs)),
    "$tensor": lambda recorded, inputs: tf.constant(recorded["$tensor"], recorded.get("dtype")),
    "$sparse": _sparse,
    "$set": _set,
}
