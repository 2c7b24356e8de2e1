"""Right and wrong answers to a yes-or-no question: counts of the four cases, and their rates."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tf_slim.metrics import engine, inputs
from tf_slim.ops.types import Collections, TensorLike

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


def _family(name: str, summary: str, case: str, other: str | None = None):
    """A public metric: the count of a case, or its share among this case and another one."""
    mine, others = ("count", None) if other is None else (f"{case}/count", f"{other}/count")

    def result(state: engine.State) -> tf.Tensor:
        if others is None:
            return state[mine]
        return tf.math.divide_no_nan(state[mine], state[mine] + state[others])

    names = {mine: case} if others is None else {mine: case, others: other}
    metric = engine.Metric(name, **_counts(f"streaming_{name}", names), result=result)

    @engine.streaming("predictions", "labels", "weights")
    @engine.named(f"streaming_{name}", summary)
    def streaming_metric(
        predictions: TensorLike,
        labels: TensorLike,
        weights: TensorLike | None = None,
        metrics_collections: Collections = None,
        updates_collections: Collections = None,
        name: str | None = None,
    ) -> engine.Metric:
        """Args:
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
          tf.errors.InvalidArgumentError: predictions or weights are NaN, or labels neither 0 nor
            1.
          RuntimeError: called outside a v1 graph.

        Examples:
          >>> metric = slim.metrics.stateful(slim.metrics.streaming_precision)
          >>> metric.update([1, 1, 1, 0], [1, 0, 1, 1])
          >>> print(metric.result().numpy().round(3))
          0.667
        """
        return metric

    return streaming_metric


streaming_true_positives = _family(
    "true_positives",
    "The weighted number of examples that are positive and predicted so.",
    "true_positives",
)
streaming_true_negatives = _family(
    "true_negatives",
    "The weighted number of examples that are negative and predicted so.",
    "true_negatives",
)
streaming_false_positives = _family(
    "false_positives",
    "The weighted number of examples that are negative and predicted as positive.",
    "false_positives",
)
streaming_false_negatives = _family(
    "false_negatives",
    "The weighted number of examples that are positive and predicted as negative.",
    "false_negatives",
)
streaming_precision = _family(
    "precision",
    "The share of positives among the examples predicted as positive; 0 if there are none.",
    "true_positives",
    "false_positives",
)
streaming_recall = _family(
    "recall",
    "The share predicted as positive among the positive examples; 0 if there are none.",
    "true_positives",
    "false_negatives",
)
streaming_false_positive_rate = _family(
    "false_positive_rate",
    "The share predicted as positive among the negative examples; 0 if there are none.",
    "false_positives",
    "true_negatives",
)
streaming_false_negative_rate = _family(
    "false_negative_rate",
    "The share predicted as negative among the positive examples; 0 if there are none.",
    "false_negatives",
    "true_positives",
)


@engine.streaming("predictions", "labels", "weights")
def streaming_f1(
    predictions: TensorLike,
    labels: TensorLike,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """The harmonic mean of precision and recall of answers; 0 where nothing is or was positive.

    Of several labels a picture it is that of all answers together ("micro"). For the best F1 over
    all thresholds of a score see `f1_score`.

    Args:
      predictions: what counts as true or false, of any shape.
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
      tf.errors.InvalidArgumentError: labels are neither 0 nor 1, or predictions or weights are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_f1)
      >>> metric.update([1, 1, 0], [1, 0, 0])
      >>> print(metric.result().numpy().round(3))
      0.667
    """
    cases = ("true_positives", "false_positives", "false_negatives")

    def result(state: engine.State) -> tf.Tensor:
        right, *wrong = (state[case] for case in cases)
        return tf.math.divide_no_nan(2.0 * right, 2.0 * right + wrong[0] + wrong[1])

    return engine.Metric("f1", **_counts("streaming_f1", {c: c for c in cases}), result=result)
