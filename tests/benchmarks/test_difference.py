"""Whether a change is more than noise, by numbers that are made up."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks import comparing, difference
from benchmarks.recording import Result


@pytest.mark.parametrize(
    ("ratios", "verdict"),
    [
        ([0.80, 0.81, 0.79, 0.82, 0.80, 0.78], "slower"),
        ([1.30, 1.28, 1.35, 1.31, 1.29, 1.30], "faster"),
        # Sure, and too little to matter.
        ([0.99, 0.985, 0.99, 0.98, 0.99, 0.985], "same"),
        ([1.01, 1.02, 1.01, 1.015, 1.02, 1.01], "same"),
        # Much on average, and not sure.
        ([0.70, 0.75, 1.02, 0.80, 0.72, 0.74], "same"),
        ([0.9, 1.1, 0.95, 1.05, 0.98, 1.02], "same"),
        # One turn that another program disturbed says nothing against eight others.
        ([0.80, 0.81, 0.79, 0.82, 0.80, 0.78, 0.8, 0.81, 1.5], "slower"),
        ([0.5] * 5, "unknown"),
        ([0.5], "unknown"),
    ],
)
def test_verdicts(ratios, verdict):
    found = difference.change(ratios)
    assert found.verdict == verdict
    assert found.ratio == pytest.approx(np.median(ratios))
    assert found.low <= found.ratio <= found.high


def test_the_interval_holds_the_median_as_often_as_it_says():
    random = np.random.RandomState(0)
    for count in (6, 9, 14):
        drawn = random.lognormal(0, 0.1, [4000, count])  # of which the median is 1
        held = [one.low <= 1 <= one.high for one in map(difference.change, drawn.tolist())]
        assert np.mean(held) >= difference.CONFIDENCE - 0.01


def test_more_turns_make_the_interval_narrower():
    random = np.random.RandomState(1)
    widths = []
    for count in (6, 20, 80):
        one = difference.change(random.lognormal(0, 0.1, count).tolist())
        widths.append(one.high - one.low)
    assert widths[0] > widths[1] > widths[2]


def test_too_few_turns_tell_nothing():
    assert difference.turns_needed() == 6
    found = difference.change([0.5] * 5)
    assert (found.low, found.high) == (0.0, math.inf)
    with pytest.raises(ValueError, match="at least one turn"):
        difference.change([])


def turn(times, **more):
    """A turn of a revision, by the seconds of what it measured."""
    results = [Result(name, "slim", value, "s", source="bench_x") for name, value in times.items()]
    results += [
        Result("rate", "slim", value, "images/s", source="bench_x") for value in more.values()
    ]
    return comparing.by_key([*results, Result("step", "Keras 3", 1.0, "s", source="bench_x")])


@pytest.mark.parametrize(
    ("new", "rate", "status", "words"),
    [
        ({"step": 1.2}, 100, 1, "1 of 2 got slower"),
        ({"step": 0.8}, 100, 0, "0 of 2 got slower"),
        ({"step": 1.0}, 80, 1, "1 of 2 got slower"),
        ({"step": 1.0}, 130, 0, "0 of 2 got slower"),
        ({"step": 1.0, "more": 1.0}, 100, 0, "measured in the new one alone: more, slim"),
    ],
)
def test_what_is_told_of_two_revisions(new, rate, status, words, capsys):
    noise = [1.0, 1.01, 0.99, 1.005, 0.995, 1.0]
    found = [
        (
            turn({"step": n}, rate=100 * n),
            turn({name: value * n * n for name, value in new.items()}, rate=rate),
        )
        for n in noise
    ]
    assert comparing.tell(found) == status
    said = capsys.readouterr().out
    assert words in said
    assert "Keras" not in said


def test_too_few_turns_are_said_to_be_too_few(capsys):
    found = [(turn({"step": 1.0}), turn({"step": 2.0}))] * 3
    assert comparing.tell(found) == 0
    assert "nothing can be told before 6 turns" in capsys.readouterr().out


def test_a_revision_that_is_not_there():
    with pytest.raises(SystemExit, match="no revision 'nowhere'.*BASE=main"):
        comparing.compare("nowhere", [], 1)
