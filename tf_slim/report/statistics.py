"""What is computed from counts: intervals, F1 of classes, curves."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

_Z = 1.959963984540054
"""The number of standard deviations on both sides that 95 % of a normal distribution lie within."""


def wilson_interval(right: int, total: int) -> tuple[float, float]:
    """The 95 % confidence interval of a share, also where it is near 0 or 1.

    Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927.
    """
    share, z2 = right / total, _Z**2 / total
    middle = (share + z2 / 2) / (1 + z2)
    half = _Z * math.sqrt(share * (1 - share) / total + z2 / (4 * total)) / (1 + z2)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def f1(found: np.ndarray, support: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """F1 of each class, `[classes]`; NaN for one that does not occur and is not predicted.

    Args:
      found: how many examples are of the class and taken for it, `[classes]`.
      support: how many are of it.
      predicted: how many are taken for it.
    """
    either = support + predicted
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(either == 0, np.nan, 2 * found / either)


class Curve(NamedTuple):
    """A curve over falling thresholds, and the area under it."""

    x: np.ndarray
    y: np.ndarray
    area: float


def roc(positives: np.ndarray, negatives: np.ndarray) -> Curve | None:
    """Recall over the false positive rate, from histograms of scores; None if a class is missing.

    Args:
      positives: how many positive examples there are in each bin of scores, ascending `[bins]`.
      negatives: the same of negative examples.
    """
    x, y = _passed(negatives), _passed(positives)
    if not x[-1] or not y[-1]:
        return None
    x, y = x / x[-1], y / y[-1]
    return Curve(x, y, float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2)))


def precision_recall(positives: np.ndarray, negatives: np.ndarray) -> Curve | None:
    """Precision over recall; the area is the average precision. None if there are no positives.

    Arguments are those of `roc`.
    """
    found, wrong = _passed(positives), _passed(negatives)
    if not found[-1]:
        return None
    some = found + wrong > 0
    recall, precision = found[some] / found[-1], found[some] / (found + wrong)[some]
    area = float(np.sum(np.diff(recall, prepend=0.0) * precision))
    # The curve begins at no recall, with the precision of the highest scores.
    return Curve(np.append(0.0, recall), np.append(precision[0], precision), area)


def _passed(counts: np.ndarray) -> np.ndarray:
    """How many pass each threshold, from the highest one down."""
    return np.append(0, np.cumsum(counts[::-1]))
