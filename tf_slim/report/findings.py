"""What a report is made of, gathered batch by batch: it does not grow with the data."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tf_slim.report.calibration import Confidences, Temperatures

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
      filename: of the picture, or None.
      heat_map: where the net saw the predicted class, `[height, width]` in [0, 1], or None.
    """

    index: int
    label: int
    predicted: int
    confidence: float
    probability: float
    image: np.ndarray
    filename: str | None = None
    heat_map: np.ndarray | None = None


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
      confidences: how sure predictions were (the probability of the predicted class), and how
        many of them right.
      temperatures: what they would be if all scores were divided by a number.
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
        self.confidences = Confidences()
        self.temperatures = Temperatures()
        self._own_probabilities = np.zeros(num_classes)
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
        right = predicted == labels
        self.confidences.add(probabilities[rows, predicted], right)
        self.temperatures.add(log_probabilities, labels, right)
        self._own_probabilities += np.bincount(
            labels, probabilities[rows, labels], minlength=self.num_classes
        )
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

    def illustrate(
        self,
        heat_maps: Callable[[np.ndarray, np.ndarray], Any] | None = None,
        filenames: Callable[[Sequence[int]], Sequence[str | None]] | None = None,
    ) -> None:
        """Adds to the mistakes what is found out afterwards, for these few alone.

        Args:
          heat_maps: a function of (images `[batch, ...]`, predicted classes `[batch]`) to
            `[batch, height, width]`, such as `slim.evaluation.grad_cam` of the net.
          filenames: a function of places in the data to the names of their files, such as the
            `filenames` of a Pipeline.
        """
        if not self._mistakes:
            return
        found: list[dict[str, Any]] = [{} for _ in self._mistakes]
        if heat_maps is not None:
            images = np.stack([mistake.image for mistake in self._mistakes])
            predicted = np.array([mistake.predicted for mistake in self._mistakes])
            for values, heat_map in zip(
                found, np.asarray(heat_maps(images, predicted)), strict=True
            ):
                values["heat_map"] = heat_map
        if filenames is not None:
            names = filenames([mistake.index for mistake in self._mistakes])
            for values, name in zip(found, names, strict=True):
                values["filename"] = name
        self._mistakes = [
            dataclasses.replace(mistake, **values)
            for mistake, values in zip(self._mistakes, found, strict=True)
        ]

    def is_suspect(self, mistake: Mistake) -> bool:
        """Whether the label of a mistake may be wrong, and the net right.

        It is where the net gives the other class at least the probability that it gives it, on
        average, for the images that are labelled so. Source: Northcutt et al., "Confident
        Learning", JAIR 2021 (arXiv:1911.00068).
        """
        labelled = self.confusion[mistake.predicted].sum()
        own = self._own_probabilities[mistake.predicted]
        return bool(labelled and mistake.confidence >= own / labelled)

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
