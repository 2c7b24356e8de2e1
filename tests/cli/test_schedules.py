"""The learning rate over the steps."""

from __future__ import annotations

import math

import pytest

from tf_slim.cli import schedules
from tf_slim.cli.config import load
from tf_slim.cli.options import ConfigError

STEPS = 110


def rates(*settings, at):
    options = load(None, [f"optimizer.{setting}" for setting in settings]).optimizer
    rate = schedules.learning_rate(options, STEPS)
    return [float(rate(step)) if callable(rate) else rate for step in at]


def test_constant():
    assert rates("schedule=constant", "learning_rate=2", "warmup_steps=0", at=[0, 100]) == [2, 2]


def test_warm_up_then_constant():
    got = rates("schedule=constant", "learning_rate=2", "warmup_steps=4", at=[0, 1, 3, 4, 99])
    assert got == pytest.approx([0.5, 1.0, 2.0, 2.0, 2.0])


def test_cosine_falls_to_the_end_of_training():
    got = rates("schedule=cosine", "learning_rate=2", "warmup_steps=10", at=[10, 60, 85, 110])
    half = 1 + math.cos(0.75 * math.pi)
    assert got == pytest.approx([2.0, 1.0, half, 0.0], abs=1e-6)


def test_cosine_with_an_end_of_its_own():
    settings = "schedule=cosine", "learning_rate=2", "warmup_steps=0", "decay_steps=50"
    assert rates(*settings, "end_learning_rate=0.5", at=[25, 50, 90]) == pytest.approx(
        [1.25, 0.5, 0.5]
    )


def test_linear():
    got = rates("schedule=linear", "learning_rate=2", "warmup_steps=10", at=[10, 60, 110])
    assert got == pytest.approx([2.0, 1.0, 0.0], abs=1e-6)


def test_exponential():
    settings = "schedule=exponential", "learning_rate=2", "warmup_steps=0"
    got = rates(*settings, "decay_steps=10", "decay_rate=0.5", at=[0, 10, 15])
    assert got == pytest.approx([2.0, 1.0, 2 * 0.5**1.5])


def test_exponential_in_steps():
    settings = "schedule=exponential", "staircase=true", "learning_rate=2", "warmup_steps=0"
    got = rates(*settings, "decay_steps=10", "decay_rate=0.5", at=[0, 9, 10, 19, 20])
    assert got == pytest.approx([2.0, 2.0, 1.0, 1.0, 0.5])


def test_piecewise():
    settings = "schedule=piecewise", "learning_rate=2", "warmup_steps=0"
    got = rates(*settings, "boundaries=[10, 20]", "decay_rate=0.5", at=[0, 10, 11, 20, 21])
    assert got == pytest.approx([2.0, 2.0, 1.0, 1.0, 0.5])


@pytest.mark.parametrize("schedule", ["constant", "cosine", "linear"])
def test_a_warm_up_longer_than_training_leaves_a_step(schedule):
    got = rates(f"schedule={schedule}", "learning_rate=2", "warmup_steps=500", at=[0, STEPS - 2])
    assert 0 < got[0] < got[1] <= 2.0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["schedule=exponential"], "give optimizer.decay_steps"),
        (["schedule=piecewise"], "must be rising steps; got []"),
        (["schedule=piecewise", "boundaries=[20, 10]"], "must be rising steps; got [20, 10]"),
        (["schedule=cosine", "end_learning_rate=9"], "above optimizer.learning_rate"),
    ],
)
def test_what_is_missing_is_said(settings, message):
    with pytest.raises(ConfigError) as caught:
        rates(*settings, at=[0])
    assert message in str(caught.value)


def test_a_share_of_all_steps_to_rise():
    got = rates("schedule=constant", "learning_rate=2", "warmup_share=0.1", at=[0, 5, 10, 50])
    assert got == pytest.approx([2 / 11, 12 / 11, 2.0, 2.0])
