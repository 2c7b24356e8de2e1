"""Giving variables the values of a checkpoint: all of them, or, on an error, none."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.checkpoints import sessions
from tf_slim.checkpoints.errors import CheckpointError
from tf_slim.checkpoints.reader import Reader
from tf_slim.checkpoints.report import Report
from tf_slim.ops import modes, patterns
from tf_slim.ops.arguments import checked, describe
from tf_slim.ops.types import Patterns, Rename

# In a session values are fed, and so copied: not all of them at once.
_FED_BYTES = 1 << 26

# What is read at a time, so that there is no second copy of all variables.
_READ_BYTES = 1 << 24


@checked
def restore(
    path: str | os.PathLike,
    named: Mapping[str, Any],
    include: Patterns = None,
    exclude: Patterns = None,
    rename: Rename = None,
    on_mismatch: str = "error",
) -> Report:
    """Reads variables by name; all of them, or, on an error, none.

    Args:
      path: of a checkpoint in any format; see `Reader`.
      named: the variables by their name in the checkpoint.
      include: see `patterns.select`.
      exclude: see `patterns.select`.
      rename: other names for what the checkpoint holds: from names in the checkpoint to names of
        `named`. See `renaming.renamed`.
      on_mismatch: "error", "warn" (a Python warning) or "ignore", where a variable is missing in
        the checkpoint, or has another shape or dtype there.

    Raises:
      CheckpointError: the checkpoint is missing, damaged, or does not fit.
      ValueError: a pattern matches nothing.

    Examples:
      >>> path = slim.checkpoints.save("old.npz", {"w": np.ones(2, np.float32)})
      >>> w, b = tf.Variable([0.0, 0.0]), tf.Variable([0.0])
      >>> report = slim.checkpoints.restore(path, {"w": w, "b": b}, on_mismatch="ignore")
      >>> report.restored, report.missing, report.complete
      (('w',), ('b',), False)
    """
    if not isinstance(on_mismatch, str) or on_mismatch not in ("error", "warn", "ignore"):
        raise ValueError(
            f"on_mismatch takes 'error', 'warn' or 'ignore'; got {describe(on_mismatch)}."
        )
    wanted, excluded = patterns.select(named, include, exclude)
    reader = Reader(path, rename)
    fitting, missing, mismatched = [], [], []
    for name in wanted:
        if name not in reader:
            missing.append(name)
            continue
        theirs = reader.entry(name)
        dtype, shape = named[name].dtype.base_dtype, named[name].shape
        if dtype == theirs.dtype and shape.is_compatible_with(theirs.shape):
            fitting.append(name)
        else:
            mismatched.append((name, f"{dtype.name} {shape}", str(theirs)))
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
            "pass on_mismatch='warn' to restore what fits.",
            report,
        )
    if not report.complete and on_mismatch == "warn":
        warnings.warn(str(report), stacklevel=4)
    portions = _portions(reader, fitting)
    if len(portions) > 1:
        for portion in portions:
            reader.read_all(portion)  # all of it is sound before anything is assigned
    for portion in portions:
        values = reader.read_all(portion)
        assign({name: (named[name], values.pop(name)) for name in portion})
    return report


def _portions(reader: Reader, names: list[str]) -> list[list[str]]:
    """The names in groups that are read at a time: of a certain size, or of one large tensor."""
    if modes.in_v1_graph():
        return [names]  # a session assigns many at once, or none
    portions: list[list[str]] = []
    room = 0
    for name in names:
        size = reader.entry(name).bytes
        if size > room:
            portions.append([])
            room = _READ_BYTES
        portions[-1].append(name)
        room -= size
    return portions


def assign(pairs: dict[str, tuple[Any, Any]]) -> None:
    """Gives each variable its value.

    Args:
      pairs: (variable, array or tensor) by name. It is emptied on the way, so that no value is
        held longer than it is needed.

    Examples:
      >>> scale = tf.Variable([0.0, 0.0])
      >>> slim.checkpoints.assign({"scale": (scale, np.array([2.0, 3.0], np.float32))})
      >>> print(scale.numpy())
      [2. 3.]
    """
    if modes.in_v1_graph():
        _assign_in_session(pairs)
        return
    with tf.init_scope():
        for name in list(pairs):
            variable, value = pairs.pop(name)
            variable.assign(value, read_value=False)


def part_of(variable: Any, value: np.ndarray) -> np.ndarray:
    """What belongs to one part of a partitioned variable, of the shape of that part.

    Examples:
      >>> whole = np.array([1.0, 2.0, 3.0])
      >>> slim.checkpoints.part_of(tf.Variable(whole), whole).tolist()
      [1.0, 2.0, 3.0]
    """
    info = getattr(variable, "_save_slice_info", None)
    if info is None:
        return value
    bounds = zip(info.var_offset, info.var_shape, strict=True)
    return value[tuple(slice(start, start + size) for start, size in bounds)]


def _assign_in_session(pairs: dict[str, tuple[Any, Any]]) -> None:
    session = sessions.session_to("restore")
    runs, feeds, fed = [], {}, 0
    for name in list(pairs):
        variable, value = pairs.pop(name)
        for part in _parts(variable):
            initializer = part.initializer
            placed = initializer.inputs[1]
            # Two variables may begin with one tensor, which can be fed one value at a time.
            if fed > _FED_BYTES or placed.ref() in feeds:
                session.run(runs, {ref.deref(): array for ref, array in feeds.items()})
                runs, feeds, fed = [], {}, 0
            runs.append(initializer)
            feeds[placed.ref()] = part_of(part, np.asarray(value))
            fed += feeds[placed.ref()].nbytes
    session.run(runs, {ref.deref(): array for ref, array in feeds.items()})


def _parts(variable: Any) -> list:
    """The variables that a variable of a v1 graph consists of."""
    if isinstance(variable, tf.distribute.DistributedValues):
        return list(variable.distribute_strategy.experimental_local_results(variable))
    # A partitioned one has no initializer of its own.
    return [variable] if hasattr(variable, "initializer") else list(variable)
