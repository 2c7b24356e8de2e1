"""`tf-slim serve` as a process: how it begins, and how it ends when it is told to."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

import tf_slim as slim
from tests.house.sources import ROOT
from tests.serving.conftest import PATIENCE, get, png, post, received

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run."""
    folder = tmp_path_factory.mktemp("runs") / "my digits"
    folder.mkdir()
    said = {"version": 1, "net": "lenet", "num_classes": 10, "preprocessing": "digits"}
    said |= {"image_size": [8, 8], "channels": 1}
    (folder / "run.json").write_text(json.dumps(said))
    slim.nets.create("lenet", 10).build([None, 8, 8, 1]).save(folder / "model.ckpt-2")
    return folder


GIVEN = ["--port", "0", "--timeout", str(PATIENCE)]


class Process:
    """One that serves, from when it says so."""

    said, address = "", ""

    def __init__(self, *arguments: str):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tf_slim.cli", "serve", *arguments, *GIVEN],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
        )

    def wait(self) -> None:
        """Until it serves."""
        self.said = self._process.stdout.readline()
        self.address = self.said.rpartition(": ")[2].strip().rstrip("/")

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def ended(self) -> tuple[int, str, str]:
        """The exit status, and what was printed besides."""
        out, err = self._process.communicate(timeout=PATIENCE)
        return self._process.returncode, out, err

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture(scope="module")
def processes(run):
    """Two, which load TensorFlow at the same time."""
    made = [Process(str(run)), Process(str(run), "--name", "other", "--log")]
    for one in made:
        one.wait()
    yield made
    for one in made:
        one.kill()


def test_sigterm_finishes_what_was_accepted(run, processes):
    process = processes[0]
    assert process.said.startswith("my-digits: http://127.0.0.1:")
    predict = slim.Predictor(run)
    pictures = [png(seed) for seed in range(12)]
    host, _, port = process.address.removeprefix("http://").partition(":")
    head = "POST /predict?top=1 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {}\r\n\r\n"
    asked = []
    for content in pictures:
        connection = socket.create_connection((host, int(port)), timeout=PATIENCE)
        connection.sendall(head.format(len(content)).encode() + content[:20])
        asked.append(connection)
    _until_accepted(process.address, len(pictures))
    process.signal(signal.SIGTERM)
    with pytest.raises(OSError):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            socket.create_connection((host, int(port)), timeout=PATIENCE).close()
            time.sleep(0.05)
    for connection, content in zip(asked, pictures):
        connection.sendall(content[20:])
    for connection, content in zip(asked, pictures):
        with connection:
            answer = received(connection).decode()
        assert answer.startswith("HTTP/1.1 200 OK")
        assert f'"label":"{predict(content).label}"' in answer
    assert process.ended() == (143, "", ADVICE.format(process.address) + "stopped\n")


ADVICE = "for programs: {}/v1/models/my-digits:predict\nCtrl-C to stop\n"


def test_ctrl_c_is_quiet(processes):
    process = processes[1]
    assert post(f"{process.address}/predict", content=png(0)).status_code == 200
    process.signal(signal.SIGINT)
    status, out, err = process.ended()
    assert status == 130
    assert "other:predict" in err and err.endswith("stopped\n")
    assert "Traceback" not in err
    assert '"POST /predict HTTP/1.1" 200' in out + err


def _until_accepted(address: str, count: int) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        text = get(f"{address}/metrics").text
        if f"tf_slim_accepted_pictures {count}.0" in text:
            return
        time.sleep(0.05)
    pytest.fail(text)
