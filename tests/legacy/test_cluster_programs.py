"""Programs with parameter servers, unedited, as processes of their own on this machine.

A parameter server that joins its server does so for ever, as in TensorFlow 1: whoever started it
ends it. So do these tests.
"""

from __future__ import annotations

import re
import signal
import time

import numpy as np
import pytest
import tensorflow as tf

from tests.legacy import clusters
from tests.workers import cluster
from tests.workers.forge import Forge

pytestmark = pytest.mark.timeout(900)

PATIENCE = 200


@pytest.fixture(scope="module")
def forge():
    with Forge(clusters.RUN_PROGRAM) as made:
        yield made


def steps_of(process) -> int:
    """How many steps a worker says that it took."""
    (found,) = re.findall(r"^worker \d: (\d+) steps, loss \d", process.log(), re.MULTILINE)
    return int(found)


def ended_well(processes) -> None:
    for one in processes:
        assert one.wait(PATIENCE) == 0, one.log()


def wait_until_told(processes) -> None:
    """That parameter servers stay until whoever started them ends them."""
    for one in processes:
        assert one.returncode is None, one.log()
        one.send(signal.SIGTERM)
        assert one.wait(PATIENCE) == -signal.SIGTERM


def saved(folder):
    return tf.train.load_checkpoint(str(folder))


def step_saved(folder) -> int:
    return int(saved(folder).get_tensor("global_step"))


def wait_for_checkpoint(folder, step: int) -> int:
    """Waits until the latest checkpoint is of that step or a later one. Returns its step."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        path = tf.train.latest_checkpoint(str(folder))
        if path is not None and (found := int(path.rpartition("-")[2])) >= step:
            return found
        time.sleep(0.05)
    raise TimeoutError(f"no checkpoint of step {step} in {folder}")


def linear_classifier(steps: int, rate: float = 0.5, decay: float = 1e-4) -> np.ndarray:
    """The weights that slim_train.py has after some steps in which all see all points."""
    rng = np.random.RandomState(0)
    points = rng.uniform(-1, 1, [64, 2]).astype(np.float32)
    labels = (points[:, 0] - 2 * points[:, 1] > 0).astype(np.int64)
    weights, biases = np.zeros((2, 2)), np.zeros(2)
    for _ in range(steps):
        logits = points @ weights + biases
        chances = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        error = (chances - np.eye(2)[labels]) / len(points)
        weights = weights - rate * (points.T @ error + decay * weights)
        biases = biases - rate * error.sum(0)
    return weights


def test_slim_together_by_the_command(tmp_path):
    steps = 12
    with clusters.tasks(
        clusters.BY_COMMAND,
        "slim_train.py",
        tmp_path,
        f"--train_dir={tmp_path / 'train'}",
        f"--max_steps={steps}",
        "--sync_replicas",
    ) as procs:
        ended_well(procs.of("worker"))
        wait_until_told(procs.of("ps"))
        assert min(map(steps_of, procs.of("worker"))) > 0
    weights = saved(tmp_path / "train").get_tensor("logits/weights")
    assert step_saved(tmp_path / "train") == steps
    # Both see all points, so that the mean of their gradients is that of each.
    np.testing.assert_allclose(weights, linear_classifier(steps), rtol=1e-3)
    averages = saved(tmp_path / "train").get_tensor("logits/weights/ExponentialMovingAverage")
    assert 0 < np.abs(averages).max() < np.abs(weights).max()


def slow_slim(forge, folder, *flags: str):
    """Slim's own training, which saves once a second, and has steps left until `go` is there."""
    words = [f"--train_dir={folder / 'train'}", "--save_interval_secs=1", "--pause=0.05"]
    words.append(f"--hold={folder / 'go'}")
    return clusters.tasks(forge, "slim_train.py", folder, *words, *flags)


def test_slim_through_the_death_of_the_chief(forge, tmp_path):
    train = tmp_path / "train"
    with slow_slim(forge, tmp_path, "--max_steps=60", "--startup_delay_steps=3") as procs:
        evaluator = procs.add(
            "evaluator-0",
            "evaluate.py",
            "--master=local",
            f"--checkpoint_dir={train}",
            f"--eval_dir={tmp_path / 'eval'}",
            "--max_number_of_evaluations=2",
        )
        chief, other = procs.of("worker")
        wait_for_checkpoint(train, 5)
        chief.kill()
        # By its name: the other worker goes on while a checkpoint is written.
        before = wait_for_checkpoint(train, 5)
        (tmp_path / "go").touch()
        chief.start()
        chief.wait_for("Restoring parameters from", PATIENCE)
        ended_well([chief, other, evaluator])
        wait_until_told(procs.of("ps"))
        assert f"model.ckpt-{before}" in chief.log()
        assert steps_of(other) > 0
        assert float(re.findall(r"accuracy ([\d.]+)", evaluator.log())[0]) > 0.9
    assert step_saved(train) >= 60
    assert list((tmp_path / "eval").glob("events*"))


@pytest.mark.parametrize("sync", [False, True])
def test_slim_through_the_death_of_the_parameter_server(forge, tmp_path, sync):
    train = tmp_path / "train"
    flags = ["--max_steps=40", *["--sync_replicas"] * sync]
    with slow_slim(forge, tmp_path, *flags) as procs:
        (ps,) = procs.of("ps")
        wait_for_checkpoint(train, 5)
        ps.kill()
        (tmp_path / "go").touch()
        ps.start()
        ended_well(procs.of("worker"))
        chief, other = procs.of("worker")
        assert "Restoring parameters from" in chief.log()
        assert steps_of(other) > 0
    assert step_saved(train) >= 40


def test_a_supervisor_whose_parameter_server_waits_for_done(forge, tmp_path):
    with clusters.tasks(
        forge,
        "replica.py",
        tmp_path,
        f"--logdir={tmp_path / 'log'}",
        "--train_steps=30",
        "--sync_replicas",
    ) as procs:
        ended_well(procs)
        assert "ps 0 received done 1" in procs.of("ps")[0].log()
        for one in procs.of("worker"):
            assert "(global step: 30)" in one.log() and steps_of(one) > 0


def test_monitored_session_with_two_parameter_servers(forge, tmp_path):
    log_dir = tmp_path / "log"
    with clusters.tasks(
        forge,
        "monitored.py",
        tmp_path,
        f"--log_dir={log_dir}",
        "--train_steps=40",
        "--sync=true",
        ps=2,
        chief_first="Done running local_init_op",
    ) as procs:
        ended_well(procs.of("worker"))
        wait_until_told(procs.of("ps"))
        chief, _ = procs.of("worker")
        assert "/job:ps/task:0" in chief.log() and "/job:ps/task:1" in chief.log()
    assert step_saved(log_dir) == 40
    # Sharded: each server writes its part.
    assert list(log_dir.glob("model.ckpt-40.data-0000?-of-00002"))


def test_clones_in_replicas_whose_chief_is_called_master(forge, tmp_path):
    train = tmp_path / "train"
    with clusters.empty(forge, tmp_path, 3) as (procs, addresses):
        jobs = {"ps": addresses[:1], "master": addresses[1:2], "worker": addresses[2:]}
        for job in jobs:
            procs.add(
                f"{job}-0",
                "detection.py",
                f"--train_dir={train}",
                "--num_steps=20",
                "--num_clones=2",
                "--clone_on_cpu",
                "--sync_replicas",
                research_slim=True,
                env={"TF_CONFIG": cluster.tf_config(jobs, 0, job)},
            )
        ended_well(procs.of("master") + procs.of("worker"))
        wait_until_told(procs.of("ps"))
        assert re.search(r"^master 0: loss \d", procs.of("master")[0].log(), re.MULTILINE)
        assert re.search(r"^worker 0: loss \d", procs.of("worker")[0].log(), re.MULTILINE)
    assert step_saved(train) == 20


def test_research_slim_through_servers_that_are_there(forge, tmp_path):
    train = tmp_path / "train"
    with clusters.empty(forge, tmp_path, 3) as (procs, addresses):
        spec = f"ps|{addresses[0]},worker|{addresses[1]};{addresses[2]}"
        for job, index in (("ps", 0), ("worker", 0), ("worker", 1)):
            procs.add(
                f"server-{job}-{index}",
                "server.py",
                f"--cluster_spec={spec}",
                f"--job_name={job}",
                f"--task_id={index}",
            )
        for task in (0, 1):
            procs.add(
                f"trainer-{task}",
                "image_classifier.py",
                f"--master=grpc://{addresses[1 + task]}",
                f"--task={task}",
                f"--train_dir={train}",
                "--worker_replicas=2",
                "--num_ps_tasks=1",
                "--clone_on_cpu",
                "--moving_average_decay=0.9",
                "--max_number_of_steps=12",
                research_slim=True,
            )
        ended_well(procs.of("trainer"))
        wait_until_told(procs.of("server"))
    assert step_saved(train) >= 12
    assert saved(train).has_tensor("CifarNet/conv1/weights/ExponentialMovingAverage")
