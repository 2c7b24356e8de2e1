"""The pictures of a report, as inline SVG."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from tf_slim.report.markup import Markup, joined, svg, tag
from tf_slim.report.statistics import Curve

_MOST_CLASSES_SHOWN = 30
_MOST_CLASSES_WITH_NUMBERS = 15
_MOST_POINTS = 250

_SIDE = 300
_LEFT, _TOP, _RIGHT, _BOTTOM = 64, 10, 24, 40

SERIES = ("first", "second", "third")
"""The classes (of the style sheet) of lines that stand out beside the main one."""


def confusion_matrix(confusion: np.ndarray, names: Sequence[str]) -> tuple[Markup, int]:
    """Which class was taken for which; the darker a cell, the larger its share of the row.

    Args:
      confusion: `[classes, classes]`, rows are true classes, columns predicted ones.
      names: of the classes.

    Returns:
      The picture, and how many classes it shows: of many, those with the most mistakes.
    """
    shown = list(range(len(confusion)))
    if len(shown) > _MOST_CLASSES_SHOWN:
        right = np.diag(confusion)
        mistakes = confusion.sum(0) + confusion.sum(1) - 2 * right
        shown = sorted(np.argsort(-mistakes, kind="stable")[:_MOST_CLASSES_SHOWN].tolist())
    count = len(shown)
    labels = [_shortened(names[i]) for i in shown]
    # One class needs 16 px for the text of its row, however many there are.
    step = max(16.0, min(56.0, 560.0 / count))
    left = 24.0 + 6.6 * max(len(label) for label in labels)
    top = 24.0 + (6.6 * max(len(label) for label in labels) if _turned(labels, step) else 14.0)
    size = step * count
    totals = confusion.sum(1)
    cells = []
    for row, true in enumerate(shown):
        for column, predicted in enumerate(shown):
            number = int(confusion[true, predicted])
            share = number / totals[true] if totals[true] else 0.0
            cells.append(
                _cell(
                    left + column * step,
                    top + row * step,
                    step,
                    number,
                    share,
                    f"true {names[true]}, predicted {names[predicted]}: {number} "
                    f"({100 * share:.1f} % of the class)",
                    true == predicted,
                    count <= _MOST_CLASSES_WITH_NUMBERS,
                )
            )
    for place, label in enumerate(labels):
        middle = (place + 0.5) * step
        cells.append(
            tag("text", label, x=left - 6, y=top + middle + 4, text_anchor="end", class_="tick")
        )
        cells.append(_column_name(label, left + middle, top - 6, _turned(labels, step)))
    cells.append(tag("text", "predicted class", x=left + size / 2, y=12, text_anchor="middle"))
    turn = f"translate(12 {top + size / 2:.0f}) rotate(-90)"
    cells.append(tag("text", "true class", transform=turn, text_anchor="middle"))
    picture = svg("Confusion matrix", left + size + 4, top + size + 4, *cells)
    return picture, count


def _turned(labels: Sequence[str], step: float) -> bool:
    return 6.6 * max(len(label) for label in labels) > step


def _column_name(label: str, x: float, y: float, turned: bool) -> Markup:
    if not turned:
        return tag("text", label, x=x, y=y, text_anchor="middle", class_="tick")
    turn = f"translate({x + 4:.1f} {y:.1f}) rotate(-90)"
    return tag("text", label, transform=turn, class_="tick")


def _cell(x, y, step, number, share, title, right, with_number) -> Markup:
    box = tag(
        "rect",
        tag("title", title),
        x=x,
        y=y,
        width=step,
        height=step,
        class_="cell" if right else "cell wrong",
        # A single mistake among thousands is to be seen as well.
        fill_opacity=0.0 if not number else max(0.08, share),
    )
    if not (with_number and number):
        return box
    number_class = "on" if share > 0.55 else None
    middle, base = x + step / 2, y + step / 2 + 4
    return joined(
        box, tag("text", number, x=middle, y=base, text_anchor="middle", class_=number_class)
    )


def curves(
    title: str,
    axes: tuple[str, str],
    lines: Iterable[tuple[str, Curve]],
    *,
    diagonal: bool,
) -> Markup:
    """Lines over the unit square.

    Args:
      title: what the picture shows.
      axes: what is drawn along x and y.
      lines: the class of each line in the style sheet, and its points; later ones lie on top.
      diagonal: whether to draw the line x = y.
    """
    drawn = [_even_line()] if diagonal else []
    for style, curve in lines:
        keep = _corners(curve)
        points = " ".join(
            f"{_x(x):.1f},{_y(y):.1f}" for x, y in zip(curve.x[keep], curve.y[keep], strict=True)
        )
        drawn.append(tag("polyline", points=points, class_=f"line {style}"))
    return _plot(title, axes, *drawn)


def _corners(curve: Curve) -> np.ndarray:
    """The indices of points enough to draw a curve by."""
    moves = np.append(True, (np.diff(curve.x) != 0) | (np.diff(curve.y) != 0))
    # Of points one upon the other one is kept, and of a straight line its ends.
    places = np.flatnonzero(moves)
    if len(places) <= _MOST_POINTS:
        return places
    length = np.append(0.0, np.cumsum(np.abs(np.diff(curve.x)) + np.abs(np.diff(curve.y))))
    wanted = np.searchsorted(length[places], np.linspace(0.0, length[-1], _MOST_POINTS))
    return places[np.unique(np.minimum(wanted, len(places) - 1))]


def reliability(
    title: str, counts: np.ndarray, confidences: np.ndarray, right: np.ndarray
) -> Markup:
    """The accuracy of predictions over their confidence.

    Args:
      title: what the picture shows.
      counts: how many examples there are in each bin of confidence, `[bins]`.
      confidences: the sum of their confidences.
      right: how many of them are right.
    """
    width = 1.0 / len(counts)
    bars = []
    for place in np.flatnonzero(counts):
        accuracy, confidence = right[place] / counts[place], confidences[place] / counts[place]
        text = (
            f"{counts[place]} predictions of confidence {confidence:.3f} on average: "
            f"{100 * accuracy:.1f} % are right"
        )
        low, high = sorted([accuracy, confidence])
        for bottom, top, style in (
            (0.0, low, "bar"),
            (low, high, "too-sure" if confidence > accuracy else "unsure"),
        ):
            bars.append(
                tag(
                    "rect",
                    tag("title", text),
                    x=_x(place * width) + 1,
                    y=_y(top),
                    width=_SIDE * width - 2,
                    height=_SIDE * float(top - bottom),
                    class_=style,
                )
            )
    return _plot(title, ("confidence", "accuracy"), *bars, _even_line())


def _mark(style: str) -> Markup:
    """A piece of a line, to stand before its name."""
    line = tag("line", x1=0, y1=6, x2=22, y2=6, class_=f"line {style}")
    return tag("svg", line, width=22, height=12, viewBox="0 0 22 12", aria_hidden="true")


def legend(marks: Iterable[tuple[str, str]]) -> Markup:
    """What the lines of a picture are: pairs of a class of the style sheet and a text."""
    return tag("ul", *(tag("li", _mark(style), text) for style, text in marks), class_="legend")


def over_steps(title: str, lines: Sequence[tuple[str, np.ndarray, np.ndarray]]) -> Markup:
    """Lines over the steps of a training.

    Args:
      title: what is drawn up.
      lines: the class of each line in the style sheet, its steps, and its values.
    """
    first, last = min(x[0] for _, x, _ in lines), max(x[-1] for _, x, _ in lines)
    low, high = min(y.min() for _, _, y in lines), max(y.max() for _, _, y in lines)
    low, high = (low, high) if high > low else (low - 0.5, high + 0.5)
    drawn = []
    for style, steps, values in reversed(lines):
        keep = np.unique(np.linspace(0, len(steps) - 1, _MOST_POINTS).round().astype(int))
        x = (steps[keep] - first) / max(last - first, 1)
        y = (values[keep] - low) / (high - low)
        points = " ".join(f"{_x(a):.1f},{_y(b):.1f}" for a, b in zip(x, y, strict=True))
        drawn.append(tag("polyline", points=points, class_=f"line {style}"))

    def along(share: float) -> str:
        return f"{first + share * (last - first):,.0f}"

    def up(share: float) -> str:
        value = low + share * (high - low)
        return "0" if abs(value) < 1e-3 * (high - low) else f"{value:.3g}"

    return _plot(title, ("step", title), *drawn, ticks=(along, up))


def _x(x: float) -> float:
    return _LEFT + _SIDE * float(x)


def _y(y: float) -> float:
    return _TOP + _SIDE * (1.0 - float(y))


def _even_line() -> Markup:
    return tag("line", x1=_x(0), y1=_y(0), x2=_x(1), y2=_y(1), class_="even")


def _plot(
    title: str,
    axes: tuple[str, str],
    *content: Markup,
    ticks: tuple[Callable[[float], object], Callable[[float], object]] = (float, float),
) -> Markup:
    parts = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts += [
            tag("line", x1=_x(tick), y1=_y(0), x2=_x(tick), y2=_y(1), class_="grid"),
            tag("line", x1=_x(0), y1=_y(tick), x2=_x(1), y2=_y(tick), class_="grid"),
            tag(
                "text",
                ticks[0](tick),
                x=_x(tick),
                y=_y(0) + 15,
                text_anchor="middle",
                class_="tick",
            ),
            tag(
                "text",
                ticks[1](tick),
                x=_x(0) - 6,
                y=_y(tick) + 4,
                text_anchor="end",
                class_="tick",
            ),
        ]
    along, up = axes
    turn = f"translate(11 {_y(0.5):.0f}) rotate(-90)"
    parts += [
        *content,
        tag("text", along, x=_x(0.5), y=_y(0) + 33, text_anchor="middle"),
        tag("text", up, transform=turn, text_anchor="middle"),
    ]
    return svg(title, _LEFT + _SIDE + _RIGHT, _TOP + _SIDE + _BOTTOM, *parts)


def _shortened(name: str, most: int = 18) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"
