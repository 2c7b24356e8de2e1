"""`tf-slim demo`."""

from __future__ import annotations

from typing import Annotated

from tf_slim.cli import config as configs
from tf_slim.cli import flags, quiet

_NAME = "runs/demo"


def command(
    logdir: Annotated[
        str | None,
        flags.optional(
            "DIR", "The run folder. Without: runs/demo, or the next number if that is complete."
        ),
    ] = None,
    steps: Annotated[int | None, flags.optional("N", "Steps to train.")] = None,
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
