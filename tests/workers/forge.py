"""Processes forked from one that has loaded TensorFlow: to load it takes longer than many a run.

    with Forge("tests.workers.training") as forge:
        with cluster.started(forge, workers=2, args=["steps=40"]) as procs:
            ...

The module has a function `main(words)`.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests import forked
from tests.workers import network
from tests.workers.cluster import environment


class Forge:
    """Forks processes that call the function `main` of a module."""

    def __init__(self, module: str):
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.workers.forge", module],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **what) -> int | None:
        """Has it done; returns the number that it answers."""
        print(json.dumps(what), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        assert line, "the process that forks others has ended"
        return json.loads(line)

    def start(self, words: Sequence[str], env: Mapping[str, str], log: Path) -> Forged:
        """Forks a process."""
        return Forged(self, self.ask(words=list(words), env=dict(env), log=str(log)))

    def __enter__(self) -> Forge:
        return self

    def __exit__(self, *_) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class Forged:
    """A process that was forked, with as much of `subprocess.Popen` as is needed."""

    def __init__(self, forge: Forge, pid: int):
        self._forge, self.pid = forge, pid
        self._status: int | None = None

    def poll(self) -> int | None:
        if self._status is None:
            self._status = self._forge.ask(poll=self.pid)
        return self._status

    def wait(self, timeout: float | None = None) -> int:
        end = time.monotonic() + (3600 if timeout is None else timeout)
        while (status := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(["forged"], timeout or 0)
            time.sleep(0.02)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)


def _serve(module: str) -> None:
    """Nothing may have been computed with TensorFlow before: threads are not forked."""
    import tensorflow as tf

    # To read and convert all that is called takes longer than a run.
    tf.function = functools.partial(tf.function, autograph=False)
    main = importlib.import_module(module).main
    forked.keep()
    for line in sys.stdin:
        what = json.loads(line)
        if "poll" in what:
            pid, status = os.waitpid(what["poll"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            answer = os.fork()
            if not answer:
                forked.run(functools.partial(_begun, main, what))
        print(json.dumps(answer), flush=True)


def _begun(main, what: Mapping) -> None:
    os.setsid()
    log = os.open(what["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    none = os.open(os.devnull, os.O_RDONLY)
    for stream, handle in enumerate((none, log, log)):
        os.dup2(handle, stream)
    sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    os.environ.update(what["env"])
    network.enter()
    main(what["words"])


if __name__ == "__main__":
    _serve(sys.argv[1])
