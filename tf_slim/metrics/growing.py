"""Metrics that keep all the data: `streaming_concat`, and the exact areas under curves."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_slim.metrics import engine, inputs
from tf_slim.metrics.curves import check_curve
from tf_slim.ops.arguments import ANY_TENSOR
from tf_slim.ops.types import Collections, TensorLike

AucData = collections.namedtuple("AucData", ["auc", "lower", "upper"])


def _array(prefix: str, shape: list[int | None], dtype: tf.DType) -> dict[str, tf.TensorSpec]:
    return {
        f"{prefix}array": tf.TensorSpec(shape, dtype),
        f"{prefix}size": tf.TensorSpec([], tf.int32),
    }


def _filled(prefix: str, values: tf.Tensor, axis: int = 0) -> dict[str, tf.Tensor]:
    return {f"{prefix}array": values, f"{prefix}size": tf.shape(values)[axis]}


def _appending(
    *prefixes: str, axis: int = 0, max_size: int | None = None
) -> Callable[[engine.State, engine.State], engine.State]:
    """Combines by concatenation; keeps the first `max_size`."""

    def combine(first, second):
        state = {}
        for prefix in prefixes:
            joined = tf.concat([first[f"{prefix}array"], second[f"{prefix}array"]], axis)
            if max_size is not None:
                joined = tf.gather(
                    joined, tf.range(tf.minimum(tf.shape(joined)[axis], max_size)), axis=axis
                )
            state.update(_filled(prefix, joined, axis))
        return state

    return combine


@engine.streaming("values", values=ANY_TENSOR)
def streaming_concat(
    values: TensorLike,
    axis: int = 0,
    max_size: int | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """All values so far, one batch behind the other.

    Args:
      values: `[..., d, ...]`, of a known rank; all sizes but that of `axis` must be known.
      axis: the dimension that grows.
      max_size: the greatest size it grows to; what comes later is dropped.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update operation joins.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)` in a v1 graph: the values so far, and the operation that adds a batch
      and returns the size then. See `slim.metrics.stateful` for all other code.

    Raises:
      ValueError: `axis` is out of range, or the shape is not known well enough.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_concat)
      >>> metric.update([1, 2])
      >>> metric.update([3])
      >>> print(metric.result().numpy())
      [1 2 3]
    """

    def state(values):
        shape = values.shape
        if shape.rank is None:
            raise ValueError(
                "streaming_concat: values must have a known rank; got shape <unknown>."
            )
        if not -shape.rank <= axis < shape.rank:
            raise ValueError(
                f"streaming_concat: axis={axis} is out of range for values of shape {shape}."
            )
        sizes = shape.as_list()
        sizes[axis] = None
        if sizes.count(None) > 1:
            raise ValueError(
                f"streaming_concat: all sizes but that of axis={axis} must be known; got values "
                f"of shape {shape}."
            )
        return _array("", sizes, values.dtype)

    return engine.Metric(
        "streaming_concat",
        state,
        measure=lambda values: _filled("", values, axis),
        result=lambda state: state["array"],
        combine=_appending("", axis=axis, max_size=max_size),
        updated=lambda state: state["size"],
    )


def _examples(where: str, predictions: Any, labels: Any, weights: Any) -> list[tf.Tensor]:
    """Flat predictions (float64), labels (int64, checked to be 0 or 1) and weights (float32)."""
    predictions, labels = inputs.align(where, predictions, labels)
    predictions = inputs.not_nan(where, predictions)
    given = weights
    _, weights = inputs.weighted(where, tf.zeros_like(labels, tf.float32), weights)
    labels = inputs.zero_or_one(
        where, labels, None if given is None else weights, v1_fractions=True
    )
    columns = [tf.cast(predictions, tf.float64), tf.cast(labels, tf.int64), weights]
    return [tf.reshape(column, [-1]) for column in columns]


_PREDICTIONS, _LABELS, _WEIGHTS = "concat_preds/", "concat_labels/", "concat_weights/"
_SPECS = {
    **_array(_PREDICTIONS, [None], tf.float64),
    **_array(_LABELS, [None], tf.int64),
}
_WEIGHT_SPECS = _array(_WEIGHTS, [None], tf.float32)


def _trapezoids(x: tf.Tensor, y: tf.Tensor) -> tf.Tensor:
    return tf.reduce_sum(tf.abs(x[1:] - x[:-1]) * (y[1:] + y[:-1]) / 2.0)


def _exact_area(curve: str, predictions, labels, weights) -> tf.Tensor:
    """The area under the curve through all distinct predictions; 0 if one class is missing."""
    order = tf.argsort(predictions, direction="DESCENDING", stable=True)
    ordered = tf.gather(predictions, order)
    labels = tf.cast(tf.gather(labels, order), tf.float64)
    weights = tf.cast(tf.gather(weights, order), tf.float64)
    # One point after each group of equal predictions: their order among themselves is arbitrary.
    last = tf.concat([ordered[1:] < ordered[:-1], tf.ones_like(ordered[:1], tf.bool)], 0)

    def passed(counts):
        return tf.concat([tf.zeros([1], tf.float64), tf.boolean_mask(tf.cumsum(counts), last)], 0)

    positives, negatives = passed(weights * labels), passed(weights * (1.0 - labels))
    recall = tf.math.divide_no_nan(positives, positives[-1])
    if curve == "ROC":
        area = _trapezoids(tf.math.divide_no_nan(negatives, negatives[-1]), recall)
    else:
        total = positives + negatives
        area = _trapezoids(
            recall, tf.where(total > 0.0, tf.math.divide_no_nan(positives, total), 1)
        )
    both = (positives[-1] > 0.0) & (negatives[-1] > 0.0)
    return tf.where(both, area, tf.zeros_like(area))


@engine.streaming("labels", "predictions", "weights")
def streaming_dynamic_auc(
    labels: TensorLike,
    predictions: TensorLike,
    curve: str = "ROC",
    metrics_collections: Collections = (),
    updates_collections: Collections = (),
    name: str | None = None,
    weights: TensorLike | None = None,
) -> engine.Metric:
    """The exact area under a curve. Keeps all predictions; 0 while one class is missing.

    Args:
      labels: 0 or 1, of any shape.
      predictions: numbers of the same shape, not necessarily in [0, 1].
      curve: "ROC", or "PR" for precision over recall.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update operation joins.
      name: of the scope of the variables.
      weights: None for 1; a scalar, or of the rank of `labels`, each size equal or 1.

    Returns:
      `(value, update_op)` in a v1 graph: the area so far, and the operation that adds a batch and
      returns nothing. See `slim.metrics.stateful` for all other code.

    Raises:
      ValueError: the shapes do not fit, or `curve` is unknown.
      tf.errors.InvalidArgumentError: labels are neither 0 nor 1, or predictions or
        weights are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_dynamic_auc)
      >>> metric.update([0, 1, 1, 0], [0.1, 0.8, 0.6, 0.7])
      >>> print(metric.result().numpy().round(3))
      0.75
    """
    check_curve("streaming_dynamic_auc", curve)

    # Without weights they are not kept, as in the original.
    def state(unused_labels, unused_predictions, weights):
        return _SPECS if weights is None else {**_SPECS, **_WEIGHT_SPECS}

    def measure(labels, predictions, weights):
        columns = _examples("streaming_dynamic_auc", predictions, labels, weights)
        kept = zip([_PREDICTIONS, _LABELS, _WEIGHTS], columns)
        return {n: value for prefix, column in kept for n, value in _filled(prefix, column).items()}

    def combine(first, second):
        prefixes = [p for p in (_PREDICTIONS, _LABELS, _WEIGHTS) if f"{p}array" in first]
        return _appending(*prefixes)(first, second)

    def result(state):
        labels = state[f"{_LABELS}array"]
        weights = state.get(f"{_WEIGHTS}array")
        if weights is None:
            weights = tf.ones_like(labels, tf.float32)
        return _exact_area(curve, state[f"{_PREDICTIONS}array"], labels, weights)

    return engine.Metric(
        "dynamic_auc",
        state,
        measure=measure,
        result=result,
        combine=combine,
        updated=engine.nothing,
    )


def _placements(predictions, labels, weights) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """For each example the share of the other class that it is on the right side of.

    Ties count half. Also the total weights of negatives and of positives.
    """
    order = tf.argsort(predictions, stable=True)
    ordered, weights = tf.gather(predictions, order), tf.gather(weights, order)
    positive = tf.equal(tf.gather(labels, order), 1)
    steps = tf.concat([tf.zeros_like(ordered[:1], tf.bool), ordered[1:] > ordered[:-1]], 0)
    group = tf.cumsum(tf.cast(steps, tf.int32))
    groups = tf.size(ordered)

    def below(of_class):
        sums = tf.math.unsorted_segment_sum(tf.where(of_class, weights, 0.0), group, groups)
        share = tf.cumsum(sums, exclusive=True) + sums / 2.0
        return tf.math.divide_no_nan(tf.gather(share, group), tf.reduce_sum(sums))

    right = tf.where(positive, below(~positive), 1.0 - below(positive))
    return right, tf.where(positive, 0.0, weights), tf.where(positive, weights, 0.0)


def _interval(alpha: float, logit_transformation: bool, predictions, labels, weights) -> AucData:
    placements, *of_class = _placements(predictions, labels, weights)
    totals = [tf.reduce_sum(w) for w in of_class]
    means = [
        tf.math.divide_no_nan(tf.reduce_sum(w * placements), n) for w, n in zip(of_class, totals)
    ]
    auc = means[1]
    variance = tf.constant(0.0)
    for w, n, mean in zip(of_class, totals, means):
        spread = tf.math.divide_no_nan(tf.reduce_sum(w * (placements - mean) ** 2), n - 1.0)
        variance += tf.math.divide_no_nan(spread, n)
    half_width = tf.math.ndtri(tf.constant((1.0 + alpha) / 2.0)) * tf.sqrt(tf.nn.relu(variance))
    if logit_transformation:
        # The estimate is nearer to normal, and the interval stays within [0, 1].
        odds = tf.math.log(tf.math.divide_no_nan(auc, 1.0 - auc))
        half_width = tf.math.divide_no_nan(half_width, auc * (1.0 - auc))
        lower, upper = tf.sigmoid(odds - half_width), tf.sigmoid(odds + half_width)
    else:
        lower, upper = auc - half_width, auc + half_width
    sure = (auc <= 0.0) | (auc >= 1.0)
    enough = (totals[0] >= 1.0) & (totals[1] >= 1.0)
    data = (auc, tf.where(sure, auc, lower), tf.where(sure, auc, upper))
    return AucData(*(tf.where(enough, number, 0.0) for number in data))


@engine.streaming("labels", "predictions", "weights")
def auc_with_confidence_intervals(
    labels: TensorLike,
    predictions: TensorLike,
    weights: TensorLike | None = None,
    alpha: float = 0.95,
    logit_transformation: bool = True,
    metrics_collections: Collections = (),
    updates_collections: Collections = (),
    name: str | None = None,
) -> engine.Metric:
    """The exact area under the ROC curve, with a confidence interval. Keeps all predictions.

    Source: DeLong et al., Comparing the Areas under Two or More Correlated Receiver Operating
    Characteristic Curves: A Nonparametric Approach, Biometrics 1988; logit intervals: Pepe, The
    Statistical Evaluation of Medical Tests for Classification and Prediction, 2003.

    Args:
      labels: 0 or 1, of any shape.
      predictions: numbers of the same shape, not necessarily in [0, 1].
      weights: None for 1; a scalar, or of the rank of `labels`, each size equal or 1: how often
        an example counts.
      alpha: the probability that the interval shall contain the true area, in (0, 1).
      logit_transformation: whether to compute the interval on the scale of the log odds.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update operation joins.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)` in a v1 graph. The value is a named tuple `(auc, lower, upper)`, three
      zeros while the weight of a class is less than 1; the operation adds a batch and tells
      whether there is any example. See `slim.metrics.stateful` for all other code.

    Raises:
      ValueError: the shapes do not fit, or `alpha` is out of range.
      tf.errors.InvalidArgumentError: labels are neither 0 nor 1, or predictions or
        weights are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.auc_with_confidence_intervals)
      >>> metric.update([0, 1, 1, 0], [0.1, 0.8, 0.6, 0.7])
      >>> found = metric.result()
      >>> print(found.auc.numpy(), found.lower.numpy().round(2), found.upper.numpy().round(2))
      0.75 0.07 0.99
    """
    if not 0 < alpha < 1:
        raise ValueError(
            f"auc_with_confidence_intervals: alpha must be between 0 and 1; got {alpha}."
        )
    prefixes = (_PREDICTIONS, _LABELS, _WEIGHTS)

    def measure(labels, predictions, weights):
        columns = _examples("auc_with_confidence_intervals", predictions, labels, weights)
        kept = zip(prefixes, columns)
        return {n: value for prefix, column in kept for n, value in _filled(prefix, column).items()}

    def result(state):
        columns = (state[f"{prefix}array"] for prefix in prefixes)
        return _interval(alpha, logit_transformation, *columns)

    return engine.Metric(
        "auc_with_confidence_intervals",
        {**_SPECS, **_WEIGHT_SPECS},
        measure=measure,
        result=result,
        combine=_appending(*prefixes),
        updated=lambda state: state[f"{_LABELS}size"] > 0,
    )
