"""Metrics over the matrix of true and predicted classes."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tf_slim.metrics import engine, inputs
from tf_slim.metrics.bins import count_in_bins
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Collections, DType, Tensor, TensorLike


@checked
def confusion_matrix(
    labels: TensorLike,
    predictions: TensorLike,
    num_classes: int | None = None,
    dtype: DType = tf.int32,
    name: str | None = None,
    weights: TensorLike | None = None,
) -> Tensor:
    """How often each class was taken for each other, in one batch.

    Args:
      labels: indices of the true classes, `[batch]`.
      predictions: indices of the predicted classes, `[batch]`.
      num_classes: one more than the greatest index by default.
      dtype: of the result.
      name: of the scope of the operations.
      weights: None for 1, or `[batch]`.

    Returns:
      `[num_classes, num_classes]`: rows are true classes, columns predicted ones.

    Raises:
      ValueError: the shapes do not fit.
      tf.errors.InvalidArgumentError: an index is out of range.

    Examples:
      >>> print(slim.metrics.confusion_matrix([0, 1, 1], [0, 0, 1]).numpy())
      [[1 0]
       [1 1]]
    """
    return tf.math.confusion_matrix(
        labels, predictions, num_classes=num_classes, weights=weights, dtype=dtype, name=name
    )


def _confusion(
    where: str, num_classes: int, predictions: Any, labels: Any, weights: Any, dtype: tf.DType
) -> tf.Tensor:
    """The confusion matrix of checked classes; an example of weight 0 may have any class."""
    predictions, labels = inputs.align(where, predictions, labels)
    counted = None
    if weights is not None:
        weights = tf.reshape(inputs.weighted(where, labels, weights)[1], [-1])
        counted = tf.not_equal(weights, 0.0)
    predictions = inputs.in_range(where, "predictions", predictions, num_classes, counted)
    labels = inputs.in_range(where, "labels", labels, num_classes, counted)
    size = num_classes**2
    cells = labels * num_classes + predictions
    known = (cells >= 0) & (cells < size)
    if counted is not None:
        known &= counted
    sums = count_in_bins(tf.where(known, cells, size), size, weights, dtype)
    return tf.reshape(sums, [num_classes, num_classes])


@engine.streaming("predictions", "labels", "weights")
def streaming_mean_iou(
    predictions: TensorLike,
    labels: TensorLike,
    num_classes: int,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """Intersection over union of predicted and true regions, averaged over the classes that occur.

    For a class it is `true positives / (true positives + false positives + false negatives)`.

    Args:
      predictions: classes, of any shape.
      labels: of the same shape. Where the weight is 0, labels may be out of range, as the 255 of
        pixels to ignore.
      num_classes: the number of classes.
      weights: None for 1; a scalar, or of the rank of `labels`, each size equal or 1.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update operation joins.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)` in a v1 graph: the value so far, and the operation that adds a batch;
      it returns the confusion matrix, `[num_classes, num_classes]`. See `slim.metrics.stateful`
      for all other code.

    Raises:
      ValueError: the shapes do not fit.
      tf.errors.InvalidArgumentError: a class is out of range, or weights are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_mean_iou, num_classes=2)
      >>> metric.update([0, 1, 1, 1], [0, 0, 1, 1])
      >>> print(metric.result().numpy().round(3))
      0.583
    """
    key = "total_confusion_matrix"

    def measure(predictions, labels, weights):
        return {
            key: _confusion(
                "streaming_mean_iou", num_classes, predictions, labels, weights, tf.float64
            )
        }

    def result(state):
        matrix = tf.cast(state[key], tf.float32)
        both = tf.linalg.diag_part(matrix)
        either = tf.reduce_sum(matrix, 0) + tf.reduce_sum(matrix, 1) - both
        occurring = tf.reduce_sum(tf.cast(either > 0.0, tf.float32))
        return tf.math.divide_no_nan(tf.reduce_sum(tf.math.divide_no_nan(both, either)), occurring)

    spec = tf.TensorSpec([num_classes, num_classes], tf.float64)
    return engine.Metric(
        "mean_iou",
        {key: spec},
        measure=measure,
        result=result,
        updated=lambda state: state[key],
    )


@engine.streaming("labels", "predictions_idx", "weights")
def cohen_kappa(
    labels: TensorLike,
    predictions_idx: TensorLike,
    num_classes: int,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """Agreement of predictions and labels beyond chance, at most 1; 0 without data.

    Source: Cohen, A Coefficient of Agreement for Nominal Scales, 1960.

    Args:
      labels: indices of the true classes, `[batch]` or `[batch, 1]`.
      predictions_idx: indices of the predicted classes, of the same shape.
      num_classes: the number of classes, at least 2.
      weights: None for 1; a scalar, or of the rank of `labels`, each size equal or 1.
      metrics_collections: see `streaming_mean_iou`.
      updates_collections: see `streaming_mean_iou`.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)` in a v1 graph: the value so far, and the operation that adds a batch
      and returns the value then. See `slim.metrics.stateful` for all other code.

    Raises:
      ValueError: the shapes do not fit, or `num_classes` is less than 2.
      tf.errors.InvalidArgumentError: a class is out of range, or weights are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.cohen_kappa, num_classes=2)
      >>> metric.update([0, 1, 1, 0], [0, 1, 0, 0])
      >>> print(metric.result().numpy().round(3))
      0.5
    """
    if num_classes < 2:
        raise ValueError(f"cohen_kappa: num_classes must be at least 2; got {num_classes}.")

    def state(unused_labels, unused_predictions, weights):
        spec = tf.TensorSpec([num_classes], tf.int64 if weights is None else tf.float32)
        return {"po": spec, "pe_row": spec, "pe_col": spec}

    def measure(labels, predictions, weights):
        matrix = _confusion("cohen_kappa", num_classes, predictions, labels, weights, tf.float32)
        return {
            "po": tf.linalg.diag_part(matrix),
            "pe_row": tf.reduce_sum(matrix, 0),
            "pe_col": tf.reduce_sum(matrix, 1),
        }

    def result(state):
        agreed, predicted, true = (
            tf.cast(state[n], tf.float64) for n in ("po", "pe_row", "pe_col")
        )
        total = tf.reduce_sum(predicted)
        by_chance = tf.math.divide_no_nan(tf.reduce_sum(predicted * true), total)
        return tf.math.divide_no_nan(tf.reduce_sum(agreed) - by_chance, total - by_chance)

    return engine.Metric("cohen_kappa", state, measure=measure, result=result)
