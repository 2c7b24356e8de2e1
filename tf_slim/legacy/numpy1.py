"""NumPy as programs of its time knew it: with the names that are gone since."""

from __future__ import annotations

import builtins
import functools
import warnings

import numpy as np

from tf_slim.legacy.overlay import Overlay

__all__ = ["numpy1"]

_GONE = {
    "bool": builtins.bool,
    "complex": builtins.complex,
    "float": builtins.float,
    "int": builtins.int,
    "long": builtins.int,
    "object": builtins.object,
    "str": builtins.str,
    "unicode": builtins.str,
    "float_": np.float64,
    "complex_": np.complex128,
    "string_": np.bytes_,
    "unicode_": np.str_,
    "Inf": np.inf,
    "Infinity": np.inf,
    "NaN": np.nan,
    "NAN": np.nan,
    "alltrue": np.all,
    "sometrue": np.any,
    "product": np.prod,
    "cumproduct": np.cumprod,
    "asscalar": lambda a: a.item(),
    "rank": np.ndim,
}


def _mended(name: str):
    value = _GONE[name]
    shown = getattr(value, "__name__", repr(value))
    warnings.warn(
        f"np.{name} is gone from NumPy {np.__version__}; the program gets {shown} for it. "
        f"In new code write {'np.' if shown.startswith(('float64', 'complex128')) else ''}{shown}.",
        FutureWarning,
        stacklevel=3,
    )
    return value


@functools.cache
def numpy1() -> Overlay:
    """NumPy with the old names, each with one warning."""
    gone = (name for name in _GONE if name not in vars(np))
    return Overlay("numpy", np, {name: functools.partial(_mended, name) for name in gone})
