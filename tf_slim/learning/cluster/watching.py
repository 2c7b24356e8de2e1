"""A process beside one that starts TensorFlow's servers, and sees for whom they wait in vain.

They wait in C++ and let no Python run meanwhile, neither threads nor what signals are to do. So it
is another process that looks whether the others are there, and ends this one if they are not.
Run as a program it imports nothing but Python's own modules, and is there at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping

REFUSED_SECONDS = 60.0
"""How long a machine may answer that nobody listens there; GPUs take their time to begin."""
STARTING_SECONDS = 120.0
"""How long it may take at all: all processes have been there a moment before."""

_LOOK_SECONDS = 0.5
_ANSWER_SECONDS = 5.0


@contextlib.contextmanager
def watched(name: str, others: Mapping[str, tuple[str, int]]) -> Iterator[None]:
    """Ends this process, by a signal and with a sentence, if the servers do not find each other.

    Args:
      name: what this process is called, such as "worker 0".
      others: host and port of the other processes, by what they are called.
    """
    given = json.dumps([os.getpid(), name, others, REFUSED_SECONDS, STARTING_SECONDS])
    watcher = subprocess.Popen(
        [sys.executable, "-I", __file__, given], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        watcher.communicate()  # which ends it


def _watch(
    process: int,
    name: str,
    others: Mapping[str, tuple[str, int]],
    refused_seconds: float,
    starting_seconds: float,
) -> None:
    ended = threading.Event()

    def listen() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=listen, daemon=True).start()
    began = time.monotonic()
    refusing: dict[str, float] = {}
    while not ended.wait(_LOOK_SECONDS):
        for other, address in others.items():
            if _refuses(*address):
                refusing.setdefault(other, time.monotonic())
            else:
                refusing.pop(other, None)
        now = time.monotonic()
        gone = [other for other, since in refusing.items() if now - since >= refused_seconds]
        if (gone or now - began >= starting_seconds) and not ended.is_set():
            print(_said(name, others, gone, now - began), file=sys.stderr, flush=True)
            # None that Python would have to handle, or that writes a core.
            os.kill(process, getattr(signal, "SIGALRM", signal.SIGTERM))
            return


def _refuses(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), _ANSWER_SECONDS).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False  # which may pass
    return False


def _said(name: str, others: Mapping[str, tuple[str, int]], gone: list[str], seconds: float) -> str:
    if gone:
        listed = ", ".join(f"{other} ({others[other][0]}:{others[other][1]})" for other in gone)
        what = f"{listed} has met this process, {name}, and is not there any more: it has ended"
    else:
        what = (
            f"{name} has met all processes, and TensorFlow's servers on "
            f"{', '.join(others)} and here have not found each other"
        )
    return (
        f"error: {what}. This one ends after {seconds:.0f} s. Look at the logs of the others, and "
        "start all processes again by the same commands: a training goes on from its last "
        "checkpoint."
    )


if __name__ == "__main__":
    _watch(*json.loads(sys.argv[1]))
