"""The names that NumPy had when programs of TensorFlow 1 were written, and has no longer."""

from __future__ import annotations

import ast
import builtins
import functools
import math
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["ALTERNATIVES", "BUILTINS", "EXCEPTIONS", "RENAMED", "VALUES"]

BUILTINS: dict[str, type] = {
    "bool": builtins.bool,
    "complex": builtins.complex,
    "float": builtins.float,
    "int": builtins.int,
    "long": builtins.int,
    "object": builtins.object,
    "str": builtins.str,
    "unicode": builtins.str,
}
RENAMED = {
    "Inf": "inf",
    "Infinity": "inf",
    "NAN": "nan",
    "NaN": "nan",
    "PINF": "inf",
    "alltrue": "all",
    "bool8": "bool_",
    "bytes0": "bytes_",
    "cfloat": "complex128",
    "clongfloat": "clongdouble",
    "complex_": "complex128",
    "cumproduct": "cumprod",
    "float_": "float64",
    "infty": "inf",
    "int0": "intp",
    "longcomplex": "clongdouble",
    "longfloat": "longdouble",
    "mat": "asmatrix",
    "object0": "object_",
    "product": "prod",
    "rank": "ndim",
    "round_": "round",
    "row_stack": "vstack",
    "singlecomplex": "complex64",
    "sometrue": "any",
    "str0": "str_",
    "string_": "bytes_",
    "uint0": "uintp",
    "unicode_": "str_",
    "void0": "void",
}
EXCEPTIONS = (
    "AxisError",
    "ComplexWarning",
    "ModuleDeprecationWarning",
    "RankWarning",
    "TooHardError",
    "VisibleDeprecationWarning",
)
# What is not provided, and where it is now.
ALTERNATIVES = {
    **dict.fromkeys(
        ("fv", "ipmt", "irr", "mirr", "nper", "npv", "pmt", "ppmt", "pv", "rate"),
        "the package numpy-financial",
    ),
    "Tester": "pytest",
    "deprecate_with_doc": "warnings.warn",
    "distutils": "setuptools",
    "geterrobj": "np.geterr",
    "lookfor": "the search of NumPy's documentation",
    "seterrobj": "np.seterr",
    "set_numeric_ops": "__array_ufunc__ of a class of your own",
    "set_string_function": "np.set_printoptions(formatter=...)",
    "source": "inspect.getsource",
    "who": "a debugger",
}


def _asscalar(array):
    """The one element of an array."""
    return array.item()


def _asfarray(a, dtype=np.float64):
    """An array of floats; of float64 where `dtype` is none of floats."""
    dtype = np.dtype(dtype)
    return np.asarray(a, dtype if dtype.kind in "fc" else np.float64)


def _in1d(ar1, ar2, assume_unique=False, invert=False, **kwargs):
    """For each value of `ar1`, in one row, whether it is one of `ar2`."""
    return np.isin(np.ravel(ar1), ar2, assume_unique, invert, **kwargs)


def _sctype(rep, default=None) -> Any:
    """The scalar type of a type, a name, or an array."""
    if isinstance(rep, type) and issubclass(rep, np.generic):
        return rep
    try:
        return (rep.dtype if isinstance(rep, np.ndarray) else np.dtype(rep)).type
    except TypeError:
        return default


def _is_subclass(arg1, arg2) -> bool:
    return isinstance(arg1, type) and issubclass(arg1, arg2)


def _is_scalar_type(rep) -> bool:
    found = _sctype(rep)
    return found is not None and found is not np.object_


def _common_type(array_types, scalar_types) -> Any:
    """The type of arrays, or that of scalars if that is of a higher kind."""
    kinds = "buifcSUVO"
    arrays, scalars = (
        functools.reduce(np.promote_types, map(np.dtype, kind)) if len(kind) else None
        for kind in (array_types, scalar_types)
    )
    if arrays is None or scalars is None:
        return arrays or scalars
    return scalars if kinds.index(scalars.kind) > kinds.index(arrays.kind) else arrays


def _maximum_type(t):
    """The widest type of the kind of `t`."""
    kind = np.dtype(t).kind
    widest = {"i": np.int64, "u": np.uint64, "f": np.longdouble, "c": np.clongdouble}
    return widest.get(kind, np.dtype(t).type)


def _genfromtxt(fname, usemask=False, **kwargs):
    return np.genfromtxt(fname, usemask=usemask, **kwargs)


def _records(fname, **kwargs):
    """A table of records; `names=True` and commas are what a file of CSV takes."""
    return np.genfromtxt(fname, dtype=kwargs.pop("dtype", None), **kwargs).view(np.recarray)


def _records_of_csv(fname, **kwargs):
    kwargs.setdefault("case_sensitive", "lower")
    kwargs.setdefault("names", True)
    return _records(fname, delimiter=kwargs.pop("delimiter", ","), **kwargs)


def _disp(mesg, device=None, linefeed=True) -> None:
    print(mesg, end="\n" if linefeed else "", file=device)


def _deprecate(*args, **unused_kwargs):
    """A decorator; the function goes on without a warning."""
    return args[0] if args and callable(args[0]) else lambda function: function


class _Cast(dict):
    """`np.cast[type](values)`."""

    def __missing__(self, key):
        return lambda x: np.asarray(x).astype(np.dtype(key))


class _Types(dict):
    """`np.typeDict[name]`."""

    def __missing__(self, key):
        return np.dtype(key).type


class _Bytes(dict):
    """`np.nbytes[type]`."""

    def __missing__(self, key):
        return np.dtype(key).itemsize


def _in_lib(name: str) -> Any:
    try:
        return getattr(np.lib.array_utils, name)
    except AttributeError:
        return getattr(np, name)


def _types() -> dict[str, list[type]]:
    return {
        "int": [np.int8, np.int16, np.int32, np.int64],
        "uint": [np.uint8, np.uint16, np.uint32, np.uint64],
        "float": [np.float16, np.float32, np.float64, np.longdouble],
        "complex": [np.complex64, np.complex128, np.clongdouble],
        "others": [bool, object, bytes, str, np.void],
    }


# For each name what makes its value.
VALUES: dict[str, Callable[[], Any]] = {
    "DataSource": lambda: np.lib.npyio.DataSource,
    "NINF": lambda: -math.inf,
    "NZERO": lambda: -0.0,
    "PZERO": lambda: 0.0,
    "alen": lambda: lambda a: len(np.atleast_1d(a)),
    "asfarray": lambda: _asfarray,
    "asscalar": lambda: _asscalar,
    "byte_bounds": lambda: _in_lib("byte_bounds"),
    "cast": _Cast,
    "compare_chararrays": lambda: np.char.compare_chararrays,
    "deprecate": lambda: _deprecate,
    "disp": lambda: _disp,
    "fastCopyAndTranspose": lambda: lambda a: np.array(a).T.copy(),
    "find_common_type": lambda: _common_type,
    "in1d": lambda: _in1d,
    "issctype": lambda: _is_scalar_type,
    "issubclass_": lambda: _is_subclass,
    "issubsctype": lambda: lambda arg1, arg2: issubclass(_sctype(arg1), _sctype(arg2)),
    "loads": lambda: pickle.loads,
    "mafromtxt": lambda: functools.partial(_genfromtxt, usemask=True),
    "math": lambda: math,
    "maximum_sctype": lambda: _maximum_type,
    "msort": lambda: lambda a: np.sort(a, axis=0),
    "nbytes": _Bytes,
    "ndfromtxt": lambda: _genfromtxt,
    "obj2sctype": lambda: _sctype,
    "recfromcsv": lambda: _records_of_csv,
    "recfromtxt": lambda: _records,
    "safe_eval": lambda: ast.literal_eval,
    "sctype2char": lambda: lambda sctype: np.dtype(_sctype(sctype)).char,
    "sctypes": _types,
    "typeDict": lambda: _Types(np.sctypeDict),
    "trapz": lambda: getattr(np, "trapezoid", None) or getattr(np, "trapz"),  # noqa: B009
}
