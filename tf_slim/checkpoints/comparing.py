"""Comparing two checkpoints."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from tf_slim.checkpoints.reader import Reader
from tf_slim.ops import patterns
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Patterns, Rename


@dataclasses.dataclass(frozen=True)
class Changed:
    """A tensor whose values differ.

    Attributes:
      name: of the tensor.
      elements: how many differ by more than the tolerance.
      size: how many there are.
      largest: the largest absolute difference; infinite if one is NaN and the other is not.

    Examples: see `slim.checkpoints.diff`.
    """

    name: str
    elements: int
    size: int
    largest: float


@dataclasses.dataclass(frozen=True)
class Difference:
    """How two checkpoints differ.

    Attributes:
      only_in_a: names that the first has alone.
      only_in_b: names that the second has alone.
      shapes: (name, shape and dtype in the first, in the second) where these differ.
      values: what has other values, as `Changed`.
      same: names that are alike in both.

    Examples: see `slim.checkpoints.diff`.
    """

    only_in_a: tuple[str, ...]
    only_in_b: tuple[str, ...]
    shapes: tuple[tuple[str, str, str], ...]
    values: tuple[Changed, ...]
    same: tuple[str, ...]

    @property
    def equal(self) -> bool:
        """Whether there is no difference."""
        return not (self.only_in_a or self.only_in_b or self.shapes or self.values)

    def summary(self, first: str = "the first", second: str = "the second") -> str:
        """How many there are of each kind, in one line."""
        return (
            f"{len(self.same)} equal, {len(self.values)} with other values, {len(self.shapes)} of "
            f"another shape or dtype, {len(self.only_in_a)} only in {first}, "
            f"{len(self.only_in_b)} only in {second}."
        )

    def __str__(self) -> str:
        lines = [self.summary()]
        lines += [f"  only in the first: {name}" for name in self.only_in_a]
        lines += [f"  only in the second: {name}" for name in self.only_in_b]
        lines += [f"  {name}: {a} in the first, {b} in the second" for name, a, b in self.shapes]
        lines += [
            f"  {row.name}: {row.elements} of {row.size} elements differ, by {row.largest:.6g} at "
            "most"
            for row in self.values
        ]
        return "\n".join(lines)


@checked
def diff(
    a: Any,
    b: Any,
    *,
    rtol: float = 0.0,
    atol: float = 0.0,
    include: Patterns = None,
    exclude: Patterns = None,
    rename: Rename = None,
) -> Difference:
    """Compares two checkpoints, or models, by names, shapes, dtypes and values.

    Args:
      a: a checkpoint in any format (see `Reader`), a Model, or arrays by name.
      b: the same.
      rtol: values of `b` may differ by this much of that in `a` ...
      atol: ... plus this. NaN equals NaN.
      include: patterns over the names of both, see `load`.
      exclude: the same.
      rename: other names for what `a` holds; see `renaming.renamed`.

    Returns:
      The `Difference`.

    Raises:
      CheckpointError: one is missing or damaged.
      ValueError: a pattern matches nothing, or a tolerance is negative.

    Examples:
      >>> a = {"w": np.array([1.0, 2.0]), "b": np.array([0.0])}
      >>> b = {"w": np.array([1.0, 2.5])}
      >>> found = slim.checkpoints.diff(a, b)
      >>> found.only_in_a, found.values
      (('b',), (Changed(name='w', elements=1, size=2, largest=0.5),))
      >>> found.equal, slim.checkpoints.diff(a, b, atol=1.0, include=["w"]).equal
      (False, True)
    """
    if rtol < 0 or atol < 0:
        raise ValueError(f"rtol and atol must not be negative; got {rtol} and {atol}.")
    first, second = Reader.over(a, rename), Reader.over(b)
    names, _ = patterns.select(sorted({*first.names, *second.names}), include, exclude)
    only_a = [name for name in names if name not in second]
    only_b = [name for name in names if name not in first]
    shapes, values, same = [], [], []
    for name in names:
        if name not in first or name not in second:
            continue
        ours, theirs = first.entry(name), second.entry(name)
        if ours != theirs:
            shapes.append((name, str(ours), str(theirs)))
            continue
        changed = _changed(name, first.read(name), second.read(name), rtol, atol)
        if changed is None:
            same.append(name)
        else:
            values.append(changed)
    return Difference(tuple(only_a), tuple(only_b), tuple(shapes), tuple(values), tuple(same))


def _changed(name: str, a: np.ndarray, b: np.ndarray, rtol: float, atol: float) -> Changed | None:
    a, b = np.asarray(a), np.asarray(b)
    if np.array_equal(a, b):
        return None
    if a.dtype.kind in "OSUb":
        apart = a != b
        distance = apart.astype(np.float64)
    else:
        wide = np.complex128 if a.dtype.kind == "c" else np.float64
        a, b = a.astype(wide), b.astype(wide)
        with np.errstate(invalid="ignore"):
            distance = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, np.abs(a - b))
            distance = np.where(np.isnan(distance), np.inf, distance)
            allowed = atol + rtol * np.abs(a)
            # One to or from NaN or infinity is beyond every tolerance.
            apart = (distance > 0) & (~(distance <= allowed) | np.isinf(distance))
    count = int(np.count_nonzero(apart))
    if not count:
        return None
    return Changed(name, count, int(a.size), float(np.max(distance)))
