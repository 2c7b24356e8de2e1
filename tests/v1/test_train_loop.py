"""slim.learning.train: from the first step to the last, through checkpoints, ends and errors."""

from __future__ import annotations

import json
import re
import time

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.v1 import linear

v1 = tf.compat.v1


def train(folder, steps=None, make=None, **kwargs):
    """Builds the linear problem in a graph of its own, and trains it.

    Args:
      folder: the logdir, or None.
      steps: number_of_steps.
      make: further arguments that must be made in the graph, as functions.
      **kwargs: further arguments.
    """
    with tf.Graph().as_default():
        op = linear.train_op()
        kwargs.update({name: made() for name, made in (make or {}).items()})
        return slim.learning.train(op, folder and str(folder), number_of_steps=steps, **kwargs)


def test_from_scratch(tmp_path):
    loss = train(tmp_path, 4)
    weights, losses = linear.expected(4)
    assert loss == pytest.approx(losses[-1], rel=1e-5)
    kept, step = linear.saved(tmp_path)
    np.testing.assert_allclose(kept, weights, rtol=1e-5)
    assert step == 4
    assert (tmp_path / "graph.pbtxt").exists()


def test_without_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert train(None, 3) == pytest.approx(linear.expected(3)[1][-1], rel=1e-5)
    assert not list(tmp_path.iterdir())


def test_it_goes_on_where_it_was(tmp_path):
    train(tmp_path, 2)
    loss = train(tmp_path, 5, init_fn=lambda session: pytest.fail("there is a checkpoint"))
    assert loss == pytest.approx(linear.expected(5)[1][-1], rel=1e-5)
    np.testing.assert_allclose(linear.saved(tmp_path)[0], linear.expected(5)[0], rtol=1e-5)


def test_a_finished_training_takes_no_further_step(tmp_path, caplog):
    train(tmp_path, 3)
    before = sorted(path.name for path in tmp_path.glob("model*"))
    with linear.info_logs(caplog):
        assert train(tmp_path, 3) is None
    assert "all steps were taken before" in caplog.text
    assert sorted(path.name for path in tmp_path.glob("model*")) == before


def test_weights_from_elsewhere_are_trained_whatever_their_step(tmp_path):
    train(tmp_path / "first", 5)
    path = tf.train.latest_checkpoint(str(tmp_path / "first"))
    with tf.Graph().as_default():
        op = linear.train_op()
        restore = slim.assign_from_checkpoint_fn(path, v1.global_variables())
        loss = slim.learning.train(op, str(tmp_path / "second"), number_of_steps=1, init_fn=restore)
    assert loss == pytest.approx(linear.expected(6)[1][-1], rel=1e-5)
    assert linear.saved(tmp_path / "second")[1] == 6


def test_init_op_and_its_feed():
    with tf.Graph().as_default():
        op = linear.train_op()
        start = v1.placeholder(tf.float32, [3, 1])
        (weights,) = slim.get_model_variables()
        init = tf.group(weights.assign(start), slim.get_global_step().initializer)
        target = np.array([[1.0], [-2.0], [0.5]])
        loss = slim.learning.train(
            op, None, number_of_steps=1, init_op=init, init_feed_dict={start: target}
        )
    assert loss == pytest.approx(0, abs=1e-6)


def test_what_nobody_initializes_is_an_error():
    with pytest.raises(RuntimeError, match="not initialized: w, global_step"):
        train(None, 1, init_op=None)


def test_local_variables_and_tables_are_initialized():
    with tf.Graph().as_default():
        table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(["a"], [2.0]), 0.0)
        count = slim.local_variable(3.0)
        factor = table.lookup(tf.constant("a")) * count
        op = slim.learning.create_train_op(
            linear.loss() * factor, v1.train.GradientDescentOptimizer(0.1)
        )
        loss = slim.learning.train(op, None, number_of_steps=1)
    assert loss == pytest.approx(6 * linear.expected(1)[1][0], rel=1e-5)


def test_log_lines(caplog):
    with linear.info_logs(caplog):
        train(None, 6, log_every_n_steps=2)
    losses = linear.expected(6)[1]
    lines = re.findall(r"global step (\d+): loss = ([\d.]+) \(([\d.]+) sec/step\)", caplog.text)
    assert [int(step) for step, _, _ in lines] == [2, 4, 6]
    assert [loss for _, loss, _ in lines] == [f"{losses[k - 1]:.4f}" for k in (2, 4, 6)]


def test_no_log_lines(caplog):
    with linear.info_logs(caplog):
        train(None, 2, log_every_n_steps=0)
    assert "sec/step" not in caplog.text


def steps_saved(folder):
    return [int(p.suffixes[0].split("-")[1]) for p in folder.glob("model.ckpt-*.index")]


def slow_steps(seconds):
    def step(*args):
        time.sleep(seconds)
        return slim.learning.train_step(*args)

    return step


def test_checkpoints_and_summaries_by_seconds(tmp_path):
    with tf.Graph().as_default():
        op = linear.train_op()
        v1.summary.scalar("loss", op.graph.get_tensor_by_name("total_loss:0"))
        slim.learning.train(
            op,
            str(tmp_path),
            number_of_steps=12,
            train_step_fn=slow_steps(0.04),
            save_interval_secs=0.1,
            save_summaries_secs=0.1,
        )
    steps = steps_saved(tmp_path)
    assert max(steps) == 12 and len(steps) > 2
    written = linear.scalars(tmp_path)
    assert len(written["loss"]) > 2 and len(written["global_step/sec"]) > 2
    assert written["loss"] == sorted(written["loss"])


def test_a_saver_of_ones_own(tmp_path):
    train(tmp_path, 2, make={"saver": lambda: v1.train.Saver(slim.get_model_variables())})
    assert list(tf.train.load_checkpoint(str(tmp_path)).get_variable_to_shape_map()) == ["w"]


def test_train_step_fn_may_stop(tmp_path):
    seen = []

    def step(session, train_op, global_step, kwargs):
        loss, stop = slim.learning.train_step(session, train_op, global_step, kwargs)
        seen.append(float(loss))
        return loss, stop or len(seen) == 3

    assert train(tmp_path, 100, train_step_fn=step) == pytest.approx(seen[-1])
    np.testing.assert_allclose(seen, linear.expected(3)[1], rtol=1e-5)
    assert linear.saved(tmp_path)[1] == 3


def test_train_step_kwargs_of_ones_own():
    def step(session, train_op, global_step, kwargs):
        kwargs["seen"].append(session.run(train_op))
        return kwargs["seen"][-1], len(kwargs["seen"]) == 2

    kwargs = {"seen": []}
    train(None, None, train_step_fn=step, train_step_kwargs=kwargs, summary_writer=None)
    np.testing.assert_allclose(kwargs["seen"], linear.expected(2)[1], rtol=1e-5)


def test_traces(tmp_path):
    train(tmp_path, 3, trace_every_n_steps=2)
    traces = sorted(tmp_path.glob("tf_trace-*.json"))
    # They are named by the number of steps taken before.
    assert [path.name for path in traces] == ["tf_trace-0.json", "tf_trace-2.json"]
    events = json.loads(traces[0].read_text())["traceEvents"]
    (product,) = (e for e in events if e["ph"] == "X" and e["args"]["name"] == "MatMul")
    assert product["cat"] == "Op" and product["dur"] >= 0 and "MatMul" in product["name"]
    (process,) = (e for e in events if e["name"] == "process_name")
    assert process["pid"] == product["pid"] and "CPU:0" in process["args"]["name"]


def test_the_end_of_the_data_ends_the_training(tmp_path, caplog):
    with tf.Graph().as_default(), linear.info_logs(caplog):
        numbers = v1.train.limit_epochs(tf.constant(1.0), num_epochs=3)
        queue = slim.prefetch_queue.prefetch_queue([numbers])
        op = slim.learning.create_train_op(
            linear.loss() * queue.dequeue(), v1.train.GradientDescentOptimizer(linear.RATE)
        )
        loss = slim.learning.train(op, str(tmp_path))
    assert loss == pytest.approx(linear.expected(3)[1][-1], rel=1e-5)
    assert linear.saved(tmp_path)[1] == 3
    assert "Caught OutOfRangeError" in caplog.text


def test_a_server_that_comes_back_is_waited_for(tmp_path):
    fails = [True]

    def step(session, train_op, global_step, kwargs):
        loss, stop = slim.learning.train_step(session, train_op, global_step, kwargs)
        if fails and session.run(global_step) == 2:
            fails.clear()
            raise tf.errors.AbortedError(None, None, "the server was started anew")
        return loss, stop

    loss = train(tmp_path, 4, train_step_fn=step, save_interval_secs=0)
    assert not fails
    # There was no checkpoint to go on from: the weights are those of four further steps.
    assert loss == pytest.approx(linear.expected(4)[1][-1], rel=1e-5)


def test_an_error_of_a_step_comes_out(tmp_path):
    def step(*args):
        raise KeyError("of my own")

    with pytest.raises(KeyError, match="of my own"):
        train(tmp_path, 2, train_step_fn=step)


def test_session_wrapper_and_config():
    seen = []

    class Wrapper:
        def __init__(self, session):
            self._session = session

        def run(self, *args, **kwargs):
            seen.append(args)
            return self._session.run(*args, **kwargs)

        def __getattr__(self, name):
            return getattr(self._session, name)

    config = v1.ConfigProto(allow_soft_placement=True)
    train(None, 2, session_wrapper=Wrapper, session_config=config)
    assert len(seen) >= 2


def test_called_from_outside_its_graph(tmp_path):
    with tf.Graph().as_default():
        op = linear.train_op()
    slim.learning.train(op, str(tmp_path), number_of_steps=1)
    with tf.Graph().as_default() as graph:
        op = linear.train_op()
    slim.learning.train(op, str(tmp_path), number_of_steps=3, graph=graph)
    np.testing.assert_allclose(linear.saved(tmp_path)[0], linear.expected(3)[0], rtol=1e-5)


BAD = {
    "steps": ({"steps": -1}, "number_of_steps.*-1"),
    "summary_op": ({"folder": None, "summary_op": None}, "summary_op.*logdir is None"),
    "saver": ({"folder": None, "make": {"saver": v1.train.Saver}}, "saver.*logdir is None"),
    "trace": ({"folder": None, "trace_every_n_steps": 1}, "trace_every_n_steps.*logdir is None"),
    "sync": ({"sync_optimizer": v1.train.GradientDescentOptimizer(0.1)}, "SyncReplicasOptimizer"),
    "delay": (
        {"make": {"sync_optimizer": lambda: [in_step()]}, "startup_delay_steps": 3},
        "startup_delay_steps is 3",
    ),
}


def in_step():
    return v1.train.SyncReplicasOptimizer(v1.train.GradientDescentOptimizer(0.1), 1)


@pytest.mark.parametrize("case", BAD)
def test_bad_arguments(case, tmp_path):
    kwargs, text = BAD[case]
    with pytest.raises(ValueError, match=text):
        train(**{"folder": tmp_path, "steps": 1, **kwargs})


def test_no_train_op():
    with pytest.raises(ValueError, match="create_train_op"):
        slim.learning.train(None, None)


def test_a_trace_needs_a_folder():
    with tf.Graph().as_default(), v1.Session() as session:
        op = linear.train_op()
        with pytest.raises(ValueError, match="should_trace.*logdir"):
            slim.learning.train_step(
                session, op, slim.get_global_step(), {"should_trace": tf.constant(True)}
            )


def test_a_supervisor_of_ones_own(tmp_path):
    with tf.Graph().as_default():
        op = linear.train_op()
        supervisor = slim.learning.supervisor.Supervisor(
            logdir=str(tmp_path),
            global_step=slim.get_global_step(),
            saver=slim.learning.tf_saver.Saver(),
            save_model_secs=0.1,
        )
        with supervisor.managed_session() as session:
            end = time.monotonic() + 100
            while max(steps_saved(tmp_path), default=0) < 1:
                assert time.monotonic() < end
                session.run(op)
                time.sleep(0.06)


def test_only_the_chief_starts_services():
    with tf.Graph().as_default():
        linear.train_op()
        supervisor = slim.learning.supervisor.Supervisor(is_chief=False)
        with v1.Session() as session, pytest.raises(RuntimeError, match="is_chief=True"):
            supervisor.start_standard_services(session)
