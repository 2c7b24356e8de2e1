"""What `tf-slim train` runs on: devices of this machine, and what does not go with a cluster."""

from __future__ import annotations

import pytest

from tests.workers.cluster import tf_config
from tf_slim.cli import machines
from tf_slim.learning.cluster import strategies

TWO = ["203.0.113.1:2222", "203.0.113.2:2222"]
SHORT = ["--steps", "3", "--set", "train.log_every_steps=1"]


@pytest.fixture(autouse=True)
def on_its_own(monkeypatch):
    for name in ("TF_CONFIG", "SLURM_STEP_NUM_TASKS", "SLURM_JOB_ID", "TF_SLIM_WORKERS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def on_two(monkeypatch, strategy2):
    """Two devices, by the one strategy that a process may have for them."""
    others = strategies._on_this_machine
    monkeypatch.setattr(
        strategies,
        "_on_this_machine",
        lambda devices: strategy2 if devices == ["CPU:0", "CPU:1"] else others(devices),
    )


def test_all_devices_share_a_batch(cli, on_two):
    result = cli("train", "--logdir", "run", "--devices", "CPU:0,CPU:1", *SHORT)
    assert result.status == 0, result.err
    assert "2 devices share each batch: 32 images each" in result.err
    assert "3 steps in" in result.err and "test: 355 images, after 3 steps" in result.out


def test_a_batch_that_cannot_be_shared(cli, on_two):
    result = cli("train", "--devices", "CPU:0,CPU:1", "--batch-size", "7", *SHORT)
    assert result.status == 1
    assert "data.batch_size is 7" in result.err and "--batch-size 6 or 8" in result.err


@pytest.mark.parametrize(
    ("size", "replicas", "near"), [(7, 2, "6 or 8"), (1, 4, "4"), (10, 4, "8 or 12")]
)
def test_batches_near_one_that_cannot_be_shared(size, replicas, near):
    machines.require_share(3 * replicas, replicas)
    with pytest.raises(ValueError, match=f"--batch-size {near},"):
        machines.require_share(size, replicas)


def test_devices_that_are_not_there(cli):
    result = cli("train", "--devices", "GPU:3", *SHORT)
    assert result.status == 1
    assert "--devices: expected some of those of this machine, CPU:0, CPU:1" in result.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--restarts", "1"], ["--restarts goes with --workers"]),
        (["--wait-for-workers", "9"], ["--wait-for-workers", "TF_CONFIG", "SLURM"]),
        (["--workers", "2", "--find-rate"], ["--find-rate works in one process", "--workers"]),
        (["--workers", "3", "--logdir", "run"], ["data.batch_size is 64", "multiple of 3"]),
    ],
)
def test_what_does_not_go_together(cli, arguments, words):
    result = cli("train", *arguments)
    assert result.status == 1
    for word in words:
        assert word in result.err


@pytest.mark.parametrize(
    ("config", "arguments", "words"),
    [
        ("{", ["--logdir", "run"], ["TF_CONFIG is no JSON"]),
        (tf_config(TWO, 2), ["--logdir", "run"], ["task.index is 2"]),
        (tf_config(TWO, 1), [], ["names 2 processes", "--logdir"]),
        (tf_config(TWO, 1), ["--workers", "2"], ["worker 1 of 2 already"]),
        (tf_config(TWO, 1), ["--find-rate"], ["--find-rate works in one", "TF_CONFIG"]),
        (tf_config({"worker": TWO}, 0, "evaluator"), ["--logdir", "run"], ["an evaluator"]),
        (
            tf_config(TWO, 1),
            ["--logdir", "run", "--wait-for-workers", "1"],
            ["203.0.113.2 is no address of this machine"],
        ),
    ],
)
def test_a_cluster_is_not_ignored(cli, monkeypatch, config, arguments, words):
    monkeypatch.setenv("TF_CONFIG", config)
    result = cli("train", *arguments, *SHORT)
    assert result.status == 1
    for word in words:
        assert word in result.err


def test_a_job_of_slurm_without_srun_is_told(cli, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("SLURM_NTASKS", "4")
    result = cli("train", "--devices", "GPU:3", *SHORT)
    assert result.status == 1
    assert "note: SLURM has given this job 4 tasks" in result.err and "srun tf-slim" in result.err


def test_commands_that_work_alone_say_so(cli, trained, monkeypatch):
    folder, _ = trained
    monkeypatch.setenv("TF_CONFIG", tf_config(TWO, 1))
    result = cli("eval", str(folder))
    assert result.status == 0
    assert "note: TF_CONFIG names 2 processes, and tf-slim eval takes no notice" in result.err
    monkeypatch.setenv("TF_CONFIG", "{")
    result = cli("eval", str(folder))
    assert (result.status, result.err) == (0, "")
