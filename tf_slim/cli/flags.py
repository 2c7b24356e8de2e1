"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tf_slim.cli.options import ConfigError

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
