"""The cross entropy that fits the labels, whichever of their kinds they are of."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.losses import classification
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Tensor, TensorLike


@checked
def label_cross_entropy(
    logits: TensorLike,
    labels: TensorLike,
    weights: TensorLike = 1.0,
    label_smoothing: float = 0.0,
    multi_label: bool = False,
    scope: str | None = None,
) -> Tensor:
    """Cross entropy with labels as data have them: class indices, distributions, several classes.

    Class indices are integers: `sparse_softmax_cross_entropy`. What mixup and CutMix make of them
    are distributions over the classes: `softmax_cross_entropy`. So one loss function serves a
    training with and without them.

    Args:
      logits: scores, `[batch, classes]`.
      labels: integers in [0, classes), `[batch]`; or floats, `[batch, classes]`, a distribution, or
        with `multi_label` a probability for each class.
      weights: see `compute_weighted_loss`, `[batch]`; with `multi_label` also `[batch, classes]`.
      label_smoothing: in [0, 1]; the part of the distribution that is spread over all classes
        (Szegedy et al., Rethinking the Inception Architecture, arXiv:1512.00567), or, with
        `multi_label`, how far labels are drawn towards 1/2.
      multi_label: whether classes do not exclude each other: `sigmoid_cross_entropy`.
      scope: name of the scope of the operations.

    Returns:
      The weighted mean, a scalar, collected by `add_loss`.

    Raises:
      AttributeError: there are no labels.
      ValueError: the shapes do not fit, or `label_smoothing` is out of range.
      tf.errors.InvalidArgumentError: a label is out of range.

    Examples:
      >>> logits = tf.constant([[2.0, 0.0, 0.0]])
      >>> indices = slim.losses.label_cross_entropy(logits, [0])
      >>> mixed = slim.losses.label_cross_entropy(logits, tf.constant([[0.7, 0.3, 0.0]]))
      >>> print(f"{indices:.3f} {mixed:.3f}")
      0.240 0.840
    """
    if multi_label:
        # Those of examples count for each of the classes.
        weights = tf.convert_to_tensor(weights)
        weights = weights[:, tf.newaxis] if weights.shape.rank == 1 else weights
        return classification.sigmoid_cross_entropy(logits, labels, weights, label_smoothing, scope)
    # The losses say what is wrong with labels that are none.
    floating = labels is not None and tf.convert_to_tensor(labels).dtype.is_floating
    if floating:
        return classification.softmax_cross_entropy(logits, labels, weights, label_smoothing, scope)
    if not label_smoothing:
        return classification.sparse_softmax_cross_entropy(logits, labels, weights, scope)
    return classification.smoothed_sparse_softmax_cross_entropy(
        logits, labels, weights, label_smoothing, scope
    )
