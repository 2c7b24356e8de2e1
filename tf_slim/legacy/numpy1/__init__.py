"""NumPy as programs of its time knew it, for them alone.

It is today's NumPy with the names that are gone since (`names`), and with functions that take what
they took (`functions`). What arrays themselves could do is in `methods`.
"""

from __future__ import annotations

import functools
import importlib
import types
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from tf_slim.legacy.numpy1 import names
from tf_slim.legacy.numpy1.functions import FUNCTIONS, LINALG, allow_pickle
from tf_slim.legacy.overlay import Overlay

__all__ = ["allow_pickle", "alternative", "numpy1", "old_numpy", "starred", "today"]

# Packages of NumPy whose modules have been renamed.
_PACKAGES = ("fft", "lib", "linalg")


def today(name: str) -> str | None:
    """What to write today for `np.<name>` with any NumPy; None for a name that may stay.

    Where that is more than another name, it is a text with brackets.
    """
    if name in names.BUILTINS:
        return names.BUILTINS[name].__name__
    if name in names.RENAMED:
        return f"np.{names.RENAMED[name]}"
    if name in names.EXCEPTIONS:
        return f"np.exceptions.{name}"
    if name == "asscalar":
        return "array.item()"
    return "something else (see NumPy 2's notes)" if name in names.VALUES else None


def alternative(name: str) -> str:
    """What to use in place of `np.<name>`; empty where nothing is known."""
    return names.ALTERNATIVES.get(name, "")


def _mended(name: str) -> Any:
    if name in names.VALUES:
        value = names.VALUES[name]()
    elif name in names.BUILTINS:
        value = names.BUILTINS[name]
    elif name in names.EXCEPTIONS:
        value = getattr(np.exceptions, name)
    else:
        value = getattr(np, names.RENAMED[name])
    if name not in vars(np):
        now = today(name) or ""
        got = "what it meant" if "(" in now else now
        warnings.warn(
            f"np.{name} is gone from NumPy {np.__version__}; the program gets {got} for it.",
            FutureWarning,
            stacklevel=3,
        )
    return value


class _Package(Overlay):
    """A package of NumPy, or a module of one that has another name today."""

    def _from_base(self, name: str) -> Any:
        try:
            return getattr(self._base, name)
        except AttributeError:
            if name.startswith("__"):
                raise
        for today in (f"_{name}_impl", f"_{name}"):
            try:
                module = importlib.import_module(f"{self._base.__name__}.{today}")
            except ModuleNotFoundError:
                continue
            found = _Package(f"{self.__name__}.{name}", module, {})
            return self.__dict__.setdefault(name, found)
        # np.lib.pad and the like: what had a home there has one in NumPy itself.
        return getattr(numpy1(), name)


def _package(name: str) -> Callable[[], Any]:
    own = _given(LINALG) if name == "linalg" else {}
    return lambda: _Package(f"numpy.{name}", importlib.import_module(f"numpy.{name}"), own)


def _given(values: dict[str, Callable]) -> dict[str, Callable[[], Any]]:
    return {name: functools.partial(values.get, name) for name in values}


@functools.cache
def numpy1() -> Overlay:
    """NumPy with the old names, each with one warning."""
    gone = {*names.RENAMED, *names.VALUES, *names.EXCEPTIONS} - set(vars(np))
    own: dict[str, Callable[[], Any]] = {
        name: functools.partial(_mended, name) for name in (*gone, *names.BUILTINS)
    }
    own.update({name: _package(name) for name in _PACKAGES})
    own.update(_given(FUNCTIONS))
    return Overlay("numpy", np, own)


@functools.cache
def starred() -> types.ModuleType:
    """What `from numpy import *` takes its names from: the old ones included, and no warning."""
    module = types.ModuleType("numpy")
    old = {*names.RENAMED, *names.VALUES, *names.EXCEPTIONS}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in (*np.__all__, *sorted(old)):
            if name not in names.BUILTINS:
                setattr(module, name, getattr(numpy1(), name))
    return module


def old_numpy(name: str) -> types.ModuleType:
    """The module that a program gets for `name`, "numpy" or one in it.

    Raises:
      ImportError: there is no such module.
    """
    found: Any = numpy1()
    if name.split(".")[1:2] and name.split(".")[1] not in _PACKAGES:
        return importlib.import_module(name)
    for part in name.split(".")[1:]:
        try:
            found = getattr(found, part)
        except AttributeError:
            found = importlib.import_module(f"{found.__name__}.{part}")
    return found
