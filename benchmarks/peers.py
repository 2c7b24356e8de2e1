"""Timing peers in one run, and printing the ratio."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


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
