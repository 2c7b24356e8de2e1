"""What goes wrong with checkpoints, and how it is told."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from typing import Any

from tf_slim.ops.wording import without_nodes

# Reasons of the system for not reading a file, which say nothing about what is in it.
_OF_THE_SYSTEM = frozenset(
    [
        errno.EACCES, errno.EPERM, errno.EISDIR, errno.ENOTDIR, errno.EIO, errno.EMFILE,
        errno.ENFILE, errno.ENOENT, errno.ENOMEM, errno.ELOOP, errno.EBUSY,
    ]
)  # fmt: skip


class CheckpointError(ValueError):
    """A checkpoint that is missing, damaged, cannot be written, or does not fit.

    Attributes:
      report: the `Report` of one that does not fit; else None. Who restores on behalf of others
        shows them its `text`, with the remedies that they have.

    Examples:
      >>> try:
      ...     slim.checkpoints.load("run/gone.ckpt")
      ... except slim.checkpoints.CheckpointError as error:
      ...     print(error)
      There is no checkpoint run/gone.ckpt. The folder run does not exist.
    """

    def __init__(self, message: str = "", report: Any = None):
        super().__init__(message)
        self.report = report


def reason(error: BaseException) -> str:
    """The first line of what an error has to say, without the names of nodes."""
    message = getattr(error, "message", None) or getattr(error, "strerror", None) or str(error)
    message = without_nodes(message)
    return message.splitlines()[0].rstrip(". ") if message else type(error).__name__


@contextlib.contextmanager
def reading(path: str, name: str | None = None) -> Iterator[None]:
    """Reads untrusted bytes: whatever they make a parser raise means that the file is damaged.

    But for what says that they could not be read at all.

    Args:
      path: of the checkpoint.
      name: of the variable that is being read.

    Raises:
      CheckpointError: something was raised within; it names the file, and another one to use.
    """
    import tensorflow as tf

    try:
        yield
    except CheckpointError as error:
        if path in str(error):
            raise
        raise CheckpointError(f"Cannot read {_at(path, name)}: {error}") from error
    except ImportError as error:
        raise CheckpointError(
            f"To read {path}, {error.name or 'a package'} is needed, which is not installed: pip "
            f"install {error.name or '...'}"
        ) from error
    except Exception as error:
        of_system = isinstance(error, OSError) and error.errno in _OF_THE_SYSTEM
        if of_system or isinstance(error, tf.errors.PermissionDeniedError):
            raise CheckpointError(f"Cannot read {_at(path, name)}: {reason(error)}.") from error
        kind = "is damaged"
        if isinstance(error, MemoryError):
            kind = "is too large for the memory, or damaged"
        raise CheckpointError(
            f"Checkpoint {path} {kind}{f' at variable {name!r}' if name else ''} "
            f"(truncated or altered): {reason(error)}. {_remedy(path)}"
        ) from error


def _at(path: str, name: str | None) -> str:
    return f"{path}, variable {name!r}" if name else path


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
    from tf_slim.checkpoints.listing import prefixes  # Whose checks load TensorFlow.

    others = [prefix for prefix in prefixes(os.path.dirname(path) or ".") if prefix != path]
    if others:
        return f"The folder also has {os.path.basename(others[-1])}."
    return "Fetch it again."
