"""The folder of a training run: checkpoints, and the history of its losses."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from typing import Any

from tf_slim.ops import checkpoints, files

HISTORY = "history.jsonl"
_BASE = "model.ckpt"


class RunFolder:
    """Files of one run.

    What a process that was killed while saving has left there is removed.

    Args:
      path: the folder, made if needed.
      keep: how many checkpoints to keep: the latest ones, and besides them the best one, if
        `slim.checkpoints.mark_best` was told of one (see `slim.hooks.KeepBest`).

    Raises:
      OSError: the folder cannot be written.
    """

    def __init__(self, path: str | os.PathLike, keep: int = 5):
        self.path = os.fspath(path)
        self._keep = keep
        self._history: Any = None
        try:
            os.makedirs(self.path, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path) as probe:
                probe.write(b"probe")
            checkpoints.remove_leftovers(self.path)
        except OSError as error:
            raise OSError(
                error.errno,
                f"Cannot write to logdir {self.path!r} ({error.strerror}). Choose another folder, "
                "or change its permissions",
            ) from error

    def latest(self) -> str | None:
        """The latest checkpoint, or None."""
        return checkpoints.latest(self.path)

    def save(self, step: int, named: Mapping[str, Any]) -> str:
        """Writes the checkpoint of `step`; of the older ones `keep`, and the best, remain."""
        path = checkpoints.save(os.path.join(self.path, f"{_BASE}-{step}"), named)
        own = [p for p in checkpoints.prefixes(self.path) if self._is_own(p)]
        best = checkpoints.best(self.path)
        kept = own[-self._keep :]
        if best is not None and best.path in own and best.path not in kept:
            kept.insert(0, best.path)
        if path not in kept:
            kept.append(path)
        checkpoints.write_state(self.path, path, kept)
        for old in own:
            if old not in kept:
                checkpoints.remove(old)
        return path

    @staticmethod
    def _is_own(prefix: str) -> bool:
        return os.path.basename(prefix).startswith(_BASE + "-")

    def open_history(self, step: int) -> None:
        """Continues the history after `step`; what a killed run noted beyond it is dropped."""
        path = os.path.join(self.path, HISTORY)
        rows = [row for row in read_history(self.path) if row["step"] <= step]
        files.replace_text(path, "".join(json.dumps(row) + "\n" for row in rows))
        self._history = open(path, "a", encoding="utf-8")  # noqa: SIM115  (closed by close)

    def note(self, row: Mapping[str, Any]) -> None:
        """Appends one row to the history."""
        self._history.write(json.dumps(row) + "\n")
        self._history.flush()

    def close(self) -> None:
        """Closes the history."""
        if self._history is not None:
            self._history.close()
            self._history = None


def read_history(path: str | os.PathLike) -> list[dict[str, Any]]:
    """The rows that training noted in a run folder: `step`, `loss`, `steps_per_second`.

    A row cut off by a crash is left out.
    """
    file_name = os.path.join(os.fspath(path), HISTORY)
    rows = []
    if os.path.exists(file_name):
        with open(file_name, encoding="utf-8") as file:
            for line in file:
                if line.endswith("\n"):
                    rows.append(json.loads(line))
    return rows
