"""Ten metrics over a million predictions, beside the same metrics of Keras 3: time and memory."""

from __future__ import annotations

import functools
import os

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from benchmarks import recording
from benchmarks.peers import compare

m, keras = slim.metrics, tf.keras.metrics

Batches = list[tuple[tf.Tensor, tf.Tensor]]

EXAMPLES = 1_000_000
RNG = np.random.RandomState(0)
SCORES = RNG.rand(EXAMPLES).astype(np.float32)
LABELS = (RNG.rand(EXAMPLES) < SCORES).astype(np.int64)

# name -> (our metric, that of Keras, whether they take classes in place of scores)
METRICS = {
    "accuracy": (m.streaming_accuracy, keras.Accuracy, True),
    "precision": (m.streaming_precision, keras.Precision, True),
    "recall": (m.streaming_recall, keras.Recall, True),
    "false positives": (m.streaming_false_positives, keras.FalsePositives, True),
    "mean iou": (
        functools.partial(m.streaming_mean_iou, num_classes=2),
        functools.partial(keras.MeanIoU, num_classes=2),
        True,
    ),
    "area under ROC": (m.streaming_auc, keras.AUC, False),
    "area under PR": (
        functools.partial(m.streaming_auc, curve="PR"),
        functools.partial(keras.AUC, curve="PR"),
        False,
    ),
    "sensitivity at specificity": (
        functools.partial(m.streaming_sensitivity_at_specificity, specificity=0.9),
        functools.partial(keras.SensitivityAtSpecificity, 0.9),
        False,
    ),
    "mean squared error": (m.streaming_mean_squared_error, keras.MeanSquaredError, False),
    "mean absolute error": (m.streaming_mean_absolute_error, keras.MeanAbsoluteError, False),
}


class Evaluation:
    """All metrics of one kind, updated by one compiled function."""

    def __init__(self, ours: bool):
        self._ours = ours
        self.metrics = {
            name: m.stateful(mine) if ours else theirs()
            for name, (mine, theirs, _) in METRICS.items()
        }
        self._update = tf.function(self._measure, reduce_retracing=True)

    def _measure(self, scores: tf.Tensor, labels: tf.Tensor) -> None:
        classes = tf.cast(scores > 0.5, tf.int64)
        for name, metric in self.metrics.items():
            predictions = classes if METRICS[name][2] else scores
            if self._ours:
                metric.update(predictions, labels)
            elif "error" in name:
                # Keras averages over the last dimension first: without one of its own, it is cast
                # to a scalar, and weighted as one example.
                metric.update_state(labels[:, None], predictions[:, None])
            else:
                metric.update_state(labels, predictions)

    def results(self, batches: Batches) -> dict[str, float]:
        """One evaluation, from nothing."""
        for metric in self.metrics.values():
            metric.reset() if self._ours else metric.reset_state()
        for scores, labels in batches:
            self._update(scores, labels)
        return {name: float(metric.result()) for name, metric in self.metrics.items()}


def batches_of(size: int) -> Batches:
    """The examples in batches, cut before: that takes longer than all metrics."""
    starts = range(0, EXAMPLES, size)
    return [tuple(tf.constant(all_[i : i + size]) for all_ in (SCORES, LABELS)) for i in starts]


@pytest.mark.parametrize("size", [256, 10_000])
def test_time(capsys, size):
    batches = batches_of(size)
    ours, theirs = Evaluation(ours=True), Evaluation(ours=False)
    # Keras takes the best threshold of at least the given specificity, we the nearest one.
    assert ours.results(batches) == pytest.approx(theirs.results(batches), rel=0.02)
    with capsys.disabled():
        compare(
            f"Ten metrics of {EXAMPLES} predictions in batches of {size}",
            {"slim": lambda: ours.results(batches), "Keras 3": lambda: theirs.results(batches)},
            rounds=3,
            calls=1,
        )


def resident_megabytes() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="reads /proc, as Linux has it")
def test_memory(capsys):
    evaluation = Evaluation(ours=True)
    batches = batches_of(1000)
    evaluation.results(batches)
    before = resident_megabytes()
    for _ in range(5):
        evaluation.results(batches)
    grown = resident_megabytes() - before
    title = "Ten metrics, memory after five million predictions more"
    with capsys.disabled():
        print(f"\n{title}")
        recording.show([recording.record(title, "slim", max(grown, 0.1) * 1e6 / 2**20, "MiB")])
    assert grown < 30, "what is kept must not grow with the data"
