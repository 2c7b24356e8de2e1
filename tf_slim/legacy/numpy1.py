"""NumPy as programs of its time knew it: with the names that are gone since."""

from __future__ import annotations

import builtins
import functools
import warnings

import numpy as np

from tf_slim.legacy.overlay import Overlay

__all__ = ["numpy1", "today"]

_BUILTINS = {
    "bool": builtins.bool,
    "complex": builtins.complex,
    "float": builtins.float,
    "int": builtins.int,
    "long": builtins.int,
    "object": builtins.object,
    "str": builtins.str,
    "unicode": builtins.str,
}
_RENAMED = {
    "Inf": "inf",
    "Infinity": "inf",
    "NAN": "nan",
    "NaN": "nan",
    "alltrue": "all",
    "complex_": "complex128",
    "cumproduct": "cumprod",
    "float_": "float64",
    "product": "prod",
    "rank": "ndim",
    "sometrue": "any",
    "string_": "bytes_",
    "unicode_": "str_",
}


def _as_scalar(array):
    """The one element of an array."""
    return array.item()


def today(name: str) -> str | None:
    """What to write today for `np.<name>` with any NumPy; None for a name that may stay."""
    if name in _BUILTINS:
        return _BUILTINS[name].__name__
    if name in _RENAMED:
        return f"np.{_RENAMED[name]}"
    return "array.item()" if name == "asscalar" else None


def _mended(name: str):
    warnings.warn(
        f"np.{name} is gone from NumPy {np.__version__}; the program gets {today(name)} for it.",
        FutureWarning,
        stacklevel=3,
    )
    if name in _BUILTINS:
        return _BUILTINS[name]
    return getattr(np, _RENAMED[name]) if name in _RENAMED else _as_scalar


@functools.cache
def numpy1() -> Overlay:
    """NumPy with the old names, each with one warning."""
    gone = {*_BUILTINS, *_RENAMED, "asscalar"} - set(vars(np))
    return Overlay("numpy", np, {name: functools.partial(_mended, name) for name in gone})
