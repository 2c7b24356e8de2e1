"""Whether one of two revisions that took turns is faster, or whether that is noise."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Sequence

CONFIDENCE = 0.95
LEAST = 0.03
"""A change of less than this share counts as none, however sure it is."""

SLOWER, FASTER, SAME, UNKNOWN = "slower", "faster", "same", "unknown"


@dataclasses.dataclass(frozen=True)
class Change:
    """How a measurement changed from one revision to another.

    Attributes:
      ratio: how many times better the new one is, the median over the turns: below 1 is worse.
      low: the lower end of an interval that holds the true median with 95 % confidence; 0 where
        there were too few turns to tell.
      high: its upper end; infinite there.
      verdict: "slower", "faster", "same", or "unknown" where there were too few turns.
    """

    ratio: float
    low: float
    high: float
    verdict: str


def change(ratios: Sequence[float]) -> Change:
    """The change over some turns, each of which measured both revisions.

    The interval is that of the sign test: it assumes nothing of how times are distributed, and
    since the two of a turn are divided first, a machine that slows down slows both. It takes at
    least six turns to be 95 % sure of anything.

    Args:
      ratios: of each turn, how many times better the new revision was.

    Raises:
      ValueError: there are none.
    """
    if not ratios:
        raise ValueError("A change needs the ratio of at least one turn; got none.")
    values = sorted(ratios)
    middle = statistics.median(values)
    place = _rank(len(values))
    if place is None:
        return Change(middle, 0.0, math.inf, UNKNOWN)
    low, high = values[place], values[-1 - place]
    if high < 1 and middle < 1 - LEAST:
        verdict = SLOWER
    elif low > 1 and middle > 1 + LEAST:
        verdict = FASTER
    else:
        verdict = SAME
    return Change(middle, low, high, verdict)


def _rank(count: int) -> int | None:
    """How many values at either end lie outside of the interval of the median; None: too few."""
    outside, found = 0.0, None
    for place in range((count + 1) // 2):
        outside += 2 * math.comb(count, place) / 2**count
        if outside > 1 - CONFIDENCE:
            break
        found = place
    return found


def turns_needed() -> int:
    """The fewest turns by which anything can be told."""
    return next(count for count in range(1, 100) if _rank(count) is not None)
