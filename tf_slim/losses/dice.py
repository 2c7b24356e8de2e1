"""The Dice loss, of overlapping regions."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.losses import engine
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Tensor, TensorLike


@checked
def dice_loss(
    predictions: TensorLike,
    labels: TensorLike,
    weights: TensorLike = 1.0,
    epsilon: float = 1e-6,
    scope: str | None = None,
) -> Tensor:
    """One minus the overlap of predicted and true regions, whatever their size.

    For each example and class, over all its pixels,

        1 - (2 * sum(predictions * labels) + epsilon)
            / (sum(predictions**2) + sum(labels**2) + epsilon)

    It is 0 for equal regions, two empty ones included, and near 1 for separate ones.

    Source: Milletari et al., V-Net: Fully Convolutional Neural Networks for Volumetric Medical
    Image Segmentation, arXiv:1606.04797.

    Args:
      predictions: probabilities in [0, 1], `[batch, d1, ..., dN, classes]`, with `classes` = 1 for
        one kind of region. Scores become probabilities by `tf.sigmoid` or `tf.nn.softmax`.
      labels: of the same shape, usually 0 or 1.
      weights: see `compute_weighted_loss`; for losses of shape `[batch, classes]`.
      epsilon: added to numerator and denominator.
      scope: name of the scope of the operations.

    Returns:
      The weighted mean, a scalar, collected by `add_loss`.

    Raises:
      AttributeError: there are no labels.
      ValueError: the shapes do not fit, or have no pixels between batch and classes.

    Examples:
      >>> predicted = tf.constant([[[1.0], [1.0], [0.0], [0.0]]])
      >>> labels = tf.constant([[[1.0], [0.0], [0.0], [0.0]]])
      >>> print(slim.losses.dice_loss(predicted, labels).numpy().round(3))
      0.333
    """
    with tf.compat.v1.name_scope(scope, "dice_loss", [predictions, labels, weights]):
        predictions, labels = engine.pair(predictions, labels)
        rank = predictions.shape.rank
        if rank is None or rank < 3:
            raise ValueError(
                f"{engine.here()}predictions must be [batch, d1, ..., dN, classes] of a known "
                f"rank; got shape {predictions.shape}. For one kind of region add a last dimension "
                "of 1: predictions[..., tf.newaxis]."
            )
        pixels = list(range(1, rank - 1))
        weights, predictions, labels = engine.without_ignored(
            weights, predictions, labels, reduced=pixels
        )
        both = tf.reduce_sum(predictions * labels, pixels)
        squares = tf.reduce_sum(predictions**2 + labels**2, pixels)
        losses = 1.0 - (2.0 * both + epsilon) / (squares + epsilon)
        return engine.collected_mean_of(losses, weights)
