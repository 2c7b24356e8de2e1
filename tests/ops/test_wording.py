"""Near names, and the first few of many."""

from __future__ import annotations

import pytest

from tf_slim.ops import wording


@pytest.mark.parametrize(
    ("name", "known", "text"),
    [
        ("stepz", ["steps", "seed"], " Did you mean 'steps'?"),
        ("LENETT", ["lenet", "VGG"], " Did you mean 'lenet'?"),
        ("vgg", ["lenet", "VGG"], " Did you mean 'VGG'?"),
        ("pool3", ["pool1", "pool2", "fc"], " Did you mean 'pool2' or 'pool1'?"),
        ("other", ["steps"], ""),
        (None, [], ""),
    ],
)
def test_did_you_mean(name, known, text):
    assert wording.did_you_mean(name, known) == text


def test_the_nearest_comes_first_and_no_more_than_asked_for():
    known = ["conv10", "conv1", "conv2", "fc"]
    assert wording.near_names("conv1", known) == ["conv1", "conv10", "conv2"]
    assert wording.near_names("conv1", known, most=1) == ["conv1"]
    assert wording.near_names("fc/weights", known, cutoff=0.3) == ["fc"]


@pytest.mark.parametrize(
    ("names", "most", "text"),
    [
        ("", 5, "nothing"),
        ("ab", 5, "a, b"),
        ("abcde", 5, "a, b, c, d, e"),
        ("abcdefg", 5, "a, b, c, d, e and 2 more"),
        (iter("abc"), 1, "a and 2 more"),
    ],
)
def test_first_few(names, most, text):
    assert wording.first_few(names, most) == text


def test_an_unknown_name_gets_the_near_ones_and_all():
    text = wording.unknown_name("net", "lenett", ["vgg", "lenet"])
    assert text == "There is no net 'lenett'. Did you mean 'lenet'? Known: lenet, vgg."
    assert wording.unknown_name("split", 3, []) == "There is no split 3. Known: none."
    assert wording.unknown_name("split", "x", ["test"], repr).endswith("Known: 'test'.")
