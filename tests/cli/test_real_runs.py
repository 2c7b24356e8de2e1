"""Whole runs: signals that stop them, the demo's accuracy, data and checkpoints that do not fit."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tf_slim import checkpoints
from tf_slim.cli.main import run

QUICK = ["--set", "model.kwargs={dropout_keep_prob=1.0}", "--set", "data.batch_size=16"]


@pytest.fixture
def say(capfd, tmp_path, monkeypatch):
    """Runs a command in an empty folder; returns (status, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments):
        status = run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        assert "\x1b" not in out + err  # no escape codes outside a terminal
        assert "Traceback" not in err
        return status, out, err

    return command


@pytest.fixture(scope="module")
def lenet_run(tmp_path_factory):
    """A finished run of 6 steps."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    assert run(["train", "--logdir", str(folder), "--steps", "6", *QUICK]) == 0
    return folder


def own_data(path, num_classes=10):
    return [
        "train",
        "--logdir",
        "run",
        "--steps",
        40,
        "--set",
        f"data.files='{path}'",
        "--set",
        f"data.num_classes={num_classes}",
        "--set",
        "data.channels=1",
        "--set",
        "data.image_size=8",
        "--set",
        "data.eval_split=''",
        "--set",
        "data.preprocessing=none",
    ]


def test_an_empty_data_set(say, tmp_path):
    (tmp_path / "none.tfrecord").write_bytes(b"")
    status, _, err = say(*own_data("none.tfrecord"))
    assert status == 1 and "none.tfrecord" in err


def test_a_checkpoint_of_another_net(say, lenet_run):
    status, _, err = say(
        "train",
        "--logdir",
        "run",
        "--set",
        "model.name=cifarnet",
        "--set",
        "data.image_size=32",
        "--set",
        f"train.restore={lenet_run}",
    )
    assert status == 1
    assert "is of the net 'lenet', not of 'cifarnet': take --net lenet" in err


@pytest.mark.slow
def test_demo_reaches_98_percent(say):
    assert say("demo")[0] == 0
    _, out, _ = say("eval", "runs/demo", "--json")
    assert json.loads(out)["metrics"]["accuracy"] >= 0.98


STEPS = 4000
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path])}


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_stopped_and_gone_on(tmp_path, number, status):
    command = [sys.executable, "-m", "tf_slim.cli", "train", "--logdir", "run"]
    process = subprocess.Popen(
        [*command, "--steps", str(STEPS), *QUICK],
        cwd=tmp_path,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    folder = tmp_path / "run"
    for _ in range(2000):
        if (folder / "history.jsonl").exists() and (folder / "history.jsonl").stat().st_size:
            break
        time.sleep(0.1)
    process.send_signal(number)
    printed, _ = process.communicate(timeout=200)
    assert process.returncode == status, printed
    step = checkpoints.step_of(checkpoints.latest(folder))
    assert 0 < step < STEPS
    assert f"stopped at step {step}" in printed and "tf-slim train run" in printed
    assert "Traceback" not in printed
    more = subprocess.run(
        [*command[:-2], "run", "--steps", str(step + 5)],
        cwd=tmp_path,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"resuming at step {step}" in more.stdout + more.stderr
