"""The numbers of a comparison, beside the same by NumPy."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tf_slim.export.comparison import Counter, rows
from tf_slim.export.formats import Tolerance

KNOWN = {
    "data": "digits, test",
    "source_latency": {1: 2.0, 16: 8.0},
    "latency": {1: 1.0, 16: 4.0},
    "source_size": 2_000_000,
    "size": 500_000,
}


def compared(expected, found, labels=None, tolerance=Tolerance(1e-5), multi_label=False, parts=2):
    """Compares outputs in several batches."""
    counter = Counter(multi_label)
    count = len(next(iter(expected.values())))
    for part in np.array_split(np.arange(count), parts):
        counter.add(
            {k: v[part] for k, v in expected.items()},
            {k: v[part] for k, v in found.items()},
            None if labels is None else labels[part],
        )
    return counter.result(tolerance=tolerance, **KNOWN)


def softmax(seed, spread=0.0):
    rng = np.random.RandomState(7)
    logits = rng.randn(20, 5) + spread * np.random.RandomState(seed).randn(20, 5)
    odds = np.exp(logits)
    return (odds / odds.sum(1, keepdims=True)).astype(np.float32)


def test_probabilities():
    ours, theirs = softmax(1), softmax(2, 0.8)
    labels = np.random.RandomState(3).randint(0, 5, 20)
    found = compared({"probabilities": ours}, {"probabilities": theirs}, labels)
    apart = np.abs(ours.astype(np.float64) - theirs)
    assert found.pictures == 20
    np.testing.assert_allclose(found.difference, apart.max())
    np.testing.assert_allclose(found.mean_difference, apart.mean())
    assert found.agreement == np.mean(ours.argmax(1) == theirs.argmax(1))
    assert found.agreement not in (None, 0, 1)
    assert found.source_accuracy == np.mean(ours.argmax(1) == labels)
    assert found.accuracy == np.mean(theirs.argmax(1) == labels)


def test_several_classes_a_picture():
    rng = np.random.RandomState(0)
    ours, theirs = rng.rand(2, 20, 5)
    labels = (rng.rand(20, 5) > 0.5).astype(np.float32)
    found = compared({"probabilities": ours}, {"probabilities": theirs}, labels, multi_label=True)
    assert found.agreement == np.mean((ours > 0.5) == (theirs > 0.5))
    assert found.accuracy == np.mean((theirs > 0.5) == labels)


def test_outputs_that_are_no_probabilities_are_compared_relative_to_their_size():
    ours = {"a": np.full([4, 2], 0.5), "b": np.array([[100.0], [1], [2], [3]])}
    theirs = {"a": ours["a"] + 0.01, "b": ours["b"] + np.array([[1.5], [0], [0], [0]])}
    found = compared(ours, theirs, parts=1)
    np.testing.assert_allclose(found.difference, 0.015)
    assert (found.agreement, found.accuracy) == (None, None)


@pytest.mark.parametrize(
    ("shift", "tolerance", "problem"),
    [
        (0.0, Tolerance(0.0), None),
        (0.01, Tolerance(0.02), None),
        (0.03, Tolerance(0.02), "the largest difference of its outputs is 0.03, more than 0.02"),
        (0.2, Tolerance(0.02, or_agreement=0.95), None),
        (0.6, Tolerance(0.02, or_agreement=0.95), "0.6, more than 0.02, and the same top class is"),
        (0.9, Tolerance(None), None),
        (np.nan, Tolerance(None), "it gives numbers that are none"),
        (np.inf, Tolerance(1e9), "it gives numbers that are none"),
        (0.6, Tolerance(None, 0.95), "same top class for 90.0 % of the pictures, less than 95.0 %"),
    ],
)
def test_what_is_beyond_the_tolerance(shift, tolerance, problem):
    ours = np.tile(np.float64([[0.75, 0.25]]), (10, 1))
    theirs = ours.copy()
    theirs[3] += [-shift, shift]
    found = compared({"probabilities": ours}, {"probabilities": theirs}, tolerance=tolerance)
    if problem is None:
        assert found.problem is None
    else:
        assert problem in found.problem


def test_the_same_that_is_no_number_is_no_difference():
    ours = np.array([[np.nan, np.inf, 1.0]])
    assert compared({"a": ours}, {"a": ours.copy()}, parts=1).difference == 0


def test_a_larger_difference_is_accepted_where_classes_are_told_apart_alone():
    ours = {"boxes": np.zeros([4, 2])}
    tolerance = Tolerance(0.02, or_agreement=0.95)
    assert compared(ours, {"boxes": ours["boxes"] + 0.03}, tolerance=tolerance).problem


def test_the_table_has_all_of_it():
    ours, theirs = softmax(1), softmax(2, 0.3)
    found = compared(
        {"probabilities": ours}, {"probabilities": theirs}, ours.argmax(1), Tolerance(None, 0.95)
    )
    assert found.accuracy is not None and found.agreement is not None
    assert rows(found, "onnx")[0] == ("", "source", "onnx", "")
    head, *lines = str(found).splitlines()
    assert head == "20 pictures: digits, test"
    text = "\n".join(re.sub("  +", " | ", line) for line in lines)
    assert "size | 2.0 MB | 500.0 kB" in text
    assert f"accuracy | 100.00 % | {100 * found.accuracy:.2f} %" in text
    assert f"same top class | {100 * found.agreement:.2f} % | at least 95.00 %" in text
    assert f"largest difference | {found.difference:.1e}" in text
    assert f"mean difference | {found.mean_difference:.1e}" in text
    assert "latency, batch 16 | 8.00 ms | 4.00 ms | 2.0 times as fast" in text
