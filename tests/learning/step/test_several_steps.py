"""Several steps a call: bit for bit what one by one gives, and all that is due at its own step."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.learning import toy
from tests.learning.test_fit import assert_same_run, losses
from tf_slim import checkpoints
from tf_slim.learning.taking import Due

QUIET: dict = {"hooks": [], "log_every_steps": 1}


@pytest.mark.parametrize("optimizer", toy.OPTIMIZERS)
def test_a_run_is_as_one_by_one(optimizer, tmp_path):
    for folder, many in (("one", 1), ("many", 4)):
        slim.learning.fit(
            toy.step(optimizer)[1], toy.data(), tmp_path / folder, 11, steps_per_call=many, **QUIET
        )
    assert len(losses(tmp_path / "many")) == 11
    assert_same_run(tmp_path / "one", tmp_path / "many")


def test_stopped_and_started_again_is_as_never_stopped(tmp_path):
    slim.learning.fit(toy.step()[1], toy.data(), tmp_path / "one", 20, **QUIET)
    for number_of_steps, many in ((3, 2), (11, 16), (20, 4)):
        slim.learning.fit(
            toy.step()[1],
            toy.data(),
            tmp_path / "two",
            number_of_steps,
            steps_per_call=many,
            **QUIET,
        )
    assert_same_run(tmp_path / "one", tmp_path / "two")


@pytest.mark.parametrize("optimizer", ["keras_sgd", "v1_adam"])
def test_two_replicas(optimizer, tmp_path, strategy2):
    for folder, many in (("one", 1), ("many", 3)):
        with strategy2.scope():
            _, step = toy.step(optimizer)
        slim.learning.fit(step, toy.data(), tmp_path / folder, 5, steps_per_call=many, **QUIET)
    assert_same_run(tmp_path / "one", tmp_path / "many")


class Watcher(slim.hooks.Hook):
    """Notes steps, losses, and what the model is."""

    def __init__(self, every_steps, stop_at=None):
        self.every_steps = every_steps
        self.seen, self.saved, self._stop_at = [], [], stop_at

    def after_step(self, run):
        weights = float(tf.reduce_sum(tf.convert_to_tensor(run.train_step.model.variables[0])))
        self.seen.append((run.step, run.loss_value, weights))
        if run.step == self._stop_at:
            run.stop = "enough"

    def after_save(self, run, path):
        self.saved.append(checkpoints.step_of(path))


def watched(many, every_steps, stop_at=None, **kwargs):
    watcher = Watcher(every_steps, stop_at)
    run = slim.learning.fit(
        toy.step()[1], toy.data(), None, 10, hooks=[watcher], steps_per_call=many, **kwargs
    )
    return watcher.seen, run


@pytest.fixture(scope="module")
def one_by_one():
    return watched(1, 1)[0]


def test_a_hook_sees_the_model_of_each_step(one_by_one):
    assert watched(4, 1)[0] == one_by_one


def test_a_hook_sees_the_model_of_its_steps_and_all_losses(one_by_one):
    seen, _ = watched(4, 3)
    assert [row[:2] for row in seen] == [row[:2] for row in one_by_one]
    same = [row[0] for row, other in zip(seen, one_by_one, strict=True) if row == other]
    assert same == [3, 6, 9, 10]


def test_a_hook_that_looks_at_losses_does_not_cut_calls(one_by_one):
    seen, _ = watched(4, None)
    same = [row[0] for row, other in zip(seen, one_by_one, strict=True) if row == other]
    assert same == [4, 8, 10]


def test_a_hook_ends_training_at_its_step():
    assert watched(8, 1, stop_at=3)[1].step == 3
    assert watched(8, 2, stop_at=4)[1].step == 4
    assert watched(4, None, stop_at=5)[1].step == 8  # it has said that it does not mind


def test_checkpoints_summaries_and_validations_at_their_steps(tmp_path):
    rows = {}
    for folder, many in (("one", 1), ("many", 50)):
        watcher = Watcher(None)
        slim.learning.fit(
            toy.step("keras_schedule", average_decay=0.9)[1],
            toy.data(),
            tmp_path / folder,
            12,
            hooks=[watcher],
            log_every_steps=2,
            save_every_steps=5,
            summary_every_steps=4,
            keep_checkpoints=20,
            validation=(toy.X, toy.Y),
            validate_every=6,
            steps_per_call=many,
        )
        assert set(watcher.saved) >= {0, 5, 10, 12}
        events = [name for name in os.listdir(tmp_path / folder) if name.startswith("events")]
        summaries = [
            (event.step, value.tag, value.simple_value)
            for event in tf.compat.v1.train.summary_iterator(str(tmp_path / folder / events[0]))
            for value in event.summary.value
            if value.tag in ("loss", "learning_rate", "validation/accuracy")
        ]
        assert [step for step, tag, _ in summaries if tag == "learning_rate"] == [4, 8, 12]
        history = slim.learning.read_history(tmp_path / folder)
        for row in history:
            row.pop("steps_per_second", None)
        named = [os.path.basename(path) for path in checkpoints.prefixes(tmp_path / folder)]
        rows[many] = (summaries, history, named)
    assert rows[1] == rows[50]
    assert_same_run(tmp_path / "one", tmp_path / "many")


def test_a_head_that_is_trained_first(tmp_path):
    for folder, many in (("one", 1), ("many", 4)):
        first = slim.learning.HeadFirst(
            6, ["net/logits/*"], tf.compat.v1.train.MomentumOptimizer(0.1, 0.9)
        )
        _, step = toy.step("v1_adam", head_first=first)
        slim.learning.fit(step, toy.data(), tmp_path / folder, 9, steps_per_call=many, **QUIET)
    assert_same_run(tmp_path / "one", tmp_path / "many")


@pytest.mark.parametrize("known", [True, False])
def test_data_that_end(known):
    data = toy.data().take(5)
    data = data if known else data.filter(lambda x, y: True)
    run = slim.learning.fit(toy.step()[1], data, None, hooks=[], steps_per_call=4)
    assert (run.step, run.stop) == (5, "the data ended")
    with pytest.raises(ValueError, match="empty"):
        slim.learning.fit(toy.step()[1], data.take(0), None, hooks=[], steps_per_call=4)


def test_data_that_break_save_first(tmp_path):
    with pytest.raises(tf.errors.OpError, match="the disk is gone"):
        slim.learning.fit(toy.step()[1], toy.broken_data(), tmp_path, 9, steps_per_call=8, **QUIET)
    assert checkpoints.latest(tmp_path).endswith("model.ckpt-3")
    assert len(losses(tmp_path)) == 3


def test_a_loss_that_is_not_finite(tmp_path):
    model = toy.model()
    step = slim.learning.make_train_step(
        model,
        lambda out, y: toy.loss(out, y) + tf.where(step.global_step >= 5, float("nan"), 0.0),
        tf.keras.optimizers.SGD(0.1),
    )
    before = slim.learning.fit(toy.step()[1], toy.data(), tmp_path / "other", 5, **QUIET)
    assert before.step == 5
    with pytest.raises(slim.learning.NonFiniteLossError, match=r"step 6.*model\.ckpt-4"):
        slim.learning.fit(
            step, toy.data(), tmp_path / "run", 9, save_every_steps=4, steps_per_call=8, **QUIET
        )
    assert len(losses(tmp_path / "run")) == 5
    assert checkpoints.latest(tmp_path / "run").endswith("model.ckpt-4")
    assert int(step.global_step) == 5 and np.isfinite(model.variables[0]).all()


def test_a_signal_ends_training_after_the_call(tmp_path):
    class HangUp(slim.hooks.Hook):
        every_steps = None

        def after_step(self, run):
            if run.step == 2:
                signal.raise_signal(signal.SIGHUP)

    before = signal.signal(signal.SIGHUP, lambda number, frame: None)
    try:
        run = slim.learning.fit(
            toy.step()[1],
            toy.data(),
            tmp_path / "two",
            9,
            hooks=[HangUp()],
            log_every_steps=1,
            steps_per_call=4,
        )
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (run.stop, run.step, int(run.train_step.global_step)) == ("SIGHUP", 4, 4)
    for folder in ("one", "two"):
        slim.learning.fit(toy.step()[1], toy.data(), tmp_path / folder, 9, **QUIET)
    assert_same_run(tmp_path / "one", tmp_path / "two")


def test_a_hook_that_breaks_keeps_the_steps_of_the_call(tmp_path):
    class Broken(slim.hooks.Hook):
        every_steps = None

        def after_step(self, run):
            if run.step == 2:
                raise KeyError("mistyped")

    with pytest.raises(KeyError, match="mistyped"):
        slim.learning.fit(
            toy.step()[1], toy.data(), tmp_path, 9, hooks=[Broken()], steps_per_call=4
        )
    assert checkpoints.latest(tmp_path).endswith("model.ckpt-4")
    assert int(checkpoints.Reader(tmp_path).read("global_step")) == 4


def test_by_hand():
    expected = [float(row) for row in _by_hand(1, 6)]
    assert [float(row) for row in _by_hand(4, 6)] == expected
    _, step = toy.step()
    several = slim.learning.SeveralSteps(step, 4)
    batches = iter(toy.data())
    assert several(batches, 2).shape == [2] and several(batches).shape == [4]
    for number in (0, 5):
        with pytest.raises(ValueError, match="1 to 4"):
            several(batches, number)
    with pytest.raises(TypeError, match="make_train_step"):
        slim.learning.SeveralSteps(toy.net, 4)
    with pytest.raises(ValueError, match="most"):
        slim.learning.SeveralSteps(step, 0)


def _by_hand(many, number_of_steps):
    _, step = toy.step()
    several, batches = slim.learning.SeveralSteps(step, many), iter(toy.data())
    found: list = []
    while len(found) < number_of_steps:
        found += tf.unstack(several(batches))
    return found[:number_of_steps]


def test_a_call_ends_where_the_phase_does():
    first = slim.learning.HeadFirst(3, ["net/logits/*"], tf.keras.optimizers.SGD(0.1))
    several = slim.learning.SeveralSteps(toy.step(head_first=first)[1], 4)
    with pytest.raises(ValueError, match="there may be 3 steps"):
        several(iter(toy.data()))


def test_when_work_is_due():
    due = Due(8, every=[5, 100, None, 0], at=[12, None])
    taken, step = [], 0
    while step < 24:
        taken.append(due.steps_from(step))
        step += taken[-1]
    assert taken == [5, 5, 2, 3, 5, 5]
    assert Due(8, [], []).steps_from(3) == 8
