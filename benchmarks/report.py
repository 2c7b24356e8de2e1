"""What a run found, as JSON, as a table for a page of Markdown, and ready for a page."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.recording import Result, from_row, written

VERSION = 1


@dataclasses.dataclass(frozen=True)
class Measurement:
    """The results of one name.

    Attributes:
      name: of it.
      source: the file that measured it.
      results: of all contestants, in the order in which they were recorded.
    """

    name: str
    source: str
    results: Sequence[Result]

    @property
    def best(self) -> Result | None:
        """The best of ours."""
        return best(one for one in self.results if one.ours)

    @property
    def best_peer(self) -> Result | None:
        """The best of the others."""
        return best(one for one in self.results if not one.ours)

    @property
    def ratio(self) -> float | None:
        """How many times better the best of ours is than the best of the others."""
        if self.best is None or self.best_peer is None:
            return None
        return self.best.better_than(self.best_peer)


def best(results: Iterable[Result]) -> Result | None:
    """The best of some results of one measurement; None of none."""
    found = None
    for one in results:
        if found is None or one.better_than(found) > 1:
            found = one
    return found


def measurements(results: Sequence[Result]) -> list[Measurement]:
    """The results by the name of what was measured."""
    found: dict[tuple[str, str], list[Result]] = {}
    for one in results:
        found.setdefault((one.source, one.name), []).append(one)
    return [Measurement(name, source, rows) for (source, name), rows in found.items()]


def share(result: Result, machine: Mapping[str, Any]) -> float | None:
    """The part of the chip's matrix rate that a result comes to, if its work is known."""
    rate = (machine.get("matrix rates") or {}).get(result.precision)
    work = result.gflop_per_second
    return None if rate is None or work is None else work / rate


def to_json(machine: Mapping[str, Any], results: Sequence[Result]) -> str:
    """The text of a file of results. `ratio` says how many times better the best of ours is than
    the contestant of that row; for one of ours, than the best of the others."""
    rows = []
    for one in measurements(results):
        for result in one.results:
            ours, other = (result, one.best_peer) if result.ours else (one.best, result)
            row = dataclasses.asdict(result)
            row["ratio"] = None if ours is None or other is None else ours.better_than(other)
            row["ratio to"] = None if other is None else other.contestant
            row["share of the matrix rate"] = share(result, machine)
            rows.append(row)
    return json.dumps({"version": VERSION, "machine": dict(machine), "results": rows}, indent=1)


def from_json(text: str) -> tuple[dict[str, Any], list[Result]]:
    """The machine and the results of a file that `to_json` made.

    Raises:
      ValueError: it is another file.
    """
    found = json.loads(text)
    if not isinstance(found, dict) or found.get("version") != VERSION:
        raise ValueError(f"Expected results of benchmarks, of version {VERSION}; got another file.")
    return found["machine"], [from_row(row) for row in found["results"]]


def about(machine: Mapping[str, Any]) -> str:
    """The machine in a sentence."""
    packages = ", ".join(f"{name} {one}" for name, one in (machine.get("packages") or {}).items())
    rates = ", ".join(
        f"{rate:,.0f} GFLOP/s in {kind}"
        for kind, rate in (machine.get("matrix rates") or {}).items()
    )
    parts = [
        f"{machine.get('processor')}, {machine.get('usable cores')} cores",
        rates and f"products of matrices at {rates}",
        f"Python {machine.get('python')}",
        packages,
        f"commit {machine.get('commit')}",
        machine.get("date"),
    ]
    return "; ".join(part for part in parts if part)


def rows(one: Measurement, machine: Mapping[str, Any]) -> list[list[str]]:
    """A measurement as rows of `COLUMNS`: one for the best of each side, or, without a peer, one
    for each of ours, beside the first of them."""
    ours, peer = one.best, one.best_peer
    several = sum(result.ours for result in one.results) > 1
    if peer is None and several:
        first = one.results[0]
        return [
            [
                f"{one.name}: {result.contestant}",
                written(result.value, result.unit),
                "–",
                f"{result.better_than(first):.2f}x {first.contestant}",
                _percent(share(result, machine)),
            ]
            for result in one.results
        ]
    mine = "–" if ours is None else written(ours.value, ours.unit)
    return [
        [
            one.name,
            f"{mine} ({ours.contestant})" if ours is not None and several else mine,
            "–" if peer is None else f"{peer.contestant} {written(peer.value, peer.unit)}",
            "–" if one.ratio is None else f"{one.ratio:.2f}x",
            _percent(None if ours is None else share(ours, machine)),
        ]
    ]


def _percent(part: float | None) -> str:
    return "–" if part is None else f"{100 * part:.0f} %"


COLUMNS = ("measurement", "TF-Slim 2", "best peer", "ratio", "of the matrix rate")


def markdown(machine: Mapping[str, Any], results: Sequence[Result]) -> str:
    """A table for a page of Markdown, and the machine that made it."""
    lines = [
        "| " + " | ".join(COLUMNS) + " |",
        "|---" * len(COLUMNS) + "|",
        *(
            "| " + " | ".join(row) + " |"
            for one in measurements(results)
            for row in rows(one, machine)
        ),
    ]
    return "\n".join([about(machine), "", *lines, ""])
