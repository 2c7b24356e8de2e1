"""The page of a run: bars for each measurement, ours before the others', and all numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import report
from benchmarks.recording import UNITS, Result, written
from benchmarks.report import Measurement
from tf_slim.report import document
from tf_slim.report.bars import STYLE, Bar, bars
from tf_slim.report.markup import Markup, joined, tag
from tf_slim.report.tables import table


def html(machine: Mapping[str, Any], results: Sequence[Result]) -> str:
    """The text of the page, which needs no network and runs no script.

    Args:
      machine: see `machine.describe`.
      results: what was measured.
    """
    found = report.measurements(results)
    sources = list(dict.fromkeys(one.source for one in found))
    return document.page(
        "Benchmarks",
        tag("h1", "Benchmarks of TF-Slim 2"),
        tag("p", report.about(machine), class_="soft"),
        document.cards(_cards(machine, found)),
        tag(
            "p", "Blue bars are TF-Slim 2, grey ones its peers, measured in the same run in turns."
        ),
        *(_section(source, [one for one in found if one.source == source]) for source in sources),
        tag("h2", "All numbers"),
        tag("div", _numbers(machine, found), class_="scroll"),
        tag("footer", "Processor: " + " ".join(machine.get("flags") or ["–"])),
        style=STYLE,
    )


def _cards(machine: Mapping[str, Any], found: Sequence[Measurement]):
    ratios = [one.ratio for one in found if one.ratio is not None]
    cards: dict[str, tuple[object, str | None]] = {"measurements": (len(found), None)}
    if ratios:
        ahead = sum(ratio >= 0.97 for ratio in ratios)
        cards["not behind the best peer"] = (
            f"{ahead} of {len(ratios)}",
            "less than 3 % counts as equal",
        )
    for kind, rate in (machine.get("matrix rates") or {}).items():
        cards[f"matrix rate, {kind}"] = (f"{rate:,.0f}", "GFLOP/s of a product of two matrices")
    return cards


def _section(source: str, found: Sequence[Measurement]) -> Markup:
    return joined(
        tag("h2", source or "Measured by hand"),
        tag("div", *map(_figure, found), class_="charts"),
    )


def _figure(one: Measurement) -> Markup:
    unit = one.results[0].unit
    better = "longer" if UNITS[unit] else "shorter"
    ratio = "" if one.ratio is None else f"{one.ratio:.2f} times the best peer; "
    return tag(
        "figure",
        tag("h3", one.name),
        bars(one.name, [_bar(result) for result in one.results]),
        tag("figcaption", f"{ratio}{better} is better"),
    )


def _bar(result: Result) -> Bar:
    text = written(result.value, result.unit)
    low, high = min(result.samples), max(result.samples)
    return Bar(
        name=result.contestant,
        value=result.value,
        text=text,
        told=f"{result.contestant}: {text}, the median of {len(result.samples)} between "
        f"{written(low, result.unit)} and {written(high, result.unit)}",
        style="bar" if result.ours else "other",
    )


def _numbers(machine: Mapping[str, Any], found: Sequence[Measurement]) -> Markup:
    columns = ("measurement", "contestant", "median", "TF-Slim 2 is", "of the matrix rate")
    rows = []
    for one in found:
        for result in one.results:
            part = report.share(result, machine)
            beside = None if result.ours or one.best is None else one.best.better_than(result)
            rows.append(
                (
                    one.name,
                    result.contestant,
                    written(result.value, result.unit),
                    "–" if beside is None else f"{beside:.2f}x",
                    "–" if part is None else f"{100 * part:.0f} %",
                )
            )
    return table(columns, rows)
