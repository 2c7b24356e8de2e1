"""A wrong answer of a net, with what it was given."""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Mistake:
    """A wrong answer: an example that was taken for another class.

    Where an example may be of several classes, either it is of `label` and the net says no, and
    `predicted` is None; or the net says that it is of `predicted` and it is not, and `label` is.

    Attributes:
      index: its place in the data, from 0.
      label: the true class, or None.
      predicted: the class with the highest score, or None.
      confidence: the probability that was given to the wrong answer.
      probability: the probability that was given to the right one.
      image: what the net was given, without the batch dimension.
      filename: of the picture, or None.
      heat_map: where the net saw `shown_class`, `[height, width]` in [0, 1], or None.

    Examples: see `slim.report.Findings`.
    """

    index: int
    label: int | None
    predicted: int | None
    confidence: float
    probability: float
    image: np.ndarray
    filename: str | None = None
    heat_map: np.ndarray | None = None

    @property
    def shown_class(self) -> int:
        """The class whose heat map tells something: the predicted one, or the one missed."""
        return next(one for one in (self.predicted, self.label) if one is not None)
