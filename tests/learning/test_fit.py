"""fit: it ends where it should, resumes exactly, and loses nothing when things break."""

from __future__ import annotations

import io
import os
import random
import signal
import time
import types

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.learning import toy, training_digits
from tests.learning.lives import Lives
from tf_slim import checkpoints

QUIET: dict = {"hooks": [], "log_every_steps": 1}


def losses(logdir):
    return [row["loss"] for row in slim.learning.read_history(logdir)]


def contents(logdir):
    reader = checkpoints.Reader(logdir)
    return {name: reader.read(name) for name in reader.names}


def assert_same_run(one, two):
    assert losses(one) == losses(two)
    first, second = contents(one), contents(two)
    assert list(first) == list(second)
    for name, value in first.items():
        np.testing.assert_array_equal(value, second[name], err_msg=name)


@pytest.mark.parametrize("optimizer", toy.OPTIMIZERS)
def test_stopped_and_started_again_is_as_never_stopped(optimizer, tmp_path):
    slim.learning.fit(toy.step(optimizer)[1], toy.data(), tmp_path / "one", 20, **QUIET)
    for number_of_steps in (3, 11, 20):
        _, step = toy.step(optimizer)
        run = slim.learning.fit(step, toy.data(), tmp_path / "two", number_of_steps, **QUIET)
        assert run.step == number_of_steps and run.stop == "all steps taken"
    assert_same_run(tmp_path / "one", tmp_path / "two")


def test_loss_falls():
    run = slim.learning.fit(toy.step()[1], toy.data(), None, 60, hooks=[])
    assert float(run.loss) < 0.5


def test_what_a_run_folder_holds(tmp_path):
    _, step = toy.step()
    slim.learning.fit(
        step,
        toy.data(),
        tmp_path,
        9,
        save_every_steps=2,
        keep_checkpoints=3,
        summary_every_steps=3,
        **QUIET,
    )
    there = [os.path.basename(p) for p in checkpoints.prefixes(tmp_path)]
    assert there == ["model.ckpt-6", "model.ckpt-8", "model.ckpt-9"]
    assert tf.train.latest_checkpoint(str(tmp_path)).endswith("model.ckpt-9")
    events = [name for name in os.listdir(tmp_path) if name.startswith("events")]
    tags = [
        (event.step, value.tag)
        for event in tf.compat.v1.train.summary_iterator(str(tmp_path / events[0]))
        for value in event.summary.value
    ]
    assert (9, "loss") in tags and (3, "learning_rate") in tags


def test_a_finished_run_takes_no_further_step(tmp_path):
    slim.learning.fit(toy.step()[1], toy.data(), tmp_path, 4, **QUIET)
    run = slim.learning.fit(toy.step()[1], toy.data(), tmp_path, 4, **QUIET)
    assert run.stop == "all steps were taken before" and run.step == 4
    assert len(losses(tmp_path)) == 4


def test_data_that_end():
    finite = toy.data().take(5)
    run = slim.learning.fit(toy.step()[1], finite, None, hooks=[])
    assert (run.step, run.stop) == (5, "the data ended")


@pytest.mark.parametrize("optimizer", ["keras_sgd", "v1_adam"])
def test_two_replicas(optimizer, tmp_path, strategy2):
    for number_of_steps in (2, 5):
        with strategy2.scope():
            _, step = toy.step(optimizer)
        slim.learning.fit(step, toy.data(), tmp_path / "two", number_of_steps, **QUIET)
    with strategy2.scope():
        _, step = toy.step(optimizer)
    slim.learning.fit(step, toy.data(), tmp_path / "one", 5, **QUIET)
    assert_same_run(tmp_path / "one", tmp_path / "two")


def test_hooks_see_all_and_can_stop(tmp_path, capsys):
    seen = []

    class Watcher(slim.hooks.Hook):
        def begin(self, run):
            seen.append("begin")

        def after_step(self, run):
            seen.append(run.step)
            if run.step == 3:
                run.stop = "enough"

        def after_save(self, run, path):
            seen.append(os.path.basename(path))

        def end(self, run):
            seen.append("end")

    run = slim.learning.fit(toy.step()[1], toy.data(), tmp_path, 9, hooks=[Watcher()])
    assert run.stop == "enough"
    assert seen == ["model.ckpt-0", "begin", 1, 2, 3, "model.ckpt-3", "end"]
    lines = slim.hooks.ProgressLines(every_secs=0.0)
    slim.learning.fit(toy.step()[1], toy.data(), tmp_path, 5, hooks=[lines])
    printed = capsys.readouterr().err
    assert "resuming at step 3 of 5" in printed
    assert "step 5/5  loss " in printed and "steps/s" in printed


def test_history_beyond_the_checkpoint_is_dropped_and_a_cut_row_forgiven(tmp_path):
    slim.learning.fit(toy.step()[1], toy.data(), tmp_path / "one", 6, **QUIET)
    slim.learning.fit(toy.step()[1], toy.data(), tmp_path / "two", 4, **QUIET)
    with open(tmp_path / "two" / "history.jsonl", "a") as file:
        file.write('{"step": 5, "loss": 9.0}\n{"step": 6, "lo')
    slim.learning.fit(toy.step()[1], toy.data(), tmp_path / "two", 6, **QUIET)
    assert_same_run(tmp_path / "one", tmp_path / "two")


def nan_at_step_4():
    model = toy.model()
    step = slim.learning.make_train_step(
        model,
        lambda out, y: toy.loss(out, y) + model_step(),
        tf.keras.optimizers.SGD(0.1),
    )

    def model_step():
        return tf.where(step.global_step >= 3, float("nan"), 0.0)

    return step


def test_nan_names_step_checkpoint_and_remedy(tmp_path):
    step = nan_at_step_4()
    with pytest.raises(slim.learning.NonFiniteLossError) as caught:
        slim.learning.fit(step, toy.data(), tmp_path, 9, save_every_steps=2, **QUIET)
    assert "step 4" in str(caught.value) and "model.ckpt-2" in str(caught.value)
    assert "learning rate" in str(caught.value)
    assert checkpoints.latest(tmp_path).endswith("model.ckpt-2")


def test_data_that_break_save_first(tmp_path):
    with pytest.raises(tf.errors.OpError, match="the disk is gone"):
        slim.learning.fit(toy.step()[1], toy.broken_data(), tmp_path, 9, **QUIET)
    assert checkpoints.latest(tmp_path).endswith("model.ckpt-3")


def test_a_hook_that_breaks_saves_first(tmp_path):
    class Broken(slim.hooks.Hook):
        def after_step(self, run):
            if run.step == 3:
                raise KeyError("mistyped")

    with pytest.raises(KeyError, match="mistyped"):
        slim.learning.fit(toy.step()[1], toy.data(), tmp_path, 9, hooks=[Broken()])
    assert checkpoints.latest(tmp_path).endswith("model.ckpt-3")


@pytest.mark.parametrize("known", [True, False])
def test_data_that_end_too_early_are_told_each_time(known, tmp_path):
    data = toy.data().take(3)
    data = data if known else data.filter(lambda x, y: True)
    for first in (0, 3):
        with pytest.warns(
            UserWarning,
            match=r"ends after 3 batches, before number_of_steps = 9.*"
            r"ends at step 3, and so it will.*dataset\.repeat\(\)",
        ):
            run = slim.learning.fit(toy.step()[1], data, tmp_path, 9, hooks=[])
        assert (run.first_step, run.step, run.stop) == (first, 3, "the data ended")


def test_data_that_end_where_they_should_are_not_told(tmp_path, recwarn):
    for number_of_steps in (2, 3, None):
        slim.learning.fit(toy.step()[1], toy.data().take(3), tmp_path, number_of_steps, hooks=[])
    assert not [w for w in recwarn if "number_of_steps" in str(w.message)]


@pytest.mark.parametrize("steps", [4, 4.0, np.int64(4), np.float32(4), np.array(4)])
def test_a_whole_number_of_steps_of_any_kind(steps):
    run = slim.learning.fit(toy.step()[1], toy.data(), None, steps, hooks=[])
    assert run.step == 4 and type(run.number_of_steps) is int


def test_another_models_run(tmp_path):
    slim.learning.fit(toy.step("keras_sgd")[1], toy.data(), tmp_path, 2, **QUIET)
    with pytest.raises(
        checkpoints.CheckpointError,
        match="Cannot go on.*choose another logdir".replace(".*", "(.|\n)*"),
    ):
        slim.learning.fit(toy.step("v1_adam")[1], toy.data(), tmp_path, 4, **QUIET)


def test_a_damaged_checkpoint_is_named_with_the_way_out(tmp_path):
    slim.learning.fit(toy.step()[1], toy.data(), tmp_path, 2, **QUIET)
    data = tmp_path / "model.ckpt-2.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:-20])
    with pytest.raises(checkpoints.CheckpointError, match="model.ckpt-2 is damaged"):
        slim.learning.fit(toy.step()[1], toy.data(), tmp_path, 4, **QUIET)
    checkpoints.remove(str(tmp_path / "model.ckpt-2"))
    run = slim.learning.fit(toy.step()[1], toy.data(), tmp_path, 4, **QUIET)
    assert run.first_step == 0 and run.step == 4


BAD = {
    "not a step": (
        lambda: slim.learning.fit(toy.net, toy.data(), None, 1),
        TypeError,
        "make_train_step",
    ),
    "a fraction of steps": (
        lambda: slim.learning.fit(toy.step()[1], toy.data(), None, 2.5),
        TypeError,
        "number_of_steps: expected a whole number; got 2.5",
    ),
    "endless steps": (
        lambda: slim.learning.fit(toy.step()[1], toy.data(), None, float("inf")),
        TypeError,
        "number_of_steps.*inf",
    ),
    "true steps": (
        lambda: slim.learning.fit(toy.step()[1], toy.data(), None, True),
        TypeError,
        "number_of_steps.*True",
    ),
    "steps in words": (
        lambda: slim.learning.fit(toy.step()[1], toy.data(), None, "4"),
        TypeError,
        "number_of_steps.*'4'",
    ),
    "half a checkpoint": (
        lambda: slim.learning.fit(toy.step()[1], toy.data(), None, 1, keep_checkpoints=0.5),
        TypeError,
        "keep_checkpoints",
    ),
    "never to be saved": (
        lambda: slim.learning.fit(toy.step()[1], toy.data(), None, 1, save_every_secs=np.nan),
        ValueError,
        "save_every_secs.*nan",
    ),
    "rows before the first": (
        lambda: slim.learning.fit(toy.step()[1], toy.data(), None, 1, log_every_steps=-1),
        ValueError,
        "log_every_steps must be at least 0",
    ),
    "no steps": (lambda: slim.learning.fit(toy.step()[1], toy.data(), None, 0), ValueError, "0"),
    "empty": (
        lambda: slim.learning.fit(toy.step()[1], toy.data().take(0), None, 3, hooks=[]),
        ValueError,
        "empty",
    ),
    "no labels": (
        lambda: slim.learning.fit(toy.step()[1], toy.data().map(lambda x, y: x), None, 3),
        ValueError,
        "inputs, labels",
    ),
    "not data": (
        lambda: slim.learning.fit(toy.step()[1], [1, 2], None, 3),
        ValueError,
        r"tf\.data\.Dataset",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    call, error, text = BAD[case]
    with pytest.raises(error, match=text):
        call()


def test_a_logdir_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="Cannot write to logdir"):
        slim.learning.fit(toy.step()[1], toy.data(), tmp_path / "file" / "run", 3)


# ------------------------------------------------------------------ signals and crashes

no_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="a life is a forked process")


@pytest.fixture(scope="module")
def lives():
    made = Lives("tests.learning.training_digits")
    yield made
    made.close()


@pytest.fixture(scope="module")
def undisturbed(lives, tmp_path_factory):
    logdir = tmp_path_factory.mktemp("undisturbed")
    assert lives.one(logdir) == 0
    return logdir


@no_fork
@pytest.mark.slow
def test_killed_at_random_moments(lives, tmp_path, undisturbed):
    moments = random.Random(7)
    for _ in range(5):
        seconds = moments.uniform(0.0, 0.5)
        assert lives.one(tmp_path, "killed", seconds) == -signal.SIGALRM
    assert lives.one(tmp_path) == 0
    assert_same_run(undisturbed, tmp_path)


class HangUp(slim.hooks.Hook):
    """The terminal is closed in each step."""

    def after_step(self, run):
        signal.raise_signal(signal.SIGHUP)


def test_a_hangup_lets_the_step_finish_and_saves(tmp_path):
    came = []
    before = signal.signal(signal.SIGHUP, lambda number, frame: came.append(number))
    try:
        run = slim.learning.fit(toy.step()[1], toy.data(), tmp_path, 9, hooks=[HangUp()])
    finally:
        signal.signal(signal.SIGHUP, before)
    assert (run.stop, run.step, came) == ("SIGHUP", 1, [signal.SIGHUP])
    assert checkpoints.latest(tmp_path).endswith("model.ckpt-1")


def test_a_hangup_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        run = slim.learning.fit(toy.step()[1], toy.data(), None, 3, hooks=[HangUp()])
    finally:
        signal.signal(signal.SIGHUP, before)
    assert run.stop == "all steps taken"


@no_fork
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_let_the_step_finish_and_save(lives, tmp_path, undisturbed, number):
    life = lives.begin(tmp_path, "held")
    assert life.line().startswith("begin")
    assert life.line().startswith("step")
    life.signal(number)
    (tmp_path / "go").touch()
    assert life.wait() in (-number, 1, 130)
    saved = checkpoints.step_of(checkpoints.latest(tmp_path))
    assert 0 < saved == len(losses(tmp_path)) < training_digits.STEPS
    assert lives.one(tmp_path) == 0
    assert_same_run(undisturbed, tmp_path)


def test_the_first_line_of_progress_comes_within_a_second(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    out = io.StringIO()
    lines = slim.hooks.ProgressLines(every_secs=60.0, out=out)
    run = types.SimpleNamespace(step=0, number_of_steps=9, loss_value=0.5, is_chief=True)
    lines.begin(run)
    for now[0] in (100.5, 101.5, 110.0):
        run.step += 1
        lines.after_step(run)
    assert out.getvalue() == "step 2/9  loss 0.5000  1.3 steps/s  0:05 left\n"
