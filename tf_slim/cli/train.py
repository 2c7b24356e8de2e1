"""`tf-slim train`."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from tf_slim.cli import config as configs
from tf_slim.cli import flags, quiet, runs, terminal
from tf_slim.cli.options import ConfigError


def command(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="CONFIG.toml|RUN",
            help="A config file, or a run folder to go on with. Without: the defaults.",
            show_default=False,
        ),
    ] = None,
    logdir: Annotated[
        str | None,
        flags.optional("DIR", "The run folder. Without: one in runs/."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        flags.setting("An option of the config file, as in optimizer.learning_rate=0.1."),
    ] = None,
    steps: Annotated[
        int | None,
        flags.optional("N", "The same as --set train.steps=N."),
    ] = None,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Show all options as a config file, and exit.")
    ] = False,
    debug: flags.Debug = False,
) -> int | None:
    """Train a model, evaluate it, and leave all of it in a run folder.

    The same command again goes on where the run was: after Ctrl-C, after a crash, or for more
    steps.
    """
    config_path, folder = _read_source(source)
    config = configs.load(config_path, _all_settings(settings, steps))
    if print_config:
        sys.stdout.write(configs.dumped(config))
        return None
    quiet.import_tensorflow()
    from tf_slim.cli import training

    return training.train(config, logdir or folder)


def _all_settings(settings: list[str] | None, steps: int | None) -> list[str]:
    return [*(settings or []), *([] if steps is None else [f"train.steps={steps}"])]


def _read_source(source: str | None) -> tuple[str | None, str | None]:
    """Tells a config file from a run folder. Returns the path of the config, and the folder."""
    if source is None:
        return None, None
    if os.path.isdir(source):
        path = configs.path_in(source)
        if runs.is_of_python(source):
            raise ConfigError(
                f"{source} has checkpoints and no {configs.FILE_NAME}: it was made in Python, and "
                "goes on there, by the same slim.learning.fit(..., logdir)."
            )
        if not os.path.exists(path):
            raise ConfigError(
                f"{source} is no run folder: it has no {configs.FILE_NAME}. For a new run there: "
                f"tf-slim train --logdir {terminal.quoted(source)}"
            )
        return path, source
    if os.path.exists(source):
        return source, None
    hint = f" To train a net of that name: tf-slim train --set model.name={source}"
    raise ConfigError(
        f"There is no config file or run folder {source!r} (looked from {os.getcwd()})."
        + (hint if source.replace("_", "").isalnum() else "")
    )
