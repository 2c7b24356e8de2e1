"""A module seen through another one that adds names to it, without changing it for anybody else."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["Overlay", "exported"]


def exported(module: types.ModuleType) -> list[str]:
    """What `from module import *` gives, but for NumPy and TensorFlow, which are the program's."""
    listed = getattr(module, "__all__", None)
    if listed is not None:
        return list(listed)
    names = (name for name in dir(module) if not name.startswith("_"))
    return [name for name in names if not _is_root(getattr(module, name, None))]


def _is_root(value: Any) -> bool:
    return isinstance(value, types.ModuleType) and value.__name__ in ("numpy", "tensorflow")


class Overlay(types.ModuleType):
    """What `base` offers, with some names of its own.

    Args:
      name: the name of the module.
      base: the module that has all other names.
      own: for each name of its own a function that makes its value, when it is first used.
      missing: makes the error for a name that neither has, from the name.
    """

    def __init__(
        self,
        name: str,
        base: Any,
        own: Mapping[str, Callable[[], Any]],
        missing: Callable[[str], Exception] | None = None,
    ):
        super().__init__(name, getattr(base, "__doc__", None))
        self.__path__ = []
        self._base = base
        self._own = dict(own)
        self._missing = missing

    def __getattr__(self, name: str) -> Any:
        if name in ("_base", "_own", "_missing"):
            raise AttributeError(name)
        if name in self._own:
            value = self._own[name]()
            self.__dict__[name] = value
            return value
        if name == "__all__":
            return self._exported()
        try:
            return self._from_base(name)
        except AttributeError:
            if self._missing is None or name.startswith("__"):
                raise
            raise self._missing(name) from None

    def _from_base(self, name: str) -> Any:
        return getattr(self._base, name)

    def _exported(self) -> list[str]:
        """What `from module import *` gives."""
        return exported(self._base)

    def __dir__(self) -> list[str]:
        return sorted({*dir(self._base), *self._own, *self.__dict__})
