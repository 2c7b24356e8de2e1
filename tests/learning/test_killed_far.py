"""A run in an object store that is killed again and again is in the end as one that never was."""

from __future__ import annotations

import os
import random
import signal

import numpy as np
import pytest

import tf_slim as slim
from tests import object_store
from tests.learning.lives import Lives
from tf_slim import checkpoints
from tf_slim.ops import paths

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="a life is a forked process")

# While it writes the history, between the files of a checkpoint, before a note, at the end.
MOMENTS = [
    ("FarHistory.flush", 6),
    ("publish", 30),
    ("write_best", 2),
    ("FarHistory.close", 1),
]


def rows(folder):
    return [
        {key: value for key, value in row.items() if key != "steps_per_second"}
        for row in slim.learning.read_history(folder)
    ]


def test_killed_at_four_moments(tmp_path, monkeypatch):
    chance = random.Random(1)
    here, far = str(tmp_path / "undisturbed"), "gs://bucket/runs/killed"
    with object_store.running() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        lives = Lives("tests.learning.mortal")
        try:
            assert lives.one(here, "never") == 0
            for name, most in MOMENTS:
                moment = name, chance.randint(1, most), chance.randint(0, 40)
                assert lives.one(far, *moment) == -signal.SIGKILL, moment
                assert paths.is_file(f"{far}/training.lock")
            assert lives.one(far, "never") == 0
        finally:
            lives.close()
        assert rows(far) == rows(here)
        best = [checkpoints.best(folder) for folder in (here, far)]
        assert best[0].step == best[1].step and best[0].value == best[1].value
        assert checkpoints.latest(far) == f"{far}/{os.path.basename(checkpoints.latest(here))}"
        for path in (None, best[0].step):
            one, two = (
                checkpoints.load(f if path is None else f"{f}/model.ckpt-{path}")
                for f in (here, far)
            )
            assert sorted(one) == sorted(two)
            for name, value in one.items():
                np.testing.assert_array_equal(value, two[name], err_msg=name)
        assert paths.names(far) == sorted(os.listdir(here))
