"""A run that is killed again and again is in the end as one that never was."""

from __future__ import annotations

import json
import os
import random
import signal

import numpy as np
import pytest

from tests.learning import mortal
from tests.learning.lives import Lives
from tf_slim import checkpoints

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a life is a forked process")

# Where it hurts: in a step, a validation, a save, between a save and its notes, in the history.
MOMENTS = [
    ("TrainStep.__call__", 14),
    ("RunFolder.note", 9),
    ("Evaluation.run", 6),
    ("NearHistory._replace", 3),
    ("Saver.save", 3),
    ("_save_bundle", 3),
    ("RunFolder._keep_only", 2),
    ("write_state", 2),
    ("RunFolder.mark_best", 1),
    ("write_best", 1),
]


@pytest.fixture(scope="module")
def lives():
    made = Lives("tests.learning.mortal")
    yield made
    made.close()


@pytest.fixture(scope="module")
def undisturbed(lives, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "undisturbed"
    assert lives.one(folder, "never") == 0
    return folder


def tensors(path):
    reader = checkpoints.Reader(path)
    return {name: reader.read(name) for name in reader.names}


def assert_same(one, two):
    assert list(one) == list(two)
    for name, value in one.items():
        np.testing.assert_array_equal(value, two[name], err_msg=name)


def steps_of(folder):
    return [checkpoints.step_of(path) for path in checkpoints.prefixes(folder)]


def history(folder):
    with open(folder / "history.jsonl") as file:
        rows = [json.loads(line) for line in file]
    for row in rows:
        row.pop("steps_per_second", None)
    return rows


def test_killed_at_ten_moments_and_more(lives, undisturbed, tmp_path):
    chance = random.Random(1)
    folder = tmp_path / "run"
    moments = [(name, chance.randint(1, most), chance.randint(0, 60)) for name, most in MOMENTS]
    moments += [("later", chance.uniform(0.01, 0.1)) for _ in range(2)]
    chance.shuffle(moments)
    for moment in moments:
        expected = signal.SIGALRM if moment[0] == "later" else signal.SIGKILL
        assert lives.one(folder, *moment) == -expected, moment
    assert lives.one(folder, "never") == 0

    assert history(folder) == history(undisturbed)
    assert sum("validation" in row for row in history(folder)) == mortal.STEPS / 2
    assert (folder / "best.json").read_bytes() == (undisturbed / "best.json").read_bytes()
    best = [checkpoints.best(one) for one in (undisturbed, folder)]
    assert 0 < best[0].step < mortal.STEPS, "not one of those that are kept anyway"
    assert_same(tensors(best[0].path), tensors(best[1].path))
    assert_same(tensors(undisturbed), tensors(folder))
    with np.load(undisturbed / "at-the-end.npz") as one, np.load(folder / "at-the-end.npz") as two:
        assert_same(dict(one), dict(two))
    assert steps_of(folder) == steps_of(undisturbed)
    assert not [name for name in os.listdir(folder) if name.startswith(".") or "set-aside" in name]
