"""How sure a net should have been: one temperature that its scores are divided by.

C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017 (arXiv:1706.04599).
"""

from __future__ import annotations

import numpy as np

BINS = 15
"""The bins of confidence that accuracy is compared in."""

# From a fifth to eight times as sure as it should be, in steps of 5 %.
_TEMPERATURES = 1.05 ** np.arange(-33, 43)


class Confidences:
    """How confident predictions were, and how many of them right, by bin of confidence.

    Attributes:
      counts: how many predictions there are in each bin, `[bins]`.
      sums: the sum of their confidences.
      right: how many of them are right.
    """

    def __init__(self) -> None:
        self.counts = np.zeros(BINS, np.int64)
        self.sums = np.zeros(BINS)
        self.right = np.zeros(BINS, np.int64)

    def add(self, confidence: np.ndarray, right: np.ndarray) -> None:
        """Adds predictions: their confidences in [0, 1] and whether they are right, `[batch]`."""
        places = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
        self.counts += np.bincount(places, minlength=BINS)
        self.sums += np.bincount(places, confidence, minlength=BINS)
        self.right += np.bincount(places[right], minlength=BINS)

    @property
    def error(self) -> float:
        """The expected calibration error: how far confidence and accuracy are apart on average."""
        return float(np.abs(self.sums - self.right).sum() / max(self.counts.sum(), 1))


class Temperatures:
    """What each of a row of temperatures would have made of the scores."""

    def __init__(self) -> None:
        self._losses = np.zeros(len(_TEMPERATURES))
        self._confidences = [Confidences() for _ in _TEMPERATURES]

    def add(self, log_probabilities: np.ndarray, labels: np.ndarray, right: np.ndarray) -> None:
        """Adds a batch.

        Args:
          log_probabilities: `[batch, classes]`.
          labels: the true classes, `[batch]`.
          right: whether the likeliest class is the true one, `[batch]`.
        """
        below = (log_probabilities - log_probabilities.max(1, keepdims=True)).astype(np.float32)
        true = below[np.arange(len(labels)), labels]
        for place, temperature in enumerate(_TEMPERATURES):
            total = np.exp(below / np.float32(temperature)).sum(1, dtype=np.float64)
            self._losses[place] += (np.log(total) - true / temperature).sum()
            self._confidences[place].add(1.0 / total, right)

    @property
    def best(self) -> tuple[float, Confidences]:
        """The temperature of the least cross entropy, and the confidences that it leads to."""
        place = int(self._losses.argmin())
        return float(_TEMPERATURES[place]), self._confidences[place]

    @property
    def is_bound(self) -> bool:
        """Whether the best one is the highest or lowest that was tried."""
        return int(self._losses.argmin()) in (0, len(_TEMPERATURES) - 1)
