"""Timing peers in one run, and printing the ratio."""

from __future__ import annotations

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def median_seconds(run: Callable[[], object], repeats: int) -> float:
    """The median time of one call, after two calls to warm up."""
    run(), run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def compare(title: str, runs: Mapping[str, Callable[[], object]], rounds: int = 5, calls: int = 20):
    """Times all runs in turns, so that a busy machine is busy for all, and prints a table.

    The first run is ours; the ratios say how many times longer the others take.
    """
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            times[name].append(median_seconds(run, calls))
    best = {name: min(values) for name, values in times.items()}
    ours = next(iter(best.values()))
    print(f"\n{title}")
    for name, value in best.items():
        print(f"  {name:<28} {value * 1e3:9.2f} ms   {value / ours:5.2f}x")
    return best


def released(folder: pathlib.Path) -> pathlib.Path:
    """Installs the last release of the original into a folder of its own."""
    if not (folder / "tf_slim").is_dir():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder]
        subprocess.run([*pip, "tf_slim==1.1.0"], check=True)
    return folder


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


def in_turns(command: Sequence[str]) -> Callable[[str], float]:
    """Starts a program that waits for its turns.

    Returns:
        A function that writes a line to it, and reads back the number that it answers with.
    """
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    asked, answered = process.stdin, process.stdout
    assert asked is not None and answered is not None

    def turn(line: str) -> float:
        asked.write(line + "\n")
        asked.flush()
        return json.loads(answered.readline())

    return turn
