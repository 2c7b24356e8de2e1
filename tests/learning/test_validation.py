"""Validation while training: measured when due, the best kept and restored, ended by patience."""

from __future__ import annotations

import os

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.learning import toy
from tf_slim import checkpoints

QUIET: dict = {"hooks": [], "log_every_steps": 4}


def held_out(batch: int = 30) -> tf.data.Dataset:
    return tf.data.Dataset.from_tensor_slices((toy.X, toy.Y)).batch(batch)


def rows(logdir) -> dict[int, dict]:
    found = slim.learning.read_history(logdir)
    assert len({row["step"] for row in found}) == len(found)
    return {row["step"]: row for row in found}


def accuracy(model) -> float:
    return float(np.mean(np.argmax(model(toy.X).numpy(), 1) == toy.Y))


class Watcher(slim.hooks.Hook):
    """Notes what it sees at each validation."""

    def __init__(self):
        self.seen = {}

    def after_validation(self, run, values):
        best = None if run.best is None else run.best.step
        self.seen[run.step] = (values, best, accuracy(run.train_step.model))


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of 22 steps with a validation every 5, and what a hook has seen of it."""
    logdir, watcher = tmp_path_factory.mktemp("runs") / "trained", Watcher()
    run = slim.learning.fit(
        toy.step()[1],
        toy.data(),
        logdir,
        22,
        hooks=[watcher],
        log_every_steps=4,
        validation=held_out(),
        validate_every=5,
        summary_every_steps=10,
    )
    return run, logdir, watcher.seen


def test_what_is_measured_is_what_evaluate_measures(trained):
    _, logdir, seen = trained
    assert list(seen) == [5, 10, 15, 20, 22]
    history = rows(logdir)
    assert list(history) == [4, 5, 8, 10, 12, 15, 16, 20, 22]
    for step, (values, _, right) in seen.items():
        assert values["accuracy"] == pytest.approx(right)
        assert history[step]["validation"] == values
        assert history[step]["loss"] > 0
    assert all("validation" not in history[step] for step in (4, 8, 12, 16))
    events = [name for name in os.listdir(logdir) if name.startswith("events")]
    tags = [
        (event.step, value.tag)
        for event in tf.compat.v1.train.summary_iterator(str(logdir / events[0]))
        for value in event.summary.value
    ]
    assert (5, "validation/accuracy") in tags and (22, "validation/loss") in tags


def test_the_best_is_kept_and_restored(trained):
    run, logdir, seen = trained
    best = max(seen, key=lambda step: seen[step][0]["accuracy"])  # the first of several
    assert run.best == checkpoints.best(logdir)
    assert (run.best.step, run.best.metric) == (best, "accuracy")
    assert run.best.value == seen[best][0]["accuracy"]
    assert run.restored_best and accuracy(run.train_step.model) == pytest.approx(seen[best][2])
    assert run.validation == seen[22][0]
    assert [seen[step][1] for step in seen] == [
        max(range(5, step + 1, 5), key=lambda s: seen[s][0]["accuracy"]) if step < 22 else best
        for step in seen
    ]
