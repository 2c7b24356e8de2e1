"""The logits among what a net returns."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tf_slim.ops.arguments import describe
from tf_slim.ops.model import Model


def has_logits(outputs: Any) -> bool:
    """Whether a net returned logits: `[batch, classes]`, or a map of them."""
    return isinstance(outputs, tf.Tensor) and outputs.shape.rank in (2, 4)


def logits_of(model: Model, outputs: Any) -> tf.Tensor:
    """The logits, `[batch, classes]`: a map of them is averaged.

    Args:
      model: the net, for messages.
      outputs: what it returned, without its end points.

    Raises:
      ValueError: it returned no logits.
    """
    if not has_logits(outputs):
        raise ValueError(
            f"{model.name} does not tell classes apart: expected logits [batch, classes]; got "
            f"{describe(outputs)}."
        )
    return tf.reduce_mean(outputs, [1, 2]) if outputs.shape.rank == 4 else outputs
