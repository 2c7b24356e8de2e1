"""Lives of a program: processes forked from one that has loaded TensorFlow, to be killed at will.

To load TensorFlow takes longer than a whole life. A program says `serve(live)`; a test has `Lives`
of its module.
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Callable

import tensorflow as tf

from tests import forked


def serve(live: Callable[..., None]) -> None:
    """Reads lines of words, and forks a process for each that calls `live(*words)`.

    Nothing may have been computed with TensorFlow before: threads are not forked.
    """
    # To read and convert all that is called takes longer than a whole life.
    tf.function = functools.partial(tf.function, autograph=False)
    forked.keep()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            forked.run(functools.partial(_begun, live, line.split()))
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print("ended", status, flush=True)


def _begun(live: Callable[..., None], words: list[str]) -> None:
    print(os.getpid(), flush=True)
    live(*words)


class Lives:
    """A process that is asked for one life after the other."""

    def __init__(self, module: str):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([os.getcwd(), *sys.path])}
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, *words) -> Life:
        """Begins a life. The one before has to be over."""
        print(*words, file=self._process.stdin, flush=True)
        return Life(self._process.stdout)

    def one(self, *words) -> int:
        """Lives to the end. Returns the exit status, or minus the number of a signal."""
        return self.begin(*words).wait()

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


class Life:
    """A process that runs."""

    def __init__(self, lines):
        self._lines = lines
        self._pid = int(self.line())

    def line(self) -> str:
        """The next line that it prints."""
        return self._lines.readline()

    def signal(self, number: int) -> None:
        os.kill(self._pid, number)

    def wait(self) -> int:
        """Waits for its end. Returns the exit status, or minus the number of a signal."""
        while not (line := self.line()).startswith("ended "):
            assert line, "the process that forks lives has ended"
        return int(line.split()[1])
