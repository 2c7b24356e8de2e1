"""Giving variables values from memory or from a checkpoint, in the manner of TensorFlow 1.

In a v1 graph these functions make operations, or functions that run them in a session. Elsewhere
there is no session to wait for: the pairs `(op, feed_dict)` are `(None, {})` and the values are
assigned at once, and the returned functions take no session.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.ops import checkpoints, modes
from tf_slim.ops.variables import get_unique_variable, get_variable_full_name


def assign_from_values(var_names_to_values: Mapping[str, Any]):
    """Makes the operation that assigns arrays to variables.

    The arrays are fed, so they do not become part of the graph.

    Args:
      var_names_to_values: arrays by the full name of their variable.

    Returns:
      (op, feed_dict), for `session.run(op, feed_dict)`.

    Raises:
      ValueError: there is no variable of a name, or an array has another size.
    """
    pairs = [(get_unique_variable(name), value) for name, value in var_names_to_values.items()]
    return _assign([(v, _shaped(v, np.asarray(value))) for v, value in pairs])


def assign_from_values_fn(var_names_to_values: Mapping[str, Any]) -> Callable:
    """Like `assign_from_values`, as a function of a session (such as `init_fn`)."""
    if not modes.in_v1_graph():
        return lambda session=None: assign_from_values(var_names_to_values)[0]
    op, feed_dict = assign_from_values(var_names_to_values)
    return lambda session: session.run(op, feed_dict)


def assign_from_checkpoint(model_path, var_list, ignore_missing_vars=False):
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
    """
    reader = checkpoints.Reader(model_path)
    grouped = _by_checkpoint_name(var_list)
    missing = [name for name in grouped if name not in reader]
    if missing and not ignore_missing_vars:
        raise ValueError(_lacks(reader, missing))
    pairs = []
    for name, variables in grouped.items():
        if name in reader:
            value = reader.read(name)
            pairs += [(v, _exact(name, v, _part(v, value))) for v in variables]
    return _assign(pairs)


def assign_from_checkpoint_fn(
    model_path, var_list, ignore_missing_vars=False, reshape_variables=False
):
    """Makes a function of a session (such as `init_fn`) that restores variables.

    Args:
      model_path: a checkpoint, see `slim.checkpoints.resolve`.
      var_list: see `assign_from_checkpoint`.
      ignore_missing_vars: whether to pass over names that the checkpoint lacks.
      reshape_variables: whether a value may have another shape of the same size.

    Returns:
      The function; None if names may be missing, and all are.

    Raises:
      ValueError: `var_list` is empty, or the checkpoint lacks a name.
    """
    if not var_list:
        raise ValueError(
            "assign_from_checkpoint_fn: var_list is empty, there is nothing to restore. Check the "
            "patterns that selected it (slim.get_variables_to_restore selects by scope prefix)."
        )
    reader = checkpoints.Reader(model_path)
    grouped = _by_checkpoint_name(var_list)
    missing = [name for name in grouped if name not in reader]
    if missing and not ignore_missing_vars:
        raise ValueError(_lacks(reader, missing))
    grouped = {name: v for name, v in grouped.items() if name in reader}
    if not grouped:
        return None
    if modes.in_v1_graph():
        savable = {n: v[0] if len(v) == 1 else v for n, v in grouped.items()}
        saver = tf.compat.v1.train.Saver(savable, reshape=reshape_variables)
        return lambda session: saver.restore(session, reader.path)

    def restore(session=None):
        shaped = _shaped if reshape_variables else _exact_value
        checkpoints.assign(
            {n: (v, shaped(v, reader.read(n))) for n, vs in grouped.items() for v in vs}
        )

    return restore


def _by_checkpoint_name(var_list) -> dict[str, list]:
    if isinstance(var_list, Mapping):
        return {
            name: list(v) if isinstance(v, (list, tuple)) else [v] for name, v in var_list.items()
        }
    grouped: dict[str, list] = {}
    for variable in var_list:
        grouped.setdefault(get_variable_full_name(variable), []).append(variable)
    return grouped


def _assign(pairs):
    if not modes.in_v1_graph():
        for variable, value in pairs:
            variable.assign(value)
        return None, {}
    feed_dict, assigns = {}, []
    for variable, value in pairs:
        name = f"placeholder/{variable.op.name}"
        placeholder = tf.compat.v1.placeholder(variable.dtype.base_dtype, variable.shape, name)
        assigns.append(tf.compat.v1.assign(variable, placeholder))
        feed_dict[placeholder] = value
    return tf.group(*assigns), feed_dict


def _part(variable, value: np.ndarray) -> np.ndarray:
    """The part of a value that belongs to one part of a partitioned variable."""
    info = getattr(variable, "_save_slice_info", None)
    if info is None:
        return value
    bounds = zip(info.var_offset, info.var_shape, strict=True)
    return value[tuple(slice(start, start + size) for start, size in bounds)]


def _exact(name: str, variable, value: np.ndarray) -> np.ndarray:
    if tuple(variable.shape) != value.shape:
        raise ValueError(
            f"Variable {get_variable_full_name(variable)!r} has shape {tuple(variable.shape)}, "
            f"{name!r} in the checkpoint has {value.shape}. Leave it out of var_list, or use "
            "assign_from_checkpoint_fn with reshape_variables=True if only the shape differs."
        )
    return value


def _exact_value(variable, value: np.ndarray) -> np.ndarray:
    return _exact(get_variable_full_name(variable), variable, value)


def _shaped(variable, value: np.ndarray) -> np.ndarray:
    shape = tuple(variable.shape)
    if int(np.prod(shape)) != value.size:
        raise ValueError(
            f"Variable {get_variable_full_name(variable)!r} of shape {shape} cannot take a value "
            f"of shape {value.shape}: the sizes differ."
        )
    return value.reshape(shape)


def _lacks(reader: checkpoints.Reader, missing: list[str]) -> str:
    shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
    return (
        f"Checkpoint {reader.path} has no {shown}. It has: {', '.join(reader.names[:5])}, ... "
        "Pass ignore_missing_vars=True to leave such variables as they are."
    )
