"""A context variable that has another value within a `with` block."""

from __future__ import annotations

import contextvars
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Setting(Generic[_T]):
    """Has `variable` be `value` inside, and what it was before afterwards.

    Scopes are opened several times in each layer: this takes a third of the time of a generator.

    Args:
      variable: the context variable.
      value: its value inside, which `with ... as value` gives.
    """

    __slots__ = ("_outer", "_value", "_variable")

    def __init__(self, variable: contextvars.ContextVar, value: _T):
        self._variable = variable
        self._value = value

    def __enter__(self) -> _T:
        self._outer = self._variable.get()
        self._variable.set(self._value)
        return self._value

    def __exit__(self, *unused_exc_info: object) -> None:
        # Not reset by a token: a block in a generator may be left in another context.
        self._variable.set(self._outer)
