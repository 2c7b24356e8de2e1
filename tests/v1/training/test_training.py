"""slim.training.train: the loop made of hooks."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.v1 import linear

v1 = tf.compat.v1


def train(folder, steps, **kwargs):
    with tf.Graph().as_default():
        op = linear.train_op()
        v1.summary.scalar("loss", op)
        hooks = [v1.train.StopAtStepHook(last_step=steps), *kwargs.pop("hooks", [])]
        return slim.training.train(op, folder and str(folder), hooks=hooks, **kwargs)


def test_from_scratch_and_on(tmp_path):
    assert train(tmp_path, 2) == pytest.approx(linear.expected(2)[1][-1], rel=1e-5)
    loss = train(tmp_path, 5, save_summaries_steps=1)
    assert loss == pytest.approx(linear.expected(5)[1][-1], rel=1e-5)
    weights, step = linear.saved(tmp_path)
    np.testing.assert_allclose(weights, linear.expected(5)[0], rtol=1e-5)
    assert step == 5
    assert len(linear.scalars(tmp_path)["loss"]) >= 3


def test_hooks_and_run_metadata():
    steps = []

    class Watch(v1.train.SessionRunHook):
        def before_run(self, run_context):
            return v1.train.SessionRunArgs(slim.get_global_step())

        def after_run(self, run_context, run_values):
            steps.append(int(run_values.results))

    metadata = v1.RunMetadata()
    loss = train(
        None,
        3,
        hooks=[Watch()],
        chief_only_hooks=[Watch()],
        save_checkpoint_secs=None,
        save_summaries_steps=None,
        run_metadata=metadata,
    )
    assert loss == pytest.approx(linear.expected(3)[1][-1], rel=1e-5)
    assert len(steps) == 6


def test_the_graph_is_that_of_the_train_op(tmp_path):
    with tf.Graph().as_default():
        op = linear.train_op()
        hook = v1.train.StopAtStepHook(last_step=1)
    loss = slim.training.train(op, str(tmp_path), hooks=[hook])
    assert loss == pytest.approx(linear.expected(1)[1][0], rel=1e-5)


@pytest.mark.parametrize("name", ["save_checkpoint_secs", "save_summaries_steps"])
def test_nowhere_to_save(name):
    other = {"save_checkpoint_secs", "save_summaries_steps"} - {name}
    with pytest.raises(ValueError, match=f"logdir is None, but {name}"):
        train(None, 1, **dict.fromkeys(other))


def test_others_than_the_chief_need_no_folder():
    # It would wait for a chief: nobody has initialized the variables.
    with pytest.raises(tf.errors.DeadlineExceededError):
        train(None, 1, is_chief=False, max_wait_secs=0)
