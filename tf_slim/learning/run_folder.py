"""The folder of a training run: checkpoints, and the history of its losses."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import tempfile
import time
from collections.abc import Mapping
from typing import Any

from tf_slim import checkpoints
from tf_slim.checkpoints import notes
from tf_slim.data import sources
from tf_slim.learning import description, run_lock
from tf_slim.learning.run_lock import RunLock
from tf_slim.learning.together.workers import Workers
from tf_slim.ops import files

HISTORY = "history.jsonl"
VALIDATION = "validation"
"""The key of a row of the history that holds what was measured on other data, by name."""

# So long a network folder may show what was there before.
_SEEN_WITHIN_SECONDS = 30.0

_BASE = "model.ckpt"
_OWN = re.compile(re.escape(_BASE) + r"-\d+")


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
        run_lock.require_near(path)
        self.path = os.fspath(path)
        self._keep = keep
        self._history: Any = None
        self._last: tuple[dict[str, Any], int] | None = None  # row, and where it begins
        self._saved: set[str] = set()
        self._made = not os.path.exists(self.path)
        try:
            os.makedirs(self.path, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path) as probe:
                probe.write(b"probe")
        except OSError as error:
            full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
            remedy = "free some space" if full else "change its permissions"
            raise OSError(
                error.errno,
                f"Cannot write to logdir {self.path!r} ({error.strerror}). Choose another folder, "
                f"or {remedy}",
            ) from error
        self._lock = RunLock(self.path)
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
        self.close_history()
        self._lock.release()
        if self._made:
            with contextlib.suppress(OSError):
                os.rmdir(self.path)

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
        self._lock.check()
        path = checkpoints.save(checkpoint_path(self, step), named)
        self._saved.add(path)
        self._keep_only(path)
        return path

    def mark_best(self, best: checkpoints.Best) -> None:
        """Notes the best checkpoint; the one that was it before is kept no longer.

        Raises:
          RunLostError: the folder is no longer there.
        """
        self._lock.check()
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
        names = (HISTORY, *described, notes.STATE, notes.BEST)
        return base in names or _OWN.fullmatch(base) is not None

    def open_history(self, step: int) -> None:
        """Continues the history after `step`; what a killed run noted beyond it is dropped."""
        path = os.path.join(self.path, HISTORY)
        rows, damage = _rows(path)
        if damage:
            files.set_aside(path, damage)
        rows = [row for row in rows if row["step"] <= step]
        lines = [_line(row) for row in rows]
        self._replace_history("".join(lines))
        if rows:
            self._last = rows[-1], self._history.tell() - len(lines[-1])

    def note(self, row: Mapping[str, Any]) -> None:
        """Appends one row to the history; more about the step of the last row joins that.

        Raises:
          RunLostError: the folder is no longer there.
        """
        self._lock.check()
        if self._last is not None and self._last[0]["step"] == row["step"]:
            before, start = self._last
            self._last = {**before, **row}, start
            with open(self._history.name, encoding="utf-8") as file:
                self._replace_history(file.read(start) + _line(self._last[0]))
            return
        self._last = dict(row), self._history.tell()
        self._history.write(_line(row))
        self._history.flush()

    def _replace_history(self, text: str) -> None:
        self.close_history()
        path = os.path.join(self.path, HISTORY)
        files.replace_text(path, text)
        self._history = open(path, "a", encoding="utf-8")  # noqa: SIM115  (closed by close)
        self._history.seek(0, os.SEEK_END)

    def close_history(self) -> None:
        """Closes the history."""
        if self._history is not None:
            self._history.close()
            self._history = None


class SeenFolder(os.PathLike):
    """The folder of a run that another worker writes.

    Args:
      path: the folder as it is seen from here.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = os.fspath(path)

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
    while (seen := run_lock.seen_mark(path)) != mark:
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


def read_history(path: str | os.PathLike) -> list[dict[str, Any]]:
    """The rows that training noted in a run folder: `step`, `loss`, `steps_per_second`.

    The row of a step after which there was a validation has its numbers by name as `validation`.
    A row cut off by a crash is left out, and so is what is no row.

    Examples:
      >>> rows = slim.learning.read_history("runs/digits")
      >>> rows[-1]["step"], sorted(rows[-1])
      (100, ['loss', 'step', 'steps_per_second'])
    """
    return _rows(os.path.join(os.fspath(path), HISTORY))[0]


def _rows(path: str) -> tuple[list[dict[str, Any]], str | None]:
    """The rows of a file, and what is wrong with the rest of it, if anything is."""
    if not os.path.lexists(path):
        return [], None
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            # Without an end of the line, it is the last one, which a crash has cut off.
            lines = [line for line in file if line.endswith("\n")]
    except OSError as error:
        return [], f"it cannot be read ({error.strerror})"
    rows = [row for row in map(_row, lines) if row is not None]
    strange = len(lines) - len(rows)
    damage = f"{strange} of its {len(lines)} lines are no rows of a history"
    return rows, damage if strange else None


def _line(row: Mapping[str, Any]) -> str:
    """JSON, all of it ASCII: a character is a byte."""
    return json.dumps(row) + "\n"


def _row(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    is_row = isinstance(row, dict) and type(row.get("step")) is int
    return row if is_row else None
