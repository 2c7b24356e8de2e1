"""How often the predicted class is the true one."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.metrics import engine, inputs
from tf_slim.metrics.means import mean_of
from tf_slim.ops.arguments import ANY_TENSOR
from tf_slim.ops.types import Collections, Tensor, TensorLike


def accuracy(
    predictions: TensorLike,
    labels: TensorLike,
    weights: TensorLike | None = None,
    name: str | None = None,
) -> Tensor:
    """The share of right predictions in one batch; it keeps nothing (see `streaming_accuracy`).

    Args:
      predictions: classes, of any shape: integers, booleans or strings.
      labels: of the same shape and dtype.
      weights: None for 1; a scalar, or of the rank of `labels`, each size equal or 1.
      name: of the scope of the operations.

    Returns:
      A scalar in [0, 1]; 0 for an empty batch or when all weights are 0.

    Raises:
      ValueError: the shapes or dtypes do not fit.

    Examples:
      >>> print(slim.metrics.accuracy([1, 2, 0], [1, 2, 2]).numpy().round(3))
      0.667
    """
    with tf.compat.v1.name_scope(name, "accuracy", [predictions, labels]):
        predictions, labels = tf.convert_to_tensor(predictions), tf.convert_to_tensor(labels)
        if not (labels.dtype.is_integer or labels.dtype in (tf.bool, tf.string)):
            raise ValueError(
                "accuracy: labels are classes, so integers, booleans or strings; got "
                f"{labels.dtype.name}."
            )
        if labels.dtype.base_dtype != predictions.dtype.base_dtype:
            raise ValueError(
                f"accuracy: predictions and labels must have one dtype; got predictions "
                f"{predictions.dtype.name} and labels {labels.dtype.name}. Scores become classes "
                "by tf.argmax(scores, -1)."
            )
        if not predictions.shape.is_compatible_with(labels.shape):
            raise ValueError(
                "accuracy: predictions and labels must have one shape; got predictions "
                f"{predictions.shape} and labels {labels.shape}."
            )
        right, count = inputs.weighted_sums("accuracy", tf.equal(predictions, labels), weights)
        return tf.math.divide_no_nan(right, count)


@engine.streaming("predictions", "labels", "weights", predictions=ANY_TENSOR, labels=ANY_TENSOR)
def streaming_accuracy(
    predictions: TensorLike,
    labels: TensorLike,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """How often `predictions` equals `labels`; 0 before the first batch.

    Args:
      predictions: classes, of any shape.
      labels: of the same shape; a last dimension of 1 that only one of them has is dropped.
      weights: None for 1; a scalar, or of the rank of `labels`, each size equal or 1.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update operation joins.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)` in a v1 graph: the value so far, and the operation that adds a batch
      and returns the value then. See `slim.metrics.stateful` for all other code.

    Raises:
      ValueError: the shapes do not fit.
      tf.errors.InvalidArgumentError: predictions or weights are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_accuracy)
      >>> metric.update([1, 2, 0], [1, 2, 2])
      >>> print(metric.result().numpy().round(3))
      0.667
    """

    def values(predictions, labels):
        predictions, labels = inputs.align("streaming_accuracy", predictions, labels)
        predictions = inputs.not_nan("streaming_accuracy", predictions)
        return tf.equal(tf.cast(predictions, labels.dtype), labels)

    return mean_of("accuracy", "streaming_accuracy", values)


@engine.streaming("predictions", "labels", "weights")
def streaming_recall_at_k(
    predictions: TensorLike,
    labels: TensorLike,
    k: int,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """How often the true class is among the `k` with the highest scores (top-k accuracy).

    Args:
      predictions: scores, `[batch, classes]`.
      labels: indices of the true classes, `[batch]`.
      k: how many classes count as found, from 1 to `classes`.
      weights: see `streaming_accuracy`.
      metrics_collections: see `streaming_accuracy`.
      updates_collections: see `streaming_accuracy`.
      name: of the scope of the variables, `recall_at_<k>` by default.

    Returns:
      `(value, update_op)`, see `streaming_accuracy`.

    Raises:
      ValueError: the shapes do not fit, or `k` is out of range.
      tf.errors.InvalidArgumentError: predictions or weights are NaN, or labels out of
        range.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_recall_at_k, k=2)
      >>> metric.update([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]], [2, 2])
      >>> print(metric.result().numpy().round(3))
      0.5
    """
    where = "streaming_recall_at_k"

    def values(predictions, labels):
        predictions, labels = tf.convert_to_tensor(predictions), tf.convert_to_tensor(labels)
        fits = predictions.shape.rank in (None, 2) and labels.shape.rank in (None, 1)
        if not (fits and predictions.shape[:1].is_compatible_with(labels.shape)):
            raise ValueError(
                f"{where}: expected predictions [batch, classes] and labels [batch]; got "
                f"predictions {predictions.shape} and labels {labels.shape}."
            )
        if not labels.dtype.is_integer:
            raise ValueError(
                f"{where}: labels are indices of classes, so integers; got {labels.dtype.name}."
            )
        predictions = inputs.check_k(where, predictions, k)
        predictions = inputs.not_nan(where, tf.cast(predictions, tf.float32))
        # One out of range would count as never found.
        labels = inputs.in_range(where, "labels", labels, tf.shape(predictions)[-1])
        return tf.math.in_top_k(labels, predictions, k)

    return mean_of(f"recall_at_{k}", where, values)
