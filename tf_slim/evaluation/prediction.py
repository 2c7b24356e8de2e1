"""`Prediction`: what a model says of one picture."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np


class Scored(NamedTuple):
    """A label, and how probable the model takes it to be."""

    label: str
    probability: float


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Prediction:
    """What a model says of one picture.

    Attributes:
      path: of the picture; None if it has none.
      probabilities: float32 `[classes]`, in the order of the classes; None if there is an error, or
        the model does not tell classes apart.
      names: the names of the classes; None for their numbers.
      error: why the picture could not be read, or None.
      features: float32 `[depth]`, if they were asked for.
      image: float32 `[height, width, channels]`, as the net was given it, if a heat map was asked
        for.
      heat_map: float32 `[height, width]` in [0, 1], if it was asked for.

    Examples:
      >>> probabilities = np.array([0.1, 0.7, 0.2], np.float32)
      >>> seen = slim.evaluation.Prediction(
      ...     path="a.jpg", probabilities=probabilities, names=("cat", "dog", "fox")
      ... )
      >>> seen.label, seen.number, [one.label for one in seen.top(2)]
      ('dog', 1, ['dog', 'fox'])
    """

    path: str | None
    probabilities: np.ndarray | None = None
    names: tuple[str, ...] | None = None
    error: str | None = None
    features: np.ndarray | None = None
    image: np.ndarray | None = None
    heat_map: np.ndarray | None = None

    def top(self, count: int | None = None) -> list[Scored]:
        """The most probable labels, the best first.

        Args:
          count: how many; None for all.
        """
        if self.probabilities is None:
            return []
        order = np.argsort(-self.probabilities, kind="stable")[:count].tolist()
        names = self.names
        return [
            Scored(str(i) if names is None else names[i], float(self.probabilities[i]))
            for i in order
        ]

    @property
    def labels(self) -> list[Scored]:
        """All labels with their probabilities, the best first."""
        return self.top()

    @property
    def number(self) -> int | None:
        """The number of the best label."""
        return None if self.probabilities is None else int(np.argmax(self.probabilities))

    @property
    def label(self) -> str | None:
        """The best label."""
        best = self.top(1)
        return best[0].label if best else None

    @property
    def probability(self) -> float | None:
        """The probability of the best label."""
        best = self.top(1)
        return best[0].probability if best else None

    def __repr__(self) -> str:
        said = self.error
        if said is None:
            said = ", ".join(f"{one.label} {100 * one.probability:.2f} %" for one in self.top(3))
        return f"<Prediction {self.path or ''}: {said}>"
