"""Where checkpoints are: prefixes, folders and the latest one."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from tf_slim.checkpoints import notes
from tf_slim.checkpoints.errors import CheckpointError
from tf_slim.checkpoints.listing import prefixes
from tf_slim.ops import paths
from tf_slim.ops.arguments import checked
from tf_slim.ops.wording import first_few

SAVED_MODEL = "saved_model.pb"
DEFAULT = "model.ckpt"

_SUFFIX = re.compile(r"\.(index|meta|data-\d+-of-\d+)$")


@checked
def resolve(path: str | os.PathLike) -> str:
    """The path of an existing checkpoint, from a prefix, one of its files, or a folder.

    Args:
      path: the prefix of a checkpoint, one of its files, a file of another format, a SavedModel,
        or a folder of checkpoints, which stands for its latest one. A prefix goes before a folder
        of the same name.

    Returns:
      A prefix, the path of a single file, or the folder of a SavedModel.

    Raises:
      CheckpointError: there is none.

    Examples:
      >>> slim.checkpoints.resolve("runs/digits")
      'runs/digits/model.ckpt-100'
    """
    path = os.fsdecode(path)
    if paths.is_folder(path) and not paths.is_file(path + ".index"):
        found = latest(path)
        if found is None and paths.is_file(os.path.join(path, SAVED_MODEL)):
            return path
        if found is None:
            raise CheckpointError(f"There is no checkpoint in the folder {path}.{_files(path)}")
        return found
    stem = _SUFFIX.sub("", path)
    if paths.is_file(stem + ".index") or paths.is_file(stem):
        is_model = os.path.basename(stem) == SAVED_MODEL
        return (os.path.dirname(stem) or ".") if is_model else stem
    folder = os.path.dirname(path) or "."
    there = prefixes(folder)
    if not paths.is_folder(folder):
        hint = f"The folder {folder} does not exist."
    elif there:
        hint = f"That folder has: {', '.join(os.path.basename(p) for p in there[-5:])}."
    else:
        hint = f"The folder {folder} has no checkpoints."
    raise CheckpointError(f"There is no checkpoint {path}. {hint}")


@checked
def target_of(path: str | os.PathLike) -> str:
    """The path of a checkpoint to be written.

    Args:
      path: as the user gave it. A folder, which ends in a separator, gets `model.ckpt`.

    Raises:
      CheckpointError: nothing could be found again that is written there.
    """
    path = os.fsdecode(path)
    if path and os.path.basename(path) in ("", ".", ".."):
        path = os.path.join(path, DEFAULT)
    stem = _SUFFIX.sub("", path)
    if stem != path:
        raise CheckpointError(
            f"Cannot write {path}: a file of a checkpoint is called so. Name its prefix: {stem}"
        )
    if not path or "\0" in path:
        raise CheckpointError(f"Cannot write a checkpoint to {path!r}: it is no path.")
    if not paths.is_far(path) and (
        os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path))
    ):
        raise CheckpointError(f"Cannot write {path}: it is a device or the like, not a file.")
    return path


def _files(folder: str) -> str:
    names = [n for n in paths.names(folder) if paths.is_file(os.path.join(folder, n))]
    return f" If one of its files is meant, name it: {first_few(names)}." if names else ""


@checked
def latest(folder: str | os.PathLike) -> str | None:
    """The latest checkpoint of a folder: the one that its `checkpoint` file names, else by step.

    Raises:
      TypeError: `folder` is no path.

    Examples:
      >>> slim.checkpoints.latest("runs/digits")
      'runs/digits/model.ckpt-100'
    """
    folder = os.fsdecode(folder)
    named = notes.named(folder)
    if named is not None:
        # A copy of a folder goes on by itself, also where the original is still there.
        for prefix in (os.path.join(folder, os.path.basename(named)), named):
            if paths.is_file(prefix + ".index") or paths.is_file(prefix):
                return prefix
    there = prefixes(folder)
    return there[-1] if there else None


def remove(prefix: str) -> None:
    """Deletes a checkpoint, its index first: what is left of a broken deletion is none.

    Examples:
      >>> path = slim.checkpoints.save("run/model.ckpt-1", {"w": np.ones(2)})
      >>> slim.checkpoints.remove(path)
      >>> slim.checkpoints.prefixes("run")
      []
    """
    for path in [prefix + ".index", *paths.starting(prefix, ".data-*"), prefix + ".meta"]:
        if paths.is_file(path):
            paths.remove(path)


@checked
def remove_leftovers(
    folder: str | os.PathLike, is_own: Callable[[str], bool] | None = None
) -> list[str]:
    """Deletes what processes that were killed while saving have left in a folder.

    Only for a folder that no other process is saving into.

    Args:
      folder: the folder.
      is_own: tells by the name of the file that was being written whether it is to go; None for
        all of them.

    Returns:
      The paths of what was there.

    Raises:
      TypeError: `folder` is no path.
      OSError: a file cannot be deleted.

    Examples:
      >>> slim.checkpoints.remove_leftovers("runs/digits")
      []
    """
    removed = []
    for path in paths.starting(os.path.join(os.fsdecode(folder), "."), "*.part-*"):
        base = os.path.basename(path)[1:].rpartition(".part-")[0]
        if is_own is not None and not is_own(base):
            continue
        if paths.is_folder(path) and not os.path.islink(path):
            paths.remove_folder(path)
        else:
            paths.remove(path)
        removed.append(path)
    return sorted(removed)
