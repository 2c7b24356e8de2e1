"""`tf-slim data`: the commands that look at data, convert, verify and serve them."""

from __future__ import annotations

import importlib

import typer

from tf_slim.cli import terminal

# What `tf-slim data name` runs is `command` in the module `data_name`.
COMMANDS = ("inspect", "convert", "verify", "serve")

SUMMARY = "Look at pictures, convert, verify and serve them."

group = typer.Typer(rich_markup_mode=None)

for _name in COMMANDS:
    _command = importlib.import_module(f"tf_slim.cli.data_{_name}").command
    _summary = " ".join((_command.__doc__ or "").partition("\n\n")[0].split())
    group.command(_name, short_help=_summary)(_command)


@group.callback(invoke_without_command=True)
def _main(context: typer.Context) -> None:
    """Look at pictures, convert, verify and serve them."""
    if context.invoked_subcommand is None:
        terminal.say(context.get_help())
