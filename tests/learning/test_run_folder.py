"""The run folder keeps the latest checkpoints and the best one, and no leftovers."""

from __future__ import annotations

import os

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.learning import toy
from tf_slim.learning.run_folder import RunFolder
from tf_slim.ops import checkpoints

VALUE = {"w": np.float32([1, 2]), "b": np.float32(0)}


def steps(folder) -> list[int]:
    return [checkpoints.step_of(prefix) for prefix in checkpoints.prefixes(folder)]


def test_the_latest_and_the_best_are_kept(tmp_path):
    folder = RunFolder(tmp_path, keep=2)
    best = 0
    for step, score in enumerate([0.1, 0.8, 0.3, 0.2, 0.9, 0.0, 0.0, 0.0]):
        path = folder.save(step, VALUE)
        assert steps(tmp_path) == sorted({best, step, max(step - 1, 0)})
        if checkpoints.mark_best(path, score):
            best = step
    state = tf.train.get_checkpoint_state(str(tmp_path))
    listed = [os.path.basename(path) for path in state.all_model_checkpoint_paths]
    assert listed == ["model.ckpt-4", "model.ckpt-6", "model.ckpt-7"]
    assert folder.latest() == str(tmp_path / "model.ckpt-7")
    assert checkpoints.best(tmp_path).path == str(tmp_path / "model.ckpt-4")


def test_leftovers_of_a_killed_process_go(tmp_path):
    (tmp_path / ".model.ckpt-3.part-x").mkdir()
    RunFolder(tmp_path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("greater", "expected", "kept"), [(True, 4, [3, 4]), (False, 0, [0, 4])])
def test_keep_best_judges_what_fit_saves(greater, expected, kept, tmp_path):
    """The one that was the best when the last one was saved is there until the next is saved."""
    _, step = toy.step()
    best = slim.hooks.KeepBest(
        lambda: float(tf.convert_to_tensor(step.global_step)), "steps", greater
    )
    slim.learning.fit(
        step, toy.data(), tmp_path, 4, hooks=[best], save_every_steps=1, keep_checkpoints=1
    )
    assert steps(tmp_path) == kept
    assert checkpoints.step_of(checkpoints.best(tmp_path).path) == expected
