"""What a net answered to a batch, in a form that one label and several labels have in common.

Of one label an example is one question: which class? Of several labels it is one question a class:
yes or no? Each has alternatives, of which the likeliest one is the answer.
"""

from __future__ import annotations

import dataclasses

import numpy as np

YES = 1
"""The alternative of a question about one class; the other one is 0."""


@dataclasses.dataclass(frozen=True)
class Answers:
    """The answers to a batch. The questions of an example stand together.

    Attributes:
      truth: which classes each example is of, bool `[batch, classes]`.
      given: which ones the net says that it is of, bool `[batch, classes]`.
      log_odds: of each class, `[batch, classes]`.
      log_probabilities: of the alternatives of each question, `[questions, alternatives]`.
      true: the true alternative of each question, `[questions]`.
      chosen: the likeliest one, `[questions]`.
    """

    truth: np.ndarray
    given: np.ndarray
    log_odds: np.ndarray
    log_probabilities: np.ndarray
    true: np.ndarray
    chosen: np.ndarray


def of_one_label(logits: np.ndarray, labels: np.ndarray) -> Answers:
    """The answers of a softmax.

    Args:
      logits: float64 `[batch, classes]`.
      labels: the true classes, `[batch]`.
    """
    log_probabilities = logits - logits.max(1, keepdims=True)
    log_probabilities -= np.log(np.exp(log_probabilities).sum(1, keepdims=True))
    with np.errstate(divide="ignore"):
        log_odds = log_probabilities - np.log(-np.expm1(log_probabilities))
    classes, predicted = np.arange(logits.shape[1]), logits.argmax(1)
    return Answers(
        labels[:, np.newaxis] == classes,
        predicted[:, np.newaxis] == classes,
        log_odds,
        log_probabilities,
        labels,
        predicted,
    )


def of_several_labels(logits: np.ndarray, labels: np.ndarray) -> Answers:
    """The answers of a sigmoid for each class: yes where its probability is above 1/2.

    Args:
      logits: float64 `[batch, classes]`.
      labels: 0 or 1 for each class, `[batch, classes]`.
    """
    truth, given = labels.astype(bool), logits > 0
    log_probabilities = -np.logaddexp(0.0, np.stack([logits, -logits], axis=-1))
    return Answers(
        truth,
        given,
        logits,
        log_probabilities.reshape(-1, 2),
        truth.ravel().astype(np.int64),
        given.ravel().astype(np.int64),
    )
