"""Writing checkpoints: whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from tf_slim.checkpoints import places, sessions
from tf_slim.checkpoints.errors import CheckpointError, writing
from tf_slim.checkpoints.formats import bundle, detect
from tf_slim.checkpoints.formats.format import Content, Format
from tf_slim.checkpoints.formats.memory import Memory
from tf_slim.ops import files, paths
from tf_slim.ops.arguments import checked


@checked
def save(path: str | os.PathLike, named: Mapping[str, Any]) -> str:
    """Writes variables (or tensors, or arrays) by name.

    The files are written under other names first. If the disk is full or the process is killed,
    earlier checkpoints are as they were, one of the same path included.

    Args:
      path: prefix of the files: `run/model.ckpt-100` makes `run/model.ckpt-100.index` and
        `run/model.ckpt-100.data-00000-of-00001`, or two data files where it replaces such a
        checkpoint. A path that ends in `.safetensors`, `.npz` or `.h5` makes such a file, and one
        that ends in a separator stands for `model.ckpt` in that folder. Folders are made if needed.
      named: the variables by the name that they get in the checkpoint.

    Returns:
      The path of the checkpoint, as a string.

    Raises:
      CheckpointError: the files cannot be written, the path is that of another program's format,
        or the format cannot hold a name or a value.

    Examples:
      >>> path = slim.checkpoints.save("run/model.ckpt-100", {"net/w": tf.Variable([1.0, 2.0])})
      >>> path
      'run/model.ckpt-100'
      >>> {name: array.tolist() for name, array in slim.checkpoints.load(path).items()}
      {'net/w': [1.0, 2.0]}
    """
    path = places.target_of(path)
    if not named:
        raise CheckpointError(f"Nothing to save in {path}: there are no variables.")
    target = detect.target_format(path)
    memory = Memory(sessions.values_of(named))
    content = Content(memory.entries, memory.read)
    if target.write is None:
        content.require_fit(target)
        _save_bundle(path, memory.values)
    else:
        write_file(path, target, content)
    return path


def write_file(path: str, target: Format, content: Content) -> None:
    """Writes a format of one file, whole or not at all.

    Raises:
      CheckpointError: it cannot be written, or cannot hold the content.
      ValueError: the format is only read.
    """
    if target.write is None:
        raise ValueError(f"{target.name} is not written as one file.")
    content.require_fit(target)
    with writing(path):
        paths.make_folders(os.path.dirname(paths.absolute(path)))
        with files.replacing(path) as temporary:
            target.write(temporary, content)


def _save_bundle(path: str, values: Mapping[str, Any]) -> None:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        raise CheckpointError(
            f"Cannot write {path!r}: TensorFlow takes only paths in UTF-8. Choose another one."
        ) from None
    folder, base = os.path.split(paths.absolute(path))
    with writing(path):
        paths.make_folders(folder)
        with files.staging(folder, base) as staging:
            bundle.publish(staging, os.path.join(folder, base), values)
