"""The one form of the messages about arguments: who, where, expected, received, remedy."""

from __future__ import annotations

import reprlib
from typing import Any

import numpy as np
import tensorflow as tf

VariableScope = tf.compat.v1.VariableScope


class Caller:
    """The function or layer that calls a check: who an error is from, and where.

    Args:
      name: of the function or layer.
      scope: its argument of this name.
      default_scope: the name of its scope if `scope` is None.
    """

    def __init__(self, name: str, scope: Any, default_scope: str = ""):
        self.name = name
        self.scope = scope
        self.default_scope = default_scope

    @property
    def path(self) -> str:
        """The scope path of the layer, seen from outside its scope."""
        outer = tf.compat.v1.get_variable_scope().name
        if isinstance(self.scope, VariableScope):
            return self.scope.name
        own = self.scope if isinstance(self.scope, str) else self.default_scope
        return "/".join(part for part in (outer, own) if part)

    def error(
        self, expected: str, received: Any, remedy: str, kind: type[Exception] = ValueError
    ) -> Exception:
        """The exception to raise."""
        where = f" in scope {self.path!r}" if self.path else ""
        return kind(f"{self.name}{where} expects {expected}; got {received}. {remedy}")


class _Short(reprlib.Repr):
    """Of a container its first elements, each by what it is."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = 60
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = 4
        self.maxlevel = 3

    def repr_instance(self, x: Any, level: int) -> str:
        return _what(x) or super().repr_instance(x, level)


_SHORT = _Short()


def describe(value: Any) -> str:
    """What an argument is, in a few words: never the pixels of an image."""
    return _what(value) or _SHORT.repr(value)


def _what(value: Any) -> str:
    dtype = getattr(value, "dtype", None)
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if dtype is not None and hasattr(value, "shape") and not np.isscalar(value):
        kind = (
            type(value)
            .__name__.replace("ResourceVariable", "Variable")
            .replace("EagerTensor", "Tensor")
        )
        kind = {"ndarray": "array", "SymbolicTensor": "Tensor"}.get(kind, kind)
        try:
            shape = tf.TensorShape(value.shape)
            shape = "unknown shape" if shape.rank is None else f"shape {shape.as_list()}"
        except (TypeError, ValueError):
            shape = f"shape {value.shape}"
        return f"<{kind} of {shape}, {getattr(dtype, 'name', dtype)}>"
    if callable(value):
        name = getattr(value, "__qualname__", None)
        return f"<function {name}>" if name else f"<{type(value).__name__} object>"
    if type(value).__repr__ is object.__repr__ or isinstance(value, tf.data.Dataset):
        return f"<{type(value).__name__} object>"
    return ""
