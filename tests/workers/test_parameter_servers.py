"""Training on parameter servers: a coordinator, two workers and two servers, real processes."""

from __future__ import annotations

import json
import re
import signal
import time

import pytest
import tensorflow as tf

import tf_slim as slim
from tests.learning import toy
from tests.workers import cluster
from tf_slim import checkpoints

pytestmark = pytest.mark.timeout(400)

# Functions of coordinator.py that say themselves what they find.
CHECKS = [
    *("exact", "resumes", "hooks", "ends_of_data", "streams", "refusals", "not_finite"),
    *("own_errors", "options", "optimizers", "embeddings", "digits"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="module")
def procs(folder):
    """The processes, the coordinator after the checks."""
    (folder / "orders").write_text("\n".join(CHECKS))
    with cluster.started(
        "coordinator.py", workers=2, ps=2, chief=True, args=[folder], folder=folder
    ) as procs:
        procs[0].wait(300)
        yield procs


@pytest.fixture(scope="module")
def log(procs):
    return procs[0].log()


@pytest.mark.parametrize("check", CHECKS)
def test_on_a_coordinator(log, check):
    failure = re.search(rf"^{check}: failed\n(.*?)^{check}: end", log, re.DOTALL | re.MULTILINE)
    if failure:
        pytest.fail(failure[1])
    assert f"{check}: done" in log, log


def test_the_best_checkpoint_is_that_of_a_net_in_one_process(log):
    """The checkpoint of parts on two servers is restored by a net that has none."""
    found = json.loads(re.search(r'^\{"accuracy".*', log, re.MULTILINE)[0])
    test = slim.data.Pipeline(slim.data.get_dataset("digits", "test"), 355)
    model = slim.nets.create("lenet", num_classes=10).build(test.element_spec[0])
    model.restore(found["path"])
    measured = slim.evaluation.evaluate(model, test, slim.evaluation.classification_metrics(10))
    assert measured["accuracy"] == pytest.approx(found["accuracy"], abs=1e-6)


def test_a_run_goes_on_in_one_process_and_back(log, procs, folder):
    _, step = toy.step()
    run = slim.learning.fit(step, toy.data(), folder / "toy", 30, hooks=[])
    assert run.first_step == 25 and run.step == 30


def ordered(procs, folder, order):
    """Starts the coordinator once more, for another order."""
    (folder / "orders").write_text(order)
    before = len(procs[0].log())
    procs[0].start()
    return before


def until(process, before: int, text: str, seconds: float = 60) -> str:
    """Waits for a text in what a process has printed lately."""
    end = time.monotonic() + seconds
    while text not in (log := process.log()[before:]):
        assert time.monotonic() < end, log
        assert process.returncode is None or text in process.log()[before:], log
        time.sleep(0.02)
    return log


def test_workers_and_coordinators_and_servers_may_die(log, procs, folder):
    """One run, from death to death; each time it goes on, and ends where it should."""
    coordinator, worker, server = procs[0], procs[2], procs[4]
    before = ordered(procs, folder, "slow")
    until(coordinator, before, "step 50\n")
    worker.kill()
    until(coordinator, before, "step 100\n")  # with the other one
    coordinator.send(signal.SIGTERM)
    assert coordinator.wait(60) == -signal.SIGTERM
    last = int(re.findall(r"step (\d+)", coordinator.log()[before:])[-1])
    assert checkpoints.latest(folder / "slow").endswith(f"-{last}")

    worker.start()
    before = ordered(procs, folder, "slow")
    text = until(coordinator, before, f"step {last + 60}\n")
    assert int(re.search(r"step (\d+)", text)[1]) == last + 1
    coordinator.kill()
    kept = checkpoints.step_of(checkpoints.latest(folder / "slow"))

    before = ordered(procs, folder, "slow")
    text = until(coordinator, before, f"step {kept + 20}\n")
    assert int(re.search(r"step (\d+)", text)[1]) == kept + 1
    server.kill()
    began = time.monotonic()
    coordinator.wait(120)
    text = coordinator.log()[before:]
    print(f"ended {time.monotonic() - began:.1f} s after the death of a server")
    assert "ParameterServerLostError: Parameter server 1 of 2 does not answer" in text
    kept = checkpoints.latest(folder / "slow")
    assert f"Last checkpoint: {kept}" in text

    server.start()
    before = ordered(procs, folder, "slow")
    assert coordinator.wait(120) == 0, coordinator.log()[before:]
    text = coordinator.log()[before:]
    assert int(re.search(r"step (\d+)", text)[1]) == checkpoints.step_of(kept) + 1
    assert "ended at 400 400 all steps taken" in text
    assert tf.train.latest_checkpoint(str(folder / "slow")).endswith("-400")
