"""Blocks of a net, and of which the activations are computed again for the gradient.

A net is made of blocks: `slim.block(unit, net)` calls `unit(net)`. A model that is asked to
`recompute` keeps what goes into a block and what comes out, and no more; the backward pass computes
the rest of one block at a time. Layers and nets have no option for it.
"""

from __future__ import annotations

import contextvars
import re
from collections.abc import Iterable
from typing import Any

from tf_slim.ops import patterns
from tf_slim.ops.arguments import describe
from tf_slim.ops.setting import Setting

Recompute = bool | tuple[Any, ...] | None
"""Which blocks: all, none, those that a pattern matches; None for what is in force around."""


class Asked:
    """What one call of a model asks of its blocks.

    Args:
      which: True, False, or patterns.

    Attributes:
      names: of the blocks that were there, in order.
    """

    def __init__(self, which: bool | tuple[Any, ...]):
        self.names: list[str] = []
        self._which = which

    def takes(self, name: str) -> bool:
        """Whether a block is recomputed; notes that it is there."""
        self.names.append(name)
        if isinstance(self._which, bool):
            return self._which
        return any(patterns.matches(name, pattern) for pattern in self._which)

    def require_blocks(self, model: str) -> None:
        """Raises ValueError if there was nothing to recompute where something was to be."""
        if self._which is True and not self.names:
            raise ValueError(
                f"recompute=True changes nothing of {model}: it has no blocks. Call its parts, "
                "from a tensor to a tensor, by slim.block(part, net)."
            )
        if not isinstance(self._which, bool):
            patterns.select(self.names, self._which, what="block", argument="recompute")


_ASKED: contextvars.ContextVar[Asked | None] = contextvars.ContextVar("recompute", default=None)


def check(recompute: Any) -> Recompute:
    """What a model takes as `recompute`.

    Raises:
      TypeError: it is something else.
    """
    if recompute is None or isinstance(recompute, bool):
        return recompute
    if isinstance(recompute, (str, bytes)) or not isinstance(recompute, Iterable):
        raise TypeError(
            "recompute: expected True, False, or a list of patterns over the names of blocks, such "
            f"as ['*/block1/*']; got {describe(recompute)}."
        )
    which = tuple(recompute)
    for pattern in which:
        if not isinstance(pattern, (str, re.Pattern)):
            raise TypeError(
                "recompute takes globs and compiled regular expressions; got "
                f"{describe(pattern)} among them."
            )
    return which


def asking(asked: Asked | None) -> Setting:
    """Asks for it inside; None asks for nothing."""
    return Setting(_ASKED, asked)


def asked() -> Asked | None:
    """What is asked for here."""
    return _ASKED.get()
