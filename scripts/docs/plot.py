"""A scatter plot as SVG within a page: it takes the colours of the page, dark or light."""

from __future__ import annotations

import dataclasses
import html
import math
from collections.abc import Sequence

# Narrow enough to be read on a telephone without being made smaller.
_WIDTH, _HEIGHT = 360, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 34, 16, 8, 38
_ROW = 17
# Readable on white and on black, and told apart by shape as well: seven and four have no factor.
_COLOURS = ("#d9480f", "#1c7ed6", "#2b8a3e", "#9c36b5", "#b58900", "#0c8599", "#c2255c")
_SHAPES = ("circle", "square", "diamond", "triangle")


@dataclasses.dataclass(frozen=True)
class Point:
    name: str
    family: str
    x: float
    y: float


def scatter(points: Sequence[Point], *, title: str, x: str, y: str) -> str:
    """Draws points, those of a family joined by a line, over a logarithmic axis.

    Args:
      points: what is drawn.
      title: what it is, for those who do not see it.
      x: what the logarithmic axis says.
      y: what the other axis says.

    Returns:
      The text of the SVG, without an empty line, as Markdown wants it.
    """
    families = list(dict.fromkeys(one.family for one in points))
    rows = math.ceil(len(families) / 2)
    height = _HEIGHT + rows * _ROW + 6
    across = _Scale([one.x for one in points], _LEFT, _WIDTH - _RIGHT, log=True)
    upward = _Scale([one.y for one in points], _HEIGHT - _BOTTOM, _TOP)
    told = "; ".join(
        f"{one.name} {one.y:g} % at {one.x:,.0f} million" for one in sorted(points, key=_by_x)
    )
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-labelledby="plot-title plot-told" '
        'style="width:100%;max-width:27rem;height:auto;font-family:inherit;font-size:11px" '
        'fill="currentColor" xmlns="http://www.w3.org/2000/svg">',
        f'<title id="plot-title">{html.escape(title)}</title>',
        f'<desc id="plot-told">{html.escape(told)}.</desc>',
        *_axes(across, upward, x, y),
    ]
    for number, family in enumerate(families):
        members = sorted((one for one in points if one.family == family), key=_by_x)
        places = [(across(one.x), upward(one.y)) for one in members]
        colour = _COLOURS[number % len(_COLOURS)]
        if len(members) > 1:
            line = " ".join(f"{left:.1f},{top:.1f}" for left, top in places)
            parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" opacity="0.6"/>')
        for one, (left, top) in zip(members, places):
            text = f"{one.name}: {one.y:g} %, {one.x:,.0f} million"
            parts.append(
                f'<g class="point"><title>{html.escape(text)}</title>{_mark(number, left, top)}</g>'
            )
        column, row = divmod(number, rows)
        left, top = _LEFT + column * 165 + 5, _HEIGHT + row * _ROW + 8
        parts += [
            _mark(number, left, top),
            f'<text x="{left + 10}" y="{top + 4}">{html.escape(family)}</text>',
        ]
    return "\n".join([*parts, "</svg>"])


def _by_x(point: Point) -> float:
    return point.x


class _Scale:
    """From values to places."""

    def __init__(self, values: Sequence[float], first: float, last: float, *, log: bool = False):
        self._to = math.log10 if log else float
        low, high = min(values), max(values)
        if log:
            self.ticks = [
                tick
                for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
                for tick in (10**power, 3 * 10**power)
                if low * 0.7 <= tick <= high * 1.4
            ]
            ends = low / 1.3, high * 1.3
        else:
            self.ticks = list(range(math.floor(low / 10) * 10, math.ceil(high / 10) * 10 + 1, 10))
            ends = self.ticks[0], self.ticks[-1]
        self._low, self._high = map(self._to, ends)
        self.first, self.last = first, last

    def __call__(self, value: float) -> float:
        part = (self._to(value) - self._low) / (self._high - self._low)
        return self.first + part * (self.last - self.first)


def _axes(across: _Scale, upward: _Scale, x: str, y: str) -> list[str]:
    parts = []
    for tick in upward.ticks:
        top = upward(tick)
        parts += [
            f'<line x1="{across.first}" y1="{top:.1f}" x2="{across.last}" y2="{top:.1f}" '
            'stroke="currentColor" opacity="0.2"/>',
            f'<text x="{across.first - 5}" y="{top + 4:.1f}" text-anchor="end">{tick}</text>',
        ]
    for tick in across.ticks:
        left = across(tick)
        parts += [
            f'<line x1="{left:.1f}" y1="{upward.first}" x2="{left:.1f}" y2="{upward.last}" '
            'stroke="currentColor" opacity="0.2"/>',
            f'<text x="{left:.1f}" y="{upward.first + 14}" text-anchor="middle">{tick:,}</text>',
        ]
    middle = (upward.first + upward.last) / 2
    return [
        *parts,
        f'<text x="{(across.first + across.last) / 2}" y="{upward.first + 29}" '
        f'text-anchor="middle">{html.escape(x)}</text>',
        f'<text transform="translate(9 {middle}) rotate(-90)" text-anchor="middle">'
        f"{html.escape(y)}</text>",
    ]


def _mark(number: int, left: float, top: float) -> str:
    shape = _SHAPES[number % len(_SHAPES)]
    colour = f'fill="{_COLOURS[number % len(_COLOURS)]}"'
    if shape == "circle":
        return f'<circle cx="{left:.1f}" cy="{top:.1f}" r="3.8" {colour}/>'
    corners = {
        "square": ((-3.4, -3.4), (3.4, -3.4), (3.4, 3.4), (-3.4, 3.4)),
        "diamond": ((0, -4.8), (4.8, 0), (0, 4.8), (-4.8, 0)),
        "triangle": ((0, -4.6), (4.4, 3.6), (-4.4, 3.6)),
    }[shape]
    path = " ".join(f"{left + right:.1f},{top + down:.1f}" for right, down in corners)
    return f'<polygon points="{path}" {colour}/>'
