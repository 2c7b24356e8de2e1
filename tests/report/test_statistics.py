"""What a report computes from counts, against SciPy and scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics

from tf_slim.report import statistics

RNG = np.random.RandomState(2)


@pytest.mark.parametrize(("right", "total"), [(0, 1), (1, 1), (7, 10), (0, 400), (9990, 10000)])
def test_wilson_interval(right, total):
    expected = scipy.stats.binomtest(right, total).proportion_ci(0.95, "wilson")
    np.testing.assert_allclose(statistics.wilson_interval(right, total), expected, atol=1e-12)


def test_f1():
    labels, predicted = RNG.randint(0, 4, 50), RNG.randint(0, 4, 50)
    found = np.bincount(labels[labels == predicted], minlength=4)
    got = statistics.f1(found, *(np.bincount(one, minlength=4) for one in (labels, predicted)))
    np.testing.assert_allclose(got, sklearn.metrics.f1_score(labels, predicted, average=None))


def test_f1_of_classes_that_do_not_occur():
    got = statistics.f1(*np.array([[2, 0, 0], [3, 0, 0], [2, 1, 0]]))
    np.testing.assert_allclose(got, [0.8, 0, np.nan])


# The scores are the bins themselves, so that histograms lose nothing; there are many ties.
SCORES, LABELS = RNG.randint(0, 8, 60), RNG.randint(0, 2, 60)
POSITIVES, NEGATIVES = (np.bincount(SCORES[y == LABELS], minlength=8) for y in (1, 0))


def test_roc():
    curve = statistics.roc(POSITIVES, NEGATIVES)
    x, y, _ = sklearn.metrics.roc_curve(LABELS, SCORES, drop_intermediate=False)
    np.testing.assert_allclose(curve.x, x)
    np.testing.assert_allclose(curve.y, y)
    assert curve.area == pytest.approx(sklearn.metrics.roc_auc_score(LABELS, SCORES))


def test_precision_recall():
    curve = statistics.precision_recall(POSITIVES, NEGATIVES)
    assert curve.area == pytest.approx(sklearn.metrics.average_precision_score(LABELS, SCORES))
    precision, recall, _ = sklearn.metrics.precision_recall_curve(LABELS, SCORES)
    np.testing.assert_allclose(curve.x[1:], recall[:-1][::-1])
    np.testing.assert_allclose(curve.y[1:], precision[:-1][::-1])
    assert (curve.x[0], curve.y[0]) == (0.0, curve.y[1])


def test_one_class_has_no_curve():
    nothing = np.zeros(8, int)
    assert statistics.roc(POSITIVES, nothing) is None
    assert statistics.roc(nothing, NEGATIVES) is None
    assert statistics.precision_recall(nothing, NEGATIVES) is None
    assert statistics.precision_recall(POSITIVES, nothing).area == pytest.approx(1.0)
