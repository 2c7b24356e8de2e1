"""The page of a benchmark: bars of latencies, lines of throughput, and the numbers."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

from tf_slim.ops import files
from tf_slim.report import document
from tf_slim.report.bars import STYLE, Bar, bars
from tf_slim.report.markup import Markup, svg, tag
from tf_slim.report.tables import table

_WIDTH = 640.0
_HEIGHT, _LEFT, _BOTTOM, _TOP = 300.0, 64.0, 40.0, 12.0
_COLOURS = 8

# As many lines as people can tell apart; further ones begin again with dashes.
_STYLE = """
svg .plot { fill: none; stroke-width: 2; stroke-linejoin: round; }
""" + "".join(
    f".c{number} {{ stroke: hsl({45 * number + 215} 70% 50%); fill: hsl({45 * number + 215} 70% "
    "50%); }\n"
    for number in range(_COLOURS)
)


@dataclasses.dataclass(frozen=True)
class Row:
    """One contestant with one batch size.

    Attributes:
      name: of the contestant, as it is to be shown.
      batch_size: images in a batch.
      median_ms: milliseconds a batch, the median.
      p95_ms: the 95th percentile.
      images_per_second: at the median.
      cells: the row of the table.
    """

    name: str
    batch_size: int
    median_ms: float
    p95_ms: float
    images_per_second: float
    cells: Sequence[object]


def write(
    path: str | os.PathLike,
    rows: Sequence[Row],
    columns: Sequence[str],
    environment: Mapping[str, Any],
    footer: str = "",
) -> None:
    """Writes the page: one HTML file that needs no network and runs no script.

    Args:
      path: of the file; what was there is replaced.
      rows: what was measured.
      columns: the titles of their cells.
      environment: what it depends on, by name.
      footer: how it came about.

    Raises:
      OSError: the file cannot be written.
    """
    batches = sorted({row.batch_size for row in rows})
    names = list(dict.fromkeys(row.name for row in rows))
    told = "; ".join(f"{name} {value}" for name, value in environment.items() if value is not None)
    figures = [
        tag(
            "figure",
            tag("h3", f"{batch} image{'s' if batch > 1 else ''} at a time"),
            bars(
                f"Latency of a batch of {batch}",
                [_bar(row) for row in rows if row.batch_size == batch],
            ),
        )
        for batch in batches
    ]
    text = document.page(
        "Benchmark",
        tag("h1", "Benchmark"),
        tag("p", told, class_="soft"),
        tag("h2", "Latency"),
        tag(
            "p",
            "Milliseconds a batch: the bar is the median, the thin line ends at the 95th "
            "percentile. Shorter is better.",
        ),
        tag("div", *figures, class_="charts"),
        *(() if len(batches) < 2 else _throughput(rows, names, batches)),
        tag("h2", "All numbers"),
        tag("div", table(columns, [row.cells for row in rows]), class_="scroll"),
        tag("footer", footer),
        style=STYLE + _STYLE,
    )
    files.replace_text(path, text)


def _throughput(
    rows: Sequence[Row], names: Sequence[str], batches: Sequence[int]
) -> tuple[Markup, ...]:
    marks = [
        tag(
            "li",
            tag(
                "svg",
                tag("line", x1=0, y1=6, x2=22, y2=6, class_="plot " + _colour(number)[0])
                if _colour(number)[1] is None
                else tag(
                    "line",
                    x1=0,
                    y1=6,
                    x2=22,
                    y2=6,
                    class_="plot " + _colour(number)[0],
                    stroke_dasharray=_colour(number)[1],
                ),
                width=22,
                height=12,
                viewBox="0 0 22 12",
                aria_hidden="true",
            ),
            name,
        )
        for number, name in enumerate(names)
    ]
    return (
        tag("h2", "Throughput"),
        tag("p", "Images a second, by the number of images in a batch. Higher is better."),
        _lines(rows, names, batches),
        tag("ul", *marks, class_="legend"),
    )


def _colour(number: int) -> tuple[str, str | None]:
    """The class and the dashes of a line."""
    return f"c{number % _COLOURS}", None if number < _COLOURS else "5 3"


def _bar(row: Row) -> Bar:
    return Bar(
        name=row.name,
        value=row.median_ms,
        late=row.p95_ms,
        text=f"{row.median_ms:.2f} ms ({row.p95_ms:.2f})",
        told=f"{row.name}: {row.median_ms:.2f} ms, 95 % within {row.p95_ms:.2f} ms",
    )


def _lines(rows: Sequence[Row], names: Sequence[str], batches: Sequence[int]) -> Markup:
    wide = _WIDTH - _LEFT - 20
    most = max(row.images_per_second for row in rows) or 1.0
    first, span = math.log(batches[0]), math.log(batches[-1]) - math.log(batches[0])

    def across(batch: int) -> float:
        return _LEFT + wide * (math.log(batch) - first) / span

    def up(value: float) -> float:
        return _TOP + _HEIGHT * (1 - value / most)

    parts = []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = up(share * most)
        parts += [
            tag("line", x1=_LEFT, y1=y, x2=_LEFT + wide, y2=y, class_="grid"),
            tag(
                "text",
                f"{share * most:,.0f}",
                x=_LEFT - 6,
                y=y + 4,
                text_anchor="end",
                class_="tick",
            ),
        ]
    for batch in batches:
        parts.append(
            tag("text", batch, x=across(batch), y=_TOP + _HEIGHT + 16, text_anchor="middle")
        )
    for number, name in enumerate(names):
        own = sorted((r.batch_size, r.images_per_second) for r in rows if r.name == name)
        style, dashes = _colour(number)
        parts.append(
            tag(
                "polyline",
                tag("title", name),
                points=" ".join(f"{across(batch):.1f},{up(value):.1f}" for batch, value in own),
                class_=f"plot {style}",
                stroke_dasharray=dashes,
                fill="none",
            )
        )
    parts.append(
        tag(
            "text",
            "images in a batch",
            x=_LEFT + wide / 2,
            y=_TOP + _HEIGHT + 34,
            text_anchor="middle",
        )
    )
    return svg("Throughput", _WIDTH, _TOP + _HEIGHT + _BOTTOM, *parts)
