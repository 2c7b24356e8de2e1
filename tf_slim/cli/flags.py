"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tf_slim.cli.options import ConfigError

debug = False
"""Whether to show tracebacks."""

given: list[str] = []
"""The command line, after `tf-slim`."""


def set_debug(value: bool) -> bool:
    """Takes the value of --debug, wherever on the line it stands."""
    global debug
    debug = debug or value
    return value


def reset(arguments: list[str]) -> None:
    """Forgets what an earlier command line of this process asked for.

    Args:
      arguments: the command line of now.
    """
    global debug, given
    debug, given = False, arguments


def optional(metavar: str, help: str, *names: str) -> Any:
    """An option whose default is to be without it."""
    return typer.Option(*names, metavar=metavar, help=help, show_default=False)


def repeatable(metavar: str, help: str, *names: str) -> Any:
    """One that may be given several times."""
    return optional(metavar, f"{help} Repeatable.", *names)


def setting(help: str) -> Any:
    """`--set SECTION.KEY=VALUE`."""
    return repeatable("SECTION.KEY=VALUE", help, "--set")


def on_error(help: str) -> Any:
    """`--on-error fail|skip`."""
    return typer.Option("--on-error", metavar="fail|skip", help=help, callback=_fail_or_skip)


def _fail_or_skip(value: str) -> str:
    if value not in ("fail", "skip"):
        raise ConfigError(f"--on-error {value}: expected fail or skip.")
    return value


Exclude = Annotated[list[str] | None, repeatable("PATTERN", "Variables to leave out.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Debug = Annotated[
    bool,
    typer.Option("--debug", callback=set_debug, help="Show the whole traceback of an error."),
]
# Of a run that is used: with these a net by its name, and a checkpoint, are as good as a run.
Checkpoint = Annotated[
    str | None,
    optional(
        "PATH",
        "A checkpoint: its path, or its name in RUN. Without: the best one if one is marked, "
        "else the latest; of a net, the published one.",
    ),
]
Labels = Annotated[
    str | None,
    optional("FILE", "The names of the classes, lines of id:name. Without: RUN's own."),
]
Preprocessing = Annotated[
    str | None, optional("NAME", "How pictures are prepared. Without: as RUN says.")
]
ImageSize = Annotated[int | None, optional("N", "To how many pixels a side. Without: as RUN says.")]
