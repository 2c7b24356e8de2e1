"""Tables of a page, and how numbers are written there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tf_slim.report import statistics
from tf_slim.report.markup import Markup, joined, tag


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Markup:
    """A table with a head."""
    return tag(
        "table",
        tag("thead", tag("tr", *(tag("th", column, scope="col") for column in columns))),
        tag("tbody", *(tag("tr", *(tag("td", value) for value in row)) for row in rows)),
    )


def percent(share: float) -> str:
    """A share, in per cent."""
    return f"{100 * share:.2f} %"


def number(value: float) -> str:
    """A number with four places; a dash where there is none."""
    return "–" if np.isnan(value) else f"{value:.4f}"


def share(part: int, whole: int) -> Markup:
    """A share of a count, with its 95 % confidence interval; a dash where nothing was counted."""
    if not whole:
        return joined("–")
    low, high = statistics.wilson_interval(part, whole)
    return joined(f"{part / whole:.4f} ", tag("small", f"{low:.2f}–{high:.2f}"))
