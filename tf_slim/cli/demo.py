"""`tf-slim demo`."""

from __future__ import annotations

from typing import Annotated

import typer

from tf_slim.cli import config as configs
from tf_slim.cli import flags, quiet

_NAME = "runs/demo"


def command(
    logdir: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="The run folder. Without: runs/demo, or the next number if that is complete.",
            show_default=False,
        ),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(metavar="N", help="Steps to train.", show_default=False)
    ] = None,
    debug: flags.Debug = False,
) -> int | None:
    """Train LeNet on the handwritten digits that come with TF-Slim: under a minute."""
    config = configs.load(None, [] if steps is None else [f"train.steps={steps}"])
    quiet.import_tensorflow()
    from tf_slim.cli import runs, training

    if logdir is None:
        logdir = next(
            folder
            for folder in runs.numbered(_NAME)
            if runs.is_new(folder) or _can_go_on(folder, config)
        )
    return training.train(config, logdir)


def _can_go_on(folder: str, config: configs.Config) -> bool:
    """Whether an interrupted demo, of this very configuration, waits there."""
    from tf_slim.cli import build, runs

    taken = runs.steps_taken(folder)
    if taken is None or taken >= config.train.steps:
        return False
    try:
        return not runs.conflicts(folder, build.resolved(config))
    except ValueError:
        return False
