"""Comparing what was computed with what was recorded, within the tolerances of the recording."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

VALUES = 1e-4
"""Tolerance of value records, relative to the largest recorded magnitude."""

SPREAD = 1e-3
"""Least tolerance of nets, relative to the standard deviation of a tensor."""


def numbers(recorded: Any) -> np.ndarray:
    """Recorded numbers, where "nan", "inf" and "-inf" stand for themselves."""
    return np.array(recorded, dtype=object).ravel().astype(np.float64)


def assert_record(got: Any, record: dict, tol: float | None = None, what: str = "value") -> None:
    """Compares an array with a value record: shape, dtype and numbers.

    Args:
      got: array-like.
      record: `shape` and `dtype`, with all `values`, or the first of them (`head`) with the
        `mean` and standard deviation (`std`) of all.
      tol: relative to the largest recorded magnitude.
      what: names the value in failures.
    """
    tol = VALUES if tol is None else tol
    got = np.asarray(got)
    assert list(got.shape) == record["shape"], f"{what}: shape"
    if record["dtype"] == "string":
        texts = [text.decode() if isinstance(text, bytes) else text for text in got.ravel()]
        assert texts == record.get("values", texts), what
        return
    assert got.dtype.name == record["dtype"], f"{what}: dtype"
    flat = got.astype(np.float64).ravel()
    expected = numbers(record["values"] if "values" in record else record["head"])
    assert_near(flat[: expected.size], expected, tol, what)
    if "values" in record:
        assert flat.size == expected.size, f"{what}: number of elements"
    else:
        allowed = tol * max(record["std"], 1e-6)
        assert abs(flat.mean() - record["mean"]) <= allowed, f"{what}: mean"
        assert abs(flat.std() - record["std"]) <= allowed, f"{what}: standard deviation"


def assert_near(got: Any, expected: Any, tol: float, what: str) -> None:
    """Compares numbers, with a tolerance relative to the largest expected magnitude."""
    got, expected = np.asarray(got, np.float64).ravel(), numbers(expected)
    assert got.shape == expected.shape, f"{what}: {got.size} numbers instead of {expected.size}"
    finite = np.isfinite(expected)
    scale = np.abs(expected[finite]).max(initial=1e-2)
    assert np.array_equal(got[~finite], expected[~finite], equal_nan=True), (
        f"{what}: got {got}, recorded {expected}"
    )
    worst = np.abs(got[finite] - expected[finite]).max(initial=0.0)
    assert worst <= tol * scale, (
        f"{what}: differs by {worst:.3g} where {tol * scale:.3g} is allowed; "
        f"got {got[:8]}, recorded {expected[:8]}"
    )


def assert_within_spread(got: Any, expected: Any, deviation: float, tol: float, what: str) -> None:
    """Compares the leading numbers of `got` with `expected`, relative to a standard deviation."""
    expected = numbers(expected)
    flat = np.asarray(got, np.float64).ravel()[: expected.size]
    worst = np.abs(flat - expected).max(initial=0.0) / max(deviation, 1e-12)
    # "not more than" would let a NaN pass.
    assert worst <= tol, f"{what}: differs by {worst:.3g} standard deviations; {tol:.3g} allowed"


def assert_tensor_name(got: str, recorded: str, whole: bool) -> None:
    """Compares the names of a tensor in a graph.

    Args:
      got: the name, `<scope>/<operations>:<index>`.
      recorded: the same.
      whole: whether slim itself chose the whole name, and not only the layer's scope that it
        begins with; the rest is TensorFlow's then.
    """
    got, recorded = got.partition(":")[0], recorded.partition(":")[0]
    if not whole:
        got, recorded = got.partition("/")[0], recorded.partition("/")[0]
    assert got == recorded, f"name: got {got}, recorded {recorded}"


def assert_statistics(got: Any, stats: dict, what: str) -> None:
    """Compares the distribution of random numbers, more loosely the fewer there are."""
    got = np.asarray(got)
    assert list(got.shape) == stats["shape"], f"{what}: shape"
    assert got.dtype.name == stats["dtype"], f"{what}: dtype"
    if got.size < 100:
        return
    got = got.astype(np.float64)
    widen = max(1.0, math.sqrt(5000 / got.size))
    std = stats["std"]
    assert abs(got.mean() - stats["mean"]) <= 0.1 * widen * std, f"{what}: mean {got.mean()}"
    assert abs(got.std() - std) <= 0.03 * widen * std, f"{what}: standard deviation {got.std()}"
    for name, extreme in (("min", got.min()), ("max", got.max())):
        allowed = 0.05 * widen * abs(stats[name])
        assert abs(extreme - stats[name]) <= allowed, f"{what}: {name} {extreme}"


def plain(value: Any) -> Any:
    """A result as it would come out of JSON: lists, dicts, strings and Python numbers."""
    if isinstance(value, dict):
        return {str(key): plain(element) for key, element in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(element) for element in value]
    if isinstance(value, bytes):
        return value.decode()
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return value


def difference(got: Any, expected: Any, place: str = "result") -> str | None:
    """Where two plain results differ, by more than 1e-4 if they are numbers; None if nowhere."""
    if isinstance(expected, dict):
        if not isinstance(got, dict) or set(got) != set(expected):
            return f"{place}: got {got!r}, recorded {expected!r}"
        pairs = [(got[key], expected[key], f"{place}[{key!r}]") for key in expected]
    elif isinstance(expected, list):
        if not isinstance(got, list) or len(got) != len(expected):
            return f"{place}: got {got!r}, recorded {expected!r}"
        pairs = [(g, e, f"{place}[{i}]") for i, (g, e) in enumerate(zip(got, expected))]
    else:
        return None if _same(got, expected) else f"{place}: got {got!r}, recorded {expected!r}"
    found = (difference(*pair) for pair in pairs)
    return next((text for text in found if text is not None), None)


def _same(got: Any, expected: Any) -> bool:
    if expected in ("nan", "inf", "-inf") and isinstance(got, float):
        return str(got) == expected
    if isinstance(expected, (bool, str)) or expected is None:
        return type(got) is type(expected) and got == expected
    is_number = isinstance(got, (int, float)) and not isinstance(got, bool)
    return is_number and math.isclose(got, expected, rel_tol=1e-4, abs_tol=1e-5)
