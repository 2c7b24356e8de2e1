"""Horizontal bars, a name before and a number behind each."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from tf_slim.report.markup import Markup, svg, tag

_WIDTH, _BAR, _GAP = 640.0, 20.0, 12.0
_NUMBERS = 150.0
_LETTER = 6.6

STYLE = """
svg .late { fill: var(--soft); fill-opacity: .55; }
svg .other { fill: var(--thin); fill-opacity: .85; }
"""
"""Rules in CSS that a page with bars has beside its own."""


@dataclasses.dataclass(frozen=True)
class Bar:
    """One of the bars.

    Attributes:
      name: what stands before it.
      value: its length.
      text: what stands behind it.
      told: what is shown to who points at it.
      late: where a thin line ends that goes on from its end; None for no line.
      style: its class in the style sheet: "bar", or "other" for one that is to stand back.
    """

    name: str
    value: float
    text: str
    told: str
    late: float | None = None
    style: str = "bar"


def bars(title: str, rows: Sequence[Bar]) -> Markup:
    """A picture of bars, one under the other.

    Args:
      title: what it shows.
      rows: the bars.
    """
    left = min(300.0, 12 + _LETTER * max(len(row.name) for row in rows))
    room = _WIDTH - left - _NUMBERS
    most = max(max(row.value, row.late or 0.0) for row in rows) or 1.0
    parts = []
    for number, row in enumerate(rows):
        y = _GAP / 2 + number * (_BAR + _GAP)
        end = left + room * row.value / most
        late = end if row.late is None else left + room * row.late / most
        middle = y + _BAR / 2
        parts += [
            tag("text", _cut(row.name), x=left - 6, y=middle + 4, text_anchor="end"),
            tag(
                "rect",
                tag("title", row.told),
                x=left,
                y=y,
                width=max(end - left, 1.0),
                height=_BAR,
                class_=row.style,
            ),
            None
            if row.late is None
            else tag(
                "rect", x=end, y=middle - 1.5, width=max(late - end, 0.0), height=3, class_="late"
            ),
            tag("text", row.text, x=max(end, late) + 6, y=middle + 4, class_="tick"),
        ]
    return svg(title, _WIDTH, len(rows) * (_BAR + _GAP), *parts)


def _cut(name: str, most: int = 42) -> str:
    """The end of a long name: that of a path tells more than its beginning."""
    return name if len(name) <= most else "…" + name[1 - most :]
