"""NumPy's functions that took more, or other, arguments when programs of TensorFlow 1 were written.

Each does what today's function does, and what NumPy 1.16 to 1.18 did with what today's refuses.
"""

from __future__ import annotations

import builtins
import functools
import inspect
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

__all__ = ["FUNCTIONS", "LINALG", "allow_pickle"]

# The default of np.load, which a program may only get by a flag: a pickle can do anything.
_allows_pickle = False


def allow_pickle(allowed: bool) -> None:
    """Lets `np.load` read pickled objects unless it is told otherwise, as before NumPy 1.16.3."""
    global _allows_pickle
    _allows_pickle = allowed


def load(file, mmap_mode=None, allow_pickle=None, *args, **kwargs):
    """`np.load`, whose default for `allow_pickle` the runner decides."""
    allowed = _allows_pickle if allow_pickle is None else allow_pickle
    return np.load(file, mmap_mode, allowed, *args, **kwargs)


# NumPy 2 takes False for "never", and None for what False meant.
# Of NumPy's error for nested sequences of several lengths.
_RAGGED = "inhomogeneous"

_AS_NEEDED: Any = None if int(np.__version__.partition(".")[0]) > 1 else False


def _lenient(function: Callable) -> Callable:
    """Makes arrays of nested sequences of several lengths, and of integers beyond the type."""

    @functools.wraps(function)
    def made(a, dtype=None, *args, **kwargs):
        if "copy" in kwargs and not kwargs["copy"]:
            kwargs["copy"] = _AS_NEEDED
        try:
            return function(a, dtype, *args, **kwargs)
        except ValueError as error:
            if dtype is not None or _RAGGED not in str(error):
                raise
            return function(a, object, *args, **kwargs)
        except OverflowError:
            if np.dtype(dtype).kind not in "iu":
                raise
            kwargs.pop("copy", None)
            return function(np.asarray(a).astype(dtype), dtype, *args, **kwargs)

    return made


array = _lenient(np.array)
_asanyarray = _lenient(np.asanyarray)


def _of_ragged(function: Callable) -> Callable:
    """Takes nested sequences of several lengths, as an array of objects."""

    @functools.wraps(function)
    def mended(a, *args, **kwargs):
        try:
            return function(a, *args, **kwargs)
        except ValueError as error:
            if _RAGGED not in str(error):
                raise
        return function(_asanyarray(a), *args, **kwargs)

    return mended


def _of_iterables(function: Callable) -> Callable:
    """Takes generators, maps and the like in the place of a sequence of arrays."""

    @functools.wraps(function)
    def mended(arrays, *args, **kwargs):
        if isinstance(arrays, Iterable) and not hasattr(arrays, "__getitem__"):
            arrays = list(arrays)
        return function(arrays, *args, **kwargs)

    return mended


def _renaming(function: Callable, **renamed: str | None) -> Callable:
    """Takes arguments by their old names; None for those that had no effect any more."""
    has = inspect.signature(function).parameters

    @functools.wraps(function)
    def mended(*args, **kwargs):
        for old, new in renamed.items():
            if old in kwargs and old not in has:
                value = kwargs.pop(old)
                if new is not None and value is not None:
                    kwargs[new] = value
        return function(*args, **kwargs)

    return mended


def _of_whole_floats(function: Callable) -> Callable:
    """Takes the number of samples as a float."""

    @functools.wraps(function)
    def mended(start, stop, num=50, *args, **kwargs):
        return function(start, stop, int(num), *args, **kwargs)

    return mended


def reshape(a, newshape=None, order: Any = "C", **kwargs):
    """`np.reshape`, whose `shape` was called `newshape`."""
    return np.reshape(a, kwargs.pop("shape") if newshape is None else newshape, order, **kwargs)


def fromstring(string, dtype: Any = float, count=-1, sep=""):
    """The numbers in a text, or, without `sep`, those whose bytes these are."""
    if sep:
        return np.fromstring(string, dtype, count, sep=sep)
    data = string.encode() if isinstance(string, str) else string
    if not data:
        return np.zeros(0, dtype)
    return np.frombuffer(data, dtype, count).copy()


def set_printoptions(*args, **kwargs):
    """`np.set_printoptions`; a threshold of NaN meant to print all."""
    args = list(args)
    threshold = args[1] if len(args) > 1 else kwargs.get("threshold")
    if threshold is not None and str(threshold) == "nan":
        if len(args) > 1:
            args[1] = sys.maxsize
        else:
            kwargs["threshold"] = sys.maxsize
    np.set_printoptions(*args, **kwargs)


def full(shape, fill_value, dtype=None, *args, **kwargs):
    """`np.full`; integers beyond the type are wrapped around."""
    try:
        return np.full(shape, fill_value, dtype, *args, **kwargs)
    except OverflowError:
        return np.full(shape, array(fill_value, dtype), dtype, *args, **kwargs)


def save(file, arr, *args, **kwargs):
    """`np.save`; nested sequences of several lengths are saved as objects."""
    np.save(file, _asanyarray(arr), *args, **kwargs)


def _saving_many(function: Callable) -> Callable:
    @functools.wraps(function)
    def mended(file, *args, **kwargs):
        function(
            file,
            *(_asanyarray(value) for value in args),
            **{name: _asanyarray(value) for name, value in kwargs.items()},
        )

    return mended


def sum(a, *args, **kwargs):
    """`np.sum`; of a generator, Python's sum."""
    if isinstance(a, types.GeneratorType):
        return builtins.sum(a)
    return _of_ragged(np.sum)(a, *args, **kwargs)


def nonzero(a):
    """`np.nonzero`; a number counts as an array of one."""
    return np.nonzero(np.atleast_1d(a))


def where(condition, *args, **kwargs):
    """`np.where`; a number alone counts as an array of one."""
    return np.where(condition, *args, **kwargs) if args or kwargs else nonzero(condition)


def bincount(x, weights=None, minlength=0):
    """`np.bincount`; None for `minlength` meant 0."""
    return np.bincount(x, weights, minlength or 0)


def issubdtype(arg1, arg2) -> bool:
    """Whether one type is of the kind of another: `float` and "float" mean any float."""
    if not isinstance(arg2, np.dtype) and not (
        isinstance(arg2, type) and issubclass(arg2, np.generic)
    ):
        arg2 = np.dtype(arg2).type.mro()[1]
    return bool(np.issubdtype(arg1, arg2))


def can_cast(from_, to, casting: Any = "safe") -> bool:
    """`np.can_cast`; of a number, whether it fits."""
    is_number = isinstance(from_, (bool, int, float, complex))
    return np.can_cast(np.min_scalar_type(from_) if is_number else from_, to, casting)


def _listing(function: Callable) -> Callable:
    """Returns a list, which can be changed."""

    @functools.wraps(function)
    def mended(*args, **kwargs):
        return list(function(*args, **kwargs))

    return mended


def solve(a, b):
    """`np.linalg.solve`; as many vectors as there are matrices are right sides."""
    a, b = np.asarray(a), np.asarray(b)
    if b.ndim == a.ndim - 1:
        return np.linalg.solve(a, b[..., np.newaxis])[..., 0]
    return np.linalg.solve(a, b)


def lstsq(a, b, rcond: Any = "warn"):
    """`np.linalg.lstsq`, which by itself took singular values down to the machine's precision."""
    return np.linalg.lstsq(a, b, -1 if rcond == "warn" else rcond)


def _functions() -> Iterator[tuple[str, Callable]]:
    for own in (load, array, reshape, fromstring, set_printoptions, full, save, sum):
        yield own.__name__, own
    for own in (nonzero, where, bincount, issubdtype, can_cast):
        yield own.__name__, own
    for name in ("asarray", "asanyarray", "ascontiguousarray", "asfortranarray"):
        yield name, _lenient(getattr(np, name))
    for name in ("copy", "shape", "size", "ndim", "max", "min", "unique", "sort", "argsort"):
        yield name, _of_ragged(getattr(np, name))
    for name in ("argmax", "argmin", "atleast_1d"):
        yield name, _of_ragged(getattr(np, name))
    for name in ("meshgrid", "broadcast_arrays"):
        yield name, _listing(getattr(np, name))
    for name in ("vstack", "hstack", "dstack", "stack", "column_stack"):
        yield name, _of_iterables(getattr(np, name))
    for name in ("linspace", "logspace", "geomspace"):
        yield name, _of_whole_floats(getattr(np, name))
    for name in ("savez", "savez_compressed"):
        yield name, _saving_many(getattr(np, name))
    for name in ("percentile", "quantile", "nanpercentile", "nanquantile"):
        yield name, _renaming(getattr(np, name), interpolation="method")
    for name in ("histogram", "histogram2d", "histogramdd"):
        yield name, _renaming(getattr(np, name), normed="density")
    yield "corrcoef", _renaming(np.corrcoef, bias=None, ddof=None)
    yield "array2string", _renaming(np.array2string, style=None)


FUNCTIONS: dict[str, Callable] = dict(_functions())
LINALG: dict[str, Callable] = {"solve": solve, "lstsq": lstsq}
