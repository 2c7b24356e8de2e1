"""What is gathered over an evaluation, against scikit-learn over all of it at once."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
import scipy.special
import sklearn.metrics
import tensorflow as tf

import tf_slim as slim
from tests.report import evaluations
from tf_slim.report import statistics
from tf_slim.report.calibration import Confidences

CLASSES, COUNT = 6, 300
LOGITS, LABELS = evaluations.logits_and_labels(CLASSES, COUNT)
PROBABILITIES = tf.nn.softmax(tf.cast(LOGITS, tf.float64)).numpy()
PREDICTED = LOGITS.argmax(1)


@pytest.fixture(scope="module")
def found():
    return evaluations.findings(CLASSES, COUNT)


def test_confusion(found):
    assert found.examples == COUNT
    np.testing.assert_array_equal(
        found.confusion, sklearn.metrics.confusion_matrix(LABELS, PREDICTED)
    )
    assert found.right == (LABELS == PREDICTED).sum()


@pytest.mark.parametrize("number", range(CLASSES))
def test_scores_of_a_class(found, number):
    true, score = number == LABELS, PROBABILITIES[:, number]
    histograms = found.positives[number], found.negatives[number]
    assert [h.sum() for h in histograms] == [true.sum(), (~true).sum()]
    expected = sklearn.metrics.roc_auc_score(true, score)
    assert statistics.roc(*histograms).area == pytest.approx(expected, abs=2e-3)
    expected = sklearn.metrics.average_precision_score(true, score)
    assert statistics.precision_recall(*histograms).area == pytest.approx(expected, abs=1e-2)


def test_confidences(found):
    confidence, right = PROBABILITIES.max(1), LABELS == PREDICTED
    places = np.digitize(confidence, np.linspace(0, 1, 16)[1:-1])
    for place in range(15):
        chosen = places == place
        assert found.confidences.counts[place] == chosen.sum()
        assert found.confidences.right[place] == right[chosen].sum()
        assert found.confidences.sums[place] == pytest.approx(confidence[chosen].sum())


def test_calibration_error():
    # Two right of four at 0.6, and both at 0.9.
    found = Confidences()
    found.add(np.array([0.6] * 4 + [0.9] * 2), np.array([1, 1, 0, 0, 1, 1], bool))
    assert found.error == pytest.approx((0.4 + 0.2) / 6)


def test_worst_mistakes():
    found = evaluations.findings(CLASSES, COUNT, mistakes=7)
    given = PROBABILITIES[np.arange(COUNT), LABELS]
    wrong = np.flatnonzero(LABELS != PREDICTED)
    expected = wrong[np.argsort(given[wrong], kind="stable")][:7]
    assert [mistake.index for mistake in found.mistakes] == expected.tolist()
    first = found.mistakes[0]
    assert (first.label, first.predicted) == (LABELS[expected[0]], PREDICTED[expected[0]])
    assert first.probability == pytest.approx(given[expected[0]])
    assert first.confidence == pytest.approx(PROBABILITIES[expected[0]].max())
    images = np.random.RandomState(1).rand(COUNT, 5, 4, 3).astype(np.float32)
    np.testing.assert_array_equal(first.image, images[expected[0]])


def test_mistakes_are_illustrated_afterwards():
    found = evaluations.findings(CLASSES, COUNT, mistakes=3)
    before = found.mistakes
    asked = []

    def heat_maps(images, predicted):
        asked.append((images.shape, predicted.tolist()))
        return tf.reduce_mean(images, -1) * 0.5

    found.illustrate(heat_maps, lambda places: [None, *(f"{place}.png" for place in places[1:])])
    assert asked == [((3, 5, 4, 3), [mistake.predicted for mistake in before])]
    for mistake, old in zip(found.mistakes, before, strict=True):
        np.testing.assert_allclose(mistake.heat_map, old.image.mean(-1) * 0.5, rtol=1e-6)
        assert mistake.index == old.index
    names = [mistake.filename for mistake in found.mistakes]
    assert names == [None, *(f"{mistake.index}.png" for mistake in before[1:])]


def test_without_mistakes_there_is_nothing_to_illustrate():
    found = slim.report.Findings(2)
    found.add(np.zeros([1, 1]), [[1.0, 0.0]], [0])
    found.illustrate(pytest.fail, pytest.fail)
    assert found.mistakes == []


def test_a_label_is_suspect_where_the_net_is_as_sure_as_of_the_others():
    # Of class 1 the net says 0.8 and 0.6 to its own images: 0.7 on average.
    found = slim.report.Findings(2)
    probabilities = np.array([[0.2, 0.8], [0.4, 0.6], [0.25, 0.75], [0.35, 0.65]])
    found.add(np.zeros([4, 1]), np.log(probabilities), [1, 1, 0, 0])
    assert [(m.index, found.is_suspect(m)) for m in found.mistakes] == [(2, True), (3, False)]


def test_a_class_without_images_makes_no_label_suspect():
    found = slim.report.Findings(2)
    found.add(np.zeros([1, 1]), [[0.0, 1.0]], [0])
    assert not found.is_suspect(found.mistakes[0])


@pytest.mark.parametrize("factor", [0.5, 1.0, 4.0])
def test_temperature(factor):
    logits = LOGITS.astype(np.float64) * factor

    def cross_entropy(temperature):
        return sklearn.metrics.log_loss(LABELS, scipy.special.softmax(logits / temperature, 1))

    best = scipy.optimize.minimize_scalar(cross_entropy, bounds=(0.1, 10), method="bounded").x
    found = slim.report.Findings(CLASSES)
    for rows in (slice(0, 100), slice(100, COUNT)):
        found.add(np.zeros([COUNT, 1])[rows], logits[rows], LABELS[rows])
    temperature, after = found.temperatures.best
    assert temperature == pytest.approx(best, rel=0.05)
    scaled = slim.report.Findings(CLASSES)
    scaled.add(np.zeros([COUNT, 1]), logits / temperature, LABELS)
    np.testing.assert_allclose(after.counts, scaled.confidences.counts)
    assert after.error == pytest.approx(scaled.confidences.error, rel=1e-3)
    assert not found.temperatures.is_bound


def test_a_perfect_net_could_be_surer_than_can_be_said():
    found = slim.report.Findings(3)
    found.add(np.zeros([3, 1]), np.eye(3), np.arange(3))
    assert found.temperatures.is_bound
    assert found.temperatures.best[0] < 0.25


def test_it_does_not_grow_with_the_data():
    def size(count):
        made = evaluations.findings(CLASSES, count, mistakes=5)
        arrays = [v for v in vars(made).values() if isinstance(v, np.ndarray)]
        return sum(a.nbytes for a in arrays) + sum(m.image.nbytes for m in made.mistakes)

    assert size(100) == size(1000)


@pytest.mark.filterwarnings("error")
def test_extreme_scores():
    found = slim.report.Findings(2)
    found.add(np.zeros([3, 1]), [[1e30, -1e30], [-1000.0, 1000.0], [0.0, 0.0]], [0, 1, 1])
    assert found.confusion.tolist() == [[1, 0], [1, 1]]
    assert found.positives.sum() == found.negatives.sum() == 3
    assert found.mistakes[0].probability == 0.5


def test_an_empty_batch_changes_nothing():
    found = slim.report.Findings(2)
    found.add(np.zeros([0, 1]), np.zeros([0, 2]), np.zeros([0], int))
    assert found.examples == 0


GOOD = (np.zeros([2, 1]), np.zeros([2, 3]), np.array([0, 2]))
BAD = {
    "too few scores": ((GOOD[0], GOOD[1][:, :2], GOOD[2]), r"logits \[batch, 3\].*\[2, 2\]"),
    "labels of another batch": ((GOOD[0], GOOD[1], GOOD[2][:1]), r"labels \[1\]"),
    "inputs of another batch": ((GOOD[0][:1], *GOOD[1:]), r"inputs \[1, 1\]"),
    "one-hot labels": ((GOOD[0], GOOD[1], GOOD[1]), r"labels \[2, 3\]"),
    "labels no integers": ((GOOD[0], GOOD[1], GOOD[2] + 0.5), "integers; got float64"),
    "label beyond": ((GOOD[0], GOOD[1], GOOD[2] + 1), r"in \[0, 3\); got 3 for example 3"),
    "scores NaN": ((GOOD[0], GOOD[1] * [[1], [np.nan]], GOOD[2]), "first time for example 3"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    data, message = BAD[case]
    found = slim.report.Findings(3)
    found.add(*GOOD)
    with pytest.raises(ValueError, match=message):
        found.add(*data)
    assert found.examples == 2 == found.confusion.sum()


def test_one_class_leaves_nothing_to_tell_apart():
    with pytest.raises(ValueError, match="at least 2"):
        slim.report.Findings(1)
