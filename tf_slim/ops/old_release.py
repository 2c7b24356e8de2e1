"""Notices that the last release of the old distribution `tf_slim` is installed beside this one."""

from __future__ import annotations

import importlib.metadata

__all__ = ["warning"]


def warning() -> str | None:
    """What to tell the user if the old distribution is installed, too; otherwise None.

    Both have the import name `tf_slim`, so that the files of one lie among those of the other.
    """
    try:
        old = importlib.metadata.version("tf_slim")
    except importlib.metadata.PackageNotFoundError:
        return None
    return (
        f"tf_slim {old}, the old distribution, is installed beside tf-slim2, and both have the "
        "import name tf_slim: files of the two may be mixed. To mend it: pip uninstall -y tf_slim "
        "tf-slim2, then install tf-slim2 again. Programs written for the old one run on this one."
    )
