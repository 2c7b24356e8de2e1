"""Covariance and correlation of predictions and labels."""

from __future__ import annotations

from collections.abc import Iterable

import tensorflow as tf

from tf_slim.metrics import engine, inputs
from tf_slim.ops import modes
from tf_slim.ops.types import Collections, TensorLike

_STATE = ("count", "mean_prediction", "mean_label", "comoment")


def _specs(names: Iterable[str]) -> dict[str, tf.TensorSpec]:
    spec = engine.SCALAR if modes.in_v1_graph() else engine.wide(engine.SCALAR)
    return dict.fromkeys(names, spec)


def _moments(
    where: str, predictions: tf.Tensor, labels: tf.Tensor, weights: tf.Tensor
) -> engine.State:
    """Weight, means and sum of products of deviations of one batch."""
    count = tf.reduce_sum(weights)
    mean_prediction = tf.math.divide_no_nan(tf.reduce_sum(predictions * weights), count)
    mean_label = tf.math.divide_no_nan(tf.reduce_sum(labels * weights), count)
    products = (predictions - mean_prediction) * (labels - mean_label)
    comoment = tf.reduce_sum(products * weights)
    return {
        "count": count,
        "mean_prediction": mean_prediction,
        "mean_label": mean_label,
        "comoment": inputs.sum_not_nan(where, comoment),
    }


def _combine(first: engine.State, second: engine.State) -> engine.State:
    """The moments of two sets of examples together.

    Source: Chan, Golub, LeVeque, Updating Formulae and a Pairwise Algorithm for Computing Sample
    Variances, 1979.
    """
    count = first["count"] + second["count"]
    share = tf.math.divide_no_nan(second["count"], count)
    shift_prediction = second["mean_prediction"] - first["mean_prediction"]
    shift_label = second["mean_label"] - first["mean_label"]
    between = shift_prediction * shift_label * first["count"] * share
    return {
        "count": count,
        "mean_prediction": first["mean_prediction"] + shift_prediction * share,
        "mean_label": first["mean_label"] + shift_label * share,
        "comoment": first["comoment"] + second["comoment"] + between,
    }


def _covariance(state: engine.State) -> tf.Tensor:
    defined = state["count"] > 1.0
    degrees = tf.where(defined, state["count"] - 1.0, 1.0)
    covariance = tf.where(defined, state["comoment"] / degrees, float("nan"))
    return tf.cast(covariance, tf.float32)


def _floats(where, predictions, labels, weights):
    predictions, labels = inputs.align(where, predictions, labels)
    labels = tf.cast(labels, tf.float32)
    _, weights = inputs.weighted(where, labels, weights)
    return tf.cast(predictions, tf.float32), labels, weights


def _part(state: engine.State, prefix: str) -> engine.State:
    return {name: state[f"{prefix}/{name}"] for name in _STATE}


@engine.streaming("predictions", "labels", "weights")
def streaming_covariance(
    predictions: TensorLike,
    labels: TensorLike,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """The unbiased sample covariance of predictions and labels; NaN below two examples.

    Args:
      predictions: of any shape.
      labels: of the same shape.
      weights: None for 1; a scalar, or of the rank of `labels`, each size equal or 1: how often
        an example counts.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update operation joins.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)` in a v1 graph: the value so far, and the operation that adds a batch
      and returns the value then. See `slim.metrics.stateful` for all other code.

    Raises:
      ValueError: the shapes do not fit.
      tf.errors.InvalidArgumentError: predictions, labels or weights are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_covariance)
      >>> metric.update([1.0, 2.0, 3.0], [2.0, 4.0, 6.0])
      >>> print(metric.result().numpy().round(3))
      2.0
    """

    def measure(predictions, labels, weights):
        where = "streaming_covariance"
        return _moments(where, *_floats(where, predictions, labels, weights))

    return engine.Metric(
        "covariance",
        _specs(_STATE),
        measure=measure,
        result=_covariance,
        combine=_combine,
        output="covariance",
    )


@engine.streaming("predictions", "labels", "weights")
def streaming_pearson_correlation(
    predictions: TensorLike,
    labels: TensorLike,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """The correlation of predictions and labels, in [-1, 1].

    NaN below two examples, or when all predictions or all labels are equal.

    Arguments, return value and errors are those of `streaming_covariance`.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_pearson_correlation)
      >>> metric.update([1.0, 2.0, 3.0], [2.0, 4.0, 6.5])
      >>> print(metric.result().numpy().round(3))
      0.998
    """
    where = "streaming_pearson_correlation"
    prefixes = ("covariance", "variance_predictions", "variance_labels")

    def measure(predictions, labels, weights):
        predictions, labels, weights = _floats(where, predictions, labels, weights)
        parts = zip(prefixes, (predictions, predictions, labels), (labels, predictions, labels))
        return {
            f"{prefix}/{name}": value
            for prefix, left, right in parts
            for name, value in _moments(where, left, right, weights).items()
        }

    def combine(first, second):
        return {
            f"{prefix}/{name}": value
            for prefix in prefixes
            for name, value in _combine(_part(first, prefix), _part(second, prefix)).items()
        }

    def result(state):
        covariance, predictions, labels = (_covariance(_part(state, p)) for p in prefixes)
        return covariance / (tf.sqrt(predictions) * tf.sqrt(labels))

    return engine.Metric(
        "pearson_r",
        _specs(f"{p}/{name}" for p in prefixes for name in _STATE),
        measure=measure,
        result=result,
        combine=combine,
        output="pearson_r",
    )
