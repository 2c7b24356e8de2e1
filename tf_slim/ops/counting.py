"""How many examples, or losses, a mean is over, where the code sees a share of the batch only.

The shares are those of the replicas of a strategy, and the parts that a step of training takes one
after the other (`accumulate`). A mean over a share counts what the whole batch has, in proportion.
"""

from __future__ import annotations

import contextvars
import warnings
from typing import Any, Protocol

import tensorflow as tf

from tf_slim.ops.setting import Setting

NOT_IN_FUNCTIONS = "merge_call"
"""Of TensorFlow's error for replicas that ask each other from within a function of their own."""

_FILLED: contextvars.ContextVar[Any] = contextvars.ContextVar("filled", default=None)
_PART: contextvars.ContextVar[Part | None] = contextvars.ContextVar("part", default=None)


def share(filled: Any) -> Setting:
    """Says whether this replica's share of the batch has examples of its own.

    Args:
      filled: a bool scalar. Where it is False, what the code inside computes is made up, and must
        not count in what the replicas find out together. None for True.
    """
    return Setting(_FILLED, filled)


def counted(count: tf.Tensor) -> tf.Tensor:
    """A count of examples, or weights for them: 0 where the share of this replica has none."""
    filled = _FILLED.get()
    return count if filled is None else count * tf.cast(filled, count.dtype)


_ASKED: contextvars.ContextVar[list[bool] | None] = contextvars.ContextVar("asked", default=None)


def asking() -> Setting:
    """Inside, it is noted in a list whether a loss counts by the whole batch."""
    return Setting(_ASKED, [])


def note_asked() -> None:
    """Says that a loss does."""
    asked = _ASKED.get()
    if asked is not None:
        asked.append(True)


class Part(Protocol):
    """What knows how many losses a part of a batch stands for."""

    def of_batch(self, count: tf.Tensor, varies: bool) -> tf.Tensor:
        """What to divide the sum of the losses of this part by.

        Args:
          count: how many losses of this part count, a scalar.
          varies: whether that may be another share of all than the examples of this part are.
        """
        ...


def current_part() -> Part | None:
    """The part of a batch that the code around computes; None for no part."""
    return _PART.get()


def within(part: Part | None) -> Setting:
    """Inside, losses are those of a part of a batch."""
    return Setting(_PART, part)


class Noted:
    """Notes how many losses count in a part, to be added up over all parts.

    Attributes:
      counts: one for each loss whose count varies.
    """

    def __init__(self) -> None:
        self.counts: list[tf.Tensor] = []
        self._graph = tf.compat.v1.get_default_graph()

    def of_batch(self, count: tf.Tensor, varies: bool) -> tf.Tensor:
        """See `Part`."""
        if varies and count.graph is self._graph:
            self.counts.append(tf.cast(count, tf.float32))
        return count


class Known:
    """Gives each loss of a part its count in the whole batch, in proportion to the part.

    Args:
      counts: `[number]`, the counts of the whole batch of the losses whose counts vary, in order;
        under a strategy the mean of those of the replicas.
      share: of the examples that this part has, in (0, 1], a float32 scalar.
      replica: how many examples replicas have on average, as a multiple of what this one has.

    Attributes:
      number: how many of `counts` were asked for.
    """

    def __init__(self, counts: tf.Tensor, share: tf.Tensor, replica: tf.Tensor | float):
        self.number = 0
        self._counts, self._share, self._replica = counts, share, replica
        self._graph = tf.compat.v1.get_default_graph()

    def of_batch(self, count: tf.Tensor, varies: bool) -> tf.Tensor:
        """See `Part`."""
        if varies and count.graph is self._graph:
            self.number += 1
            return tf.cast(self._counts[self.number - 1] * self._share, count.dtype)
        if varies:
            warnings.warn(
                "A loss is computed within a condition, or a tf.function of its own, in a step "
                "with accumulate. There the mean is over the losses that count in a part of the "
                "batch: the same only if all parts have equally many of a weight other than 0.",
                stacklevel=2,
            )
        return count * tf.cast(self._replica, count.dtype)
