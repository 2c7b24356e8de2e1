"""A program that a launcher starts as its workers, and that does what it is told.

Its arguments are `NAME:WORD`: the process of that name does so. Without a word it ends well as soon
as the file `end` is there, or by a signal.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

from tf_slim.cli import errors, supervised, terminal
from tf_slim.learning.cluster.tasks import task_name

FOLDER = Path(__file__).parent if len(sys.argv) < 2 else Path(sys.argv[1])


class UnavailableError(OSError):
    """Called as TensorFlow calls the loss of another process."""


def fail(*_) -> None:
    raise ValueError("the flux is negative")


def lose(*_) -> None:
    time.sleep(0.3)
    raise UnavailableError("connection reset by peer")


def lose_once_continued(name: str) -> None:
    mark = FOLDER / f"continued-{name}"
    if not mark.exists():
        signal.signal(signal.SIGCONT, lambda *_: (mark.touch(), lose()))


def break_down(*_) -> None:
    {}["a bug"]


def die(*_) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def freeze(*_) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def end(*_) -> None:
    (FOLDER / "end").touch()


def die_once(name: str) -> None:
    mark = FOLDER / f"died-{name}"
    if not mark.exists():
        mark.touch()
        die()


def train(name: str) -> int:
    """Works until it is told to end; then it saves, as `fit` does."""
    told: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: told.append(number))
    words = [word.partition(":")[2] for word in sys.argv[2:] if word.startswith(f"{name}:")]
    for word in words:
        globals()[word](name)
    print(f"{name} prints", flush=True)
    terminal.progress(f"{name} tells; {os.environ['TF_NUM_INTRAOP_THREADS']} threads")
    (FOLDER / f"trains-{name.replace(' ', '-')}").write_text(str(os.getpid()))
    while not told and not (FOLDER / "end").exists():
        time.sleep(0.02)
    if told:
        (FOLDER / f"saved-{name.replace(' ', '-')}").touch()
        return 128 + told[0]
    return 0


if __name__ == "__main__":
    supervised.begin()
    task = json.loads(os.environ["TF_CONFIG"])["task"]
    me = task_name(task["type"], task["index"])
    sys.exit(errors.guarded(lambda: train(me), debug=lambda: False))
