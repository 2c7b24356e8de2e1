"""The Makefile finds a Python that runs, says so when there is none, and lists its targets."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys

import pytest

from tests.house.sources import ROOT

MAKE = shutil.which("make") or ""

pytestmark = pytest.mark.skipif(not MAKE, reason="make is not installed here")


def _make(*arguments, path=None):
    environment = dict(os.environ, PATH=path or os.environ["PATH"])
    for name in ("MAKEFLAGS", "MAKELEVEL", "VENV", "PYTHON", "ARGS"):  # of a make that runs us
        environment.pop(name, None)
    return subprocess.run(
        [MAKE, "--no-print-directory", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def _program(folder, name, text):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)
    return folder / name


def _ready(venv):
    """The target that makes the environment and installs nothing."""
    return [f"VENV={venv}", f"{venv}/.environment-ready"]


def test_help_is_the_default_and_lists_every_target():
    listed = _make().stdout
    for target in ("help", "demo", "test", "lint", "bench", "bench-compare", "bench-gpu", "clean"):
        assert f"\n  {target} " in listed


@pytest.mark.slow
def test_shims_that_do_not_run_are_passed_over(tmp_path):
    shims = tmp_path / "bin"
    _program(shims, "python3.13", "echo 'python3.13: command not found' >&2; exit 127")
    _program(shims, "python3.12", f'exec "{sys.executable}" "$@"')
    result = _make(*_ready(tmp_path / "venv"), path=f"{shims}:{os.environ['PATH']}")
    assert result.returncode == 0, result.stderr
    assert "Making the environment" in result.stdout
    assert (tmp_path / "venv" / "bin" / "pip").exists()
    again = _make(*_ready(tmp_path / "venv"))
    assert again.returncode == 0
    assert "Making" not in again.stdout


def test_no_python_is_said_clearly(tmp_path):
    result = _make(*_ready(tmp_path / "venv"), path=str(tmp_path))
    assert result.returncode != 0
    assert "no Python 3.10 to 3.13" in result.stderr
    assert "PYTHON=" in result.stderr
    assert not (tmp_path / "venv").exists()


def test_a_python_without_ensurepip_is_said_clearly(tmp_path):
    bare = _program(tmp_path, "bare", 'case "$2" in *ensurepip*) exit 1;; *) exit 0;; esac')
    result = _make(*_ready(tmp_path / "venv"), f"PYTHON={bare}")
    assert result.returncode != 0
    assert "python3-venv" in result.stderr
    assert not (tmp_path / "venv").exists()


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path):
    keep = tmp_path / "venv" / "keep"
    keep.parent.mkdir()
    keep.touch()
    result = _make(*_ready(tmp_path / "venv"))
    assert result.returncode != 0
    assert "Remove it" in result.stderr
    assert keep.exists()


@pytest.mark.parametrize("arguments", ["", "benchmarks/bench_lenet.py", "-k none", "a.py b.py"])
def test_bench_runs_what_is_asked_for(tmp_path, arguments):
    lines = _make("-n", "bench", f"VENV={tmp_path}", f"ARGS={arguments}").stdout.splitlines()
    (command,) = [shlex.split(line) for line in lines if "-m benchmarks" in line]
    assert command[1:] == ["-m", "benchmarks", "run", *arguments.split()]
