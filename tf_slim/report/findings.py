"""What a report is made of, gathered batch by batch: it does not grow with the data."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tf_slim.report.answers import YES, Answers, of_one_label, of_several_labels
from tf_slim.report.calibration import Confidences, Temperatures
from tf_slim.report.mistake import Mistake

_MOST_CELLS = 2_000_000
_MOST_LOG_ODDS = 20.0


class Findings:
    """Counts over an evaluation, and the worst mistakes.

    Where an example may be of several classes, `Findings(10, multi_label=True)` takes the net's
    answer for each class by itself: yes where the probability is above 1/2.

    Attributes:
      num_classes: the number of classes.
      multi_label: whether an example may be of several classes, or of none.
      examples: how many examples were added.
      right: for how many of them all is right: the class, or of several labels all of them.
      support: how many examples are of each class, `[classes]`.
      predicted: how many of them the net says are, `[classes]`.
      found: of how many both is true, `[classes]`.
      confusion: `[classes, classes]`, rows are true classes, columns predicted ones; None where an
        example may be of several.
      positives: histograms of the score for a class, over the examples of this class,
        `[classes, bins]`. The score is the log odds of the class, in [-20, 20].
      negatives: the same over the examples that are not of it.
      confidences: how sure the answers were (the probability of the predicted class, or of the yes
        or no for each class), and how many of them right.
      temperatures: what they would be if all scores were divided by a number.

    Args:
      num_classes: the number of classes.
      multi_label: whether an example may be of several classes, or of none.
      mistakes: how many to keep.

    Raises:
      ValueError: there are too few classes to tell apart.

    Examples:
      >>> findings = slim.report.Findings(num_classes=3)
      >>> logits = tf.constant([[2.0, 0.0, 0.0], [0.0, 3.0, 0.0]])
      >>> findings.add(tf.zeros([2, 8, 8, 1]), logits, tf.constant([0, 2]))
      >>> findings.answers, findings.wrong, findings.mistakes[0].predicted
      (2, 1, 1)
    """

    def __init__(self, num_classes: int, *, multi_label: bool = False, mistakes: int = 24):
        least = 1 if multi_label else 2
        if num_classes < least:
            raise ValueError(f"Findings: num_classes must be at least {least}; got {num_classes}.")
        bins = min(1000, max(50, _MOST_CELLS // num_classes))
        self.num_classes = num_classes
        self.multi_label = multi_label
        self.examples = 0
        self.right = 0
        self.support, self.predicted, self.found = np.zeros([3, num_classes], np.int64)
        square = np.zeros([num_classes, num_classes], np.int64)
        self.confusion = None if multi_label else square
        self.positives = np.zeros([num_classes, bins], np.int64)
        self.negatives = np.zeros([num_classes, bins], np.int64)
        self.confidences = Confidences()
        self.temperatures = Temperatures()
        # Of each alternative: how often it was the true one, and the sum of its probabilities then.
        self._true, self._own_probabilities = np.zeros([2, num_classes * (1 + multi_label)])
        self._most_mistakes = mistakes
        self._mistakes: list[Mistake] = []

    def add(self, inputs: Any, logits: Any, labels: Any) -> None:
        """Adds a batch.

        Args:
          inputs: what the net was given, `[batch, ...]`; images `[batch, height, width, channels]`
            are shown.
          logits: scores, `[batch, classes]`; their softmax is the probability of each class, or of
            several labels their sigmoid.
          labels: indices of the true classes, `[batch]`; of several labels 0 or 1 for each class,
            `[batch, classes]`.

        Raises:
          ValueError: the shapes do not fit, a label is none, or scores are NaN or infinite.
        """
        inputs, labels = np.asarray(inputs), np.asarray(labels)
        logits = np.asarray(logits, np.float64)
        self._check(inputs, logits, labels)
        if not len(labels):
            return
        answers = (of_several_labels if self.multi_label else of_one_label)(logits, labels)
        truth, given = answers.truth, answers.given
        self.right += int((truth == given).all(1).sum())
        self.support += truth.sum(0)
        self.predicted += given.sum(0)
        self.found += (truth & given).sum(0)
        if self.confusion is not None:
            cells = answers.true * self.num_classes + answers.chosen
            self.confusion += np.bincount(cells, minlength=self.confusion.size).reshape(
                self.confusion.shape
            )
        self._add_scores(answers.log_odds, truth)
        right = answers.chosen == answers.true
        rows = np.arange(len(right))
        confidence = np.exp(answers.log_probabilities[rows, answers.chosen])
        probability = np.exp(answers.log_probabilities[rows, answers.true])
        self.confidences.add(confidence, right)
        self.temperatures.add(answers.log_probabilities, answers.true, right)
        true, size = answers.true, len(self._true)
        if self.multi_label:
            true = _alternative(rows % self.num_classes, true)
        self._true += np.bincount(true, minlength=size)
        self._own_probabilities += np.bincount(true, probability, minlength=size)
        self._add_mistakes(inputs, answers, confidence, probability)
        self.examples += len(labels)

    @property
    def answers(self) -> int:
        """How many there are: one an example, or of several labels one an example and class."""
        return int(self.confidences.counts.sum())

    @property
    def wrong(self) -> int:
        """How many of the answers are wrong."""
        return self.answers - int(self.confidences.right.sum())

    @property
    def mistakes(self) -> list[Mistake]:
        """The wrong answers where the right one was given the least probability, worst first."""
        return list(self._mistakes)

    def illustrate(
        self,
        heat_maps: Callable[[np.ndarray, np.ndarray], Any] | None = None,
        filenames: Callable[[Sequence[int]], Sequence[str | None]] | None = None,
    ) -> None:
        """Adds to the mistakes what is found out afterwards, for these few alone.

        Args:
          heat_maps: a function of (images `[batch, ...]`, classes `[batch]`: the predicted ones,
            or those that were missed) to `[batch, height, width]`, such as
            `slim.evaluation.grad_cam` of the net.
          filenames: a function of places in the data to the names of their files, such as the
            `filenames` of a Pipeline.
        """
        if not self._mistakes:
            return
        found: list[dict[str, Any]] = [{} for _ in self._mistakes]
        if heat_maps is not None:
            images = np.stack([mistake.image for mistake in self._mistakes])
            classes = np.array([mistake.shown_class for mistake in self._mistakes])
            for values, heat_map in zip(found, np.asarray(heat_maps(images, classes)), strict=True):
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

        It is where the net gives the other answer at least the probability that it gives it, on
        average, where this is the right one: to a class for the images that are labelled so, and
        of several labels to a yes or a no. Source: Northcutt et al., "Confident Learning", JAIR
        2021 (arXiv:1911.00068).
        """
        other = mistake.shown_class
        if self.multi_label:
            other = _alternative(other, mistake.predicted is not None)
        times, own = self._true[other], self._own_probabilities[other]
        return bool(times and mistake.confidence >= own / times)

    def _check(self, inputs: np.ndarray, logits: np.ndarray, labels: np.ndarray) -> None:
        scores = (len(labels) if labels.ndim else 0, self.num_classes)
        fits = logits.shape == scores
        fits = fits and labels.shape == (scores if self.multi_label else scores[:1])
        if not fits or inputs.shape[:1] != labels.shape[:1]:
            columns = f", {self.num_classes}" if self.multi_label else ""
            raise ValueError(
                f"Findings.add: expected inputs [batch, ...], logits [batch, {self.num_classes}] "
                f"and labels [batch{columns}]; got inputs {list(inputs.shape)}, logits "
                f"{list(logits.shape)} and labels {list(labels.shape)}."
            )
        self._check_labels(labels)
        wrong = ~np.isfinite(logits).all(1)
        if wrong.any():
            raise ValueError(
                "Findings.add: the net returns NaN or infinite scores, the first time for example "
                f"{self.examples + int(wrong.argmax())}. Its weights or this input are not finite; "
                "an earlier checkpoint may be sound."
            )

    def _check_labels(self, labels: np.ndarray) -> None:
        if self.multi_label:
            neither = (labels != 0) & (labels != 1)
            if neither.any():
                raise ValueError(
                    "Findings.add: of several labels each class has 0 or 1; got "
                    f"{labels[neither][0]} for example "
                    f"{self.examples + int(neither.any(1).argmax())}."
                )
            return
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

    def _add_scores(self, log_odds: np.ndarray, truth: np.ndarray) -> None:
        classes, bins = self.positives.shape
        places = np.clip(log_odds / _MOST_LOG_ODDS, -1.0, 1.0) * 0.5 + 0.5
        places = np.minimum((places * bins).astype(np.int64), bins - 1)
        cells = places + np.arange(classes) * bins
        size, shape = self.positives.size, self.positives.shape
        positives = np.bincount(cells[truth], minlength=size).reshape(shape)
        self.positives += positives
        self.negatives += np.bincount(cells.ravel(), minlength=size).reshape(shape) - positives

    def _add_mistakes(
        self,
        inputs: np.ndarray,
        answers: Answers,
        confidence: np.ndarray,
        probability: np.ndarray,
    ) -> None:
        wrong = np.flatnonzero(answers.chosen != answers.true)
        worst = wrong[np.argsort(probability[wrong], kind="stable")][: self._most_mistakes]
        new = []
        for question in worst.tolist():
            label: int | None = int(answers.true[question])
            predicted: int | None = int(answers.chosen[question])
            place = question
            if self.multi_label:
                place, about = divmod(question, self.num_classes)
                label, predicted = (about if one == YES else None for one in (label, predicted))
            new.append(
                Mistake(
                    self.examples + place,
                    label,
                    predicted,
                    float(confidence[question]),
                    float(probability[question]),
                    inputs[place].copy(),
                )
            )
        both = sorted(self._mistakes + new, key=lambda mistake: mistake.probability)
        self._mistakes = both[: self._most_mistakes]


def _alternative(about: Any, is_yes: Any) -> Any:
    """The number of a yes or no about a class among those of all classes."""
    return 2 * about + is_yes
