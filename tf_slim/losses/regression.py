"""Losses between predicted values and true ones. Argument order: predictions, then labels."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.losses import engine
from tf_slim.losses.collection import add_loss
from tf_slim.ops import collect
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Tensor, TensorLike


@checked
def mean_squared_error(
    predictions: TensorLike,
    labels: TensorLike | None = None,
    weights: TensorLike = 1.0,
    scope: str | None = None,
) -> Tensor:
    """The weighted mean of `(predictions - labels)**2`.

    Args:
      predictions: `[batch, d1, ..., dN]`.
      labels: of the same shape.
      weights: see `compute_weighted_loss`.
      scope: name of the scope of the operations.

    Returns:
      A scalar, collected by `add_loss`.

    Raises:
      AttributeError: there are no labels.
      ValueError: the shapes do not fit.

    Examples:
      >>> predictions, labels = tf.constant([1.0, 4.0]), tf.constant([2.0, 2.0])
      >>> print(slim.losses.mean_squared_error(predictions, labels).numpy())
      2.5
      >>> print(slim.losses.mean_squared_error(predictions, labels, weights=[1.0, 0.0]).numpy())
      1.0
    """
    with tf.compat.v1.name_scope(scope, "mean_squared_error", [predictions, labels, weights]):
        values = engine.pair(predictions, labels)
        weights, *values = engine.without_ignored(weights, *values)
        return engine.collected_mean_of(tf.math.squared_difference(*values), weights)


@checked
def absolute_difference(
    predictions: TensorLike,
    labels: TensorLike | None = None,
    weights: TensorLike = 1.0,
    scope: str | None = None,
) -> Tensor:
    """The weighted mean of `|predictions - labels|`.

    Arguments, return value and errors are those of `mean_squared_error`.

    Examples:
      >>> print(slim.losses.absolute_difference(tf.constant([1.0, 4.0]), [2.0, 2.0]).numpy())
      1.5
    """
    with tf.compat.v1.name_scope(scope, "absolute_difference", [predictions, labels, weights]):
        values = engine.pair(predictions, labels)
        weights, predictions, labels = engine.without_ignored(weights, *values)
        return engine.collected_mean_of(tf.abs(predictions - labels), weights)


@checked
def cosine_distance(
    predictions: TensorLike,
    labels: TensorLike | None = None,
    axis: int | None = None,
    weights: TensorLike = 1.0,
    scope: str | None = None,
    dim: int | None = None,
) -> Tensor:
    """The weighted mean of `1 - predictions . labels`, for vectors of length 1.

    Args:
      predictions: vectors of length 1 along `axis`, `[batch, d1, ..., dN]`.
      labels: of the same shape.
      axis: the dimension to sum the products over.
      weights: see `compute_weighted_loss`; for losses of the shape of `predictions` without
        `axis`.
      scope: name of the scope of the operations.
      dim: an older name of `axis`.

    Returns:
      A scalar, collected by `add_loss`.

    Raises:
      AttributeError: there are no labels.
      ValueError: the shapes do not fit, or not exactly one of `axis` and `dim` is given.

    Examples:
      >>> predictions = tf.constant([[1.0, 0.0], [0.6, 0.8]])
      >>> labels = tf.constant([[1.0, 0.0], [1.0, 0.0]])
      >>> print(slim.losses.cosine_distance(predictions, labels, axis=1).numpy().round(3))
      0.2
    """
    if (axis is None) == (dim is None):
        raise ValueError(
            "cosine_distance needs the dimension along which the vectors lie, such as axis=1 (or "
            f"dim=1, its older name; not both). Got axis={axis}, dim={dim}."
        )
    axis = dim if axis is None else axis
    with tf.compat.v1.name_scope(scope, "cosine_distance_loss", [predictions, labels, weights]):
        values = engine.pair(predictions, labels)
        rank = values[0].shape.rank
        reduced = [] if rank is None else [axis % rank]
        weights, predictions, labels = engine.without_ignored(weights, *values, reduced=reduced)
        losses = 1.0 - tf.reduce_sum(predictions * labels, [axis])
        return engine.collected_mean_of(losses, weights)


@checked
def mean_pairwise_squared_error(
    predictions: TensorLike,
    labels: TensorLike | None = None,
    weights: TensorLike = 1.0,
    scope: str | None = None,
) -> Tensor:
    """How far the differences between the values of an example are off, summed over the batch.

    With `d = predictions - labels`, flattened to n values an example, the loss of an example is
    `2 * sum(d**2) / n - 2 * (sum(d) / n)**2`: the mean of `(d[i] - d[j])**2` over all ordered
    pairs (i, j), those with i = j included. It is 0 when predictions and labels differ by a
    constant. (`tf.compat.v1.losses.mean_pairwise_squared_error` averages over fewer pairs and
    over the batch, so its numbers are others.)

    Args:
      predictions: `[batch, d1, ..., dN]`.
      labels: of the same shape.
      weights: a scalar, or one weight for each example, `[batch]` or `[batch, 1]`.
      scope: name of the scope of the operations.

    Returns:
      A scalar, collected by `add_loss`.

    Raises:
      AttributeError: there are no labels.
      ValueError: the shapes do not fit.

    Examples:
      >>> predictions = tf.constant([[1.0, 2.0, 3.0]])
      >>> print(slim.losses.mean_pairwise_squared_error(predictions, predictions + 5.0).numpy())
      0.0
    """
    values = [predictions, labels, weights]
    with tf.compat.v1.name_scope(scope, "mean_pairwise_squared_error", values):
        predictions, labels = engine.pair(predictions, labels)
        difference = predictions - labels
        if difference.shape.rank in (None, 0):
            raise ValueError(
                "mean_pairwise_squared_error: predictions need a known shape [batch, ...]; got "
                f"{predictions.shape}."
            )
        weights = engine.as_weights(weights, difference)
        if weights.shape.rank > 1:
            raise ValueError(
                "mean_pairwise_squared_error: weights are for whole examples, a scalar or "
                f"[batch]; got shape {weights.shape}."
            )
        difference = engine.kept(difference, weights)
        weights = weights * tf.ones(tf.shape(difference)[:1], difference.dtype)
        count = engine.present(difference, weights)
        within = list(range(1, difference.shape.rank))
        squares = engine.safe_divide(tf.reduce_sum(difference**2, within), count)
        mean = engine.safe_divide(tf.reduce_sum(difference, within), count)
        losses = weights * (2.0 * squares - 2.0 * mean**2)
        # A sum over the batch, where others are means: each replica's share of it is as many times
        # smaller as there are replicas.
        losses *= collect.replica_count()
        loss = tf.reduce_sum(losses, name="value")
        add_loss(loss)
        return loss
