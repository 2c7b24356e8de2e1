"""Weights by class: worked out, counted, and on their way into batches."""

from __future__ import annotations

import numpy as np
import pytest

from tests.data import made
from tf_slim import data
from tf_slim.data.class_weights import count_labels

NAMES = {0: "cat", 1: "dog", 2: "unicorn", 3: "7"}


def spec(labels=(0, 0, 0, 0, 0, 0, 1, 1), **options):
    pixels = np.zeros([len(labels), 2, 2, 1], np.uint8)
    options = {"num_classes": 4, "labels_to_names": NAMES, **options}
    return data.from_arrays(pixels, np.asarray(labels), **options)


def test_balanced_classes_count_alike_and_pictures_1_on_average():
    labels = np.array([0, 0, 0, 0, 0, 0, 1, 1])
    weights = data.class_weights(spec(labels), "balanced")
    of_pictures = weights[labels]
    np.testing.assert_allclose([of_pictures[labels == c].sum() for c in (0, 1)], [4, 4])
    assert of_pictures.mean() == pytest.approx(1) and weights[2] == 1


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"dog": 3}, [1, 3, 1, 1]),
        ({1: 3.5, "cat": 0}, [0, 3.5, 1, 1]),
        ({"1": 2.0}, [1, 2, 1, 1]),  # a key of a TOML file
        ({"7": 2.0}, [1, 1, 1, 2]),  # a name comes first
        ([1, 2, 3, 4], [1, 2, 3, 4]),
        (np.array([1, 2, 3, 0.5]), [1, 2, 3, 0.5]),
    ],
)
def test_given_by_name_by_label_or_all(given, expected):
    np.testing.assert_array_equal(data.class_weights(spec(), given), np.float32(expected))


def test_records_are_counted(tmp_path):
    pattern = made.write(tmp_path, [7, 5, 11])
    counts = count_labels(made.describe(pattern))
    np.testing.assert_array_equal(counts, np.bincount(np.arange(23) % 10, minlength=10))


def test_training_batches_have_them():
    labels = np.array([0, 0, 0, 1, 1, 3])
    weights = np.arange(1.0, 7.0)
    for given in (None, weights):
        described = spec(labels) if given is None else spec(labels, weights=given)
        pipeline = data.Pipeline(described, 6, is_training=True, class_weights={"cat": 3, "7": 0.5})
        _, got, counted = next(iter(pipeline.dataset()))
        expected = np.array([3, 1, 1, 0.5])[got.numpy()]
        if given is None:
            np.testing.assert_allclose(counted, expected)
        else:
            np.testing.assert_allclose(counted.numpy().sum(), 3 * 6 + 4 + 5 + 0.5 * 6)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("equal", ValueError, "must be 'balanced', or weights by class"),
        ({"catt": 2.0}, ValueError, r"no class 'catt'. Did you mean 'cat'\? Its labels are 0 to 3"),
        ({9: 2.0}, ValueError, "no class 9"),
        ({"cat": -1.0}, ValueError, "that of 'cat' must be at least 0 and finite, received -1"),
        ({"cat": float("nan")}, ValueError, "at least 0 and finite"),
        ({"cat": "2"}, TypeError, "must be a number"),
        ([1.0, 2.0], ValueError, "one for each of the 4 classes .* received 2"),
        ([0.0] * 4, ValueError, "all 0"),
        (2.0, TypeError, "a dictionary or a list of numbers"),
    ],
)
def test_what_cannot_be_used_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        data.class_weights(spec(), given)


def test_several_labels_a_picture_have_no_class():
    targets = np.float32([[1, 1, 0], [0, 1, 0]])
    several = data.from_arrays(np.zeros([2, 2, 2, 1], np.uint8), targets, num_classes=3)
    with pytest.raises(ValueError, match="several labels a picture"):
        data.class_weights(several, "balanced")
