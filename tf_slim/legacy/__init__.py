"""The room for programs of TensorFlow 1: they run unedited.

Nothing here is in force until it is asked for, by `tf-slim run script.py`, by
`python -m tf_slim.legacy script.py`, or by `tf_slim.legacy.install()`.
"""

from typing import Any as _Any

__all__ = ["install", "uninstall"]


def install(**kwargs: _Any) -> None:
    """Lets the program see TensorFlow 1's API; see `tf_slim.legacy.imports.install`."""
    from tf_slim.legacy import imports

    imports.install(**kwargs)


def uninstall() -> None:
    """Takes `install` back; see `tf_slim.legacy.imports.uninstall`."""
    from tf_slim.legacy import imports

    imports.uninstall()
