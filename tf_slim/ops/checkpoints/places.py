"""Where checkpoints are: prefixes, folders, the latest one and the best one."""

from __future__ import annotations

import dataclasses
import glob
import json
import os
import re
import shutil
from collections.abc import Iterable

import tensorflow as tf

from tf_slim.ops import files
from tf_slim.ops.checkpoints.errors import CheckpointError, reading

BEST = "best.json"
SAVED_MODEL = "saved_model.pb"

_SUFFIX = re.compile(r"\.(index|meta|data-\d+-of-\d+)$")
_STEP = re.compile(r"-(\d+)$")


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
    """
    path = os.fspath(path)
    if os.path.isdir(path) and not os.path.exists(path + ".index"):
        found = latest(path)
        if found is None and os.path.isfile(os.path.join(path, SAVED_MODEL)):
            return path
        if found is None:
            raise CheckpointError(f"There is no checkpoint in the folder {path}.{_files(path)}")
        return found
    stem = _SUFFIX.sub("", path)
    if os.path.exists(stem + ".index") or os.path.isfile(stem):
        is_model = os.path.basename(stem) == SAVED_MODEL
        return (os.path.dirname(stem) or ".") if is_model else stem
    folder = os.path.dirname(path) or "."
    there = prefixes(folder)
    if not os.path.isdir(folder):
        hint = f"The folder {folder} does not exist."
    elif there:
        hint = f"That folder has: {', '.join(os.path.basename(p) for p in there[-5:])}."
    else:
        hint = f"The folder {folder} has no checkpoints."
    raise CheckpointError(f"There is no checkpoint {path}. {hint}")


def _files(folder: str) -> str:
    names = sorted(n for n in os.listdir(folder) if os.path.isfile(os.path.join(folder, n)))
    return f" If one of its files is meant, name it: {', '.join(names[:5])}." if names else ""


def prefixes(folder: str | os.PathLike) -> list[str]:
    """The checkpoints in a folder, by step and then by name."""
    found = glob.glob(os.path.join(glob.escape(os.fspath(folder)), "*.index"))
    return sorted((path[: -len(".index")] for path in found), key=lambda p: (step_of(p), p))


def step_of(prefix: str) -> int:
    """The step in the name of a checkpoint (`model.ckpt-100`), or -1."""
    match = _STEP.search(prefix)
    return int(match.group(1)) if match else -1


def latest(folder: str | os.PathLike) -> str | None:
    """The latest checkpoint of a folder: the one that its `checkpoint` file names, else by step."""
    folder = os.fspath(folder)
    state_file = os.path.join(folder, "checkpoint")
    if os.path.exists(state_file):
        state = tf.train.get_checkpoint_state(folder)
        if state is not None and state.model_checkpoint_path:
            named = state.model_checkpoint_path
            here = os.path.join(folder, os.path.basename(named))
            for prefix in (named, here):
                if os.path.exists(prefix + ".index") or os.path.isfile(prefix):
                    return prefix
    there = prefixes(folder)
    return there[-1] if there else None


def write_state(folder: str, newest: str, kept: Iterable[str]) -> None:
    """Writes the file `checkpoint`, by which TensorFlow finds the latest one in a folder."""
    names = [json.dumps(os.path.basename(prefix)) for prefix in kept]
    lines = [f"model_checkpoint_path: {json.dumps(os.path.basename(newest))}\n"]
    lines += [f"all_model_checkpoint_paths: {name}\n" for name in names]
    files.replace_text(os.path.join(folder, "checkpoint"), "".join(lines))


def remove(prefix: str) -> None:
    """Deletes a checkpoint, its index first: what is left of a broken deletion is none."""
    for path in [prefix + ".index", *glob.glob(glob.escape(prefix) + ".data-*"), prefix + ".meta"]:
        if os.path.exists(path):
            os.remove(path)


def remove_leftovers(folder: str | os.PathLike) -> list[str]:
    """Deletes what processes that were killed while saving have left in a folder.

    Only for a folder that no other process is saving into.

    Returns:
      The paths of what was there.
    """
    found = glob.glob(os.path.join(glob.escape(os.fspath(folder)), ".*.part-*"))
    for path in found:
        if os.path.isdir(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.remove(path)
    return sorted(found)


@dataclasses.dataclass(frozen=True)
class Best:
    """The best checkpoint of a folder.

    Attributes:
      path: of the checkpoint.
      value: what it was judged by.
      metric: the name of that.
      greater_is_better: which way it is judged.
    """

    path: str
    value: float
    metric: str
    greater_is_better: bool


def best(folder: str | os.PathLike) -> Best | None:
    """The best checkpoint of a folder, if one was marked by `mark_best` and is still there.

    Raises:
      CheckpointError: the note of it is damaged.
    """
    note = os.path.join(os.fspath(folder), BEST)
    if not os.path.exists(note):
        return None
    with reading(note), open(note, encoding="utf-8") as file:
        row = json.load(file)
        found = Best(
            os.path.join(os.fspath(folder), os.path.basename(row["checkpoint"])),
            float(row["value"]),
            str(row["metric"]),
            bool(row["greater_is_better"]),
        )
    return found if os.path.exists(found.path + ".index") else None


def mark_best(
    prefix: str, value: float, metric: str = "score", greater_is_better: bool = True
) -> bool:
    """Notes a checkpoint as the best of its folder, if it is.

    A run folder keeps its best checkpoint besides the latest ones. A value of NaN is never the
    best, and a best one by another metric gives way.

    Args:
      prefix: the checkpoint.
      value: what it is judged by, such as an accuracy.
      metric: the name of that.
      greater_is_better: False for a loss.

    Returns:
      Whether it is the best so far.
    """
    folder = os.path.dirname(prefix) or "."
    before = best(folder)
    if value != value:
        return False
    if before is not None and (before.metric, before.greater_is_better) == (
        metric,
        greater_is_better,
    ):
        if value <= before.value if greater_is_better else value >= before.value:
            return False
    row = {
        "checkpoint": os.path.basename(prefix),
        "value": float(value),
        "metric": metric,
        "greater_is_better": greater_is_better,
    }
    files.replace_text(os.path.join(folder, BEST), json.dumps(row) + "\n")
    return True
