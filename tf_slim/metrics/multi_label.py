"""How well the pictures of each class are ranked, where a picture may be of several classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_slim.metrics import engine, inputs
from tf_slim.metrics.bins import count_in_bins
from tf_slim.ops import shapes
from tf_slim.ops.types import Collections, TensorLike

# A logit is known to 1/128, from -16 to 16: scores that are nearer to each other count as equal.
_STEPS = 128.0
_LARGEST = 16.0
_BINS = int(2 * _LARGEST * _STEPS) + 1


def _ranking(name: str, num_classes: int, of_class: Callable[..., Any]) -> engine.Metric:
    """A mean over classes, of which those that `of_class` cannot judge are left out."""
    where = f"streaming_{name}"

    def measure(predictions, labels, weights):
        predictions, labels = inputs.align(where, predictions, labels)
        found = shapes.size(predictions, -1) if predictions.shape.rank else None
        if found not in (None, num_classes):
            raise ValueError(
                f"{where}: expected predictions [batch, {num_classes}], one a class;"
                f" got {predictions.shape}."
            )
        predictions = tf.cast(inputs.not_nan(where, predictions), tf.float32)
        if weights is not None:
            weights = inputs.weights_like(where, weights, predictions)
        labels = tf.cast(inputs.zero_or_one(where, labels, weights), tf.int32)
        inside = tf.clip_by_value(predictions, -_LARGEST, _LARGEST)
        bins = tf.cast(tf.math.rint((inside + _LARGEST) * _STEPS), tf.int32)
        cells = (labels * num_classes + tf.range(num_classes)) * _BINS + bins
        counts = count_in_bins(cells, 2 * num_classes * _BINS, weights)
        return {"counts": tf.reshape(counts, [2, num_classes, _BINS])}

    def result(state: engine.State) -> tf.Tensor:
        negatives, positives = tf.unstack(state["counts"])
        values, judged = of_class(positives, negatives)
        judged = tf.cast(judged, tf.float32)
        return tf.math.divide_no_nan(tf.reduce_sum(values * judged), tf.reduce_sum(judged))

    spec = tf.TensorSpec([2, num_classes, _BINS], tf.float32)
    return engine.Metric(name, state={"counts": spec}, measure=measure, result=result)


@engine.streaming("predictions", "labels", "weights")
def streaming_mean_average_precision(
    predictions: TensorLike,
    labels: TensorLike,
    num_classes: int,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """The mean over classes of average precision: the mean of the precision at each positive.

    C. D. Manning et al., "Introduction to Information Retrieval", 2008, section 8.4; precision is
    not interpolated. Classes without a positive are left out of the mean.

    Args:
      predictions: logits, or other scores from -16 to 16, `[batch, num_classes]`. Those that differ
        by less than 1/128 count as equal.
      labels: of the same shape; booleans, or 0 and 1, any number where the weight is 0.
      num_classes: how many classes there are.
      weights: None for 1; a scalar, `[batch]`, or of the rank of `labels`, each size equal or 1.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update operation joins.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)` in a v1 graph: the value so far, and the operation that adds a batch
      and returns the value then. See `slim.metrics.stateful` for all other code.

    Raises:
      ValueError: the shapes do not fit.
      tf.errors.InvalidArgumentError: labels are neither 0 nor 1, or predictions or weights are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(
      ...     slim.metrics.streaming_mean_average_precision, num_classes=2
      ... )
      >>> metric.update([[2.0, 1.0], [1.0, 3.0], [3.0, 0.5]], [[1, 0], [0, 1], [0, 0]])
      >>> print(metric.result().numpy())
      0.75
    """

    def average_precision(positives, negatives):
        total = tf.reduce_sum(positives, 1)
        hits = tf.cumsum(positives, 1, reverse=True)
        precision = tf.math.divide_no_nan(hits, hits + tf.cumsum(negatives, 1, reverse=True))
        area = tf.reduce_sum(positives * precision, 1)
        return tf.math.divide_no_nan(area, total), total > 0

    return _ranking("mean_average_precision", num_classes, average_precision)


@engine.streaming("predictions", "labels", "weights")
def streaming_mean_auc(
    predictions: TensorLike,
    labels: TensorLike,
    num_classes: int,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """The mean over classes of the area under the ROC curve.

    That is how often a positive has the higher score of a positive and a negative; ties count half.
    Classes that lack one of the two are left out of the mean. Arguments, return value and errors
    are those of `streaming_mean_average_precision`.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_mean_auc, num_classes=2)
      >>> metric.update([[2.0, -1.0], [1.0, 3.0], [-1.0, 0.5]], [[1, 0], [0, 1], [0, 0]])
      >>> print(metric.result().numpy())
      1.0
    """

    def area(positives, negatives):
        total = tf.reduce_sum(positives, 1) * tf.reduce_sum(negatives, 1)
        below = tf.cumsum(negatives, 1, exclusive=True) + negatives / 2.0
        return tf.math.divide_no_nan(tf.reduce_sum(positives * below, 1), total), total > 0

    return _ranking("mean_auc", num_classes, area)
