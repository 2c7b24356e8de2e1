"""Evaluation in sessions: one checkpoint, a folder that is watched, hooks and summaries."""

from __future__ import annotations

import collections
import threading
import time

import pytest
import tensorflow as tf

import tf_slim as slim
from tests.v1 import linear

v1 = tf.compat.v1


def checkpoint(folder, step, weight=1.0):
    """Writes a checkpoint in which `w` is `weight` and the global step is `step`."""
    with tf.Graph().as_default(), v1.Session() as session:
        v1.get_variable("w", initializer=tf.constant(weight))
        v1.get_variable("global_step", initializer=tf.constant(step, tf.int64), trainable=False)
        session.run([v.initializer for v in v1.global_variables()])
        return v1.train.Saver().save(session, f"{folder}/model.ckpt", global_step=step)


def model(batches=None):
    """The mean of `w * k` over the batches k = 1, 2, ...: (value, update)."""
    slim.get_or_create_global_step()
    w = v1.get_variable("w", [])
    numbers = tf.data.Dataset.range(1, (batches or 1000) + 1)
    k = v1.data.make_one_shot_iterator(numbers).get_next()
    value, update = slim.metrics.streaming_mean(w * tf.cast(k, tf.float32))
    v1.summary.scalar("score", value)
    return value, update


@pytest.fixture
def graph():
    with tf.Graph().as_default() as made:
        yield made


@pytest.mark.parametrize(("num_evals", "mean"), [(1, 2.0), (3, 4.0), (None, 6.0)])
def test_evaluate_once(graph, tmp_path, num_evals, mean):
    path = checkpoint(tmp_path, 7, weight=2.0)
    value, update = model(batches=5)
    final = slim.evaluation.evaluate_once(
        "", path, str(tmp_path / "eval"), num_evals=num_evals, eval_op=update, final_op=value
    )
    assert final == mean
    assert linear.scalars(tmp_path / "eval") == {"score": [7]}


def test_nothing_to_compute(graph, tmp_path):
    model()
    path = checkpoint(tmp_path, 7)
    assert slim.evaluation.evaluate_once("", path, "", summary_op=None) is None


def test_feeds_and_a_summary_of_ones_own(graph, tmp_path):
    slim.get_or_create_global_step()
    w = v1.get_variable("w", [])
    k = v1.placeholder(tf.float32, [])
    value, update = slim.metrics.streaming_mean(w * k)
    final = slim.evaluation.evaluate_once(
        "",
        checkpoint(tmp_path, 3, weight=2.0),
        str(tmp_path / "eval"),
        num_evals=2,
        eval_op=[update, {"also": w}],
        eval_op_feed_dict={k: 5.0},
        final_op={"mean": value, "more": w * k},
        final_op_feed_dict={k: 1.0},
        summary_op=v1.summary.scalar("fed", k),
        summary_op_feed_dict={k: 9.0},
        hooks=[v1.train.SessionRunHook()],
        session_config=v1.ConfigProto(),
    )
    assert final == {"mean": 10.0, "more": 2.0}
    assert linear.scalars(tmp_path / "eval") == {"fed": [3]}


Pair = collections.namedtuple("Pair", ["a", "b"])

ITERABLES = {
    "values": lambda a, b: {"a": a, "b": b}.values(),
    "generator": lambda a, b: (op for op in (a, b)),
    "tuple": lambda a, b: (a, b),
    "named": Pair,
    "dict": lambda a, b: {"a": a, "b": b},
    "nested": lambda a, b: {"both": {"a": a, "b": b}.values()},
    "name": lambda a, b: tf.group(a, b).name,
}


@pytest.mark.parametrize("loop", ["evaluate_once", "evaluation_loop", "evaluate_repeatedly"])
@pytest.mark.parametrize("kind", ITERABLES)
def test_what_is_run_may_be_any_iterable(graph, tmp_path, kind, loop):
    path = checkpoint(tmp_path, 1, weight=2.0)
    _, update = model()
    counted = v1.get_local_variable("counted", [], initializer=tf.zeros_initializer())
    ops = ITERABLES[kind](update, counted.assign_add(1.0, read_value=False))
    values = {"counted": counted}.values()
    if loop == "evaluate_repeatedly":
        final = slim.evaluation.evaluate_repeatedly(
            str(tmp_path),
            eval_ops=ops,
            final_ops=values,
            hooks=iter([slim.evaluation.StopAfterNEvalsHook(2)]),
            max_number_of_evaluations=1,
        )
    else:
        once = loop == "evaluate_once"
        more = {} if once else {"max_number_of_evaluations": 1}
        where = path if once else str(tmp_path)
        final = getattr(slim.evaluation, loop)(
            "", where, "", num_evals=2, eval_op=ops, final_op=values, **more
        )
    assert final == [2.0]


def test_initial_op_comes_before_the_checkpoint(graph, tmp_path):
    value, update = model()
    extra = v1.get_variable("extra", [])
    start = v1.placeholder(tf.float32, [])
    others = [v for v in v1.global_variables() if v is not extra]
    final = slim.evaluation.evaluate_once(
        "",
        checkpoint(tmp_path, 7, weight=2.0),
        str(tmp_path),
        initial_op=tf.group(v1.variables_initializer(others), extra.assign(start)),
        initial_op_feed_dict={start: 3.0},
        eval_op=update,
        final_op=[value, extra],
        variables_to_restore=slim.get_variables_to_restore(exclude=["extra"]),
    )
    assert final == [2.0, 3.0]


@pytest.mark.parametrize("kind", ["session", "scaffold and session"])
def test_init_fn_comes_before_the_checkpoint(graph, tmp_path, kind):
    checkpoint(tmp_path, 7, weight=2.0)
    value, update = model()
    extra = v1.get_variable("extra", [])
    fill = v1.placeholder(tf.float32, [])
    initialize = extra.assign(fill)

    def with_session(session):
        session.run(initialize, {fill: 3.0})

    def with_scaffold(scaffold, session):
        assert isinstance(scaffold, v1.train.Scaffold)
        with_session(session)

    final = slim.evaluation.evaluation_loop(
        "",
        str(tmp_path),
        str(tmp_path / "eval"),
        init_fn=with_session if kind == "session" else with_scaffold,
        eval_op=update,
        final_op=[value, extra],
        variables_to_restore=slim.get_variables("w") + slim.get_variables("global_step"),
        max_number_of_evaluations=1,
        eval_interval_secs=0,
    )
    assert final == [2.0, 3.0]


def test_a_variable_that_nobody_sets_is_named(graph, tmp_path):
    model()
    v1.get_variable("extra", [])
    path = checkpoint(tmp_path, 7)
    restore = slim.get_variables("w") + slim.get_variables("global_step")
    with pytest.raises(RuntimeError, match="not initialized: extra"):
        slim.evaluation.evaluate_once("", path, str(tmp_path), variables_to_restore=restore)


def test_a_loop_evaluates_each_checkpoint(graph, tmp_path):
    """Training and evaluation go on at the same time, as in two processes."""
    value, update = model()
    go_on = threading.Event()

    def write():
        for step in (1, 2, 3):
            checkpoint(tmp_path, step, weight=float(step))
            assert go_on.wait(200)
            go_on.clear()

    writer = threading.Thread(target=write)
    writer.start()
    seen = []

    class Next(v1.train.SessionRunHook):
        def end(self, session):
            seen.append(session.run([slim.get_global_step(), value]))
            go_on.set()

    final = slim.evaluation.evaluation_loop(
        "",
        str(tmp_path),
        str(tmp_path / "eval"),
        num_evals=1,
        eval_op=update,
        final_op=value,
        eval_interval_secs=0,
        max_number_of_evaluations=3,
        hooks=[Next()],
    )
    writer.join()
    # Each evaluation has a session of its own, and begins with the first batch.
    assert [step for step, _ in seen] == [1, 2, 3]
    assert [mean for _, mean in seen] == [1.0, 2.0, 3.0] and final == 3.0
    assert linear.scalars(tmp_path / "eval") == {"score": [1, 2, 3]}


def test_evaluate_repeatedly_leaves_its_arguments_alone(graph, tmp_path):
    checkpoint(tmp_path, 5, weight=4.0)
    value, update = model()
    hooks = [
        slim.evaluation.StopAfterNEvalsHook(2, log_progress=False),
        slim.evaluation.SummaryAtEndHook(str(tmp_path / "eval")),
    ]
    given, ops = list(hooks), {"update": update}
    final = slim.evaluation.evaluate_repeatedly(
        str(tmp_path),
        eval_ops=ops,
        final_ops=value,
        hooks=hooks,
        eval_interval_secs=0,
        max_number_of_evaluations=1,
    )
    assert final == 6.0
    assert hooks == given and list(ops) == ["update"]
    assert linear.scalars(tmp_path / "eval") == {"score": [5]}


def test_a_hook_that_merges_all_summaries_serves_again_and_again(graph, tmp_path):
    value, _ = model()
    hook = slim.evaluation.SummaryAtEndHook(str(tmp_path / "eval"))
    for step in (1, 2):
        slim.train_eval.evaluate_once(checkpoint(tmp_path, step), final_ops=value, hooks=[hook])
    assert linear.scalars(tmp_path / "eval") == {"score": [1, 2]}


def test_a_summary_written_nowhere(graph, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    value, update = model()
    path = checkpoint(tmp_path / "train", 1)
    assert slim.evaluation.evaluate_once("", path, "", eval_op=update, final_op=value) == 1.0
    assert [entry.name for entry in tmp_path.iterdir()] == ["train"]


def test_a_writer_of_ones_own(graph, tmp_path):
    value, _ = model()
    writer = v1.summary.FileWriter(str(tmp_path / "mine"))
    hook = slim.evaluation.SummaryAtEndHook(summary_writer=writer)
    slim.train_eval.evaluate_once(checkpoint(tmp_path, 4), final_ops=value, hooks=[hook])
    assert linear.scalars(tmp_path / "mine") == {"score": [4]}


def test_without_a_checkpoint_the_scaffold_initializes(graph):
    w = v1.get_variable("w", initializer=1.0)
    scaffold = v1.train.Scaffold(init_op=w.initializer, init_fn=lambda _, session: session.run(add))
    add = w.assign_add(4.0)
    assert slim.train_eval.evaluate_once(None, scaffold=scaffold, final_ops=w) == 5.0


def test_a_missing_checkpoint_is_an_error(graph, tmp_path):
    value, update = model()
    with pytest.raises((ValueError, tf.errors.NotFoundError), match="no-such"):
        slim.evaluation.evaluate_once(
            "", str(tmp_path / "no-such"), str(tmp_path), eval_op=update, final_op=value
        )


def test_progress_is_logged(graph, tmp_path, caplog):
    _, update = model()
    path = checkpoint(tmp_path, 1)
    with linear.info_logs(caplog):
        slim.evaluation.evaluate_once("", path, str(tmp_path), num_evals=40, eval_op=update)
    lines = [r.getMessage() for r in caplog.records if r.getMessage().startswith("Evaluation [")]
    assert lines == [f"Evaluation [{k}/40]" for k in range(4, 41, 4)]


def test_a_counting_hook_in_a_session_of_ones_own(graph):
    count = slim.evaluation.get_or_create_eval_step()
    assert slim.evaluation.get_or_create_eval_step() is count
    step = count.assign_add(1)
    with v1.train.MonitoredSession(hooks=[slim.evaluation.StopAfterNEvalsHook(3)]) as session:
        runs = 0
        while not session.should_stop():
            session.run(step)
            runs += 1
    assert 3 <= runs <= 4


def test_several_counters_are_an_error(graph):
    for name in "ab":
        v1.get_variable(name, [], collections=[v1.GraphKeys.EVAL_STEP])
    with pytest.raises(ValueError, match="several counters"):
        slim.train_eval.get_or_create_eval_step()


def test_a_summary_hook_needs_somewhere_to_write():
    with pytest.raises(ValueError, match="log_dir or summary_writer"):
        slim.train_eval.SummaryAtEndHook()


def test_an_eager_caller_is_told_what_to_use():
    for call in (
        lambda: slim.evaluation.evaluate_once("", "x", "y"),
        lambda: slim.evaluation.evaluation_loop("", "x", "y"),
        lambda: slim.evaluation.evaluate_repeatedly("x"),
        lambda: slim.train_eval.evaluate_once("x"),
    ):
        with pytest.raises(RuntimeError, match=r"slim\.evaluation\.evaluate\(model"):
            call()


# --- waiting for checkpoints -----------------------------------------------------------------


def test_waiting_takes_no_longer_than_told(tmp_path):
    wait = slim.evaluation.wait_for_new_checkpoint
    assert wait(str(tmp_path / "not yet"), seconds_to_sleep=0.01, timeout=0.05) is None
    path = checkpoint(tmp_path, 1)
    assert wait(str(tmp_path), seconds_to_sleep=0.01, timeout=100) == path
    assert wait(str(tmp_path), path, seconds_to_sleep=0.01, timeout=0.05) is None


def test_waiting_ends_when_the_checkpoint_comes(tmp_path):
    writer = threading.Timer(0.1, checkpoint, (tmp_path, 4))
    writer.start()
    path = slim.evaluation.wait_for_new_checkpoint(str(tmp_path), seconds_to_sleep=0.02)
    assert path.endswith("model.ckpt-4")
    writer.join()


def test_iterating_over_checkpoints(tmp_path):
    checkpoint(tmp_path, 1)
    found = slim.evaluation.checkpoints_iterator(str(tmp_path), timeout=0)
    assert next(found).endswith("-1")
    checkpoint(tmp_path, 2)
    assert next(found).endswith("-2")
    assert list(found) == []


def test_a_timeout_function_decides(tmp_path):
    checkpoint(tmp_path, 1)
    asked = []

    def give_up():
        asked.append(True)
        return len(asked) == 2

    found = slim.evaluation.checkpoints_iterator(str(tmp_path), timeout=0, timeout_fn=give_up)
    assert len(list(found)) == 1
    assert len(asked) == 2


def test_least_time_between_checkpoints(tmp_path):
    found = slim.evaluation.checkpoints_iterator(str(tmp_path), min_interval_secs=0.2)
    checkpoint(tmp_path, 1)
    start = time.monotonic()
    next(found)
    checkpoint(tmp_path, 2)
    next(found)
    assert time.monotonic() - start > 0.1
