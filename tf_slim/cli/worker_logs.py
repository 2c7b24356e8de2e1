"""What workers print: kept on this machine, and for a far run folder copied there, too.

An object store cannot take a file line by line. So it gets all of it now and then, and at the end:
whoever sees the run can read why it ended, on any machine, and also if this one is lost.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterator

from tf_slim.cli import quiet, runs, terminal
from tf_slim.ops import downloads, files, paths

EVERY_SECONDS = 60.0
"""How often what is new is copied."""

_LAST_SECONDS = 60.0  # for the copies at the end, also where the store does not answer


def folder_of(run: str) -> str:
    """Where the processes write their logs: in the run folder, or of a far one in the cache."""
    if not paths.is_far(run):
        return os.path.join(run, runs.WORKERS)
    name = "-".join(re.findall(r"[\w.]+", run))
    return str(downloads.cache_folder(runs.WORKERS, name))


@contextlib.contextmanager
def kept(run: str) -> Iterator[str]:
    """Makes the folder of the logs, and sees to it that they come into the run folder.

    Yields:
      Where they are, in words.
    """
    logs = folder_of(run)
    os.makedirs(logs, exist_ok=True)
    if not paths.is_far(run):
        yield logs
        return
    quiet.import_tensorflow()
    copies = _Copies(logs, os.path.join(run, runs.WORKERS))
    copies.fetch()
    copies.start()
    try:
        yield f"{logs}, and copied to {copies.target} each minute and at the end"
    finally:
        problem = copies.finish()
        if problem is None:
            terminal.note(f"The logs of the workers are in {copies.target}.")
        else:
            terminal.note(
                f"The logs of the workers could not be copied to {copies.target}: {problem}. They "
                f"are in {logs}."
            )


class _Copies(threading.Thread):
    """Copies files of a folder that have become longer, beside what else is going on."""

    def __init__(self, folder: str, target: str):
        super().__init__(name="copies-of-logs", daemon=True)
        self.folder, self.target = folder, target
        self._sent: dict[str, int] = {}
        self._ends = threading.Event()
        self._problem: OSError | str | None = "not all was copied"

    def fetch(self) -> None:
        """Takes over the logs of a training that ran on another machine: new lines follow them."""
        try:
            there = paths.names(self.target)
        except OSError:  # none yet
            return
        for name in there:
            here = os.path.join(self.folder, name)
            content = files.read_bytes(os.path.join(self.target, name))
            own = files.read_bytes(here) if os.path.exists(here) else b""
            if not own.startswith(content):
                with files.replacing(here) as temporary, open(temporary, "wb") as file:
                    file.write(content)

    def run(self) -> None:
        while not self._ends.wait(EVERY_SECONDS):
            self._send()
        self._send()

    def finish(self) -> OSError | str | None:
        """Copies the rest. Returns what kept it from that."""
        self._ends.set()
        self.join(_LAST_SECONDS)
        return f"it took more than {_LAST_SECONDS:.0f} s" if self.is_alive() else self._problem

    def _send(self) -> None:
        problem = None
        for name in paths.names(self.folder):
            here = os.path.join(self.folder, name)
            size = os.path.getsize(here)
            if size == self._sent.get(name):
                continue
            try:
                paths.copy(here, os.path.join(self.target, name))
                self._sent[name] = size
            except OSError as error:
                problem = error
        self._problem = problem
