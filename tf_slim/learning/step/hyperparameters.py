"""Hyperparameters of optimizers: noted in checkpoints, so that a restart knows which are new.

A Keras optimizer keeps its learning rate in a variable, and a checkpoint has the variable. Whether
the value there or that of the optimizer counts, only the note tells: if the optimizer was made with
the same rate as before, what the run made of it since; if it was made with another, this one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from tf_slim import checkpoints
from tf_slim.learning.step import optimizers
from tf_slim.ops import sharding

NOTE = "optimizer/hyperparameters"
"""The name of the note in a checkpoint: JSON, filled up with spaces, as bytes."""

_SIZE = 4096  # of all notes, so that checkpoints of one run are alike
_RATE = "learning_rate"


def of(optimizer: Any) -> dict[str, Any]:
    """The hyperparameters that an optimizer has now, by name; "optimizer" is its kind."""
    found: dict[str, Any] = {"optimizer": type(optimizer).__name__}
    if optimizers.is_v1(optimizer):
        values = {name.strip("_"): value for name, value in vars(optimizer).items()}
    else:
        try:
            values = optimizer.get_config()
        except Exception:  # such as a schedule of the user's own that does not describe itself
            return found
    return {**found, **_flat(values)}


def note(optimizer: Any) -> dict[str, np.ndarray]:
    """What to add to a checkpoint; nothing if there is too much to tell."""
    text = json.dumps(of(optimizer)).encode().ljust(_SIZE)
    return {NOTE: np.frombuffer(text, np.uint8)} if len(text) == _SIZE else {}


def restore(path: str, named: Mapping[str, Any], optimizer: Any) -> str | None:
    """Restores a training, but for the hyperparameters that are new.

    Args:
      path: of the checkpoint.
      named: all variables of the training, by name.
      optimizer: as it was made.

    Returns:
      What has changed since the checkpoint, in one line; None for nothing.

    Raises:
      CheckpointError: see `checkpoints.restore`.
    """
    reader = checkpoints.Reader(path)
    before, now = _noted(reader), of(optimizer)
    changes = _changes(before, now) if before is not None else {}
    left_out = (
        _new_slots(reader, named, optimizer) if changes and "optimizer" not in changes else []
    )
    rate = _name_of_rate(named, optimizer)
    if rate is not None and (
        rate not in reader or before is None or any(_RATE in name for name in changes)
    ):
        left_out.append(rate)
        if before is None and rate in reader:
            changes = _changes({_RATE: float(reader.read(rate))}, {_RATE: float(named[rate])})
    checkpoints.restore(path, {name: v for name, v in named.items() if name not in left_out})
    if not changes:
        return None
    said = [
        f"{_in_words(name)} was {_shown(old)} and is {_shown(new)}"
        for name, (old, new) in changes.items()
    ]
    return f"since {path.rpartition('/')[2]} the optimizer has changed: {', '.join(said)}"


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Numbers and words of a nested configuration, by path."""
    found = {}
    for name, value in values.items():
        if name in ("name", "module", "registered_name"):
            continue
        if isinstance(value, Mapping):
            found.update(_flat(value, f"{prefix}{name}."))
        elif isinstance(value, np.generic):
            found[prefix + name] = value.item()
        elif value is None or isinstance(value, (bool, int, float, str)):
            found[prefix + name] = value
        elif isinstance(value, (list, tuple)):
            found[prefix + name] = str(value)
    return found


def _noted(reader: checkpoints.Reader) -> dict[str, Any] | None:
    if NOTE not in reader:
        return None
    text = bytes(reader.read(NOTE))
    try:
        return dict(json.loads(text))
    except (TypeError, ValueError):
        return None


def _changes(before: Mapping, now: Mapping) -> dict[str, tuple[Any, Any]]:
    names = dict.fromkeys([*before, *now])
    pairs = {name: (before.get(name), now.get(name)) for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _new_slots(reader: checkpoints.Reader, named: Mapping, optimizer: Any) -> list[str]:
    """Slots that new hyperparameters ask for, such as momentum: they begin anew."""
    slots = sharding.joined(optimizers.named_variables(optimizer), named)
    return [name for name in slots if name not in reader]


def _name_of_rate(named: Mapping[str, Any], optimizer: Any) -> str | None:
    rate = None if optimizers.is_v1(optimizer) else getattr(optimizer, _RATE, None)
    rate = getattr(rate, "value", rate)
    return next((name for name, variable in named.items() if variable is rate), None)


def _in_words(path: str) -> str:
    """`decay_steps of learning_rate`, for its place in the configuration of a schedule."""
    whole, *inner = (part for part in path.split(".") if part not in ("config", "then"))
    return f"{inner[-1].replace('class_name', 'kind')} of {whole}" if inner else whole


def _shown(value: Any) -> str:
    if value is None:
        return "unset"
    return f"{value:g}" if isinstance(value, float) else str(value)
