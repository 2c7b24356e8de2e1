"""Checkpoints by variable name, in the format of `tf.compat.v1.train.Saver` (V2).

TensorFlow 1.15 and TF-Slim 2 read each other's files. A checkpoint appears whole or not at all:
it is written under another name first, and its index, without which it is none, is moved last.
"""

from __future__ import annotations

import dataclasses
import difflib
import glob
import json
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.ops import files, modes, patterns

__all__ = [
    "CheckpointError",
    "Reader",
    "Report",
    "assign",
    "latest",
    "prefixes",
    "remove",
    "resolve",
    "restore",
    "save",
    "step_of",
    "write_state",
]

_SUFFIX = re.compile(r"\.(index|meta|data-\d+-of-\d+)$")
_STEP = re.compile(r"-(\d+)$")


class CheckpointError(ValueError):
    """A checkpoint that is missing, damaged, cannot be written, or does not fit."""


@dataclasses.dataclass(frozen=True)
class Report:
    """What a restore did, seen from both sides.

    Attributes:
      path: the checkpoint.
      restored: names that have been read.
      missing: names of the model that the checkpoint lacks.
      mismatched: (name, what the model has, what the checkpoint has) where these differ.
      excluded: names of the model that were not asked for.
      unexpected: names of the checkpoint that the model lacks.
    """

    path: str
    restored: tuple[str, ...]
    missing: tuple[str, ...]
    mismatched: tuple[tuple[str, str, str], ...]
    excluded: tuple[str, ...]
    unexpected: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether all variables that were asked for have been read."""
        return not self.missing and not self.mismatched

    def __str__(self) -> str:
        lines = [
            f"Checkpoint {self.path}: {len(self.restored)} match, {len(self.missing)} missing, "
            f"{len(self.mismatched)} different, {len(self.excluded)} excluded, "
            f"{len(self.unexpected)} only in the checkpoint."
        ]
        lines += [
            f"  {name}: the model has {ours}, the checkpoint {theirs}"
            for name, ours, theirs in self.mismatched[:20]
        ]
        for name in self.missing[:20]:
            near = difflib.get_close_matches(name, self.unexpected, n=1)
            lines.append(f"  only in the model: {name}" + (f" (near: {near[0]})" if near else ""))
        lines += [f"  only in the checkpoint: {name}" for name in self.unexpected[:20]]
        return "\n".join(lines)


def save(path: str | os.PathLike, named: Mapping[str, Any]) -> str:
    """Writes variables (or tensors, or arrays) by name.

    Args:
      path: prefix of the files: `run/model.ckpt-100` makes `run/model.ckpt-100.index` and
        `run/model.ckpt-100.data-00000-of-00001`. The folder is made if needed.
      named: the variables by the name that they get in the checkpoint.

    Returns:
      `path`, as a string.

    Raises:
      CheckpointError: the files cannot be written. What was there before is unharmed.
    """
    path = os.fspath(path)
    if not named:
        raise CheckpointError(f"Nothing to save in {path}: there are no variables.")
    values = _values(named)
    folder, base = os.path.split(os.path.abspath(path))
    staging = None
    try:
        os.makedirs(folder, exist_ok=True)
        staging = tempfile.mkdtemp(prefix=f".{base}.part-", dir=folder)
        _write(os.path.join(staging, base), values)
        for name in sorted(os.listdir(staging), key=lambda name: name.endswith(".index")):
            _flush(os.path.join(staging, name))
            os.replace(os.path.join(staging, name), os.path.join(folder, name))
    except (OSError, tf.errors.OpError) as error:
        raise CheckpointError(
            f"Cannot write checkpoint {path}: {_text(error)}. Earlier checkpoints are unharmed. "
            "Free some space, or choose a folder that can be written."
        ) from error
    finally:
        if staging is not None:
            shutil.rmtree(staging, ignore_errors=True)
    return path


def _values(named: Mapping[str, Any]) -> dict[str, Any]:
    if not modes.in_v1_graph():
        return dict(named)
    return dict(zip(named, _session("save").run(list(named.values())), strict=True))


def _session(action: str):
    session = tf.compat.v1.get_default_session()
    if session is None or session.graph is not tf.compat.v1.get_default_graph():
        raise RuntimeError(
            f"To {action} variables of a tf.compat.v1 graph there must be a session: call this "
            "inside `with tf.compat.v1.Session().as_default():`, or use tf.compat.v1.train.Saver."
        )
    return session


def _write(prefix: str, values: Mapping[str, Any]) -> None:
    with tf.init_scope() if not modes.in_v1_graph() else tf.Graph().as_default():
        op = tf.raw_ops.SaveV2(
            prefix=prefix,
            tensor_names=list(values),
            shape_and_slices=[""] * len(values),
            tensors=[tf.convert_to_tensor(value) for value in values.values()],
        )
        if op is not None:
            with tf.compat.v1.Session() as session:
                session.run(op)


def _flush(path: str) -> None:
    """Makes the file survive a power cut before its name does."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())


class Reader:
    """The tensors of a checkpoint: `names`, `shape(name)`, `dtype(name)`, `read(name)`."""

    def __init__(self, path: str | os.PathLike):
        self.path = resolve(path)
        try:
            self._reader = tf.train.load_checkpoint(self.path)
            self._shapes = self._reader.get_variable_to_shape_map()
            self._dtypes = self._reader.get_variable_to_dtype_map()
        except (tf.errors.OpError, ValueError, RuntimeError, IndexError) as error:
            raise _damaged(self.path, error) from error

    @property
    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._shapes)

    def __contains__(self, name: str) -> bool:
        return name in self._shapes

    def shape(self, name: str) -> tf.TensorShape:
        """The shape of one tensor."""
        return tf.TensorShape(self._shapes[name])

    def dtype(self, name: str) -> tf.DType:
        """The dtype of one tensor."""
        return self._dtypes[name]

    def read(self, name: str) -> np.ndarray:
        """One tensor.

        Raises:
          CheckpointError: the file is damaged (its checksum tells).
        """
        try:
            return self._reader.get_tensor(name)
        except (tf.errors.OpError, ValueError, RuntimeError, IndexError) as error:
            raise _damaged(self.path, error, name) from error


def resolve(path: str | os.PathLike) -> str:
    """The prefix of an existing checkpoint, from a prefix, one of its files, or a folder.

    Raises:
      CheckpointError: there is none.
    """
    path = os.fspath(path)
    if os.path.isdir(path):
        found = latest(path)
        if found is None:
            raise CheckpointError(f"There is no checkpoint in the folder {path}.")
        return found
    stem = _SUFFIX.sub("", path)
    if os.path.exists(stem + ".index") or os.path.isfile(stem):
        return stem
    folder = os.path.dirname(path) or "."
    there = prefixes(folder)
    if not os.path.isdir(folder):
        hint = f"The folder {folder} does not exist."
    elif there:
        hint = f"That folder has: {', '.join(os.path.basename(p) for p in there[-5:])}."
    else:
        hint = f"The folder {folder} has no checkpoints."
    raise CheckpointError(f"There is no checkpoint {path}. {hint}")


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


def restore(
    path: str | os.PathLike,
    named: Mapping[str, Any],
    include=None,
    exclude=None,
    on_mismatch: str = "error",
) -> Report:
    """Reads variables by name; all of them, or, on an error, none.

    Args:
      path: see `resolve`.
      named: the variables by their name in the checkpoint.
      include: see `patterns.select`.
      exclude: see `patterns.select`.
      on_mismatch: "error", "warn" (a Python warning) or "ignore", where a variable is missing in
        the checkpoint, or has another shape or dtype there.

    Raises:
      CheckpointError: the checkpoint is missing, damaged, or does not fit.
      ValueError: a pattern matches nothing.
    """
    if on_mismatch not in ("error", "warn", "ignore"):
        raise ValueError(
            f"on_mismatch takes 'error', 'warn' or 'ignore'; got {on_mismatch!r}."
        )
    wanted, excluded = patterns.select(named, include, exclude)
    reader = Reader(path)
    fitting, missing, mismatched = [], [], []
    for name in wanted:
        if name not in reader:
            missing.append(name)
            continue
        ours = f"{named[name].dtype.base_dtype.name} {named[name].shape}"
        theirs = f"{reader.dtype(name).name} {reader.shape(name)}"
        if ours == theirs:
            fitting.append(name)
        else:
            mismatched.append((name, ours, theirs))
    report = Report(
        path=reader.path,
        restored=tuple(fitting),
        missing=tuple(missing),
        mismatched=tuple(mismatched),
        excluded=tuple(excluded),
        unexpected=tuple(name for name in reader.names if name not in named),
    )
    if not report.complete and on_mismatch == "error":
        raise CheckpointError(
            f"{report}\nNothing was restored. Leave variables out with exclude=[patterns], or "
            "pass on_mismatch='warn' to restore what fits."
        )
    if not report.complete and on_mismatch == "warn":
        warnings.warn(str(report), stacklevel=3)
    assign({name: (named[name], reader.read(name)) for name in fitting})
    return report


def assign(pairs: Mapping[str, tuple[Any, np.ndarray]]) -> None:
    """Gives each variable its value."""
    if modes.in_v1_graph():
        session = _session("restore")
        initializers = [variable.initializer for variable, _ in pairs.values()]
        values = [value for _, value in pairs.values()]
        feeds = zip((op.inputs[1] for op in initializers), values, strict=True)
        session.run(initializers, dict(feeds))
        return
    with tf.init_scope():
        for variable, value in pairs.values():
            variable.assign(value)


def _damaged(path: str, error: Exception, name: str | None = None) -> CheckpointError:
    folder = os.path.dirname(path) or "."
    others = [prefix for prefix in prefixes(folder) if prefix != path]
    at = f" at variable {name!r}" if name else ""
    remedy = (
        f"The folder also has {os.path.basename(others[-1])}." if others else "Fetch it again."
    )
    return CheckpointError(
        f"Checkpoint {path} is damaged{at} (truncated or altered): {_text(error)}. {remedy}"
    )


def _text(error: Exception) -> str:
    message = getattr(error, "message", None) or getattr(error, "strerror", None) or str(error)
    return message.splitlines()[0].rstrip(".") if message else type(error).__name__
