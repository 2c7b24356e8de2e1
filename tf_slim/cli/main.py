"""`tf-slim`: the command line and its commands."""

from __future__ import annotations

import importlib
import importlib.metadata
import platform
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from tf_slim.cli import data, errors, flags, quiet, supervised, terminal
from tf_slim.ops import old_release

app = typer.Typer(
    name="tf-slim",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # boxes and columns are cut short in a narrow terminal
    context_settings={"help_option_names": ["-h", "--help"]},
)


# What `tf-slim name` runs is `command` in the module of that name.
COMMANDS: dict[str, dict[str, Any]] = {
    "train": {},
    "eval": {},
    "predict": {},
    "benchmark": {},
    "export": {},
    "serve": {},
    "nets": {},
    "inspect": {},
    "diff": {},
    "convert-checkpoint": {},
    "demo": {},
    "info": {},
    "migrate": {},
    "run": {"allow_interspersed_args": False, "ignore_unknown_options": True},
}

for _name, _settings in COMMANDS.items():
    _command = importlib.import_module(f"tf_slim.cli.{_name.replace('-', '_')}").command
    # Whole: the library would cut the first sentence short.
    _summary = " ".join((_command.__doc__ or "").partition("\n\n")[0].split())
    app.command(_name, short_help=_summary, context_settings=_settings)(_command)

app.add_typer(data.group, name="data", short_help=data.SUMMARY)

# The base of all errors in a command line. Typer brings its own copy of click, or needs click: one
# that is imported by name might be another one.
_UsageError: Any = typer.BadParameter.__mro__[1]


def _show_version(wanted: bool) -> None:
    if wanted:
        import tf_slim

        terminal.say(
            f"tf-slim {tf_slim.__version__} (TensorFlow {_version('tensorflow')}, "
            f"Python {platform.python_version()})"
        )
        raise typer.Exit


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
    debug: flags.Debug = False,
) -> None:
    """Train and evaluate vision models in TensorFlow, from a plain function or a config file.

    To see it work: tf-slim demo
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
      arguments: what stands after `tf-slim`; None for those of this process.

    Returns:
      The exit status: 0, 1 for a failure, 2 for a wrong command line, 130, 143 and 129 when
      stopped by Ctrl-C, SIGTERM and SIGHUP.
    """
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    flags.reset(given)
    supervised.begin()
    warning = old_release.warning()
    if warning:
        terminal.note(warning)
    with quiet.command():
        if given[0] != "run" and any("://" in argument for argument in given):
            quiet.import_tensorflow()  # which opens what is far away, and would talk
        return errors.guarded(lambda: _parse_and_run(given), debug=lambda: flags.debug)


def _parse_and_run(arguments: list[str]) -> int | None:
    try:
        return app(arguments, prog_name="tf-slim", standalone_mode=False)
    except _UsageError as error:
        return _misused(error)
    except typer.Exit as end:
        return end.exit_code
    except typer.Abort:
        return errors.INTERRUPTED


def _misused(error) -> int:
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "tf-slim"
    terminal.error(f"{error.format_message()}\nSee: {command} --help")
    return errors.MISUSED
