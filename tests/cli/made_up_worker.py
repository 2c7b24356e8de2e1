"""A program that a launcher starts as its workers, and that does what it is told.

Its arguments are `NAME:WORD`: the process of that name does so, once all others have begun. Without
a word it ends well as soon as the file `end` is there, or by a signal.
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


def lose(name: str) -> None:
    """Fails as who has lost another one: when that is gone."""
    while all(map(_lives, _marked("begun", name))):
        time.sleep(0.02)
    lost()


def lost() -> None:
    raise UnavailableError("connection reset by peer")


def lose_once_continued(name: str) -> None:
    mark = FOLDER / f"continued-{name}"
    if not mark.exists():
        signal.signal(signal.SIGCONT, lambda *_: (mark.touch(), lost()))


def break_down(*_) -> None:
    {}["a bug"]


def die(*_) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def freeze(*_) -> None:
    (FOLDER / "frozen").touch()
    os.kill(os.getpid(), signal.SIGSTOP)


def end(name: str) -> None:
    _marked("trains", name)
    (FOLDER / "end").touch()


def die_once(name: str) -> None:
    mark = FOLDER / f"died-{name}"
    if not mark.exists():
        mark.touch()
        die()


def _mark(what: str, name: str) -> Path:
    return FOLDER / f"{what}-{name.replace(' ', '-')}"


def _marked(what: str, name: str) -> list[int]:
    """Waits for the marks of all others. Returns their processes."""
    jobs = json.loads(os.environ["TF_CONFIG"])["cluster"]
    names = [task_name(job, index) for job in jobs for index in range(len(jobs[job]))]
    marks = [_mark(what, other) for other in names if other != name]
    while not all(mark.exists() and mark.read_text() for mark in marks):
        time.sleep(0.02)
    return [int(mark.read_text()) for mark in marks]


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # the launcher waits for it, so that its number is free
    except ProcessLookupError:
        return False
    return True


def train(name: str) -> int:
    """Works until it is told to end; then it saves, as `fit` does."""
    told: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: told.append(number))
    words = [word.partition(":")[2] for word in sys.argv[2:] if word.startswith(f"{name}:")]
    _mark("begun", name).write_text(str(os.getpid()))
    for word in words:
        _marked("begun", name)  # who has not begun can neither save nor be lost
        globals()[word](name)
    print(f"{name} prints", flush=True)
    terminal.progress(f"{name} tells; {os.environ['TF_NUM_INTRAOP_THREADS']} threads")
    _mark("trains", name).write_text(str(os.getpid()))
    while not told and not (FOLDER / "end").exists():
        time.sleep(0.02)
    if told:
        _mark("saved", name).touch()
        return 128 + told[0]
    return 0


if __name__ == "__main__":
    supervised._BEAT_SECONDS = 0.2
    supervised.begin()
    task = json.loads(os.environ["TF_CONFIG"])["task"]
    me = task_name(task["type"], task["index"])
    sys.exit(errors.guarded(lambda: train(me), debug=lambda: False))
