"""Right and wrong answers to a yes-or-no question: counts of the four cases, and their rates."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tf_slim.metrics import engine, inputs

_CASES = {
    "true_positives": lambda predictions, labels: predictions & labels,
    "false_positives": lambda predictions, labels: predictions & ~labels,
    "true_negatives": lambda predictions, labels: ~predictions & ~labels,
    "false_negatives": lambda predictions, labels: ~predictions & labels,
}


def _counts(where: str, names: dict[str, str]) -> dict[str, Any]:
    """State and measure of counts: from the name of the variable to the case it counts."""

    def measure(predictions, labels, weights):
        predictions, labels = inputs.align(where, predictions, labels)
        predictions = inputs.not_nan(where, predictions)
        if weights is not None:
            weights = inputs.weights_like(where, weights, tf.cast(labels, tf.float32))
        labels = inputs.zero_or_one(where, labels, weights)
        predictions, labels = tf.cast(predictions, tf.bool), tf.cast(labels, tf.bool)
        counts = {}
        for name, case in names.items():
            found = tf.cast(_CASES[case](predictions, labels), tf.float32)
            counts[name] = tf.reduce_sum(found if weights is None else found * weights)
        return counts

    return {"state": dict.fromkeys(names, engine.SCALAR), "measure": measure}


def _count(case: str) -> engine.Metric:
    return engine.Metric(
        case,
        **_counts(f"streaming_{case}", {"count": case}),
        result=lambda state: state["count"],
    )


def _rate(name: str, case: str, other: str) -> engine.Metric:
    """The share of `case` among the examples of `case` and `other`."""
    mine, others = f"{case}/count", f"{other}/count"
    return engine.Metric(
        name,
        **_counts(f"streaming_{name}", {mine: case, others: other}),
        result=lambda state: tf.math.divide_no_nan(state[mine], state[mine] + state[others]),
    )


@engine.streaming("predictions", "labels", "weights")
def streaming_true_positives(
    predictions,
    labels,
    weights=None,
    metrics_collections=None,
    updates_collections=None,
    name=None,
):
    """The weighted number of examples that are positive and predicted so.

    Args:
      predictions: of any shape; what is not 0 is a prediction of "positive".
      labels: of the same shape; booleans, or 0 and 1, any number where the weight is 0.
      weights: None for 1; a scalar, or of the rank of `labels`, each size equal or 1.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update operation joins.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)` in a v1 graph: the value so far, and the operation that adds a batch
      and returns the value then. See `slim.metrics.stateful` for all other code.

    Raises:
      ValueError: the shapes do not fit.
      tf.errors.InvalidArgumentError: predictions or weights are NaN, or labels neither 0 nor 1.
      RuntimeError: called outside a v1 graph.
    """
    return _count("true_positives")


@engine.streaming("predictions", "labels", "weights")
def streaming_true_negatives(
    predictions,
    labels,
    weights=None,
    metrics_collections=None,
    updates_collections=None,
    name=None,
):
    """The weighted number of examples that are negative and predicted so.

    Arguments, return value and errors are those of `streaming_true_positives`.
    """
    return _count("true_negatives")


@engine.streaming("predictions", "labels", "weights")
def streaming_false_positives(
    predictions,
    labels,
    weights=None,
    metrics_collections=None,
    updates_collections=None,
    name=None,
):
    """The weighted number of examples that are negative and predicted as positive.

    Arguments, return value and errors are those of `streaming_true_positives`.
    """
    return _count("false_positives")


@engine.streaming("predictions", "labels", "weights")
def streaming_false_negatives(
    predictions,
    labels,
    weights=None,
    metrics_collections=None,
    updates_collections=None,
    name=None,
):
    """The weighted number of examples that are positive and predicted as negative.

    Arguments, return value and errors are those of `streaming_true_positives`.
    """
    return _count("false_negatives")


@engine.streaming("predictions", "labels", "weights")
def streaming_precision(
    predictions,
    labels,
    weights=None,
    metrics_collections=None,
    updates_collections=None,
    name=None,
):
    """The share of positives among the examples predicted as positive; 0 if there are none.

    Arguments, return value and errors are those of `streaming_true_positives`.
    """
    return _rate("precision", "true_positives", "false_positives")


@engine.streaming("predictions", "labels", "weights")
def streaming_recall(
    predictions,
    labels,
    weights=None,
    metrics_collections=None,
    updates_collections=None,
    name=None,
):
    """The share predicted as positive among the positive examples; 0 if there are none.

    Arguments, return value and errors are those of `streaming_true_positives`.
    """
    return _rate("recall", "true_positives", "false_negatives")


@engine.streaming("predictions", "labels", "weights")
def streaming_false_positive_rate(
    predictions,
    labels,
    weights=None,
    metrics_collections=None,
    updates_collections=None,
    name=None,
):
    """The share predicted as positive among the negative examples; 0 if there are none.

    Arguments, return value and errors are those of `streaming_true_positives`.
    """
    return _rate("false_positive_rate", "false_positives", "true_negatives")


@engine.streaming("predictions", "labels", "weights")
def streaming_false_negative_rate(
    predictions,
    labels,
    weights=None,
    metrics_collections=None,
    updates_collections=None,
    name=None,
):
    """The share predicted as negative among the positive examples; 0 if there are none.

    Arguments, return value and errors are those of `streaming_true_positives`.
    """
    return _rate("false_negative_rate", "false_negatives", "true_positives")
