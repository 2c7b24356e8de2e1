"""Paths that TensorFlow's readers take as they are written.

The operations that read checkpoints take a prefix for a pattern: `exp[1]/model.ckpt` is not found,
or the file of another folder is. Such a checkpoint is read by way of links in a folder of its own.
"""

from __future__ import annotations

import os
import re
import tempfile

from tf_slim.checkpoints.errors import CheckpointError
from tf_slim.ops import paths

_BASE = "checkpoint"
_PATTERN = re.compile(r"[*?\[\\]" if os.sep == "/" else r"[*?\[]")


class PlainPath:
    """The prefix of a checkpoint, as TensorFlow's readers can take it.

    Attributes:
      prefix: stands for the checkpoint as long as this object lives.

    Args:
      prefix: of a V2 checkpoint, or the path of a single file.

    Raises:
      CheckpointError: there is no place for links.
    """

    def __init__(self, prefix: str):
        self.prefix = prefix
        if not _is_taken_otherwise(prefix):
            return
        self._folder = tempfile.TemporaryDirectory(prefix="tf_slim-")
        self.prefix = os.path.join(self._folder.name, _BASE)
        if _is_taken_otherwise(self.prefix):
            raise CheckpointError(
                f"TensorFlow takes {prefix} for a pattern, and so it would the folder for "
                f"temporary files, {tempfile.gettempdir()}. Set TMPDIR to one without * ? [ and "
                "backslashes."
            )
        data = paths.starting(prefix, ".data-*")
        for path in (prefix, prefix + ".index", *data):
            if paths.is_file(path):
                _link(paths.absolute(path), self.prefix + path[len(prefix) :])


def _is_taken_otherwise(prefix: str) -> bool:
    try:
        prefix.encode("utf-8")
    except UnicodeEncodeError:  # Which TensorFlow refuses.
        return True
    return bool(_PATTERN.search(prefix))


def _link(path: str, target: str) -> None:
    """Makes `target` stand for a file, at the cost of a copy only where it must be."""
    if paths.is_far(path):
        paths.copy(path, target)
        return
    try:
        os.symlink(path, target)
    except OSError:
        try:
            os.link(path, target)
        except OSError:
            paths.copy(path, target)
