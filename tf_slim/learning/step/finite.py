"""Whether loss and gradients of a step are finite, and what to say if not."""

from __future__ import annotations

import collections
import re
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

_LOSS = "The loss is not finite"
_GRADIENTS = "Not finite: the gradient of "
_TOO_LARGE = "Not finite: the sum of the gradients"
_SAID = re.compile(rf"{_LOSS}|{_TOO_LARGE}|{_GRADIENTS}[^\]\n;]*")


def checksum(loss: tf.Tensor, gradients: Sequence[Any]) -> tf.Tensor:
    """A number that is finite only if the loss and all gradients are; float32 scalar.

    It reads each gradient once, and writes none. Where numbers are so large that their sum is
    infinite it is not finite either.
    """
    parts = [part for value in (loss, *gradients) if value is not None for part in _parts(value)]
    # Vectors are many and small, and quicker to copy together than to be summed each.
    vectors = [part for part in parts if part.shape.rank == 1]
    sums = [tf.reduce_sum(part) for part in parts if part.shape.rank != 1]
    if vectors:
        by_type = collections.defaultdict(list)
        for vector in vectors:
            by_type[vector.dtype].append(vector)
        sums += [tf.reduce_sum(tf.concat(some, 0)) for some in by_type.values()]
    return tf.add_n([tf.cast(one, tf.float32) for one in sums])


def broken(loss: tf.Tensor, gradients: Sequence[Any]) -> tf.Tensor:
    """Which of the loss and the gradients (those that are not None) are not finite: 1, else 0.

    Returns:
      An int32 tensor, shape `[1 + number of gradients]`.
    """
    parts = [_parts(value) for value in (loss, *gradients) if value is not None]
    fine = [tf.reduce_all([tf.reduce_all(tf.math.is_finite(p)) for p in some]) for some in parts]
    return 1 - tf.cast(tf.stack(fine), tf.int32)


def reason(broken_ones: tf.Tensor, names: Sequence[str]) -> tf.Tensor:
    """What to say of `broken`, summed over the replicas; a string scalar.

    Args:
      broken_ones: int tensor, shape `[1 + number of names]`.
      names: of the variables that have gradients.
    """
    which = tf.boolean_mask(tf.constant(list(names)), broken_ones[1:] > 0)
    more = tf.size(which) - 3
    shown = tf.strings.reduce_join(which[:3], separator=", ")
    shown += tf.where(more > 0, tf.strings.join([" and ", tf.strings.as_string(more), " more"]), "")
    of_gradients = tf.where(tf.size(which) > 0, tf.strings.join([_GRADIENTS, shown]), _TOO_LARGE)
    return tf.where(broken_ones[0] > 0, _LOSS, of_gradients)


def said(error: tf.errors.OpError) -> str | None:
    """The `reason` that an error gives; None if it is another error."""
    found = _SAID.search(error.message)
    return None if found is None else found[0]


def refused(error: tf.errors.OpError) -> tf.errors.InvalidArgumentError | None:
    """The error of a step that was not taken, with what is to be said of it; None of another."""
    reason = said(error)
    if reason is None:
        return None
    return tf.errors.InvalidArgumentError(
        error.node_def, error.op, f"{reason}; the step was not taken: nothing is changed"
    )


def _parts(value: Any) -> list[tf.Tensor]:
    values = value.values if isinstance(value, tf.IndexedSlices) else value
    if values.dtype.is_complex:
        return [tf.math.real(values), tf.math.imag(values)]
    return [values]
