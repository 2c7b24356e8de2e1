"""The embedding of a net: an end point, averaged over all that is neither batch nor channels."""

from __future__ import annotations

import collections
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tf_slim.export.errors import ExportError
from tf_slim.nets._features import select
from tf_slim.ops.arguments import describe
from tf_slim.ops.model import Model

# What is computed by these is still the logits, in another shape or type.
_SAME = {"Squeeze", "Identity", "Reshape", "Cast", "Mean", "ConcatV2"}


def chosen(model: Model, named: Mapping[str, Any], end_point: str) -> tf.Tensor:
    """An end point by its name.

    Args:
      model: the net.
      named: its end points.
      end_point: as in `slim.nets.create`, what stands before a slash may be left out.

    Returns:
      float32 `[batch, depth]`.

    Raises:
      ValueError: there is none of this name, or it has no channels.
    """
    value: Any = select(model.name, named, [end_point], True).get(end_point)
    if not _has_channels(value):
        raise ExportError(
            f"features: {end_point!r} of {model.name} is not one tensor [batch, ..., channels]; "
            f"got {describe(value)}."
        )
    return _averaged(value)


def last(named: Mapping[str, Any], logits: tf.Tensor) -> tf.Tensor | None:
    """The end point that the logits are computed from, float32 `[batch, depth]`; None for none.

    Args:
      named: the end points of the net, of the graph in which `logits` is.
      logits: what the net returned.
    """
    known = {value.ref() for value in named.values() if _has_channels(value)}
    reached = collections.deque([(logits, False)])
    seen = set()
    while reached:
        value, is_before = reached.popleft()
        if is_before and value.ref() in known:
            return _averaged(value)
        if value.op not in seen:
            seen.add(value.op)
            before = is_before or value.op.type not in _SAME
            reached.extend((one, before) for one in value.op.inputs)
    return None


def _has_channels(value: Any) -> bool:
    return isinstance(value, tf.Tensor) and (value.shape.rank or 0) >= 2 and value.dtype.is_floating


def _averaged(value: tf.Tensor) -> tf.Tensor:
    places = list(range(1, (value.shape.rank or 0) - 1))
    return tf.reduce_mean(tf.cast(value, tf.float32), places)
