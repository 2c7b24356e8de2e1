"""Areas, points and best thresholds of ROC and precision-recall curves."""

from __future__ import annotations

import collections
from collections.abc import Callable

import tensorflow as tf

from tf_slim.metrics import engine, inputs
from tf_slim.metrics.bins import count_in_bins
from tf_slim.metrics.thresholds import EPSILON, at_thresholds, even_thresholds
from tf_slim.ops import modes
from tf_slim.ops.types import Collections, TensorLike

PrecisionRecallData = collections.namedtuple(
    "PrecisionRecallData", ["tp", "fp", "tn", "fn", "precision", "recall", "thresholds"]
)

_CASES = ("true_positives", "false_negatives", "true_negatives", "false_positives")
_SMOOTHING = 1e-6


def check_curve(where: str, curve: str) -> None:
    """Raises ValueError unless `curve` is "ROC" or "PR"."""
    if curve not in ("ROC", "PR"):
        raise ValueError(f"{where}: curve must be either ROC or PR, {curve} unknown.")


def _over_cases(
    name: str, where: str, num_thresholds: int, result: Callable[..., tf.Tensor]
) -> engine.Metric:
    """A metric over the counts tp, fn, tn, fp at evenly spread thresholds."""
    thresholds = even_thresholds(where, num_thresholds)
    return at_thresholds(
        name, where, thresholds, _CASES, lambda state: result(*(state[case] for case in _CASES))
    )


def _points(curve: str) -> Callable[..., tuple[tf.Tensor, tf.Tensor]]:
    """From counts to the points of a curve: (x, y), each `[thresholds]`."""

    def points(tp, fn, tn, fp):
        recall = (tp + _SMOOTHING) / (tp + fn + _SMOOTHING)
        if curve == "ROC":
            return fp / (fp + tn + _SMOOTHING), recall
        return recall, (tp + _SMOOTHING) / (tp + fp + _SMOOTHING)

    return points


@engine.streaming("predictions", "labels", "weights")
def streaming_auc(
    predictions: TensorLike,
    labels: TensorLike,
    weights: TensorLike | None = None,
    num_thresholds: int = 200,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    curve: str = "ROC",
    name: str | None = None,
) -> engine.Metric:
    """The area under a curve, by the trapezoidal rule over evenly spread thresholds.

    Exact only if the predictions are spread evenly over [0, 1]; see `streaming_dynamic_auc`.

    Args:
      predictions: in [0, 1], of any shape.
      labels: of the same shape; booleans, or 0 and 1, any number where the weight is 0.
      weights: None for 1; a scalar, or of the rank of `labels`, each size equal or 1.
      num_thresholds: how many points of the curve are kept.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update operation joins.
      curve: "ROC", or "PR" for precision over recall.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)` in a v1 graph: the value so far, and the operation that adds a batch
      and returns the value then. See `slim.metrics.stateful` for all other code.

    Raises:
      ValueError: the shapes do not fit, or a setting is unknown.
      tf.errors.InvalidArgumentError: predictions are outside [0, 1] or NaN, labels are neither 0
        nor 1, or weights are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_auc)
      >>> metric.update([0.1, 0.8, 0.6, 0.7], [0, 1, 1, 0])
      >>> print(metric.result().numpy().round(3))
      0.75
    """
    check_curve("streaming_auc", curve)

    def area(*cases):
        x, y = _points(curve)(*cases)
        return tf.reduce_sum((x[:-1] - x[1:]) * (y[:-1] + y[1:]) / 2.0)

    return _over_cases("auc", "streaming_auc", num_thresholds, area)


@engine.streaming("predictions", "labels", "weights")
def streaming_curve_points(
    labels: TensorLike | None = None,
    predictions: TensorLike | None = None,
    weights: TensorLike | None = None,
    num_thresholds: int = 200,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    curve: str = "ROC",
    name: str | None = None,
) -> engine.Metric:
    """The points of a curve at evenly spread thresholds.

    Arguments and errors are those of `streaming_auc`, but labels come first.

    Returns:
      `(value, update_op)`, see `streaming_auc`; each `[num_thresholds, 2]`: (false positive rate,
      recall) for "ROC", (recall, precision) for "PR".

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_curve_points, num_thresholds=3)
      >>> metric.update([0, 1, 1, 0], [0.1, 0.8, 0.6, 0.7])
      >>> print(metric.result().numpy().round(3))
      [[1.  1. ]
       [0.5 1. ]
       [0.  0. ]]
    """
    check_curve("streaming_curve_points", curve)
    return _over_cases(
        "curve_points",
        "streaming_curve_points",
        num_thresholds,
        lambda *cases: tf.stack(_points(curve)(*cases), axis=1),
    )


def _check_share(where: str, what: str, share: float) -> None:
    if not 0 <= share <= 1:
        raise ValueError(f"{where}: {what} must be in [0, 1]; got {share}.")


@engine.streaming("predictions", "labels", "weights")
def streaming_specificity_at_sensitivity(
    predictions: TensorLike,
    labels: TensorLike,
    sensitivity: float,
    weights: TensorLike | None = None,
    num_thresholds: int = 200,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """The specificity at the threshold whose sensitivity is nearest to the given one.

    Sensitivity is the share of positives found; specificity the share of negatives let go.

    Args:
      predictions: in [0, 1], of any shape.
      labels: of the same shape; booleans, or 0 and 1, any number where the weight is 0.
      sensitivity: in [0, 1].
      weights: see `streaming_auc`.
      num_thresholds: how many thresholds are tried.
      metrics_collections: see `streaming_auc`.
      updates_collections: see `streaming_auc`.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)`, see `streaming_auc`.

    Raises:
      ValueError: the shapes do not fit, or a setting is out of range.
      tf.errors.InvalidArgumentError: predictions are outside [0, 1] or NaN, labels are neither 0
        nor 1, or weights are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(
      ...     slim.metrics.streaming_specificity_at_sensitivity, sensitivity=0.5
      ... )
      >>> metric.update([0.1, 0.8, 0.6, 0.7], [0, 1, 1, 0])
      >>> print(metric.result().numpy())
      1.0
    """
    where = "streaming_specificity_at_sensitivity"
    _check_share(where, "sensitivity", sensitivity)

    def specificity(tp, fn, tn, fp):
        distance = tf.abs(tp / (tp + fn + EPSILON) - sensitivity)
        # Of equally near thresholds the last: it lets most negatives go.
        last = tf.shape(distance)[0] - 1 - tf.argmin(distance[::-1], output_type=tf.int32)
        return tn[last] / (tn[last] + fp[last] + EPSILON)

    return _over_cases("specificity_at_sensitivity", where, num_thresholds, specificity)


@engine.streaming("predictions", "labels", "weights")
def streaming_sensitivity_at_specificity(
    predictions: TensorLike,
    labels: TensorLike,
    specificity: float,
    weights: TensorLike | None = None,
    num_thresholds: int = 200,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """The sensitivity at the threshold whose specificity is nearest to the given one.

    Arguments, return value and errors are those of `streaming_specificity_at_sensitivity`.

    Examples:
      >>> metric = slim.metrics.stateful(
      ...     slim.metrics.streaming_sensitivity_at_specificity, specificity=0.5
      ... )
      >>> metric.update([0.1, 0.8, 0.6, 0.7], [0, 1, 1, 0])
      >>> print(metric.result().numpy())
      1.0
    """
    where = "streaming_sensitivity_at_specificity"
    _check_share(where, "specificity", specificity)

    def sensitivity(tp, fn, tn, fp):
        best = tf.argmin(tf.abs(tn / (tn + fp + EPSILON) - specificity))
        return tp[best] / (tp[best] + fn[best] + EPSILON)

    return _over_cases("sensitivity_at_specificity", where, num_thresholds, sensitivity)


@engine.streaming("predictions", "labels", "weights")
def precision_at_recall(
    labels: TensorLike,
    predictions: TensorLike,
    target_recall: float,
    weights: TensorLike | None = None,
    num_thresholds: int = 200,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """The precision at the highest threshold whose recall reaches the given one; 1 without data.

    Args:
      labels: of any shape; booleans, or 0 and 1, any number where the weight is 0.
      predictions: in [0, 1], of the same shape.
      target_recall: in [0, 1].
      weights: see `streaming_auc`.
      num_thresholds: how many thresholds are tried.
      metrics_collections: see `streaming_auc`.
      updates_collections: see `streaming_auc`.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)`, see `streaming_auc`.

    Raises:
      ValueError: the shapes do not fit, or a setting is out of range.
      tf.errors.InvalidArgumentError: predictions are outside [0, 1] or NaN, labels are neither 0
        nor 1, or weights are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.precision_at_recall, target_recall=0.5)
      >>> metric.update([0, 1, 1, 0], [0.1, 0.8, 0.6, 0.7])
      >>> print(metric.result().numpy().round(3))
      1.0
    """
    _check_share("precision_at_recall", "target_recall", target_recall)

    def precision(tp, fn, unused_tn, fp):
        # Recall falls as the threshold rises. If none reaches the target, -1 is the last one.
        reaching = tp / (tp + fn + EPSILON) >= target_recall
        best = tf.reduce_sum(tf.cast(reaching, tf.int32)) - 1
        return (tp[best] + EPSILON) / (tp[best] + fp[best] + EPSILON)

    return _over_cases("precision_at_recall", "precision_at_recall", num_thresholds, precision)


@engine.streaming("predictions", "labels", "weights")
def recall_at_precision(
    labels: TensorLike,
    predictions: TensorLike,
    precision: float,
    weights: TensorLike | None = None,
    num_thresholds: int = 200,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
    strict_mode: bool = False,
) -> engine.Metric:
    """The recall at the threshold whose precision is nearest to the given one.

    Args:
      labels: of any shape; booleans, or 0 and 1, any number where the weight is 0.
      predictions: in [0, 1], of the same shape.
      precision: in [0, 1].
      weights: see `streaming_auc`.
      num_thresholds: how many thresholds are tried.
      metrics_collections: see `streaming_auc`.
      updates_collections: see `streaming_auc`.
      name: of the scope of the variables.
      strict_mode: whether only thresholds that reach `precision` count; 0 if there is none.

    Returns:
      `(value, update_op)`, see `streaming_auc`.

    Raises:
      ValueError: the shapes do not fit, or a setting is out of range.
      tf.errors.InvalidArgumentError: predictions are outside [0, 1] or NaN, labels are neither 0
        nor 1, or weights are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.recall_at_precision, precision=0.9)
      >>> metric.update([0, 1, 1, 0], [0.1, 0.8, 0.6, 0.7])
      >>> print(metric.result().numpy().round(3))
      0.5
    """
    _check_share("recall_at_precision", "precision", precision)

    def recall(tp, fn, unused_tn, fp):
        excess = tp / (tp + fp + EPSILON) - precision
        if not strict_mode:
            best = tf.argmin(tf.abs(excess))
            return tf.math.divide_no_nan(tp[best], tp[best] + fn[best])
        # The reciprocal is greatest for the smallest excess that is not negative.
        best = tf.argmax(1.0 / (excess + EPSILON))
        found = tf.math.divide_no_nan(tp[best], tp[best] + fn[best])
        return tf.where(excess[best] >= 0.0, found, 0.0)

    return _over_cases("recall_at_precision", "recall_at_precision", num_thresholds, recall)


@engine.streaming("predictions", "labels", "weights")
def f1_score(
    labels: TensorLike,
    predictions: TensorLike,
    weights: TensorLike | None = None,
    num_thresholds: int = 200,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """The best F1 over evenly spread thresholds: the harmonic mean of precision and recall.

    Args:
      labels: of any shape; booleans, or 0 and 1, any number where the weight is 0.
      predictions: in [0, 1], of the same shape.
      weights: see `streaming_auc`.
      num_thresholds: how many thresholds are tried.
      metrics_collections: see `streaming_auc`.
      updates_collections: see `streaming_auc`.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)`, see `streaming_auc`.

    Raises:
      ValueError: the shapes do not fit, or a setting is out of range.
      tf.errors.InvalidArgumentError: predictions are outside [0, 1] or NaN, labels are neither 0
        nor 1, or weights are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.f1_score)
      >>> metric.update([0, 1, 1, 0], [0.1, 0.8, 0.6, 0.7])
      >>> print(metric.result().numpy().round(3))
      0.8
    """

    def best(state):
        tp = state["true_positives"]
        precision = tp / (EPSILON + tp + state["false_positives"])
        recall = tp / (EPSILON + tp + state["false_negatives"])
        return tf.reduce_max(2.0 * precision * recall / (precision + recall + EPSILON))

    cases = ["true_positives", "false_negatives", "false_positives"]
    thresholds = even_thresholds("f1_score", num_thresholds)
    return at_thresholds("f1", "f1_score", thresholds, cases, best)


@engine.streaming("predictions", "labels", "weights")
def precision_recall_at_equal_thresholds(
    labels: TensorLike,
    predictions: TensorLike,
    weights: TensorLike | None = None,
    num_thresholds: int | None = None,
    use_locking: bool | None = None,
    name: str | None = None,
) -> engine.Metric:
    """Counts, precision and recall at evenly spread thresholds; a prediction equal to one passes.

    Args:
      labels: booleans, of any shape.
      predictions: in [0, 1], of the same shape.
      weights: see `streaming_auc`.
      num_thresholds: how many, 201 by default: from 0 to 1, both included.
      use_locking: ignored; updates are always atomic.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)` in a v1 graph. The value is a named tuple `(tp, fp, tn, fn, precision,
      recall, thresholds)`, each `[num_thresholds]` in the dtype of `predictions`; the operation
      adds a batch and returns nothing. See `slim.metrics.stateful` for all other code: there they
      are float32, whatever the predictions are.

    Raises:
      ValueError: the shapes do not fit, the labels are no booleans, or there are fewer than two
        thresholds.
      tf.errors.InvalidArgumentError: predictions are outside [0, 1] or NaN, or weights
        are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(
      ...     slim.metrics.precision_recall_at_equal_thresholds, num_thresholds=3
      ... )
      >>> metric.update([False, True, True, False], [0.1, 0.8, 0.6, 0.7])
      >>> found = metric.result()
      >>> print(found.thresholds.numpy(), found.recall.numpy(), found.precision.numpy().round(2))
      [0.  0.5 1. ] [1. 1. 0.] [0.5  0.67 0.  ]
    """
    where = "precision_recall_at_equal_thresholds"
    count = 201 if num_thresholds is None else num_thresholds
    if count < 2:
        raise ValueError(f"{where}: num_thresholds must be at least 2; got {count}.")
    dtype = tf.float32

    def state(predictions, unused_labels, unused_weights):
        nonlocal dtype  # the state is made before any result is
        if modes.in_v1_graph() and predictions.dtype.is_floating:
            dtype = predictions.dtype
        spec = tf.TensorSpec([count], tf.float64)
        return {"variables/tp_buckets": spec, "variables/fp_buckets": spec}

    def measure(predictions, labels, weights):
        predictions, labels = inputs.align(where, predictions, labels)
        if labels.dtype != tf.bool:
            raise ValueError(f"{where}: labels must be booleans; got {labels.dtype.name}.")
        predictions = inputs.probabilities(where, predictions)
        if weights is not None:
            weights = inputs.weights_like(where, weights, predictions)
        bins = tf.clip_by_value(tf.cast(predictions * (count - 1), tf.int32), 0, count - 1)
        bins += count * tf.cast(labels, tf.int32)
        negatives, positives = tf.split(count_in_bins(bins, 2 * count, weights, tf.float64), 2)
        return {"variables/tp_buckets": positives, "variables/fp_buckets": negatives}

    def result(state):
        tp = tf.cumsum(state["variables/tp_buckets"], reverse=True)
        fp = tf.cumsum(state["variables/fp_buckets"], reverse=True)
        tn, fn = fp[0] - fp, tp[0] - tp
        counts = [tp, fp, tn, fn]
        rates = [tf.math.divide_no_nan(tp, tp + fp), tf.math.divide_no_nan(tp, tp + fn)]
        columns = [*counts, *rates, tf.linspace(0.0, 1.0, count)]
        return PrecisionRecallData._make(tf.cast(column, dtype) for column in columns)

    return engine.Metric(
        "precision_recall_at_equal_thresholds",
        state,
        measure=measure,
        result=result,
        updated=engine.nothing,
    )
