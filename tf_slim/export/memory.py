"""How much memory a contestant takes, in a process of its own: others leave their traces in one."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import subprocess
import sys
from typing import Any, NamedTuple

import numpy as np

from tf_slim.export.contestants import Contestant

_STATUS = "/proc/self/status"
_FORGET_PEAK = "/proc/self/clear_refs"
_CALLS = 3


class Memory(NamedTuple):
    """What loading and running a model adds to a process that has its engine imported, in bytes.

    Attributes:
      peak: the most at any moment.
      after: what is left once it has run.
    """

    peak: int
    after: int


def measure(
    contestant: Contestant,
    shape: tuple[int, ...],
    *,
    image_size: tuple[int, int] | None,
    threads: int | None,
) -> Memory | None:
    """Loads and runs a contestant in a new process.

    Args:
      contestant: which.
      shape: of the images, with the batch.
      image_size: see `Contestant.load`.
      threads: see `Contestant.load`.

    Returns:
      What it takes; None where the system does not tell, or the process has failed.
    """
    if not os.path.exists(_STATUS):
        return None
    task = {
        "contestant": dataclasses.asdict(contestant),
        "shape": shape,
        "image_size": image_size,
        "threads": threads,
    }
    # What this process has found is found there, too.
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    done = subprocess.run(
        [sys.executable, "-m", __name__, json.dumps(task)],
        env={**os.environ, "PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=False,
    )
    with contextlib.suppress(ValueError, IndexError, TypeError):
        return Memory(**json.loads(done.stdout.splitlines()[-1]))
    return None


def _measured(task: dict[str, Any]) -> Memory:
    contestant = Contestant(**task["contestant"])
    contestant.prepare()
    size = None if task["image_size"] is None else tuple(task["image_size"])
    with contextlib.suppress(OSError), open(_FORGET_PEAK, "w") as file:
        file.write("5")
    before = _resident("VmRSS")
    ready = contestant.load(size, task["threads"])
    images = np.zeros(task["shape"], np.float32)
    for _ in range(_CALLS):
        ready.run(images)
    return Memory(_resident("VmHWM") - before, _resident("VmRSS") - before)


def _resident(key: str) -> int:
    with open(_STATUS, encoding="ascii") as file:
        for line in file:
            if line.startswith(f"{key}:"):
                return 1024 * int(line.split()[1])
    return 0


if __name__ == "__main__":
    print(json.dumps(_measured(json.loads(sys.argv[1]))._asdict()))
