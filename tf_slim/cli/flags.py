"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

debug = False
"""Whether to show tracebacks."""


def set_debug(value: bool) -> bool:
    """Takes the value of --debug, wherever on the line it stands."""
    global debug
    debug = debug or value
    return value


def reset() -> None:
    """Forgets what an earlier command line of this process asked for."""
    global debug
    debug = False


Debug = Annotated[
    bool,
    typer.Option("--debug", callback=set_debug, help="Show the whole traceback of an error."),
]
