"""Losses between class scores and labels. Argument order: scores, then labels."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.losses import engine
from tf_slim.ops import shapes
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Tensor, TensorLike


@checked
def softmax_cross_entropy(
    logits: TensorLike,
    onehot_labels: TensorLike,
    weights: TensorLike = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
) -> Tensor:
    """Cross entropy between a softmax over `logits` and a distribution over the classes.

    Gradients flow into `logits` only.

    Args:
      logits: scores, `[batch, classes]` or `[batch, d1, ..., classes]`.
      onehot_labels: the distribution, of the same shape.
      weights: see `compute_weighted_loss`; for losses of shape `[batch]` or `[batch, d1, ...]`.
      label_smoothing: in [0, 1]; the part of the distribution that is spread over all classes
        (Szegedy et al., Rethinking the Inception Architecture, arXiv:1512.00567).
      scope: name of the scope of the operations.

    Returns:
      The weighted mean, a scalar, collected by `add_loss`.

    Raises:
      ValueError: the shapes do not fit, or `label_smoothing` is out of range.

    Examples:
      >>> logits = tf.constant([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
      >>> onehot = slim.one_hot_encoding([0, 1], num_classes=3)
      >>> print(slim.losses.softmax_cross_entropy(logits, onehot).numpy().round(3))
      0.395
    """
    values = [logits, onehot_labels, weights]
    with tf.compat.v1.name_scope(scope, "softmax_cross_entropy_loss", values):
        values = engine.pair(logits, onehot_labels)
        classes_axis = _axis_of_classes(values[0])
        weights, logits, labels = engine.without_ignored(weights, *values, reduced=classes_axis)
        if _smooths(label_smoothing):
            classes = tf.cast(tf.shape(labels)[-1], labels.dtype)
            labels = labels * (1.0 - label_smoothing) + label_smoothing / classes
        losses = tf.nn.softmax_cross_entropy_with_logits(
            labels=tf.stop_gradient(labels), logits=logits, name="xentropy"
        )
        return engine.collected_mean_of(losses, weights)


@checked
def sparse_softmax_cross_entropy(
    logits: TensorLike, labels: TensorLike, weights: TensorLike = 1.0, scope: str | None = None
) -> Tensor:
    """Cross entropy between a softmax over `logits` and the index of the true class.

    Args:
      logits: scores, `[batch, classes]` or `[batch, d1, ..., classes]`.
      labels: integers in [0, classes), `[batch]` or `[batch, 1]`; for logits of a higher rank
        `[batch, d1, ...]`.
      weights: see `compute_weighted_loss`; for losses of the shape of `labels`.
      scope: name of the scope of the operations.

    Returns:
      The weighted mean, a scalar, collected by `add_loss`.

    Raises:
      AttributeError: there are no labels.
      ValueError: the shapes do not fit, or the labels are no integers.
      tf.errors.InvalidArgumentError: a label is out of range.

    Examples:
      >>> logits = tf.constant([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
      >>> print(slim.losses.sparse_softmax_cross_entropy(logits, [0, 1]).numpy().round(3))
      0.395
      >>> weighted = slim.losses.sparse_softmax_cross_entropy(logits, [0, 1], weights=[1.0, 0.0])
      >>> print(weighted.numpy().round(3))
      0.24
    """
    values = [logits, labels, weights]
    with tf.compat.v1.name_scope(scope, "sparse_softmax_cross_entropy_loss", values):
        logits, labels = _class_indices("sparse_softmax_cross_entropy", logits, labels)
        weights, logits = engine.without_ignored(weights, logits, reduced=_axis_of_classes(logits))
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(
            labels=labels, logits=logits, name="xentropy"
        )
        return engine.collected_mean_of(losses, weights)


@checked
def smoothed_sparse_softmax_cross_entropy(
    logits: TensorLike,
    labels: TensorLike,
    weights: TensorLike = 1.0,
    label_smoothing: float = 0.1,
    scope: str | None = None,
) -> Tensor:
    """`softmax_cross_entropy` with label smoothing, from class indices: no one-hot labels are made.

    Source: Szegedy et al., Rethinking the Inception Architecture for Computer Vision,
    arXiv:1512.00567.

    Args:
      logits: scores, `[batch, classes]` or `[batch, d1, ..., classes]`.
      labels: integers in [0, classes), see `sparse_softmax_cross_entropy`.
      weights: see `compute_weighted_loss`; for losses of the shape of `labels`.
      label_smoothing: in [0, 1]; the part of the distribution that is spread over all classes.
      scope: name of the scope of the operations.

    Returns:
      The weighted mean, a scalar, collected by `add_loss`.

    Raises:
      AttributeError: there are no labels.
      ValueError: the shapes do not fit, the labels are no integers, or `label_smoothing` is out of
        range.
      tf.errors.InvalidArgumentError: a label is out of range.

    Examples:
      >>> logits = tf.constant([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
      >>> print(slim.losses.smoothed_sparse_softmax_cross_entropy(logits, [0, 1]).numpy().round(3))
      0.495
      >>> onehot = slim.one_hot_encoding([0, 1], 3)
      >>> loss = slim.losses.softmax_cross_entropy(logits, onehot, label_smoothing=0.1)
      >>> print(loss.numpy().round(3))
      0.495
    """
    values = [logits, labels, weights]
    with tf.compat.v1.name_scope(scope, "smoothed_sparse_softmax_cross_entropy_loss", values):
        logits, labels = _class_indices("smoothed_sparse_softmax_cross_entropy", logits, labels)
        weights, logits = engine.without_ignored(weights, logits, reduced=_axis_of_classes(logits))
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits)
        if _smooths(label_smoothing):
            uniform = tf.reduce_logsumexp(logits, -1) - tf.reduce_mean(logits, -1)
            losses = (1.0 - label_smoothing) * losses + label_smoothing * uniform
        return engine.collected_mean_of(losses, weights)


@checked
def sigmoid_cross_entropy(
    logits: TensorLike,
    multi_class_labels: TensorLike,
    weights: TensorLike = 1.0,
    label_smoothing: float = 0,
    scope: str | None = None,
) -> Tensor:
    """Cross entropy for classes that do not exclude each other.

    Args:
      logits: scores, `[batch, classes]`, or of any other shape.
      multi_class_labels: probabilities of the same shape, usually 0 or 1.
      weights: see `compute_weighted_loss`; for losses of the shape of `logits`.
      label_smoothing: in [0, 1]; how far labels are drawn towards 1/2.
      scope: name of the scope of the operations.

    Returns:
      The weighted mean, a scalar, collected by `add_loss`.

    Raises:
      AttributeError: there are no labels.
      ValueError: the shapes do not fit, or `label_smoothing` is out of range.

    Examples:
      >>> logits = tf.constant([[2.0, -2.0, 0.0]])
      >>> print(slim.losses.sigmoid_cross_entropy(logits, [[1.0, 0.0, 1.0]]).numpy().round(3))
      0.316
    """
    values = [logits, multi_class_labels, weights]
    with tf.compat.v1.name_scope(scope, "sigmoid_cross_entropy_loss", values):
        values = engine.pair(logits, multi_class_labels)
        weights, logits, labels = engine.without_ignored(weights, *values)
        if _smooths(label_smoothing):
            labels = labels * (1.0 - label_smoothing) + 0.5 * label_smoothing
        losses = tf.nn.sigmoid_cross_entropy_with_logits(
            labels=labels, logits=logits, name="xentropy"
        )
        return engine.collected_mean_of(losses, weights)


@checked
def log_loss(
    predictions: TensorLike,
    labels: TensorLike | None = None,
    weights: TensorLike = 1.0,
    epsilon: float = 1e-7,
    scope: str | None = None,
) -> Tensor:
    """Cross entropy between predicted probabilities and labels.

    Args:
      predictions: probabilities in [0, 1], `[batch, d1, ..., dN]`.
      labels: of the same shape, usually 0 or 1.
      weights: see `compute_weighted_loss`; for losses of the shape of `predictions`.
      epsilon: added inside both logarithms.
      scope: name of the scope of the operations.

    Returns:
      The weighted mean, a scalar, collected by `add_loss`.

    Raises:
      AttributeError: there are no labels.
      ValueError: the shapes do not fit.

    Examples:
      >>> print(slim.losses.log_loss(tf.constant([0.9, 0.2]), [1.0, 0.0]).numpy().round(3))
      0.164
    """
    with tf.compat.v1.name_scope(scope, "log_loss", [predictions, labels, weights]):
        values = engine.pair(predictions, labels)
        weights, predicted, true = engine.without_ignored(weights, *values)
        hit = true * tf.math.log(predicted + epsilon)
        miss = (1.0 - true) * tf.math.log(1.0 - predicted + epsilon)
        return engine.collected_mean_of(-hit - miss, weights)


@checked
def hinge_loss(
    logits: TensorLike, labels: TensorLike | None = None, scope: str | None = None
) -> Tensor:
    """The hinge loss of each score, neither reduced nor collected.

    `compute_weighted_loss` does both.

    Args:
      logits: scores, of any shape.
      labels: 0 or 1, of the same shape.
      scope: name of the scope of the operations.

    Returns:
      `max(0, 1 - sign * logits)` with a sign of +1 for label 1 and -1 for label 0, of the shape
      of `logits`.

    Raises:
      AttributeError: there are no labels.
      ValueError: the shapes do not fit.

    Examples:
      >>> losses = slim.losses.hinge_loss(tf.constant([[2.0, -0.5]]), tf.constant([[1.0, 1.0]]))
      >>> print(losses.numpy())
      [[0.  1.5]]
      >>> print(slim.losses.compute_weighted_loss(losses).numpy())
      0.75
    """
    with tf.compat.v1.name_scope(scope, "hinge_loss", [logits, labels]):
        scores, true = engine.pair(logits, labels)
        return tf.nn.relu(1.0 - (2.0 * true - 1.0) * scores)


def _axis_of_classes(logits: tf.Tensor) -> list[int]:
    """The last one, if the rank is known."""
    rank = logits.shape.rank
    return [rank - 1] if rank else []


def _smooths(label_smoothing) -> bool:
    if not 0 <= label_smoothing <= 1:
        raise ValueError(
            f"{engine.here()}label_smoothing={label_smoothing} is out of range: expected a number "
            "in [0, 1], such as 0.1."
        )
    return label_smoothing > 0


def _class_indices(loss: str, logits, labels) -> tuple[tf.Tensor, tf.Tensor]:
    where = f"{engine.here()}{loss}: "
    if labels is None:
        raise AttributeError(
            f"{where}labels are missing: pass the index of the true class of each example, [batch]."
        )
    logits, labels = engine.as_float(logits), tf.convert_to_tensor(labels)
    if not labels.dtype.is_integer:
        raise ValueError(
            f"{where}labels are indices of classes, so integers; got {labels.dtype.name}. For one "
            "distribution an example use softmax_cross_entropy."
        )
    rank = logits.shape.rank
    if rank is None or rank == 2:
        # [batch, 1] as well as [batch], also when the rank is known at run time only.
        if labels.shape.rank in (None, 2) and labels.shape[1:].is_compatible_with([1]):
            labels = tf.reshape(labels, tf.shape(labels)[:1])
    elif labels.shape.rank == rank and shapes.size(labels, -1) == 1:
        labels = tf.squeeze(labels, [-1])
    if not logits.shape[:-1].is_compatible_with(labels.shape):
        raise ValueError(
            f"{where}labels must have the shape of logits without its last dimension; got logits "
            f"{logits.shape} and labels {labels.shape}."
        )
    return logits, _within_classes(where, labels, logits)


def _within_classes(where: str, labels: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """The labels, checked when the graph runs: on a GPU one out of range would give NaN."""
    indices, classes = tf.cast(labels, tf.int64), tf.shape(logits, out_type=tf.int64)[-1]
    inside = tf.reduce_all((indices >= 0) & (indices < classes))
    message = (
        f"{where}labels must be class indices from 0 to one less than the number of classes, the "
        f"last size of logits {logits.shape}; got others. Give examples to ignore the label 0 and "
        "the weight 0."
    )
    check = tf.raw_ops.Assert(condition=inside, data=[message])
    with tf.control_dependencies([] if check is None else [check]):
        return tf.identity(labels)
