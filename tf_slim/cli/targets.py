"""Files that a command is asked to write: looked at before the work, not after hours of it."""

from __future__ import annotations

import os

from tf_slim.cli.options import ConfigError
from tf_slim.export.engines import endings


def check(option: str, path: str) -> None:
    """Checks that a file can be written.

    Args:
      option: which names it, as in `--report`.
      path: of the file.

    Raises:
      ConfigError: it cannot.
    """
    folder = os.path.dirname(os.path.abspath(path))
    if os.path.isdir(path):
        raise ConfigError(f"{option} {path}: this is a folder; give the name of a file in it.")
    if not os.path.isdir(folder):
        raise ConfigError(f"{option} {path}: there is no folder {folder}. Make it first.")
    if not os.access(folder, os.W_OK):
        raise ConfigError(f"{option} {path}: the folder {folder} cannot be written to.")


def check_model(model: str, checkpoint: str) -> None:
    """Checks that what is to be used is no file of something else than a model.

    Args:
      model: a run folder, a net, or an exported file.
      checkpoint: the command by which a checkpoint is used.

    Raises:
      ConfigError: it is.
    """
    if os.path.isfile(model) and not endings.is_exported(model):
        raise ConfigError(
            f"{model} is a file, and no exported model, whose name ends in one of "
            f"{', '.join(endings.ENDINGS)}. RUN is one of these, a run folder, or a net by its "
            f"name. A checkpoint is used by: {checkpoint}"
        )
