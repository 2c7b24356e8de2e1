"""Variables that a training leaves as they are.

A layer that has state of its own, as batch normalization has averages, asks here before it learns
from a batch: with frozen averages it does what it does in inference.
"""

from __future__ import annotations

import contextvars
from collections.abc import Iterable
from typing import Any

from tf_slim.ops.setting import Setting

_FROZEN: contextvars.ContextVar[frozenset[int]] = contextvars.ContextVar(
    "frozen", default=frozenset()
)


def identities(variables: Iterable[Any]) -> frozenset[int]:
    """What `freeze` takes: the variables themselves, whatever they are equal to."""
    return frozenset(map(id, variables))


def freeze(variables: frozenset[int]) -> Setting:
    """Inside, `variables` (by `identities`), and no others, are frozen."""
    return Setting(_FROZEN, variables)


def holds(variables: Iterable[Any]) -> bool:
    """Whether one of these variables is frozen."""
    frozen = _FROZEN.get()
    return bool(frozen) and any(id(variable) in frozen for variable in variables)
