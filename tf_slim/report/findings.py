"""What a report is made of, gathered batch by batch: it does not grow with the data."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

_MOST_CELLS = 2_000_000
_MOST_LOG_ODDS = 20.0


@dataclasses.dataclass(frozen=True)
class Mistake:
    """An example that was taken for another class.

    Attributes:
      index: its place in the data, from 0.
      label: the true class.
      predicted: the class with the highest score.
      confidence: the probability that was given to it.
      probability: the probability that was given to the true class.
      image: what the net was given, without the batch dimension.
    """

    index: int
    label: int
    predicted: int
    confidence: float
    probability: float
    image: np.ndarray


class Findings:
    """Counts over an evaluation, and the worst mistakes.

        findings = slim.report.Findings(num_classes=10)
        for images, labels in test:
            findings.add(images, model(images), labels)
        slim.report.write("report.html", findings, title="LeNet on digits")

    Attributes:
      num_classes: the number of classes.
      examples: how many examples were added.
      confusion: `[classes, classes]`, rows are true classes, columns predicted ones.
      positives: histograms of the score for a class, over the examples of this class,
        `[classes, bins]`. The score is the log odds of the class, in [-20, 20].
      negatives: the same over the examples of other classes.
      confidence_counts: how many examples there are in each of 15 bins of confidence (the
        probability of the predicted class).
      confidence_sums: the sum of their confidences.
      confidence_right: how many of them are right.
    """

    def __init__(self, num_classes: int, *, mistakes: int = 24):
        if num_classes < 2:
            raise ValueError(f"Findings: num_classes must be at least 2; got {num_classes}.")
        bins = min(1000, max(50, _MOST_CELLS // num_classes))
        self.num_classes = num_classes
        self.examples = 0
        self.confusion = np.zeros([num_classes, num_classes], np.int64)
        self.positives = np.zeros([num_classes, bins], np.int64)
        self.negatives = np.zeros([num_classes, bins], np.int64)
        self.confidence_counts = np.zeros(15, np.int64)
        self.confidence_sums = np.zeros(15)
        self.confidence_right = np.zeros(15, np.int64)
        self._most_mistakes = mistakes
        self._mistakes: list[Mistake] = []

    def add(self, inputs: Any, logits: Any, labels: Any) -> None:
        """Adds a batch.

        Args:
          inputs: what the net was given, `[batch, ...]`; images `[batch, height, width, channels]`
            are shown.
          logits: scores, `[batch, classes]`; their softmax is the probability of each class.
          labels: indices of the true classes, `[batch]`.

        Raises:
          ValueError: the shapes do not fit, a label is out of range, or scores are NaN or infinite.
        """
        inputs, labels = np.asarray(inputs), np.asarray(labels)
        logits = np.asarray(logits, np.float64)
        self._check(inputs, logits, labels)
        if not len(labels):
            return
        log_probabilities = logits - logits.max(1, keepdims=True)
        log_probabilities -= np.log(np.exp(log_probabilities).sum(1, keepdims=True))
        predicted = logits.argmax(1)
        cells = labels * self.num_classes + predicted
        self.confusion += np.bincount(cells, minlength=self.confusion.size).reshape(
            self.confusion.shape
        )
        self._add_scores(log_probabilities, labels)
        probabilities = np.exp(log_probabilities)
        rows = np.arange(len(labels))
        self._add_confidences(probabilities[rows, predicted], predicted == labels)
        self._add_mistakes(inputs, probabilities, labels, predicted)
        self.examples += len(labels)

    @property
    def right(self) -> int:
        """How many predictions are right."""
        return int(np.trace(self.confusion))

    @property
    def mistakes(self) -> list[Mistake]:
        """The mistakes in which the true class was given the least probability, worst first."""
        return list(self._mistakes)

    def _check(self, inputs: np.ndarray, logits: np.ndarray, labels: np.ndarray) -> None:
        fits = labels.ndim == 1 and logits.shape == (len(labels), self.num_classes)
        if not fits or inputs.shape[:1] != labels.shape:
            raise ValueError(
                f"Findings.add: expected inputs [batch, ...], logits [batch, {self.num_classes}] "
                f"and labels [batch]; got inputs {list(inputs.shape)}, logits "
                f"{list(logits.shape)} and labels {list(labels.shape)}."
            )
        if not np.issubdtype(labels.dtype, np.integer):
            raise ValueError(
                f"Findings.add: labels are indices of classes, so integers; got {labels.dtype}."
            )
        outside = (labels < 0) | (labels >= self.num_classes)
        if outside.any():
            raise ValueError(
                f"Findings.add: labels must be in [0, {self.num_classes}); got "
                f"{labels[outside][0]} for example {self.examples + int(outside.argmax())}."
            )
        wrong = ~np.isfinite(logits).all(1)
        if wrong.any():
            raise ValueError(
                "Findings.add: the net returns NaN or infinite scores, the first time for example "
                f"{self.examples + int(wrong.argmax())}. Its weights or this input are not finite; "
                "an earlier checkpoint may be sound."
            )

    def _add_scores(self, log_probabilities: np.ndarray, labels: np.ndarray) -> None:
        classes, bins = self.positives.shape
        with np.errstate(divide="ignore"):
            log_odds = log_probabilities - np.log(-np.expm1(log_probabilities))
        places = np.clip(log_odds / _MOST_LOG_ODDS, -1.0, 1.0) * 0.5 + 0.5
        places = np.minimum((places * bins).astype(np.int64), bins - 1)
        cells = places + np.arange(classes) * bins
        own = cells[np.arange(len(labels)), labels]
        size, shape = self.positives.size, self.positives.shape
        positives = np.bincount(own, minlength=size).reshape(shape)
        self.positives += positives
        self.negatives += np.bincount(cells.ravel(), minlength=size).reshape(shape) - positives

    def _add_confidences(self, confidence: np.ndarray, right: np.ndarray) -> None:
        bins = len(self.confidence_counts)
        places = np.minimum((confidence * bins).astype(np.int64), bins - 1)
        self.confidence_counts += np.bincount(places, minlength=bins)
        self.confidence_sums += np.bincount(places, confidence, minlength=bins)
        self.confidence_right += np.bincount(places[right], minlength=bins)

    def _add_mistakes(self, inputs, probabilities, labels, predicted) -> None:
        wrong = np.flatnonzero(predicted != labels)
        found = sorted(wrong.tolist(), key=lambda i: probabilities[i, labels[i]])
        new = [
            Mistake(
                self.examples + i,
                int(labels[i]),
                int(predicted[i]),
                float(probabilities[i, predicted[i]]),
                float(probabilities[i, labels[i]]),
                inputs[i].copy(),
            )
            for i in found[: self._most_mistakes]
        ]
        both = sorted(self._mistakes + new, key=lambda mistake: mistake.probability)
        self._mistakes = both[: self._most_mistakes]
