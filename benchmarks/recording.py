"""What was measured: recorded by one function as soon as it is known, read back as one list.

    record("LeNet, a training step", "slim", times, "s")
    record("LeNet, a training step", "Keras 3", other_times, "s")

A line of JSON a result goes to the file that SLIM_BENCH_RECORD names, so that nothing is lost of a
run that is stopped; without it, what is recorded is only printed by whoever measures.
"""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks import settings

FILE = "SLIM_BENCH_RECORD"
"""The variable of the environment that names the file."""

UNITS = {"images/s": True, "requests/s": True, "MB/s": True, "s": False, "MiB": False, "x": False}
"""The units that there are, and whether more of them is better."""


@dataclasses.dataclass(frozen=True)
class Result:
    """How one contestant did in one measurement.

    Attributes:
      name: of the measurement. Its contestants are compared with each other.
      contestant: who; one of this package's begins with "slim".
      value: the median.
      unit: one of `UNITS`.
      source: the file that measured it, without its ending.
      samples: what the median is of.
      gflop: the work for one unit (an image, a call) in 1e9 operations, if it is known.
      precision: "float32" or "bfloat16": which of the chip's rates that work is measured against.
    """

    name: str
    contestant: str
    value: float
    unit: str
    source: str = ""
    samples: tuple[float, ...] = ()
    gflop: float | None = None
    precision: str = "float32"

    def __post_init__(self):
        if self.unit not in UNITS:
            known = ", ".join(map(repr, UNITS))
            raise ValueError(f"{self.name}: expected a unit of {known}; got {self.unit!r}.")
        if not self.value > 0:
            raise ValueError(f"{self.name}, {self.contestant}: expected more than 0; got {self!r}.")

    @property
    def ours(self) -> bool:
        """Whether this package was measured."""
        return settings.is_ours(self.contestant)

    @property
    def gflop_per_second(self) -> float | None:
        """The rate of work, if it is known."""
        if self.gflop is None:
            return None
        return self.gflop * self.value if UNITS[self.unit] else self.gflop / self.value

    def better_than(self, other: Result) -> float:
        """How many times better than another one: 2 is twice as fast, or half the memory."""
        ratio = self.value / other.value
        return ratio if UNITS[self.unit] else 1 / ratio


def record(
    name: str,
    contestant: str,
    values: float | Sequence[float],
    unit: str,
    *,
    gflop: float | None = None,
    precision: str = "float32",
) -> Result:
    """Records one result. Its ratio to the others of the same name is found by who reads it.

    Args:
      name: of the measurement.
      contestant: who; see `Result`.
      values: what was measured, in turns with the other contestants.
      unit: one of `UNITS`.
      gflop: see `Result`.
      precision: see `Result`.

    Raises:
      ValueError: there is no such unit, or a value is not above 0.
    """
    samples = tuple(map(float, values)) if isinstance(values, Iterable) else (float(values),)
    result = Result(
        name=name,
        contestant=contestant,
        value=statistics.median(samples),
        unit=unit,
        # Such as "benchmarks/bench_lenet.py::test_training_step (call)", which children inherit.
        source=pathlib.Path(os.environ.get("PYTEST_CURRENT_TEST", "").partition("::")[0]).stem,
        samples=samples,
        gflop=gflop,
        precision=precision,
    )
    if FILE in os.environ:
        append(os.environ[FILE], dataclasses.asdict(result))
    return result


def show(results: Sequence[Result]) -> None:
    """Prints results of one measurement, and how many times better the first is than each."""
    for one in results:
        value = f"{written(one.value, one.unit):>14}"
        print(f"  {one.contestant:<31} {value}   {results[0].better_than(one):6.2f}x")


def written(value: float, unit: str) -> str:
    """A value as people read it: three digits, and times in the unit that suits them."""
    if unit == "s":
        power = next((power for power in (0, 3) if value * 10**power >= 1), 6)
        value, unit = value * 10**power, {0: "s", 3: "ms", 6: "us"}[power]
    digits = 0 if value >= 100 else 1 if value >= 10 else 2
    return f"{value:,.{digits}f} {unit}"


def append(path: str | os.PathLike, row: dict[str, Any]) -> None:
    """Adds a line to a record."""
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")


def read(path: str | os.PathLike) -> list[Result]:
    """The results of a record. One measured again takes the place of the first; a last line that
    was being written when all was stopped is left out."""
    found: dict[tuple[str, str, str], Result] = {}
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            one = from_row(json.loads(line))
            found[one.source, one.name, one.contestant] = one
    return list(found.values())


def from_row(row: dict[str, Any]) -> Result:
    """What `dataclasses.asdict` made a row of; what else is in it is not looked at."""
    names = {field.name for field in dataclasses.fields(Result)}
    known = {key: value for key, value in row.items() if key in names}
    return Result(**{**known, "samples": tuple(known.get("samples", ()))})
