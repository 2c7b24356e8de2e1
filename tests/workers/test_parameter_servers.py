"""Training on parameter servers: a coordinator, two workers and two servers, real processes."""

from __future__ import annotations

import json
import os
import re
import signal
import time

import pytest

import tf_slim as slim
from tests.learning import toy
from tests.workers import cluster
from tests.workers.forge import Forge
from tf_slim import checkpoints

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the processes are forked"),
]

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
    """The processes, the coordinator after the checks, about to begin a slow run."""
    (folder / "orders").write_text("\n".join([*CHECKS, "slow"]))
    with (
        Forge("tests.workers.coordinator") as forge,
        cluster.started(forge, ps=2, chief=True, args=[folder], folder=folder) as procs,
    ):
        procs[0].wait_for("slow: begins", 800)
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


class Coordinator:
    """The coordinator, which is started again and again, for other orders each time."""

    def __init__(self, process: cluster.Process, folder):
        self._process, self._folder = process, folder
        self._before = len(process.log())

    def _go(self, steps: int) -> None:
        """Lets it take so many steps in this life."""
        part = self._folder / "go.part"
        part.write_text(str(steps))
        part.replace(self._folder / "go")

    def begin(self, *orders: str) -> None:
        self._go(0)
        (self._folder / "orders").write_text("\n".join(orders))
        self._before = len(self._process.log())
        self._process.start()

    def log(self) -> str:
        """What it has printed in this life."""
        return self._process.log()[self._before :]

    def steps(self) -> list[int]:
        """Those that it has taken in this life."""
        return list(map(int, re.findall(r"^step (\d+)\n", self.log(), re.MULTILINE)))

    def until(self, number: int) -> None:
        """Waits until it has taken so many steps; it may take some more."""
        self._go(number + 20)
        end = time.monotonic() + 300
        while len(self.steps()) < number:
            assert time.monotonic() < end and self._process.returncode is None, self.log()
            time.sleep(0.02)

    def kill(self) -> None:
        self._process.kill()

    def ends(self, number: int = 0) -> int:
        """Waits for its end, after a signal if `number` is one."""
        if number:
            self._process.send(number)
        self._go(1000)
        return self._process.wait(300)


def test_workers_and_coordinators_and_servers_may_die(procs, folder):
    """One run, from death to death; each time it goes on, and ends where it should."""
    coordinator = Coordinator(procs[0], folder)
    worker, server = procs[2], procs[4]

    def kept() -> int:
        return checkpoints.step_of(checkpoints.latest(folder / "slow"))

    coordinator.until(50)
    worker.kill()
    coordinator.until(100)  # with the other one
    assert coordinator.ends(signal.SIGTERM) == -signal.SIGTERM
    assert coordinator.steps() == list(range(1, kept() + 1))

    worker.start()
    last = kept()
    coordinator.begin("slow")
    coordinator.until(50)
    assert coordinator.steps()[0] == last + 1
    coordinator.kill()

    last = kept()
    coordinator.begin("slow")
    coordinator.until(30)
    assert coordinator.steps()[0] == last + 1
    server.kill()
    coordinator.ends()
    assert "ParameterServerLostError: Parameter server 1 of 2 does not answer" in coordinator.log()
    assert f"Last checkpoint: {checkpoints.latest(folder / 'slow')}" in coordinator.log()

    server.start()
    last = kept()
    _, step = toy.step()
    run = slim.learning.fit(step, toy.data(), folder / "toy", 30, hooks=[])
    assert run.first_step == 25 and run.step == 30  # in this process
    coordinator.begin("goes_back", "slow")
    coordinator.until(30)
    worker.kill()
    assert coordinator.ends() == 0, coordinator.log()
    assert coordinator.steps() == list(range(last + 1, 401))
    assert "ended at 400 400 all steps taken" in coordinator.log()
    assert kept() == 400
