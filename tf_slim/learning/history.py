"""The history of a run, `history.jsonl`: a row of JSON for each step that was noted.

On a disk each row is appended when it is noted. An object store cannot append: there the rows are
held in memory, and written when a checkpoint is, before it. So that a long run does not write all
of its history each time, only the rows since the last part are: a part that has grown large
enough, `history-2.jsonl`, is left as it is, and the next one begun. In the end all of them become
one `history.jsonl`.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

from tf_slim.ops import files, paths

HISTORY = "history.jsonl"
VALIDATION = "validation"
"""The key of a row of the history that holds what was measured on other data, by name."""

_PART = re.compile(r"history-(\d+)\.jsonl")
_PART_BYTES = 1 << 18

Row = Mapping[str, Any]


def read_history(path: str | os.PathLike) -> list[dict[str, Any]]:
    """The rows that training noted in a run folder: `step`, `loss`, `steps_per_second`.

    The row of a step after which there was a validation has its numbers by name as `validation`.
    A row cut off by a crash is left out, and so is what is no row. Of a run in an object store
    that goes on, the rows since its last checkpoint are not there yet.

    Examples:
      >>> rows = slim.learning.read_history("runs/digits")
      >>> rows[-1]["step"], sorted(rows[-1])
      (100, ['loss', 'step', 'steps_per_second'])
    """
    return [row for row, _ in _read(os.fspath(path), set_aside=False)]


class NearHistory:
    """The history in a folder of a disk.

    Args:
      folder: the run folder.
    """

    def __init__(self, folder: str):
        self._folder = folder
        self._file: Any = None
        self._last: tuple[dict[str, Any], int] | None = None  # row, and where it begins

    def open(self, step: int) -> None:
        """Goes on after a step; what a killed run noted beyond it is dropped."""
        lines = _kept(self._folder, step)
        self._replace("".join(line for _, line in lines))
        self._last = None
        if lines:
            row, line = lines[-1]
            self._last = row, self._file.tell() - len(line)

    def note(self, row: Row) -> None:
        """Appends one row; more about the step of the last row joins that."""
        if self._last is not None and self._last[0]["step"] == row["step"]:
            before, start = self._last
            self._last = {**before, **row}, start
            with open(self._file.name, encoding="utf-8") as file:
                self._replace(file.read(start) + _line(self._last[0]))
            return
        self._last = dict(row), self._file.tell()
        self._file.write(_line(row))
        self._file.flush()

    def flush(self) -> None:
        """Writes what was noted: on a disk, all of it is there."""

    def close(self) -> None:
        """Ends it."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def discard(self) -> None:
        """Ends it without writing."""
        self.close()

    def _replace(self, text: str) -> None:
        self.close()
        path = os.path.join(self._folder, HISTORY)
        files.replace_text(path, text)
        self._file = open(path, "a", encoding="utf-8")  # noqa: SIM115  (closed by close)
        self._file.seek(0, os.SEEK_END)


class FarHistory:
    """The history in a folder of an object store.

    Args:
      folder: the run folder.
    """

    def __init__(self, folder: str):
        self._folder = folder
        self._lines: list[tuple[int, str]] = []  # each with its step
        self._last: dict[str, Any] | None = None
        self._part = 1
        self._part_begins = 0  # the number of its first line
        self._written: str | None = None  # what stands in the part that is being written
        self._is_open = False

    def open(self, step: int) -> None:
        """Goes on after a step; what a killed run noted beyond it is dropped."""
        lines = _kept(self._folder, step)
        self._lines = [(row["step"], line) for row, line in lines]
        self._last = lines[-1][0] if lines else None
        self._is_open = True
        self._unite()

    def note(self, row: Row) -> None:
        """Appends one row; more about the step of the last row joins that."""
        if self._last is not None and self._last["step"] == row["step"]:
            self._last = {**self._last, **row}
            # A part that is left as it is keeps what it has of a step: the later row counts.
            if len(self._lines) > self._part_begins:
                self._lines.pop()
        else:
            self._last = dict(row)
        self._lines.append((row["step"], _line(self._last)))

    def flush(self) -> None:
        """Writes what was noted since the last time."""
        text = "".join(line for _, line in self._lines[self._part_begins :])
        if not self._is_open or text == (self._written or ""):
            return
        files.replace_text(_part(self._folder, self._part), text)
        self._written = text
        if len(text) >= _PART_BYTES:
            self._begin_part()

    def close(self) -> None:
        """Writes all of it, as one file."""
        if self._is_open:
            self._unite()
            self._is_open = False

    def discard(self) -> None:
        """Ends it without writing."""
        self._is_open = False

    def _unite(self) -> None:
        text, path = "".join(dict(self._lines).values()), _part(self._folder, 1)
        parts = _parts(self._folder)
        if parts != [path] or files.read_text(path, "replace") != text:
            files.replace_text(path, text)
        for part in parts:
            if part != path:
                paths.remove(part)
        self._part = 1
        self._written, self._part_begins = text, 0
        if len(text) >= _PART_BYTES:
            self._begin_part()

    def _begin_part(self) -> None:
        self._part += 1
        self._part_begins, self._written = len(self._lines), None


def of(folder: str) -> NearHistory | FarHistory:
    """The history of a run folder, to be opened."""
    return FarHistory(folder) if paths.is_far(folder) else NearHistory(folder)


def is_own(base: str) -> bool:
    """Whether a file of this name is one of a history."""
    return base == HISTORY or _PART.fullmatch(base) is not None


def _part(folder: str, number: int) -> str:
    return os.path.join(folder, HISTORY if number == 1 else f"history-{number}.jsonl")


def _parts(folder: str) -> list[str]:
    """The files of a history, in order."""
    first = os.path.join(folder, HISTORY)
    found = [first] if paths.exists(first) else []
    if not paths.is_far(folder):
        return found
    numbered = []
    for path in paths.starting(os.path.join(folder, "history-"), "*.jsonl"):
        if match := _PART.fullmatch(os.path.basename(path)):
            numbered.append((int(match[1]), path))
    return found + [path for _, path in sorted(numbered)]


def _kept(folder: str, step: int) -> list[tuple[dict[str, Any], str]]:
    """The rows up to a step, each with its line; a damaged file is set aside."""
    return [(row, _line(row)) for row, _ in _read(folder, set_aside=True) if row["step"] <= step]


def _read(folder: str, *, set_aside: bool) -> list[tuple[dict[str, Any], str]]:
    """The rows of all files of a history, each with the file that it stands in."""
    rows: list[tuple[dict[str, Any], str]] = []
    parts = _parts(folder)
    for path in parts:
        found, damage = _rows(path)
        if damage and set_aside:
            files.set_aside(path, damage)
        if len(parts) == 1:
            return [(row, path) for row in found]
        for row in found:
            # Killed while it united them, a run has left parts that are in the first one, too.
            if rows and rows[-1][0]["step"] == row["step"]:
                rows[-1] = row, path
            elif not rows or rows[-1][0]["step"] < row["step"]:
                rows.append((row, path))
    return rows


def _rows(path: str) -> tuple[list[dict[str, Any]], str | None]:
    """The rows of a file, and what is wrong with the rest of it, if anything is."""
    try:
        text = files.read_text(path, "replace")
    except OSError as error:
        return [], f"it cannot be read ({error.strerror})"
    # Without an end of the line, it is the last one, which a crash has cut off.
    lines = text.split("\n")[:-1]
    rows = [row for row in map(_row, lines) if row is not None]
    strange = len(lines) - len(rows)
    damage = f"{strange} of its {len(lines)} lines are no rows of a history"
    return rows, damage if strange else None


def _line(row: Row) -> str:
    """JSON, all of it ASCII: a character is a byte."""
    return json.dumps(row) + "\n"


def _row(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    is_row = isinstance(row, dict) and type(row.get("step")) is int
    return row if is_row else None
