"""Files that a command is asked to write: looked at before the work, not after hours of it."""

from __future__ import annotations

import os

from tf_slim.cli.options import ConfigError


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
