"""One worker of those that `tf-slim train --workers` starts: its process, its log, how it is."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tf_slim.cli import supervised

_TAIL_LINES = 20
_TAIL_BYTES = 20000


class WorkerProcess:
    """A worker that runs in a process group of its own.

    Attributes:
      report: why it ends, if it has said so.
      seen: when it last gave a sign of life.
      ended: when its end was noticed.

    Args:
      name: such as `worker 1`.
      command: its program and arguments.
      environ: its environment.
      log: the file that keeps what it prints; it goes on in one that is there.
      flags: what to add to a command that goes on where it has stopped.
      shows: whether it uses this terminal, for results and progress.
      serves: whether it works for another one, and is to outlive that.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environ: Mapping[str, str],
        log: str,
        *,
        flags: str,
        shows: bool,
        serves: bool,
    ):
        self.name = name
        self.log = log
        self.report: dict[str, Any] = {}
        self.seen = time.monotonic()
        self.ended: float | None = None
        self.line, theirs = socket.socketpair()
        self.line.setblocking(False)
        self._received = b""
        with open(log, "ab") as file, theirs:
            self._start = file.seek(0, os.SEEK_END)
            passed = [theirs.fileno()]
            terminal = _descriptor(sys.stderr) if shows else None
            if terminal is not None:
                passed.append(terminal)
            given = {"line": theirs.fileno(), "terminal": terminal, "flags": flags}
            if shows:
                sys.stdout.flush()
            self.process = subprocess.Popen(
                command,
                env={**environ, supervised.NAME: json.dumps({**given, "serves": serves})},
                stdin=subprocess.DEVNULL,
                stdout=_descriptor(sys.stdout) if shows else file,
                stderr=file,
                pass_fds=passed,
                start_new_session=True,  # Ctrl-C is for the launcher, which tells all
            )
            began = time.strftime("%Y-%m-%d %H:%M:%S")
            self._header = f"--- {self.place} started at {began}\n"
            file.write(self._header.encode())
        if terminal is not None:
            os.close(terminal)

    @property
    def status(self) -> int | None:
        """The exit status, or minus the number of a signal; None while it lives."""
        status = self.process.poll()
        if status is not None and self.ended is None:
            self.ended = time.monotonic()
        return status

    @property
    def place(self) -> str:
        """Its name, and which process it is."""
        return f"{self.name} (process {self.process.pid})"

    def hear(self) -> None:
        """Takes what it has said: that it lives, or why it ends."""
        with contextlib.suppress(OSError):
            while part := self.line.recv(65536):
                self.seen = time.monotonic()
                self._received += part
        *lines, self._received = self._received.split(b"\n")
        for line in lines:
            if line:
                self.report = json.loads(line)

    def send(self, number: int) -> None:
        """Sends it a signal."""
        if self.status is None:
            self.process.send_signal(number)

    def kill(self) -> None:
        """Ends it, and all that it has started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.hear()
        self.line.close()

    def tail(self) -> str:
        """The last lines that it has printed into its log."""
        with open(self.log, "rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(self._start, end - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
        lines = text.replace(self._header, "", 1).rstrip().splitlines()
        return "\n".join(lines[-_TAIL_LINES:])


def _descriptor(stream: Any) -> int | None:
    """A copy of the descriptor behind a stream; None for one that has none, as in tests."""
    try:
        return os.dup(stream.fileno())
    except (AttributeError, OSError, ValueError):
        return None
