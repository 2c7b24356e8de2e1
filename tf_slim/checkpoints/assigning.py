"""Giving variables values from memory or from a checkpoint, in the manner of TensorFlow 1.

In a v1 graph these functions make operations, or functions that run them in a session. Elsewhere
there is no session to wait for: the pairs `(op, feed_dict)` are `(None, {})` and the values are
assigned at once, and the returned functions take no session.
"""

from __future__ import annotations

import math
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import tensorflow as tf

from tf_slim.checkpoints.reader import Reader
from tf_slim.checkpoints.restoring import assign, part_of
from tf_slim.ops import places
from tf_slim.ops.types import Tensor
from tf_slim.ops.variables import get_unique_variable, get_variable_full_name
from tf_slim.ops.wording import first_few, near_names

VariablesByName: TypeAlias = Mapping[str, Any] | Sequence[tf.Variable]
"""Variables, or what takes the value of each name of a checkpoint: a variable, or a list."""


def assign_from_values(
    var_names_to_values: Mapping[str, Any],
) -> tuple[tf.Operation | None, Mapping[Tensor, Any]]:
    """Makes the operation that assigns arrays to variables.

    The arrays are fed, so they do not become part of the graph.

    Args:
      var_names_to_values: arrays by the full name of their variable.

    Returns:
      (op, feed_dict), for `session.run(op, feed_dict)`. The arrays in it have the shapes of their
    variables.

    Raises:
      ValueError: there is no variable of a name, or an array has another size.

    Examples:
      >>> with tf.Graph().as_default(), tf.compat.v1.Session() as session:
      ...     scale = slim.variable("scale", [2])
      ...     op, feed = slim.assign_from_values({"scale": np.array([2.0, 3.0])})
      ...     session.run(op, feed)
      ...     print(session.run(scale))
      [2. 3.]
    """
    pairs = [(get_unique_variable(name), value) for name, value in var_names_to_values.items()]
    return places.current().assign([(v, _shaped(v, np.asarray(value))) for v, value in pairs])


def assign_from_values_fn(var_names_to_values: Mapping[str, Any]) -> Callable[..., Any]:
    """Like `assign_from_values`, as a function of a session (such as `init_fn`).

    Examples:
      >>> with tf.Graph().as_default(), tf.compat.v1.Session() as session:
      ...     scale = slim.variable("scale", [2])
      ...     slim.assign_from_values_fn({"scale": np.array([2.0, 3.0])})(session)
      ...     print(session.run(scale))
      [2. 3.]
    """
    if places.current().immediate:
        return lambda session=None: assign_from_values(var_names_to_values)[0]
    op, feed_dict = assign_from_values(var_names_to_values)
    return lambda session: session.run(op, feed_dict)


def assign_from_checkpoint(
    model_path: str | os.PathLike,
    var_list: VariablesByName,
    ignore_missing_vars: bool = False,
) -> tuple[tf.Operation | None, Mapping[Tensor, Any]]:
    """Makes the operation that assigns values of a checkpoint to variables.

    Args:
      model_path: a checkpoint, see `slim.checkpoints.resolve`.
      var_list: variables; or variables (or lists of them, or of their parts) by their name in the
        checkpoint.
      ignore_missing_vars: whether to pass over names that the checkpoint lacks.

    Returns:
      (op, feed_dict), for `session.run(op, feed_dict)`.

    Raises:
      ValueError: the checkpoint lacks a name, or has it in another shape.

    Examples:
      >>> slim.checkpoints.save("old.npz", {"old/scale": np.array([2.0, 3.0], np.float32)})
      'old.npz'
      >>> with tf.Graph().as_default(), tf.compat.v1.Session() as session:
      ...     scale = slim.variable("scale", [2])
      ...     op, feed = slim.assign_from_checkpoint("old.npz", {"old/scale": scale})
      ...     session.run(op, feed)
      ...     print(session.run(scale))
      [2. 3.]
    """
    reader, grouped, missing = _found(model_path, var_list, ignore_missing_vars)
    if missing:
        raise ValueError(_lacks(reader, missing))
    pairs = []
    for name, variables in grouped.items():
        value = reader.read(name)
        for variable in variables:
            _fits(name, variable, value.shape)
            pairs.append((variable, part_of(variable, value)))
    return places.current().assign(pairs)


def assign_from_checkpoint_fn(
    model_path: str | os.PathLike,
    var_list: VariablesByName,
    ignore_missing_vars: bool = False,
    reshape_variables: bool = False,
) -> Callable[..., Any] | None:
    """Makes a function of a session (such as `init_fn`) that restores variables.

    Args:
      model_path: a checkpoint, see `slim.checkpoints.resolve`.
      var_list: see `assign_from_checkpoint`.
      ignore_missing_vars: whether to pass over names that the checkpoint lacks.
      reshape_variables: whether a value may have another shape of the same size.

    Returns:
      The function; None, with a warning, if names may be missing, and all are. It raises
      `tf.errors.NotFoundError` if the checkpoint lacks a name that may not be missing.

    Raises:
      ValueError: `var_list` is empty, or the checkpoint has a name in another shape (which
        `ignore_missing_vars` does not pass over).

    Examples:
      >>> slim.checkpoints.save("old.npz", {"scale": np.array([2.0, 3.0], np.float32)})
      'old.npz'
      >>> with tf.Graph().as_default(), tf.compat.v1.Session() as session:
      ...     scale = slim.variable("scale", [2])
      ...     restore = slim.assign_from_checkpoint_fn("old.npz", [scale])
      ...     restore(session)
      ...     print(session.run(scale))
      [2. 3.]
    """
    if not var_list:
        raise ValueError(
            "assign_from_checkpoint_fn: var_list is empty, there is nothing to restore. Check the "
            "patterns that selected it (slim.get_variables_to_restore selects by scope prefix)."
        )
    reader, grouped, missing = _found(model_path, var_list, ignore_missing_vars)
    if missing:
        return _refuse(_lacks(reader, missing))
    if not grouped:
        return None
    fit = _fits_in_size if reshape_variables else _fits
    for name, variables in grouped.items():
        for variable in variables:
            fit(name, variable, reader.entry(name).shape)
    if not places.current().immediate:
        return _restored_in_session(reader, grouped, reshape_variables)

    def restore(session=None):
        assign(
            {
                f"{name}:{index}": (v, reader.read(name).reshape(v.shape))
                for name, variables in grouped.items()
                for index, v in enumerate(variables)
            }
        )

    return restore


def _restored_in_session(reader: Reader, grouped, reshape: bool) -> Callable:
    if reader.format in ("V1", "V2"):
        savable = {n: v[0] if len(v) == 1 else v for n, v in grouped.items()}
        saver = tf.compat.v1.train.Saver(savable, reshape=reshape)
        return lambda session: saver.restore(session, reader.prefix)
    op, feed_dict = places.current().assign(
        [
            (v, part_of(v, reader.read(name)).reshape(v.shape))
            for name, variables in grouped.items()
            for v in variables
        ]
    )
    return lambda session: session.run(op, feed_dict)


def _refuse(message: str) -> Callable:
    # Programs catch it when they restore, as they do a Saver's.
    def restore(session=None):
        raise tf.errors.NotFoundError(None, None, message)

    return restore


def _found(
    model_path: str | os.PathLike, var_list: VariablesByName, ignore_missing_vars: bool
) -> tuple[Reader, dict[str, list], list[str]]:
    """A reader, the variables that it has by their name there, and names it may not lack."""
    reader = Reader(model_path)
    grouped = _by_checkpoint_name(var_list)
    missing = [name for name in grouped if name not in reader]
    if missing and ignore_missing_vars:
        left = "All of them" if len(missing) == len(grouped) else "They"
        warnings.warn(
            f"Checkpoint {reader.path} has no {first_few(missing)} ({len(missing)} of "
            f"{len(grouped)} variables). {left} stay as they are, because of ignore_missing_vars."
            f"{_near(reader, missing)}",
            stacklevel=3,
        )
        missing = []
    return reader, {name: v for name, v in grouped.items() if name in reader}, missing


def _by_checkpoint_name(var_list: VariablesByName) -> dict[str, list]:
    if isinstance(var_list, Mapping):
        return {
            name: list(v) if isinstance(v, (list, tuple)) else [v] for name, v in var_list.items()
        }
    grouped: dict[str, list] = {}
    for variable in var_list:
        grouped.setdefault(get_variable_full_name(variable), []).append(variable)
    return grouped


def _whole_shape(variable) -> tuple[int, ...]:
    """The shape of a variable; of a part, that of the partitioned variable."""
    info = getattr(variable, "_save_slice_info", None)
    return tuple(variable.shape.as_list() if info is None else info.full_shape)


def _fits(name: str, variable, shape: tuple[int, ...]) -> None:
    if _whole_shape(variable) != tuple(shape):
        raise ValueError(
            f"Variable {get_variable_full_name(variable)!r} has shape {_whole_shape(variable)}, "
            f"{name!r} in the checkpoint has {tuple(shape)}. Leave it out of var_list (exclude= of "
            "slim.get_variables_to_restore), or use assign_from_checkpoint_fn with "
            "reshape_variables=True if only the shape differs."
        )


def _fits_in_size(name: str, variable, shape: tuple[int, ...]) -> None:
    if math.prod(_whole_shape(variable)) != math.prod(shape):
        _fits(name, variable, shape)


def _shaped(variable, value: np.ndarray) -> np.ndarray:
    shape = tuple(variable.shape.as_list())
    if int(np.prod(shape)) != value.size:
        raise ValueError(
            f"Variable {get_variable_full_name(variable)!r} of shape {shape} cannot take a value "
            f"of shape {value.shape}: the sizes differ."
        )
    return value.reshape(shape)


def _lacks(reader: Reader, missing: list[str]) -> str:
    return (
        f"Checkpoint {reader.path} has no {first_few(missing)}. It has: {first_few(reader.names)}."
        f"{_near(reader, missing)} Pass ignore_missing_vars=True to leave "
        "such variables as they are."
    )


def _near(reader: Reader, missing: list[str]) -> str:
    near = near_names(missing[0], reader.names, most=1)
    return f" Near {missing[0]!r} is {near[0]!r}." if near else ""
