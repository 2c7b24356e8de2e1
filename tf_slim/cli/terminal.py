"""Where text goes: results to standard output, progress and messages to standard error.

Nothing but text goes into a pipe or a file, and into a terminal that can show no more. Names of
variables, files and classes are other people's text: what a terminal would obey is shown instead.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

# Control characters, line ends of Unicode, those that change the direction of what follows, and
# halves of characters, as undecodable names of files have them.
_OBEYED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LEAST_WIDTH_OF_NAMES = 24


def is_terminal(stream) -> bool:
    """Whether `stream` goes to a terminal that understands more than text."""
    return stream.isatty() and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")


def output() -> Console:
    """The console for results."""
    return _console(sys.stdout, sys.stdout)


def messages() -> Console:
    """The console for progress and messages. When nobody reads them any more, they are dropped."""
    return _console(sys.stderr, _Forgiving(sys.stderr))


def _console(stream, file) -> Console:
    from rich.console import Console

    # Variables such as FORCE_COLOR, which many build servers set, must not put codes into a file.
    rich_text = is_terminal(stream)
    return Console(
        file=file,
        force_terminal=rich_text,
        color_system="auto" if rich_text else None,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=True,
    )


class _Forgiving:
    """A stream to a terminal or pipe that may have been closed: that must not end a training."""

    def __init__(self, stream):
        self._stream = stream

    def __getattr__(self, name: str):
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Writes, if it can."""
        try:
            return self._stream.write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        """Flushes, if it can."""
        with contextlib.suppress(OSError):
            self._stream.flush()


def plain(text: str, stream: Any = None, *, lines: bool = False) -> str:
    """A text that a terminal shows and does not obey: `\\x1b` for an escape character.

    Args:
      text: the text.
      stream: where it will go; what has no place in its encoding is shown likewise.
      lines: whether the text may have several lines, and tabs.
    """

    def shown(match: re.Match) -> str:
        one = match.group()
        return one if lines and one in "\n\t" else one.encode("unicode_escape").decode()

    text = _OBEYED.sub(shown, text)
    encoding = getattr(stream or sys.stdout, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def show(columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: str = "") -> None:
    """Prints a table. In a file it is as wide as it needs to be, and in a terminal nothing is cut.

    Args:
      columns: the titles. The column of one that begins with `*` holds names, which go on in the
        next line where there is not the room.
      rows: the cells of each row.
      numbers: the titles of those that are set to the right, one after the other.
    """
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    titles = [title.lstrip("*") for title in columns]
    cells = [[plain(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(titles, *cells)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    least = 2 * (len(titles) - 1)
    for column, title, width in zip(columns, titles, widths):
        is_name = column.startswith("*")
        room = min(width, _LEAST_WIDTH_OF_NAMES) if is_name else width
        least += room
        table.add_column(
            title,
            justify="right" if title in numbers.split(", ") else "left",
            no_wrap=not is_name,
            overflow="fold",
            min_width=room,
        )
    for row in cells:
        table.add_row(*map(Text, row))
    console = output()
    whole = sum(widths) + 2 * (len(widths) - 1)
    console.width = max(console.width, least) if is_terminal(sys.stdout) else whole
    console.print(table)


def say(text: str = "", style: str | None = None) -> None:
    """Prints a line of a result."""
    output().print(plain(text, lines=True), style=style)


def data(value: Any, indent: int | None = None) -> None:
    """Prints JSON that any terminal shows harmlessly, and that any stream can take."""

    def escaped(match: re.Match) -> str:
        one = match.group()
        return one if one == "\n" else json.dumps(one)[1:-1]

    text = _OBEYED.sub(escaped, json.dumps(value, indent=indent, ensure_ascii=False))
    if not re.match(r"utf", sys.stdout.encoding or "utf-8", re.IGNORECASE):
        text = json.dumps(value, indent=indent)
    output().print(text)


def note(text: str) -> None:
    """Prints a message that is neither a result nor an error."""
    messages().print(plain(f"note: {text}", sys.stderr, lines=True), style="yellow")


def error(text: str) -> None:
    """Prints an error."""
    console = messages()
    console.print("error:", style="bold red", end=" ")
    console.print(plain(text, sys.stderr, lines=True))


def progress(text: str) -> None:
    """Prints what is being done."""
    messages().print(plain(text, sys.stderr, lines=True))


def quoted(path: str) -> str:
    """A path or word as a shell takes it, for a command that is suggested."""
    return shlex.quote(path)
