"""`tf-slim train --workers 2`: it learns what one process does, whatever happens to its workers."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.workers import cluster
from tf_slim import checkpoints
from tf_slim.learning import read_history

pytestmark = pytest.mark.timeout(900)

STEPS = 60
# For who is stopped: however long it takes to notice that it is time to, it is not at the end.
MANY_STEPS = 100_000
# Dropout is drawn for each worker's share of a batch.
SETTINGS = ["--set", "model.kwargs={dropout_keep_prob=1.0}", "--set", "data.batch_size=128"]
SETTINGS += ["--set", "optimizer.schedule=constant", "--learning-rate", "0.003"]
SETTINGS += ["--set", "train.save_every_steps=10", "--set", "train.keep_checkpoints=2"]


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The run of one process."""
    from tests.cli.conftest import tf_slim

    folder = tmp_path_factory.mktemp("alone") / "run"
    result = tf_slim("train", "--logdir", str(folder), "--steps", str(STEPS), *SETTINGS)
    assert result.status == 0, result.err
    return folder, result.out


class Training:
    """`tf-slim train` in a process of its own."""

    def __init__(self, folder, *arguments):
        self.folder = folder / "runs/lenet-digits"
        self.printed = folder / "printed"
        with self.printed.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tf_slim.cli", "train", *map(str, arguments)],
                cwd=folder,
                env=cluster.environment(),
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def step(self):
        """The last one that its history tells of."""
        return max((row["step"] for row in read_history(self.folder)), default=0)

    def wait(self, is_so):
        """Waits until something is so."""
        end = time.monotonic() + 300
        while not is_so():
            assert self.process.poll() is None, self.printed.read_text()
            assert time.monotonic() < end, self.printed.read_text()
            time.sleep(0.02)

    def pids(self, index):
        log = (self.folder / "workers" / f"worker-{index}.log").read_text()
        return [int(pid) for pid in re.findall(rf"--- worker {index} \(process (\d+)\)", log)]

    def ended(self):
        status = self.process.wait(300)
        return status, self.printed.read_text()


@pytest.fixture
def training(tmp_path):
    started = []

    def start(*arguments):
        started.append(Training(tmp_path, *arguments))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()
        for index in range(2):
            for pid in one.pids(index):
                try:
                    os.killpg(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue


def test_a_run_that_loses_a_worker_and_is_stopped_ends_as_one_that_was_left_alone(
    training, alone, cli
):
    two = training("--workers", 2, "--restarts", 1, "--steps", MANY_STEPS, *SETTINGS)
    two.wait(lambda: two.step() >= 10)
    (victim,) = two.pids(1)
    os.kill(victim, signal.SIGKILL)
    two.wait(lambda: len(two.pids(1)) == 2)
    reached = two.step()  # by those before
    two.wait(lambda: two.step() > reached)
    two.process.send_signal(signal.SIGINT)
    status, printed = two.ended()
    assert status == 130, printed
    assert f"note: worker 1 (process {victim}) was killed by SIGKILL" in printed
    assert "restart 1 of 1" in printed and "2 devices share each batch: 64 images each" in printed
    assert "tf-slim train runs/lenet-digits --workers 2" in printed and "error" not in printed
    assert "accuracy" not in (two.folder / "workers/worker-1.log").read_text()
    stopped = checkpoints.step_of(checkpoints.latest(two.folder))
    assert reached < stopped < MANY_STEPS
    # One process goes on with what two have begun.
    result = cli("train", str(two.folder), "--steps", str(max(STEPS, stopped + 10)))
    assert result.status == 0, result.err
    folder, out = alone
    first, expected = (text.splitlines()[0].partition(", after")[0] for text in (result.out, out))
    assert first == expected
    rows = [read_history(two.folder)[: STEPS // 10], read_history(folder)]
    assert [row["step"] for row in rows[0]] == [row["step"] for row in rows[1]]
    losses = [[row["loss"] for row in one] for one in rows]
    # What sums differ by in their last digits grows with the steps.
    np.testing.assert_allclose(losses[0][:4], losses[1][:4], rtol=1e-5)
    np.testing.assert_allclose(*losses, rtol=1e-2)
