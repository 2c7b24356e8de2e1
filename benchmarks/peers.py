"""Timing peers in one run, in turns, and printing the ratio."""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tf_slim
from benchmarks import machine, recording, settings

RELEASE = "tf_slim 1.1.0"
_LAST_LINES = 15


def median_seconds(run: Callable[[], object], repeats: int) -> float:
    """The median time of one call, after two calls to warm up."""
    for _ in range(2):
        run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def compare(title: str, runs: Mapping[str, Callable[[], object]], rounds: int = 5, calls: int = 20):
    """Times all runs in turns, so that a busy machine is busy for all; records and prints them.

    The names of our own begin with "slim"; the ratios say how many times longer the others take
    than the first. Peers that are not asked for are left out.

    Returns:
      The median time of one call by name, in seconds.
    """
    runs = {name: run for name, run in runs.items() if settings.wanted(name)}
    times: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(rounds):
        # Each second time in the opposite order: a machine that slows down slows all.
        for name in list(runs)[:: -1 if turn % 2 else 1]:
            times[name].append(median_seconds(runs[name], calls))
    found = [recording.record(title, name, times[name], "s") for name in runs]
    print(f"\n{title}")
    recording.show(found)
    return {one.contestant: one.value for one in found}


@functools.cache
def released() -> pathlib.Path:
    """A folder with the last release of the original, and Keras 2, without which it has no layers.

    Raises:
      subprocess.CalledProcessError: pip cannot fetch them.
    """
    tensorflow = importlib.metadata.version("tensorflow")
    keras = f"tf_keras~={tensorflow.rpartition('.')[0]}.0"
    home = machine.ROOT / ".benchmarks" / f"tf_slim-1.1.0-{tensorflow}"
    if not home.is_dir():
        home.parent.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home.parent) as folder:
            whole = os.path.join(folder, "whole")
            pip = [sys.executable, "-m", "pip", "install", "-qq", "--no-deps", "--target", whole]
            subprocess.run([*pip, "tf_slim==1.1.0", keras], check=True)
            os.rename(whole, home)
    return home


def measured_in(path: pathlib.Path, code: str, *arguments: str) -> Any:
    """Runs a program in a process that finds `tf_slim` in `path`.

    Args:
      path: the folder.
      code: the program; its last line of output is JSON, `[tf_slim.__file__, what it measured]`.
      *arguments: its arguments.

    Returns:
      What it measured.
    """
    environment = {**os.environ, "PYTHONPATH": str(path), "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        cwd=path,
        check=True,
        capture_output=True,
        text=True,
    )
    origin, measured = json.loads(done.stdout.splitlines()[-1])
    assert origin.startswith(str(path)), origin
    return measured


def beside_the_release(code: str, *arguments: str, rounds: int = 3) -> dict[str, list[Any]]:
    """What a program measures with this package and with the release, in turns.

    Args:
      code: see `measured_in`.
      *arguments: of the program.
      rounds: how often each is measured.

    Returns:
      The list of what was measured, by name.
    """
    places = {"slim": lambda: pathlib.Path(tf_slim.__file__).parents[1], RELEASE: released}
    asked = {name: place() for name, place in places.items() if settings.wanted(name)}
    found: dict[str, list[Any]] = {name: [] for name in asked}
    for _ in range(rounds):
        for name, place in asked.items():
            found[name].append(measured_in(place, code, *arguments))
    return found


class Turns:
    """A program that waits for its turns: it is asked by a line, and answers by a line of JSON."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None):
        """Starts it.

        Args:
          command: the program and its arguments.
          environment: variables that it gets besides those that are there.
        """
        # What TensorFlow and torch say at their start is of interest if it is the last they say.
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115, close() closes it
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", **(environment or {})},
        )

    def __call__(self, line: str) -> Any:
        """Asks it, and waits for its answer."""
        asked = self._process.stdin
        assert asked is not None
        asked.write(line + "\n")
        asked.flush()
        return self.answer()

    def answer(self) -> Any:
        """The next line that it writes.

        Raises:
          RuntimeError: it ended.
        """
        answered = self._process.stdout
        assert answered is not None
        line = answered.readline()
        if not line:
            status = self._process.wait()
            self._said.seek(0)
            last = "".join(self._said.readlines()[-_LAST_LINES:])
            raise RuntimeError(f"{self._process.args} ended, with status {status}:\n{last}")
        return json.loads(line)

    def close(self) -> None:
        """Ends it."""
        for pipe in (self._process.stdin, self._process.stdout, self._said):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def in_turns(command: Sequence[str]) -> Callable[[str], float]:
    """Starts a program that waits for its turns.

    Returns:
        A function that writes a line to it, and reads back the number that it answers with.
    """
    return Turns(command)
