"""Running the command line: in this process, and one short run that many tests look at."""

from __future__ import annotations

import contextlib
import dataclasses
import io

import pytest

from tf_slim.cli.main import run


@dataclasses.dataclass
class Result:
    """What a command left: its exit status, and what it printed."""

    status: int
    out: str
    err: str


def tf_slim(*arguments: str) -> Result:
    """Runs `tf-slim arguments...` in this process, with its output going into a file."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run(arguments)
    return Result(status, out.getvalue(), err.getvalue())


@pytest.fixture
def cli(tmp_path, monkeypatch):
    """`cli("train", "--steps", "3")`, run in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tf_slim


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A run folder of 60 steps on the digits. Only to be read."""
    folder = tmp_path_factory.mktemp("runs") / "trained"
    result = tf_slim("train", "--logdir", str(folder), "--steps", "60")
    if result.status:
        pytest.fail(f"tf-slim train failed with status {result.status}: {result.err}")
    return folder, result
