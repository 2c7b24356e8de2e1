"""The families of metrics, against closed forms in NumPy and against scikit-learn.

`tests/goldens` replays the numbers of the original; here stands what the numbers mean.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import sklearn.metrics
import tensorflow as tf

import tf_slim as slim

m = slim.metrics
v1 = tf.compat.v1

RNG = np.random.RandomState(11)
SIZES = (40, 17, 23)


def batched(make: Callable[[int], np.ndarray]) -> list[np.ndarray]:
    return [make(size) for size in SIZES]


SCORES = batched(lambda n: RNG.randint(0, 11, n).astype(np.float32) / 10)
LABELS = batched(lambda n: RNG.randint(0, 2, n))
WEIGHTS = batched(lambda n: RNG.randint(0, 3, n).astype(np.float32))
CLASSES = batched(lambda n: RNG.randint(0, 4, n))
GUESSES = batched(lambda n: RNG.randint(0, 4, n))
NUMBERS = batched(lambda n: RNG.randn(n).astype(np.float32))
OTHERS = [number + RNG.randn(len(number)).astype(np.float32) for number in NUMBERS]
LOGITS = batched(lambda n: RNG.randn(n, 5).astype(np.float32))
TWO_LABELS = batched(lambda n: np.array([RNG.permutation(5)[:2] for _ in range(n)]))
THRESHOLDS = [0.75, 0.25, 0.5]


def joined(arrays: list[np.ndarray], count: int) -> np.ndarray:
    return np.concatenate(arrays[:count])


def rate(case: Callable, among: Callable) -> Callable:
    """The weighted share of `case` within `among`, both functions of (predicted, true)."""

    def expected(predicted, true, weights):
        predicted, true = predicted.astype(bool), true.astype(bool)
        chosen = among(predicted, true)
        return (weights * case(predicted, true) * chosen).sum() / (weights * chosen).sum()

    return expected


def at_thresholds(expected: Callable) -> Callable:
    return lambda scores, true, weights: [expected(scores > t, true, weights) for t in THRESHOLDS]


def precision_at(k: int, logits: np.ndarray, labels: np.ndarray) -> float:
    best = np.argsort(-logits, 1)[:, :k]
    return float(np.mean([np.isin(b, row) for b, row in zip(best, labels)]))


def recall_at(k: int, logits: np.ndarray, labels: np.ndarray) -> float:
    best = np.argsort(-logits, 1)[:, :k]
    return float(np.mean([np.isin(row, b) for b, row in zip(best, labels)]))


def average_precision(logits: np.ndarray, labels: np.ndarray) -> float:
    truth = np.zeros_like(logits)
    np.put_along_axis(truth, labels, 1.0, 1)
    pairs = zip(truth, logits)
    return float(np.mean([sklearn.metrics.average_precision_score(t, s) for t, s in pairs]))


def iou(guesses: np.ndarray, classes: np.ndarray) -> float:
    return float(sklearn.metrics.jaccard_score(classes, guesses, average="macro"))


def roc_area(scores: np.ndarray, labels: np.ndarray) -> float:
    return float(sklearn.metrics.roc_auc_score(labels, scores))


class Row(NamedTuple):
    """A metric, the arrays that it is given batch by batch, and its value over all of them."""

    metric: Callable
    settings: dict[str, Any]
    data: list[list[np.ndarray]]
    expected: Callable


WEIGHTED = [SCORES, LABELS, WEIGHTS]
HARD = [[s > 0.5 for s in SCORES], LABELS, WEIGHTS]

ROWS = {
    "count": Row(m.count, {}, [NUMBERS], len),
    "mean absolute error": Row(
        m.streaming_mean_absolute_error, {}, [NUMBERS, OTHERS], lambda p, y: np.abs(p - y).mean()
    ),
    "root mean squared error": Row(
        m.streaming_root_mean_squared_error,
        {},
        [NUMBERS, OTHERS],
        lambda p, y: np.sqrt(((p - y) ** 2).mean()),
    ),
    "percentage less": Row(
        m.streaming_percentage_less, {"threshold": 0.3}, [NUMBERS], lambda v: (v < 0.3).mean()
    ),
    "true positives": Row(
        m.streaming_true_positives,
        {},
        HARD,
        lambda p, y, w: (w * (p.astype(bool) & y.astype(bool))).sum(),
    ),
    "precision": Row(m.streaming_precision, {}, HARD, rate(lambda p, y: y, lambda p, y: p)),
    "recall": Row(m.streaming_recall, {}, HARD, rate(lambda p, y: p, lambda p, y: y)),
    "false positive rate": Row(
        m.streaming_false_positive_rate, {}, HARD, rate(lambda p, y: p, lambda p, y: ~y)
    ),
    "precision at thresholds": Row(
        m.streaming_precision_at_thresholds,
        {"thresholds": THRESHOLDS},
        WEIGHTED,
        at_thresholds(rate(lambda p, y: y, lambda p, y: p)),
    ),
    "false negative rate at thresholds": Row(
        m.streaming_false_negative_rate_at_thresholds,
        {"thresholds": THRESHOLDS},
        WEIGHTED,
        at_thresholds(rate(lambda p, y: ~p, lambda p, y: y)),
    ),
    "auc over a grid that separates all scores": Row(
        m.streaming_auc, {"num_thresholds": 201}, [SCORES, LABELS], roc_area
    ),
    "auc by histograms": Row(
        m.auc_using_histogram,
        {"score_range": [0.0, 1.0], "nbins": 20},
        [[y.astype(bool) for y in LABELS], SCORES],
        lambda y, s: roc_area(s, y),
    ),
    "dynamic auc": Row(m.streaming_dynamic_auc, {}, [LABELS, SCORES], lambda y, s: roc_area(s, y)),
    "auc with interval": Row(
        m.auc_with_confidence_intervals,
        {},
        [LABELS, SCORES],
        lambda y, s: np.array([roc_area(s, y)] * 3),
    ),
    "f1": Row(
        m.f1_score,
        {"num_thresholds": 21},
        [LABELS, SCORES],
        lambda y, s: max(sklearn.metrics.f1_score(y, s > t) for t in np.arange(21) / 20 - 1e-3),
    ),
    "covariance": Row(
        m.streaming_covariance, {}, [NUMBERS, OTHERS], lambda p, y: np.cov(p, y)[0, 1]
    ),
    "pearson": Row(
        m.streaming_pearson_correlation,
        {},
        [NUMBERS, OTHERS],
        lambda p, y: np.corrcoef(p, y)[0, 1],
    ),
    "mean iou": Row(m.streaming_mean_iou, {"num_classes": 4}, [GUESSES, CLASSES], iou),
    "cohen's kappa": Row(
        m.cohen_kappa,
        {"num_classes": 4},
        [CLASSES, GUESSES],
        lambda y, p: sklearn.metrics.cohen_kappa_score(y, p),
    ),
    "weighted kappa": Row(
        m.cohen_kappa,
        {"num_classes": 4},
        [CLASSES, GUESSES, WEIGHTS],
        lambda y, p, w: sklearn.metrics.cohen_kappa_score(y, p, sample_weight=w),
    ),
    "concat": Row(m.streaming_concat, {}, [LOGITS], lambda v: v),
    "sparse precision at 3": Row(
        m.streaming_sparse_precision_at_k,
        {"k": 3},
        [LOGITS, TWO_LABELS],
        lambda s, y: precision_at(3, s, y),
    ),
    "sparse recall at 3": Row(
        m.streaming_sparse_recall_at_k,
        {"k": 3},
        [LOGITS, TWO_LABELS],
        lambda s, y: recall_at(3, s, y),
    ),
    "average precision": Row(
        m.streaming_sparse_average_precision_at_k,
        {"k": 5},
        [LOGITS, TWO_LABELS],
        average_precision,
    ),
}


@pytest.fixture(params=ROWS)
def row(request) -> Row:
    return ROWS[request.param]


def check(value, row: Row, count: int) -> None:
    expected = row.expected(*(joined(arrays, count) for arrays in row.data))
    if isinstance(value, tuple):
        auc, lower, upper = (float(number) for number in value)
        assert lower < auc < upper
        value = [auc] * 3
    if row.metric is m.streaming_concat:
        # Over replicas the values of one replica stand behind those of the other.
        value, expected = np.sort(value, 0), np.sort(expected, 0)
    np.testing.assert_allclose(value, expected, rtol=1e-4, atol=1e-5)


def test_in_a_v1_graph(row):
    signature = row.metric.definition.signature
    names = [n for n in signature.parameters if n in row.metric.definition.inputs]
    with tf.Graph().as_default(), v1.Session() as session:
        inputs = [v1.placeholder(a[0].dtype, [None, *a[0].shape[1:]]) for a in row.data]
        value, update = row.metric(**dict(zip(names, inputs)), **row.settings)
        session.run(v1.local_variables_initializer())
        for count, batch in enumerate(zip(*row.data), 1):
            session.run(update, dict(zip(inputs, batch)))
            check(session.run(value), row, count)


@pytest.mark.parametrize("compiled", [False, True], ids=["eager", "function"])
def test_as_an_object(row, compiled):
    metric = m.stateful(row.metric, **row.settings)
    update = tf.function(metric.update, reduce_retracing=True) if compiled else metric.update
    for _ in range(2):
        for count, batch in enumerate(zip(*row.data), 1):
            update(*(tf.constant(values) for values in batch))
            check(metric.result(), row, count)
        metric.reset()


def test_over_replicas(row, strategy2):
    with strategy2.scope():
        metric = m.stateful(row.metric, **row.settings)
        metric.build(*(tf.TensorSpec([None, *a[0].shape[1:]], a[0].dtype) for a in row.data))

    @tf.function
    def step(*batches):
        def replica():
            index = tf.distribute.get_replica_context().replica_id_in_sync_group
            metric.update(*batches[int(tf.get_static_value(index))])

        strategy2.run(replica)

    first, second, third = [[tf.constant(v) for v in batch] for batch in zip(*row.data)]
    step(first, second)
    check(metric.result(), row, 2)
    # A batch that is evaluated outside the strategy counts as well, once.
    metric.update(*third)
    check(metric.result(), row, 3)
    metric.reset()
    metric.update(*first)
    check(metric.result(), row, 1)
