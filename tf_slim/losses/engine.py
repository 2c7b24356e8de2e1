"""What all losses share: the checks at their door, and one weighted reduction.

    loss = sum(weights * losses) / number of losses whose weight is not zero

It is 0 when all weights are 0. Each loss function is its checks, its formula and this reduction.
A loss whose weight is 0 has no part in the value nor in any gradient, whatever it is: a NaN that
stands for a missing label, for example. Times 0 it would still be NaN, so it is taken out before
the formula (`without_ignored`), for the gradient, and after it, for the value.

In a replica of a `tf.distribute` strategy the number counted is the mean over all replicas. So the
mean of what the replicas return is the loss over the global batch, also where weights or sizes
differ between them.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.losses.collection import add_loss
from tf_slim.ops import collect, counting, shapes
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Tensor, TensorLike


@checked
def compute_weighted_loss(
    losses: TensorLike, weights: TensorLike = 1.0, scope: str | None = None
) -> Tensor:
    """Reduces losses to their weighted mean and collects it (see `add_loss`).

    Args:
      losses: `[batch, d1, ..., dN]`.
      weights: a scalar, or weights for the leading dimensions of `losses`: `[batch]`,
        `[batch, 1]`, `[batch, d1]`, ..., `[batch, d1, ..., dN]`. Where a weight is 0 the loss is
        neither added nor counted, even if it is NaN. The mean is over the number of losses whose
        weight is not 0, not over the sum of the weights.
      scope: name of the scope of the operations.

    Returns:
      A scalar: float64 for float64 losses, float32 for all others. In a replica of a
      `tf.distribute` strategy: the sum here over the mean count of all replicas.

    Raises:
      ValueError: `weights` is None, has an unknown rank or does not fit `losses`.

    Examples:
      >>> losses = tf.constant([1.0, 2.0, np.nan])
      >>> print(slim.losses.compute_weighted_loss(losses, weights=[1.0, 2.0, 0.0]).numpy())
      2.5
    """
    with tf.compat.v1.name_scope(scope, "weighted_loss", [losses, weights]):
        return collected_mean(losses, weights)


def collected_mean(losses: Any, weights: Any) -> tf.Tensor:
    """`compute_weighted_loss` within the scope that is open."""
    losses = as_float(losses)
    return collected_mean_of(losses, as_weights(weights, losses))


def collected_mean_of(losses: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """The same, of weights that `as_weights` or `without_ignored` returned."""
    count = tf.reduce_sum(present(losses, weights))
    part = counting.current_part()
    counting.note_asked()
    if part is not None:
        count = part.of_batch(count, varies=weights.shape.rank != 0)
    elif collect.replica_count() > 1:
        differs = weights.shape.rank > 0 or not losses.shape.is_fully_defined()
        count = counting.counted(count)
        count = _mean_over_replicas(count, differs)
    loss = safe_divide(weighted_sum(losses, weights), count)
    add_loss(loss)
    return loss


def _mean_over_replicas(count: tf.Tensor, differs: bool) -> tf.Tensor:
    # Asked even where this replica's count is known to be constant: it may be the only one, and
    # they must all ask or none.
    context = tf.distribute.get_replica_context()
    try:
        return context.all_reduce(tf.distribute.ReduceOp.MEAN, tf.stop_gradient(count))
    except RuntimeError as error:
        if counting.NOT_IN_FUNCTIONS not in str(error):
            raise
    if not differs:
        return count
    warnings.warn(
        f"{here()}a loss is computed within a tf.function (such as one of jit_compile=True) or a "
        "condition inside strategy.run, where replicas cannot ask each other how many losses they "
        "count. Each replica takes the mean over its own: the same only if all have equally many "
        "examples of a weight other than 0.",
        stacklevel=2,
    )
    return count


def as_float(values: Any) -> tf.Tensor:
    """`values` in the precision that losses are computed in: float64 stays, all else is float32."""
    values = tf.convert_to_tensor(values)
    return values if values.dtype == tf.float64 else tf.cast(values, tf.float32)


def pair(predictions: Any, labels: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Predictions and labels of one shape, in the precision that losses are computed in.

    Raises:
      AttributeError: there are no labels. (The type that the original had for it.)
      ValueError: the static shapes differ.
    """
    if labels is None:
        raise AttributeError(
            f"{here()}labels are missing: pass labels=..., a tensor of the shape of the "
            "predictions."
        )
    predictions = as_float(predictions)
    labels = tf.cast(tf.convert_to_tensor(labels), predictions.dtype)
    if not predictions.shape.is_compatible_with(labels.shape):
        raise ValueError(
            f"{here()}predictions and labels must have one shape; got predictions "
            f"{predictions.shape} and labels {labels.shape}. Reshape one of them, for example "
            "with tf.squeeze or tf.one_hot."
        )
    return predictions, labels


def as_weights(weights: Any, losses: tf.Tensor) -> tf.Tensor:
    """Weights for the leading dimensions of `losses`, checked; a last dimension of 1 is dropped."""
    if weights is None:
        raise ValueError(
            f"{here()}weights is None. Pass a number (1.0 is the default) or a tensor such as "
            "[batch]."
        )
    weights = tf.cast(tf.convert_to_tensor(weights), losses.dtype)
    if weights.shape.rank is None:
        raise ValueError(
            f"{here()}the rank of weights must be known while the graph is built; got shape "
            "<unknown>. Call weights.set_shape(...) or tf.ensure_shape first."
        )
    if weights.shape.rank == 0:
        return weights
    if losses.shape.rank is None:
        raise ValueError(
            f"{here()}with weights of shape {weights.shape} the rank of the losses must be "
            "known while the graph is built; got shape <unknown>. Call set_shape(...) on the "
            "predictions first."
        )
    given = weights.shape
    last = shapes.size(weights, -1)
    if weights.shape.rank > 1 and (
        last == 1 or (last is None and weights.shape.rank > losses.shape.rank)
    ):
        weights = tf.squeeze(weights, [-1])
    sizes, rank = shapes.of(weights), weights.shape.rank
    fits = rank <= losses.shape.rank and all(
        loss_size is None or size is None or size == loss_size or 1 in (size, loss_size)
        for size, loss_size in zip(sizes, shapes.of(losses)[:rank], strict=True)
    )
    if not fits:
        raise ValueError(
            f"{here()}weights of shape {given} do not fit losses of shape {losses.shape}. "
            "Expected a scalar or weights for the leading dimensions: [batch], [batch, d1], ..."
        )
    if rank > 1 and sizes[-1] is None:
        # It may turn out to be 1: each weight must stand for as many losses as it multiplies.
        target = tf.concat([tf.shape(weights)[:-1], tf.shape(losses)[rank - 1 : rank]], 0)
        weights = tf.broadcast_to(weights, target)
    return weights


def without_ignored(
    weights: Any, *values: tf.Tensor, reduced: Sequence[int] = ()
) -> tuple[tf.Tensor, ...]:
    """The weights, checked, and what a formula takes, with 0 where the weight is 0.

    Args:
      weights: see `as_weights`.
      *values: tensors of one shape.
      reduced: their axes that the losses do not have, not negative.

    Returns:
      `(weights, *values)`.
    """
    like = values[0]
    weights = weights if weights is None else tf.convert_to_tensor(weights)
    scalar = weights is not None and weights.shape.rank == 0
    if not scalar and like.shape.rank is not None:
        like = like[tuple(0 if n in reduced else slice(None) for n in range(like.shape.rank))]
    weights = as_weights(weights, like)
    return weights, *(kept(values, weights, reduced) for values in values)


def kept(values: tf.Tensor, weights: tf.Tensor, reduced: Sequence[int] = ()) -> tf.Tensor:
    """`values`, with 0 where the weight is 0; as they are where it is known that none is."""
    if weights.shape.rank == 0 or not tf.executing_eagerly():
        known = tf.get_static_value(weights)
        if known is not None and np.all(known != 0):
            return values
    wanted = tf.not_equal(weights, 0)
    if weights.shape.rank > 0:
        # It is for the leading dimensions of the losses: it gets an axis for each one of `values`.
        once = []
        for axis, size in enumerate(shapes.of(values)):
            if axis in reduced or axis >= wanted.shape.rank:
                wanted = tf.expand_dims(wanted, axis)
            elif size == 1 and shapes.size(wanted, axis) != 1:
                once.append(axis)  # one value for many weights
        if once:
            wanted = tf.reduce_any(wanted, once, keepdims=True)
    return tf.where(wanted, values, tf.zeros_like(values))


def weighted_sum(losses: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """The sum of all losses, each times its weight; a scalar."""
    losses = kept(losses, weights)
    if weights.shape.rank == 0:
        return tf.reduce_sum(losses) * weights
    covered = list(range(weights.shape.rank, losses.shape.rank))
    return tf.reduce_sum(tf.reduce_sum(losses, covered) * weights)


def present(losses: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
    """How many losses have a weight other than 0: for each weight, in the shape of `weights`."""
    covered = _size_of(losses, weights.shape.rank)
    return tf.where(tf.equal(weights, 0), tf.zeros_like(weights), covered)


def _size_of(losses: tf.Tensor, axis: int) -> tf.Tensor:
    """How many losses there are in one place of the axes before `axis`."""
    if losses.shape.rank is not None and losses.shape[axis:].is_fully_defined():
        # The count then goes by the weights alone, and is known before any loss is computed.
        return tf.constant(losses.shape[axis:].num_elements(), losses.dtype)
    sizes = tf.shape(losses, out_type=tf.int64)
    return tf.cast(tf.reduce_prod(sizes[axis:]), losses.dtype)


def safe_divide(numerator: tf.Tensor, denominator: tf.Tensor, name: str = "value") -> tf.Tensor:
    """The quotient, and 0 where the denominator is 0."""
    return tf.math.divide_no_nan(numerator, denominator, name=name)


def here() -> str:
    """The scope that is open, as the beginning of a message; empty if there is none."""
    scope = tf.get_current_name_scope()
    return f"In {scope}: " if scope else ""
