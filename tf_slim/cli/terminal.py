"""Where text goes: results to standard output, progress and messages to standard error.

Nothing but text goes into a pipe or a file, and into a terminal that can show no more.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

_WIDTH_OF_A_FILE = 200


def is_terminal(stream) -> bool:
    """Whether `stream` goes to a terminal that understands more than text."""
    return stream.isatty() and os.environ.get("TERM", "").lower() not in ("dumb", "unknown")


def output() -> Console:
    """The console for results."""
    return _console(sys.stdout)


def messages() -> Console:
    """The console for progress and messages."""
    return _console(sys.stderr)


def _console(stream) -> Console:
    from rich.console import Console

    # Variables such as FORCE_COLOR, which many build servers set, must not put codes into a file.
    rich_text = is_terminal(stream)
    return Console(
        file=stream,
        force_terminal=rich_text,
        color_system="auto" if rich_text else None,
        highlight=False,
        soft_wrap=True,
    )


def show(table: Any) -> None:
    """Prints a table. In a file it is as wide as it needs to be."""
    console = output()
    if not is_terminal(sys.stdout):
        console.width = _WIDTH_OF_A_FILE
    console.print(table)


def say(text: str = "", style: str | None = None) -> None:
    """Prints a line of a result."""
    output().print(text, style=style, markup=False)


def note(text: str) -> None:
    """Prints a message that is neither a result nor an error."""
    messages().print(f"note: {text}", style="yellow", markup=False)


def progress(text: str) -> None:
    """Prints what is being done."""
    messages().print(text, markup=False)
