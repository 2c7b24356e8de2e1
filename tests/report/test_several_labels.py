"""What is gathered where an example may be of several classes, against scikit-learn and NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
import scipy.special
import sklearn.metrics

import tf_slim as slim
from tests.report import evaluations
from tf_slim.report import statistics

CLASSES, COUNT = 6, 300
LOGITS, LABELS = evaluations.logits_and_several_labels(CLASSES, COUNT)
TRUTH, GIVEN = LABELS == 1, LOGITS > 0
PROBABILITIES = scipy.special.expit(LOGITS.astype(np.float64))
RIGHT = TRUTH == GIVEN


@pytest.fixture(scope="module")
def found():
    return evaluations.findings(CLASSES, COUNT, multi_label=True)


def made(probabilities, labels, **options):
    """Findings over images whose only pixel is their number."""
    labels = np.array(labels)
    findings = slim.report.Findings(labels.shape[1], multi_label=True, **options)
    images = np.arange(len(labels)).reshape([-1, 1, 1, 1])
    findings.add(images, scipy.special.logit(np.array(probabilities)), labels)
    return findings


def test_counts(found):
    assert found.examples == COUNT and found.answers == COUNT * CLASSES
    assert found.confusion is None
    np.testing.assert_array_equal(found.support, TRUTH.sum(0))
    np.testing.assert_array_equal(found.predicted, GIVEN.sum(0))
    np.testing.assert_array_equal(found.found, (TRUTH & GIVEN).sum(0))
    assert found.right == RIGHT.all(1).sum()
    assert found.wrong == (~RIGHT).sum()


def test_rates_of_a_class(found):
    expected = sklearn.metrics.precision_recall_fscore_support(TRUTH, GIVEN)
    f1 = statistics.f1(found.found, found.support, found.predicted)
    got = (found.found / found.predicted, found.found / found.support, f1, found.support)
    np.testing.assert_allclose(got, expected)


@pytest.mark.parametrize("number", range(CLASSES))
def test_scores_of_a_class(found, number):
    true, score = TRUTH[:, number], LOGITS[:, number]
    histograms = found.positives[number], found.negatives[number]
    assert [h.sum() for h in histograms] == [true.sum(), (~true).sum()]
    expected = sklearn.metrics.roc_auc_score(true, score)
    assert statistics.roc(*histograms).area == pytest.approx(expected, abs=2e-3)
    expected = sklearn.metrics.average_precision_score(true, score)
    assert statistics.precision_recall(*histograms).area == pytest.approx(expected, abs=1e-2)


def test_confidences(found):
    confidence = np.maximum(PROBABILITIES, 1 - PROBABILITIES).ravel()
    places = np.digitize(confidence, np.linspace(0, 1, 16)[1:-1])
    for place in range(15):
        chosen = places == place
        assert found.confidences.counts[place] == chosen.sum()
        assert found.confidences.right[place] == RIGHT.ravel()[chosen].sum()
        assert found.confidences.sums[place] == pytest.approx(confidence[chosen].sum())


def test_temperature():
    logits = LOGITS.astype(np.float64) * 3

    def cross_entropy(temperature):
        chances = scipy.special.expit(logits.ravel() / temperature)
        return sklearn.metrics.log_loss(LABELS.ravel(), chances)

    best = scipy.optimize.minimize_scalar(cross_entropy, bounds=(0.1, 10), method="bounded").x
    found = slim.report.Findings(CLASSES, multi_label=True)
    for rows in (slice(0, 100), slice(100, COUNT)):
        found.add(np.zeros([COUNT, 1])[rows], logits[rows], LABELS[rows])
    temperature, after = found.temperatures.best
    assert temperature == pytest.approx(best, rel=0.05)
    scaled = slim.report.Findings(CLASSES, multi_label=True)
    scaled.add(np.zeros([COUNT, 1]), logits / temperature, LABELS)
    np.testing.assert_allclose(after.counts, scaled.confidences.counts)
    assert after.error == pytest.approx(scaled.confidences.error, rel=1e-3)


def test_a_mistake_is_a_label_that_is_missed_or_wrong():
    found = made([[0.9, 0.2, 0.3], [0.6, 0.05, 0.5]], [[1, 1, 0], [0, 1, 0]])
    got = [(m.index, m.label, m.predicted, m.shown_class) for m in found.mistakes]
    assert got == [(1, 1, None, 1), (0, 1, None, 1), (1, None, 0, 0)]
    chances = [(m.probability, m.confidence) for m in found.mistakes]
    np.testing.assert_allclose(chances, [(0.05, 0.95), (0.2, 0.8), (0.4, 0.6)])
    assert [m.image.item() for m in found.mistakes] == [1, 0, 1]


def test_the_worst_mistakes_of_several_batches():
    found = evaluations.findings(CLASSES, COUNT, multi_label=True, mistakes=9)
    own = np.where(TRUTH, PROBABILITIES, 1 - PROBABILITIES)
    wrong = np.argwhere(~RIGHT)
    expected = wrong[np.argsort(own[~RIGHT], kind="stable")][:9].tolist()
    assert [[m.index, m.shown_class] for m in found.mistakes] == expected
    assert [m.predicted is not None for m in found.mistakes] == [GIVEN[i, k] for i, k in expected]


def test_heat_maps_are_of_the_class_that_is_wrong_or_missed():
    found = made([[0.9, 0.2], [0.6, 0.7]], [[1, 1], [0, 1]])
    asked = []

    def heat_maps(images, classes):
        asked.append(classes.tolist())
        return np.ones(images.shape[:3])

    found.illustrate(heat_maps)
    assert asked == [[1, 0]]


def test_a_label_is_suspect_where_the_net_is_as_sure_as_of_the_others():
    # Where the label is, the net gives a yes 0.8 and 0.6: 0.7 on average.
    found = made([[0.8], [0.6], [0.75], [0.65]], [[1], [1], [0], [0]])
    assert {m.index: found.is_suspect(m) for m in found.mistakes} == {2: True, 3: False}
    # Where it is not, the net gives a no 0.7 and 0.5: 0.6 on average.
    found = made([[0.39], [0.48], [0.3], [0.5]], [[1], [1], [0], [0]])
    assert {m.index: found.is_suspect(m) for m in found.mistakes} == {0: True, 1: False}


def test_a_class_that_no_image_has_makes_no_label_suspect():
    found = made([[0.9, 0.1]], [[0, 0]])
    assert not found.is_suspect(found.mistakes[0])


@pytest.mark.filterwarnings("error")
def test_extreme_scores():
    found = slim.report.Findings(2, multi_label=True)
    found.add(np.zeros([2, 1]), [[1e30, -1e30], [-1000.0, 0.0]], [[1, 0], [1, 1]])
    assert (found.right, found.answers, found.wrong) == (1, 4, 2)
    assert [m.probability for m in found.mistakes] == [0.0, 0.5]


GOOD = (np.zeros([2, 1]), np.zeros([2, 3]), np.array([[0, 1, 1], [0, 0, 0]]))
BAD = {
    "classes": ((*GOOD[:2], np.array([0, 2])), r"labels \[batch, 3\]; .* labels \[2\]"),
    "too few labels": ((*GOOD[:2], GOOD[2][:, :2]), r"labels \[2, 2\]"),
    "labels of another batch": ((*GOOD[:2], GOOD[2][:1]), r"labels \[1, 3\]"),
    "inputs of another batch": ((GOOD[0][:1], *GOOD[1:]), r"inputs \[1, 1\]"),
    "numbers of classes": ((*GOOD[:2], GOOD[2] * 2), "0 or 1; got 2 for example 2"),
    "smoothed labels": ((*GOOD[:2], GOOD[2] * 0.5), "0 or 1; got 0.5 for example 2"),
    "a label NaN": ((*GOOD[:2], GOOD[2] * [[1], [np.nan]]), "0 or 1; got nan for example 3"),
    "scores NaN": ((GOOD[0], GOOD[1] * [[1], [np.nan]], GOOD[2]), "first time for example 3"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    data, message = BAD[case]
    found = slim.report.Findings(3, multi_label=True)
    found.add(*GOOD)
    with pytest.raises(ValueError, match=message):
        found.add(*data)
    assert found.examples == 2 and found.support.sum() == 2


def test_no_class_leaves_nothing_to_answer():
    with pytest.raises(ValueError, match="at least 1; got 0"):
        slim.report.Findings(0, multi_label=True)
