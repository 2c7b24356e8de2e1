"""How the training went: its losses and what was measured on the way, over the steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tf_slim.learning.history import VALIDATION
from tf_slim.report import charts
from tf_slim.report.markup import Markup, joined, tag


def section(history: Sequence[Mapping[str, Any]]) -> Markup | None:
    """The curves of a run; None if it noted nothing to draw.

    Args:
      history: the rows of its history: `step` and `loss`, and in some of them `validation`, a dict
        of measurements by name. Of a step that was noted twice the later row counts.
    """
    series: dict[str, dict[int, float]] = {"loss": {}}
    measured: dict[str, dict[int, float]] = {}
    for row in history:
        if _is_finite(row.get("loss")):
            series["loss"][row["step"]] = float(row["loss"])
        values = row.get(VALIDATION)
        for name, value in (values if isinstance(values, Mapping) else {}).items():
            if _is_finite(value):
                measured.setdefault(name, {})[row["step"]] = float(value)
    figures = []
    losses = [("main", "training loss", series["loss"])]
    if "loss" in measured:
        losses.append(("first", "validation loss", measured.pop("loss")))
    for title, lines in (
        ("Loss", losses),
        *((name, [("second", f"validation {name}", of)]) for name, of in measured.items()),
    ):
        drawn = [(style, label, sorted(points.items())) for style, label, points in lines]
        drawn = [line for line in drawn if len(line[2]) > 1]
        if drawn:
            figures.append(_figure(title, drawn))
    if not figures:
        return None
    return joined(
        tag("h2", "Learning curves"),
        tag(
            "p",
            "What was noted during training. The training loss includes weight decay. Where the "
            "validation loss rises while it falls, the net learns its pictures by heart.",
        ),
        tag("div", *figures, class_="charts"),
    )


def _figure(title: str, lines: list[tuple[str, str, list[tuple[int, float]]]]) -> Markup:
    picture = charts.over_steps(
        title,
        [
            (style, np.array([step for step, _ in points]), np.array([v for _, v in points]))
            for style, _, points in lines
        ],
    )
    marks = [
        (style, f"{label}: {points[-1][1]:.4g} at step {points[-1][0]}")
        for style, label, points in lines
    ]
    return tag("figure", picture, charts.legend(marks))


def _is_finite(value: Any) -> bool:
    return isinstance(value, (int, float)) and bool(np.isfinite(value))
