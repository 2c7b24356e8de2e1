"""Checks and conversions of what metrics are given, the same for all of them.

What only the running graph can check is an `Assert` beside the computation and not a link of its
chain: `engine.accumulate` lets no variable change before all of them have passed. So metrics of the
same predictions share what they have in common (TensorFlow merges equal operations, but not across
control dependencies), and `measure` must survive bad values: they are refused at its end.
"""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from tf_slim.ops import modes, shapes

_CHECKS: contextvars.ContextVar[list[Any] | None] = contextvars.ContextVar("checks", default=None)


@contextlib.contextmanager
def deferred_checks() -> Iterator[list[Any]]:
    """Collects the assertions of the checks inside, for whoever must wait for them."""
    checks: list[Any] = []
    token = _CHECKS.set(checks)
    try:
        yield checks
    finally:
        _CHECKS.reset(token)


def align(where: str, predictions: Any, labels: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Predictions and labels of one shape: a last dimension of 1 that only one has is dropped.

    Raises:
      ValueError: the static shapes differ otherwise.
    """
    predictions, labels = tf.convert_to_tensor(predictions), tf.convert_to_tensor(labels)
    ranks = predictions.shape.rank, labels.shape.rank
    if None in ranks:
        return predictions, _reshaped_like(predictions, labels)
    given = predictions.shape, labels.shape
    if ranks[0] == ranks[1] + 1 and shapes.size(predictions, -1) in (1, None):
        predictions = tf.squeeze(predictions, [-1])
    elif ranks[1] == ranks[0] + 1 and shapes.size(labels, -1) in (1, None):
        labels = tf.squeeze(labels, [-1])
    if not predictions.shape.is_compatible_with(labels.shape):
        raise ValueError(
            f"{where}: predictions and labels must have one shape. Shapes {given[0]} of "
            f"predictions and {given[1]} of labels are incompatible. Predictions of classes come "
            "from scores by tf.argmax(scores, -1)."
        )
    return predictions, labels


def weights_like(where: str, weights: Any, values: tf.Tensor) -> tf.Tensor:
    """Weights in the shape of `values`, and their dtype.

    Args:
      where: name of the metric, for messages.
      weights: a scalar; of the rank of `values`, each size equal or 1; or for all but the last
        dimension.
      values: what is weighted.

    Raises:
      ValueError: the static shapes do not fit.
      tf.errors.InvalidArgumentError: one of them is NaN, when the graph runs.
    """
    weights = tf.convert_to_tensor(weights)
    if weights.dtype.is_floating:
        message = (
            f"{where}: weights contain NaN, which would count like any other. Give examples that "
            "do not count the weight 0."
        )
        missing = tf.math.is_nan(weights)
        weights = _checked(weights, ~tf.reduce_any(missing), message)
        # This check is to say it, not that of a sum.
        weights = tf.where(missing, tf.zeros_like(weights), weights)
    weights = tf.cast(weights, values.dtype)
    if weights.shape.rank == 0:
        return tf.broadcast_to(weights, tf.shape(values))
    given = weights.shape
    if weights.shape.rank is None or values.shape.rank is None:
        # As below, but only the running graph knows the ranks. A scalar fits any rank.
        excess = tf.where(tf.rank(weights) > 0, tf.rank(weights) - tf.rank(values), 0)
        sizes = tf.concat([tf.shape(weights), tf.ones([tf.maximum(-excess, 0)], tf.int32)], 0)
        weights = tf.reshape(weights, sizes[: tf.size(sizes) - tf.maximum(excess, 0)])
    elif weights.shape.rank == values.shape.rank - 1:
        weights = weights[..., None]
    elif weights.shape.rank == values.shape.rank + 1 and shapes.size(weights, -1) in (1, None):
        weights = tf.squeeze(weights, [-1])
    if None not in (weights.shape.rank, values.shape.rank):
        fits = weights.shape.rank == values.shape.rank and all(
            size is None or value_size is None or size in (1, value_size)
            for size, value_size in zip(shapes.of(weights), shapes.of(values))
        )
        if not fits:
            raise ValueError(
                f"{where}: weights of shape {given} do not fit values of shape {values.shape}. "
                "Expected a scalar, or each size equal to that of the values or 1."
            )
    return tf.broadcast_to(weights, tf.shape(values))


def weighted(where: str, values: Any, weights: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """`(values * weights, weights)` in float32, both in the shape of `values`."""
    values = tf.cast(values, tf.float32)
    if weights is None:
        return values, tf.ones_like(values)
    weights = weights_like(where, weights, values)
    return values * weights, weights


def weighted_sums(where: str, values: Any, weights: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """The sums of `values * weights` and of `weights`, two scalars in float32."""
    if weights is None:
        return tf.reduce_sum(tf.cast(values, tf.float32)), tf.cast(tf.size(values), tf.float32)
    values, weights = weighted(where, values, weights)
    return tf.reduce_sum(values), tf.reduce_sum(weights)


def not_nan(where: str, predictions: tf.Tensor) -> tf.Tensor:
    """`predictions`, checked when the graph runs.

    Raises:
      tf.errors.InvalidArgumentError: one of them is NaN.
    """
    if not predictions.dtype.is_floating:
        return predictions
    message = f"{where}: predictions contain NaN, which would count like any other."
    return _checked(predictions, ~tf.reduce_any(tf.math.is_nan(predictions)), message)


def sum_not_nan(where: str, total: tf.Tensor) -> tf.Tensor:
    """A sum over a batch, checked when the graph runs: far cheaper than to look at each value.

    Raises:
      tf.errors.InvalidArgumentError: it, or one of several sums, is NaN.
    """
    message = (
        f"{where}: a batch sums up to NaN: its values or weights contain NaN, or infinite values "
        "of both signs. A weight of 0 does not hide them; replace them first, such as by tf.where."
    )
    return _checked(total, ~tf.reduce_any(tf.math.is_nan(total)), message)


def probabilities(where: str, predictions: tf.Tensor) -> tf.Tensor:
    """`predictions` in float32, checked when the graph runs.

    Raises:
      tf.errors.InvalidArgumentError: one of them is NaN or outside [0, 1].
    """
    predictions = tf.cast(predictions, tf.float32)
    inside = (predictions >= 0.0) & (predictions <= 1.0)
    message = (
        f"{where}: predictions must be in [0, 1]; got others. Apply tf.sigmoid or tf.nn.softmax to "
        "scores first."
    )
    return _checked(predictions, tf.reduce_all(inside), message)


def check_k(where: str, predictions: tf.Tensor, k: int) -> tf.Tensor:
    """`predictions`, checked to have at least `k` classes.

    Raises:
      ValueError: they have not.
      tf.errors.InvalidArgumentError: the same, where it shows only when the graph runs.
    """
    if k < 1:
        raise ValueError(f"{where}: k must be at least 1; got k={k}.")
    if predictions.shape.rank == 0:
        raise ValueError(
            f"{where}: predictions must be [batch, ..., classes]; got shape {predictions.shape}."
        )
    classes = shapes.size(predictions, -1)
    if classes is not None:
        if k > classes:
            raise ValueError(
                f"{where}: k={k} is larger than the number of classes, {classes} (predictions of "
                f"shape {predictions.shape}); all labels would be found. Pass a smaller k."
            )
        return predictions
    message = f"{where}: k={k} is larger than the number of classes, the last size of predictions."
    check = tf.raw_ops.Assert(condition=tf.shape(predictions)[-1] >= k, data=[message])
    # `top_k` would fail first, with a message of its own.
    with tf.control_dependencies([] if check is None else [check]):
        return tf.identity(predictions)


def in_range(
    where: str,
    what: str,
    classes: tf.Tensor,
    num_classes: int | tf.Tensor,
    counted: tf.Tensor | None = None,
) -> tf.Tensor:
    """Class indices as int64 `[examples]`, checked when the graph runs.

    Args:
      where: name of the metric, for messages.
      what: name of the argument, for messages.
      classes: class indices, of any shape.
      num_classes: the number of classes.
      counted: which examples are checked, bool `[examples]`; None for all.

    Raises:
      tf.errors.InvalidArgumentError: one of them is not in [0, num_classes).
    """
    classes = tf.reshape(tf.cast(classes, tf.int64), [-1])
    inside = (classes >= 0) & (classes < tf.cast(num_classes, tf.int64))
    if counted is not None:
        inside |= ~counted
    size = num_classes if isinstance(num_classes, int) else "the number of classes"
    message = f"{where}: {what} must be class indices in [0, {size}); got others."
    return _checked(classes, tf.reduce_all(inside), message)


def zero_or_one(
    where: str,
    labels: tf.Tensor,
    weights: tf.Tensor | None = None,
    *,
    v1_fractions: bool = False,
) -> tf.Tensor:
    """Labels as they are, checked when the graph runs.

    Args:
      where: name of the metric, for messages.
      labels: of any dtype; booleans need no check.
      weights: in the shape of `labels`; where they are 0 a label may be any number, such as the
        one that marks pixels to ignore, and becomes 0.
      v1_fractions: whether fractions below 2 pass in v1 graphs. Programs of TensorFlow 1 give some
        metrics such labels, and what they count as is up to the metric.

    Raises:
      tf.errors.InvalidArgumentError: one of them is neither 0 nor 1.
    """
    if labels.dtype == tf.bool:
        return labels
    if weights is not None:
        labels = tf.where(tf.not_equal(weights, 0.0), labels, tf.zeros_like(labels))
    zero, one = tf.zeros([], labels.dtype), tf.ones([], labels.dtype)
    if v1_fractions and labels.dtype.is_floating and modes.in_v1_graph():
        sides = {"<0": labels < zero, ">1": labels >= one + one, "NaN": tf.math.is_nan(labels)}
    else:
        sides = {"<0": labels < zero, ">1": labels > one}
        if labels.dtype.is_floating:
            sides["between them, or NaN"] = ~((labels <= zero) | (labels >= one))
    for side, wrong in sides.items():
        message = f"{where}: labels must be 0 or 1, at least one is {side}."
        if side == ">1":
            message += " Of classes make them by tf.equal(labels, the_class)."
        labels = _checked(labels, ~tf.reduce_any(wrong), message)
    return labels


def _checked(tensor: tf.Tensor, condition: tf.Tensor, message: str) -> tf.Tensor:
    # Not tf.debugging.Assert, which puts a tf.cond around it to save the printing of tensors.
    check = tf.raw_ops.Assert(condition=condition, data=[message])
    if check is None:  # eager, and passed
        return tensor
    waiting = _CHECKS.get()
    if waiting is None:
        with tf.control_dependencies([check]):
            return tf.identity(tensor)
    waiting.append(check)
    return tensor


def _reshaped_like(predictions: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    return tf.cond(
        tf.equal(tf.rank(predictions), tf.rank(labels)),
        lambda: labels,
        lambda: tf.reshape(labels, tf.shape(predictions)),
    )
