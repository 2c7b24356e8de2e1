"""`make_strategy`: what fits one machine, and what starts between real processes."""

from __future__ import annotations

import os
import signal

import pytest
import tensorflow as tf

import tf_slim as slim
from tests.workers import cluster
from tests.workers.forge import Forge


@pytest.fixture(scope="module")
def program():
    if not hasattr(os, "fork"):
        pytest.skip("the processes are forked")
    with Forge("tests.learning.cluster.program") as made:
        yield made


@pytest.fixture(autouse=True)
def on_its_own(monkeypatch):
    for name in ("TF_CONFIG", "SLURM_STEP_NUM_TASKS", "TF_SLIM_WORKERS"):
        monkeypatch.delenv(name, raising=False)


def test_one_device_needs_no_strategy():
    assert slim.learning.make_strategy() is tf.distribute.get_strategy()
    assert slim.learning.make_strategy("cpu") is tf.distribute.get_strategy()


def test_several_devices_are_mirrored():
    strategy = slim.learning.make_strategy(["CPU:0", "/device:CPU:1"])
    assert isinstance(strategy, tf.distribute.MirroredStrategy)
    assert strategy.num_replicas_in_sync == 2


def test_another_device():
    strategy = slim.learning.make_strategy(["CPU:1"])
    assert isinstance(strategy, tf.distribute.OneDeviceStrategy)
    with strategy.scope():
        assert tf.Variable(1.0).device.endswith("CPU:1")


@pytest.mark.parametrize("devices", [["GPU:7"], ["CPU:0", "cpu"], [], "TPU"])
def test_devices_that_are_not_there(devices):
    with pytest.raises(ValueError, match=r"devices: expected some of .*CPU:0, CPU:1.*; got "):
        slim.learning.make_strategy(devices)


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_seconds_that_are_none(seconds):
    with pytest.raises(ValueError, match="wait_for_workers: expected seconds"):
        slim.learning.make_strategy(wait_for_workers=seconds)


@pytest.mark.parametrize(
    ("addresses", "task"), [(["a:1"], "worker"), (["a:1", "b:1"], "evaluator")]
)
def test_a_cluster_in_which_this_process_is_on_its_own(addresses, task, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", cluster.tf_config({"worker": addresses}, 0, task))
    assert slim.learning.make_strategy() is tf.distribute.get_strategy()


def test_a_wrong_cluster_is_told_before_anything_starts(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", cluster.tf_config(["a:1", "b:1"], 2))
    with pytest.raises(slim.learning.ClusterError, match="task.index is 2"):
        slim.learning.make_strategy()


@pytest.mark.timeout(600)
def test_workers_of_a_cluster(program, tmp_path):
    """One that is started late is waited for; started anew alone, it is told that it is alone."""
    with cluster.started(program, args=[60], folder=tmp_path) as procs:
        assert procs.wait(120) == [0, 0], procs.logs()
        for index, one in enumerate(procs):
            assert f"CollectiveAllReduceStrategy: {index} of 2, sum 3" in one.log()
        procs[1].start()
        procs[1].wait_for("worker 1: waiting for worker 0 (127.0.0.1:", 100)
        procs[1].send(signal.SIGTERM)
        assert procs[1].wait(100) == -signal.SIGTERM


@pytest.mark.timeout(600)
def test_one_that_dies_when_all_have_met_is_told_in_a_sentence(program, tmp_path):
    with cluster.started(program, args=[60, "die"], folder=tmp_path) as procs:
        assert procs[1].wait(100) == -signal.SIGKILL
        assert procs[0].wait(100) == -signal.SIGALRM, procs.logs()
        log = procs[0].log()
    assert "error: worker 1 (127.0.0.1:" in log and "is not there any more: it has ended" in log
    assert "Traceback" not in log and "Timeout" not in log


@pytest.mark.timeout(600)
def test_a_chief_and_its_servers(program, tmp_path):
    with cluster.started(program, workers=1, ps=2, chief=True, args=[60], folder=tmp_path) as procs:
        assert procs[0].wait(120) == 0, procs.logs()
        assert "ParameterServerStrategyV2: 3 in 2 parts" in procs[0].log()
        assert procs.wait(100) == [0, 0, 0, 0], procs.logs()
        assert "ps 1: the chief at 127.0.0.1:" in procs[3].log()
