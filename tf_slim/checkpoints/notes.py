"""The notes beside checkpoints: `checkpoint` names the latest one, and best.json the best one."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
from collections.abc import Iterable

import tensorflow as tf

from tf_slim.checkpoints.errors import CheckpointError, reading
from tf_slim.checkpoints.listing import step_of
from tf_slim.ops import files, paths
from tf_slim.ops.arguments import checked

STATE = "checkpoint"
BEST = "best.json"


def named(folder: str) -> str | None:
    """The checkpoint that the file `checkpoint` of a folder names, which need not exist."""
    state = _state(folder)
    return None if state is None else state.model_checkpoint_path


def listed(folder: str) -> list[str]:
    """The checkpoints that the file `checkpoint` of a folder lists as kept."""
    state = _state(folder)
    return [] if state is None else list(state.all_model_checkpoint_paths)


def _state(folder: str):
    """What `checkpoint` says; None if it says nothing, or cannot be read."""
    if not paths.exists(os.path.join(folder, STATE)):
        return None
    logger = tf.get_logger()
    # TensorFlow reports a damaged file; whoever may not go on because of it does so here.
    logger.addFilter(_silent)
    try:
        state = tf.train.get_checkpoint_state(folder)
    except (tf.errors.OpError, ValueError):
        return None
    finally:
        logger.removeFilter(_silent)
    return state if state is not None and state.model_checkpoint_path else None


def _silent(record: logging.LogRecord) -> bool:
    del record
    return False


def set_aside_unreadable(folder: str) -> None:
    """Moves away what stands in the place of a note and is none, or is one of another folder."""
    path = os.path.join(folder, STATE)
    if paths.exists(path):
        name = named(folder)
        if name is None:
            files.set_aside(path, "it names no checkpoint")
        elif paths.is_file(name + ".index") and not _is_in(folder, name):
            files.set_aside(path, f"it names a checkpoint of another folder, {name}")
    best_or_set_aside(folder)


def _is_in(folder: str, prefix: str) -> bool:
    return paths.is_file(os.path.join(folder, os.path.basename(prefix)) + ".index")


def write_state(folder: str, newest: str, kept: Iterable[str]) -> None:
    """Writes the file `checkpoint`, by which TensorFlow finds the latest one in a folder.

    Examples:
      >>> path = slim.checkpoints.save("run/model.ckpt-1", {"w": np.ones(2)})
      >>> slim.checkpoints.write_state("run", path, [path])
      >>> tf.train.latest_checkpoint("run")
      'run/model.ckpt-1'
    """
    names = [json.dumps(os.path.basename(prefix)) for prefix in kept]
    lines = [f"model_checkpoint_path: {json.dumps(os.path.basename(newest))}\n"]
    lines += [f"all_model_checkpoint_paths: {name}\n" for name in names]
    files.replace_text(os.path.join(folder, STATE), "".join(lines))


@dataclasses.dataclass(frozen=True)
class Best:
    """The best checkpoint of a folder.

    Attributes:
      path: of the checkpoint.
      value: what it was judged by.
      metric: the name of that.
      greater_is_better: which way it is judged.

    Examples: see `slim.checkpoints.best`.
    """

    path: str
    value: float
    metric: str
    greater_is_better: bool

    @property
    def step(self) -> int:
        """The step of the checkpoint; -1 where its name has none."""
        return step_of(self.path)

    def gives_way_to(self, value: float) -> bool:
        """Whether another value of the metric is better. NaN never is."""
        return value > self.value if self.greater_is_better else value < self.value


@checked
def best(folder: str | os.PathLike) -> Best | None:
    """The best checkpoint of a folder, if one was marked by `mark_best` and is still there.

    Raises:
      CheckpointError: the note of it is damaged.

    Examples:
      >>> path = slim.checkpoints.save("run/model.ckpt-7", {"w": np.ones(2)})
      >>> slim.checkpoints.mark_best(path, 0.9, "accuracy")
      True
      >>> best = slim.checkpoints.best("run")
      >>> best.path, best.step, best.value, best.metric
      ('run/model.ckpt-7', 7, 0.9, 'accuracy')
    """
    note = os.path.join(os.fsdecode(folder), BEST)
    if not paths.exists(note):
        return None
    with reading(note):
        row = json.loads(files.read_text(note))
        found = Best(
            os.path.join(os.fsdecode(folder), os.path.basename(row["checkpoint"])),
            float(row["value"]),
            str(row["metric"]),
            bool(row["greater_is_better"]),
        )
    return found if paths.is_file(found.path + ".index") else None


def best_or_set_aside(folder: str | os.PathLike) -> Best | None:
    """As `best`; but a note that cannot be read is set aside, and there is none then."""
    try:
        return best(folder)
    except CheckpointError:
        files.set_aside(os.path.join(os.fsdecode(folder), BEST), "it is no note of a checkpoint")
        return None


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

    Examples:
      >>> first = slim.checkpoints.save("run/model.ckpt-1", {"w": np.ones(2)})
      >>> second = slim.checkpoints.save("run/model.ckpt-2", {"w": np.ones(2)})
      >>> slim.checkpoints.mark_best(first, 0.9), slim.checkpoints.mark_best(second, 0.8)
      (True, False)
    """
    folder = os.path.dirname(prefix) or "."
    before = best_or_set_aside(folder)
    if value != value:
        return False
    if before is not None and (before.metric, before.greater_is_better) == (
        metric,
        greater_is_better,
    ):
        if not before.gives_way_to(value):
            return False
    write_best(Best(prefix, float(value), metric, greater_is_better))
    return True


def write_best(best: Best) -> None:
    """Notes a checkpoint as the best of its folder, whatever was noted before."""
    row = {**dataclasses.asdict(best), "checkpoint": os.path.basename(best.path)}
    del row["path"]
    note = os.path.join(os.path.dirname(best.path) or ".", BEST)
    files.replace_text(note, json.dumps(row) + "\n")
