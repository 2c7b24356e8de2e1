"""1, 2 and 4 worker processes of one thread each: `fit` beside that of Keras, and efficiency.

All are on this machine and speak over its loopback. More processes than cores share these: the
numbers of 4 workers on two cores say what that costs, not how a cluster of 4 machines does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

import pytest

from benchmarks import machine, recording, scale_model, settings
from tf_slim.learning.cluster import ports

WORKERS = 1, 2, 4
BATCH = 64
"""Images of a step in each worker."""
ROUNDS = settings.sized(3, 7)
LENGTHS = {"lenet": (8, 24), "small": (8, 56)}
"""Steps of two runs, of which the difference counts: how a run begins and ends is left out."""
ENDS_WITHIN = 300
TRIES = 3
"""`fit` of Keras fails now and then under this strategy, in an iterator of its own."""
_THREADS = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), "1")


def run(kind: str, workers: int) -> dict[str, Any]:
    """What the first of the workers measured.

    Raises:
      RuntimeError: it failed several times.
    """
    for left in reversed(range(TRIES)):
        try:
            return _run_once(kind, workers)
        except RuntimeError as error:
            if not left:
                raise
            print(f"once more: {str(error).strip().splitlines()[-1]}")
    raise AssertionError("TRIES is at least 1")


def _run_once(kind: str, workers: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.programs.one_worker", kind, str(BATCH)]
    command += [*map(str, LENGTHS[kind]), str(ROUNDS)]
    started: list[subprocess.Popen] = []
    with tempfile.TemporaryFile("w+") as said, ports.reserved(workers) as addresses:
        try:
            for index in range(workers):
                task = {"type": "worker", "index": index}
                environment = {
                    **os.environ,
                    **_THREADS,
                    "PYTHONPATH": str(machine.ROOT),
                    "CUDA_VISIBLE_DEVICES": "",
                    "TF_CPP_MIN_LOG_LEVEL": "3",
                    ports.REUSE_PORT: "1",
                    "TF_CONFIG": json.dumps({"cluster": {"worker": addresses}, "task": task}),
                }
                outputs = (subprocess.DEVNULL,) * 2 if index else (subprocess.PIPE, said)
                started.append(
                    subprocess.Popen(
                        command,
                        cwd=machine.ROOT,
                        env=environment,
                        stdout=outputs[0],
                        stderr=outputs[1],
                        text=True,
                    )
                )
            answer, _ = started[0].communicate(timeout=ENDS_WITHIN)
            if started[0].returncode:
                said.seek(0)
                raise RuntimeError(f"{kind}, {workers} workers:\n{said.read()[-3000:]}")
            return json.loads(answer.splitlines()[-1])
        finally:
            for one in started:
                one.kill()
            for one in started:
                one.wait()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", LENGTHS)
def test_scale(kind, capsys):
    alone: dict[str, float] = {}
    for workers in WORKERS:
        found = run(kind, workers)
        title = f"{kind}, {workers} workers of one thread, {BATCH} images each"
        with capsys.disabled():
            print(f"\n{title}, on {os.cpu_count()} cores")
            results = [
                recording.record(title, name, [workers * BATCH / one for one in times], "images/s")
                for name, times in found["steps"].items()
                if settings.wanted(name)
            ]
            recording.show(results)
            for one in results:
                alone.setdefault(one.contestant, one.value)
                part = one.value / alone[one.contestant] / workers
                print(f"  efficiency of {one.contestant}: {part:.0%}")
            if workers > 1:
                print(f"  the model says {expected(workers, alone['slim'], found):.0%}")


def expected(workers: int, alone: float, found: dict[str, Any]) -> float:
    """The efficiency that the model of docs/scale.md has for this machine.

    Its latency and bandwidth are those of two all-reduces in the same run.
    """
    (little, short), (much, long) = found["all-reduce"]
    bandwidth = scale_model.ring_bytes(much - little, workers) / (long - short)
    recording.record(f"a ring of {workers} workers", "slim", bandwidth / 1e6, "MB/s")
    print(f"  a ring: {short * 1e3:.2f} ms for nothing, then {bandwidth / 1e6:,.0f} MB/s")
    cluster = scale_model.Cluster(
        images_per_second=alone * min(1.0, (os.cpu_count() or 1) / workers),
        batch=BATCH,
        bandwidth=bandwidth,
        latency=short / (2 * (workers - 1)),
        spread=0.0,
    )
    net = scale_model.Net(found["gradient bytes"], image_bytes=0)
    return BATCH / alone / scale_model.step_seconds(net, cluster, workers)
