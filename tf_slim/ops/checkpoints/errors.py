"""What goes wrong with checkpoints, and how it is told."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator


class CheckpointError(ValueError):
    """A checkpoint that is missing, damaged, cannot be written, or does not fit."""


def reason(error: BaseException) -> str:
    """The first line of what an error has to say."""
    message = getattr(error, "message", None) or getattr(error, "strerror", None) or str(error)
    return message.splitlines()[0].rstrip(".") if message else type(error).__name__


@contextlib.contextmanager
def reading(path: str, name: str | None = None) -> Iterator[None]:
    """Reads untrusted bytes: whatever they make a parser raise means that the file is damaged.

    Args:
      path: of the checkpoint.
      name: of the variable that is being read.

    Raises:
      CheckpointError: something was raised within; it names the file, and another one to use.
    """
    try:
        yield
    except CheckpointError:
        raise
    except Exception as error:
        at = f" at variable {name!r}" if name else ""
        raise CheckpointError(
            f"Checkpoint {path} is damaged{at} (truncated or altered): {reason(error)}. "
            f"{_remedy(path)}"
        ) from error


@contextlib.contextmanager
def writing(path: str) -> Iterator[None]:
    """Writes a checkpoint that appears whole or not at all.

    Raises:
      CheckpointError: the disk or the folder does not allow it.
    """
    import tensorflow as tf

    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        raise CheckpointError(
            f"Cannot write checkpoint {path}: {reason(error)}. Earlier checkpoints are unharmed. "
            "Free some space, or choose a folder that can be written."
        ) from error


def _remedy(path: str) -> str:
    from tf_slim.ops.checkpoints import places

    others = [prefix for prefix in places.prefixes(os.path.dirname(path) or ".") if prefix != path]
    if others:
        return f"The folder also has {os.path.basename(others[-1])}."
    return "Fetch it again."
