"""The folder of a training run: checkpoints, and the history of its losses."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import time
from collections.abc import Mapping
from typing import Any

from tf_slim import checkpoints
from tf_slim.checkpoints import notes
from tf_slim.data import sources
from tf_slim.learning import description, far_lock, history, logdir, run_lock
from tf_slim.learning.far_lock import FarLock
from tf_slim.learning.run_lock import RunLock, RunLostError
from tf_slim.learning.together.workers import Workers
from tf_slim.ops import paths

# So long a network folder may show what was there before.
_SEEN_WITHIN_SECONDS = 30.0

_BASE = "model.ckpt"
_OWN = re.compile(re.escape(_BASE) + r"-\d+")
_OWN_FILE = re.compile(_OWN.pattern + r"(\.index|\.data-\d+-of-\d+)?")


class RunFolder(os.PathLike):
    """Files of one run, locked against a second one until `close`.

    What a process that was killed while saving has left there is removed, and what cannot be read
    of the notes beside the checkpoints is set aside: going on depends on checkpoints alone.

        with RunFolder("runs/mine") as folder: ...

    Args:
      path: the folder, made if needed; if nothing is in it in the end, it is taken away again.
      keep: how many checkpoints to keep: the latest ones, and besides them the best one, if
        `slim.checkpoints.mark_best` was told of one (see `slim.hooks.KeepBest`).

    Raises:
      RunInUseError: another training is going on there.
      OSError: the folder cannot be written.
    """

    def __init__(self, path: str | os.PathLike, keep: int = 5):
        self.path = logdir.normal(path)
        self._keep = keep
        self._history = history.of(self.path)
        self._saved: set[str] = set()
        self._made = logdir.made_writable(self.path)
        self._lock = FarLock(self.path) if paths.is_far(self.path) else RunLock(self.path)
        try:
            checkpoints.remove_leftovers(self.path, self._is_own_temporary)
            notes.set_aside_unreadable(self.path)
        except BaseException:
            self.close()
            raise

    def __fspath__(self) -> str:
        return self.path

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Lets another training in."""
        try:
            self.close_history()
        finally:
            self._lock.release()
            if self._made:
                logdir.remove_if_empty(self.path)

    @property
    def mark(self) -> str:
        """What tells this folder from every other: who trains in it, and since when."""
        return self._lock.mark

    def latest(self) -> str | None:
        """The latest checkpoint, or None."""
        return checkpoints.latest(self.path)

    def save(self, step: int, named: Mapping[str, Any]) -> str:
        """Writes the checkpoint of `step`; of the older ones `keep`, and the best, remain.

        Raises:
          RunLostError: the folder is no longer there.
        """
        self._lock.check(now=True)
        self._history.flush()  # before, so that a run which goes on from here knows all of it
        path = checkpoints.save(checkpoint_path(self, step), named)
        self._saved.add(path)
        self._keep_only(path)
        return path

    def mark_best(self, best: checkpoints.Best) -> None:
        """Notes the best checkpoint; the one that was it before is kept no longer.

        Raises:
          RunLostError: the folder is no longer there.
        """
        self._lock.check(now=True)
        self._history.flush()
        if notes.best_or_set_aside(self.path) == best:
            return
        notes.write_best(best)
        newest = self.latest()
        if newest is not None:
            self._keep_only(newest)

    def _keep_only(self, newest: str) -> None:
        """Deletes all checkpoints but the newest ones and the best one."""
        own = self._own()
        best = notes.best_or_set_aside(self.path)
        kept = own[-self._keep :]
        if best is not None and best.path in own and best.path not in kept:
            kept.insert(0, best.path)
        if newest not in kept:
            kept.append(newest)
        checkpoints.write_state(self.path, newest, kept)
        for old in own:
            if old not in kept:
                checkpoints.remove(old)

    def discard(self) -> None:
        """Deletes the checkpoints of this run."""
        for path in self._own():
            checkpoints.remove(path)

    def _own(self) -> list[str]:
        """The checkpoints that this run has written, by step. No other is ever deleted."""
        listed = {os.path.basename(path) for path in notes.listed(self.path)}
        return [
            prefix
            for prefix in checkpoints.prefixes(self.path)
            if prefix in self._saved
            or (os.path.basename(prefix) in listed and _OWN.fullmatch(os.path.basename(prefix)))
        ]

    @staticmethod
    def _is_own_temporary(base: str) -> bool:
        described = ("config.toml", description.FILE_NAME, sources.FILE_NAME)
        names = (*described, notes.STATE, notes.BEST, run_lock.LOCK)
        return base in names or history.is_own(base) or _OWN_FILE.fullmatch(base) is not None

    def open_history(self, step: int) -> None:
        """Continues the history after `step`; what a killed run noted beyond it is dropped."""
        self._history.open(step)

    def note(self, row: Mapping[str, Any]) -> None:
        """Appends one row to the history; more about the step of the last row joins that.

        Raises:
          RunLostError: the folder is no longer there.
        """
        self._lock.check()
        self._history.note(row)

    def close_history(self) -> None:
        """Closes the history."""
        try:
            self._lock.check(now=True)
        except RunLostError:
            self._history.discard()
        else:
            self._history.close()


class SeenFolder(os.PathLike):
    """The folder of a run that another worker writes.

    Args:
      path: the folder as it is seen from here.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = logdir.normal(path)

    def __fspath__(self) -> str:
        return self.path

    def latest(self) -> str | None:
        """The latest checkpoint, or None."""
        return checkpoints.latest(self.path)

    def save(self, step: int, named: Mapping[str, Any]) -> str:
        """Writes nothing. Returns where the checkpoint of `step` is."""
        return checkpoint_path(self, step)

    def mark_best(self, best: checkpoints.Best) -> None:
        """Notes nothing."""


def shared(
    path: str | os.PathLike, keep: int, workers: Workers, held: contextlib.ExitStack
) -> RunFolder | SeenFolder:
    """The folder of a run: of several workers the chief holds it, and the others see it.

    Args:
      path: the folder, or the `RunFolder` that the chief has opened before.
      keep: see `RunFolder`.
      workers: of the run.
      held: closes it.

    Raises:
      WorkerError, OSError: it cannot be opened, or not all see the same one.
    """

    def opened():
        if not workers.is_chief or isinstance(path, RunFolder):
            return path if workers.is_chief else SeenFolder(path)
        return held.enter_context(RunFolder(path, keep))

    folder = workers.together(opened)
    if workers.count > 1:
        mark = workers.of_chief(lambda: folder.mark)
        workers.together(_require_seen, folder, mark)
    return folder


def _require_seen(folder: RunFolder | SeenFolder, mark: str) -> None:
    """Raises OSError if the folder is another one than that of the chief."""
    path, end = os.fspath(folder), time.monotonic() + _SEEN_WITHIN_SECONDS
    seen_mark = far_lock.seen_mark if paths.is_far(path) else run_lock.seen_mark
    while (seen := seen_mark(path)) != mark:
        if time.monotonic() > end:
            there = "no training" if seen is None else f"a training by {seen}"
            raise OSError(
                errno.ENOENT,
                f"logdir {path!r} is not seen as the chief sees it, who trains there ({mark}): "
                f"here there is {there} in it. Workers go on from the checkpoints of the chief: "
                "give all of them one folder that they share",
            )
        time.sleep(0.1)


def agreed_checkpoint(folder: RunFolder | SeenFolder, workers: Workers) -> str | None:
    """The checkpoint that all workers go on from: the latest one that the chief sees; or None.

    Raises:
      WorkerError, OSError: a worker does not see it.
    """
    latest = workers.of_chief(folder.latest)
    if latest is None or workers.is_chief:
        return latest
    return os.path.join(folder.path, os.path.basename(latest))


def checkpoint_path(folder: str | os.PathLike | None, step: int) -> str:
    """What the checkpoint of a step is called in a run folder."""
    return os.path.join("" if folder is None else os.fspath(folder), f"{_BASE}-{step}")
