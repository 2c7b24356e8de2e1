"""The four cases of a yes-or-no question, counted at many thresholds at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.metrics import engine, inputs
from tf_slim.metrics.bins import bin_between, count_in_bins
from tf_slim.ops.types import Collections, TensorLike

EPSILON = 1e-7


def even_thresholds(where: str, num_thresholds: int) -> np.ndarray:
    """Thresholds spread over [0, 1]; the first lets all predictions pass, the last none."""
    if num_thresholds < 1:
        raise ValueError(f"{where}: num_thresholds must be at least 1; got {num_thresholds}.")
    # Both ends are always there, so one threshold is two.
    thresholds = np.linspace(0.0, 1.0, max(num_thresholds, 2))
    thresholds[0], thresholds[-1] = -EPSILON, 1 + EPSILON
    return thresholds


def cases_at(
    where: str, thresholds: Any, predictions: Any, labels: Any, weights: Any
) -> dict[str, tf.Tensor]:
    """How many examples fall into each of the four cases, for each threshold.

    One pass over the examples: each goes into the bin between the two thresholds around it, and
    the counts are cumulative sums over the bins.

    Args:
      where: name of the metric, for messages.
      thresholds: `[thresholds]`, in any order. A prediction above a threshold is "positive".
      predictions: in [0, 1].
      labels: of the same shape.
      weights: None or broadcast to that shape.

    Returns:
      The weighted counts by name of the case, each `[thresholds]`.
    """
    predictions, labels = inputs.align(where, predictions, labels)
    predictions = inputs.probabilities(where, predictions)
    if weights is not None:
        weights = inputs.weights_like(where, weights, predictions)
    thresholds = np.asarray(thresholds, np.float32)
    ascending = np.argsort(thresholds, kind="stable")
    size = len(thresholds) + 1
    bins = bin_between(thresholds[ascending], predictions)
    # The bins of the positives stand behind those of the negatives.
    labels = inputs.zero_or_one(where, labels, weights, v1_fractions=True)
    bins += size * tf.cast(tf.cast(labels, tf.bool), tf.int32)
    sums = tf.reshape(count_in_bins(bins, 2 * size, weights), [2, size])
    below = tf.cumsum(sums, axis=1)[:, :-1]
    above = tf.cumsum(sums, axis=1, reverse=True)[:, 1:]
    if np.any(np.diff(ascending) < 0):
        places = np.argsort(ascending)
        below, above = tf.gather(below, places, axis=1), tf.gather(above, places, axis=1)
    true_negatives, false_negatives = tf.unstack(below)
    false_positives, true_positives = tf.unstack(above)
    return {
        "true_positives": true_positives,
        "false_negatives": false_negatives,
        "true_negatives": true_negatives,
        "false_positives": false_positives,
    }


def at_thresholds(
    name: str,
    where: str,
    thresholds: Sequence[float] | np.ndarray,
    cases: Sequence[str],
    result: Callable[[engine.State], tf.Tensor],
    output: str = "value",
) -> engine.Metric:
    """A metric over counts at thresholds, of predictions, labels and weights."""
    spec = tf.TensorSpec([len(thresholds)], tf.float32)

    def measure(predictions, labels, weights):
        found = cases_at(where, thresholds, predictions, labels, weights)
        return {case: found[case] for case in cases}

    return engine.Metric(
        name, dict.fromkeys(cases, spec), measure=measure, result=result, output=output
    )


def _counting(case: str, summary: str):
    """A public metric: the count of a case at each threshold."""

    @engine.streaming("predictions", "labels", "weights")
    @engine.named(f"streaming_{case}_at_thresholds", summary)
    def streaming_metric(
        predictions: TensorLike,
        labels: TensorLike,
        thresholds: Sequence[float],
        weights: TensorLike | None = None,
    ) -> engine.Metric:
        """Args:
          predictions: in [0, 1], of any shape.
          labels: of the same shape; booleans, or 0 and 1, any number where the weight is 0.
          thresholds: a list of numbers in [0, 1].
          weights: None for 1; a scalar, or of the rank of `labels`, each size equal or 1.

        Returns:
          `(value, update_op)` in a v1 graph, each `[thresholds]`: the value so far, and the
          operation that adds a batch and returns the value then. See `slim.metrics.stateful` for
          all other code.

        Raises:
          ValueError: the shapes do not fit.
          tf.errors.InvalidArgumentError: predictions are outside [0, 1] or NaN, labels are neither
            0 nor 1, or weights are NaN.
          RuntimeError: called outside a v1 graph.

        Examples:
          >>> count = slim.metrics.streaming_true_positives_at_thresholds
          >>> metric = slim.metrics.stateful(count, thresholds=[0.5, 0.75])
          >>> metric.update([0.1, 0.8, 0.6, 0.7], [0, 1, 1, 0])
          >>> print(metric.result().numpy())
          [2. 1.]
        """
        where = f"streaming_{case}_at_thresholds"
        # Not `case` alone: that is the name of the variable, and of the next one `<case>_1`.
        output = f"{case}/value"
        return at_thresholds("", where, thresholds, [case], lambda state: state[case], output)

    return streaming_metric


def _rate(name: str, output: str, summary: str, cases: Sequence[str], share_of: str):
    """A public metric: the share of the case `share_of` among both `cases` at each threshold."""
    where = f"streaming_{name}"

    def share(state: engine.State) -> tf.Tensor:
        return state[share_of] / (EPSILON + state[cases[0]] + state[cases[1]])

    @engine.streaming("predictions", "labels", "weights")
    @engine.named(where, summary)
    def streaming_metric(
        predictions: TensorLike,
        labels: TensorLike,
        thresholds: Sequence[float],
        weights: TensorLike | None = None,
        metrics_collections: Collections = None,
        updates_collections: Collections = None,
        name: str | None = None,
    ) -> engine.Metric:
        """Args:
          predictions: in [0, 1], of any shape.
          labels: of the same shape; booleans, or 0 and 1, any number where the weight is 0.
          thresholds: a list of numbers in [0, 1].
          weights: None for 1; a scalar, or of the rank of `labels`, each size equal or 1.
          metrics_collections: collections that the value joins.
          updates_collections: collections that the update operation joins.
          name: of the scope of the variables.

        Returns:
          `(value, update_op)`, see `streaming_true_positives_at_thresholds`.

        Raises:
          ValueError: the shapes do not fit.
          tf.errors.InvalidArgumentError: predictions are outside [0, 1] or NaN, labels are neither
            0 nor 1, or weights are NaN.
          RuntimeError: called outside a v1 graph.

        Examples:
          >>> rate = slim.metrics.streaming_precision_at_thresholds
          >>> metric = slim.metrics.stateful(rate, thresholds=[0.5, 0.75])
          >>> metric.update([0.1, 0.8, 0.6, 0.7], [0, 1, 1, 0])
          >>> print(metric.result().numpy().round(3))
          [0.667 1.   ]
        """
        return at_thresholds(
            where.removeprefix("streaming_"), where, thresholds, cases, share, output
        )

    return streaming_metric


streaming_true_positives_at_thresholds = _counting(
    "true_positives", "The weighted number of positive examples predicted above each threshold."
)
streaming_false_negatives_at_thresholds = _counting(
    "false_negatives",
    "The weighted number of positive examples predicted at or below each threshold.",
)
streaming_false_positives_at_thresholds = _counting(
    "false_positives", "The weighted number of negative examples predicted above each threshold."
)
streaming_true_negatives_at_thresholds = _counting(
    "true_negatives",
    "The weighted number of negative examples predicted at or below each threshold.",
)
streaming_precision_at_thresholds = _rate(
    "precision_at_thresholds",
    "precision_value",
    "The share of positives among the examples predicted above each threshold.",
    ["true_positives", "false_positives"],
    "true_positives",
)
streaming_recall_at_thresholds = _rate(
    "recall_at_thresholds",
    "recall_value",
    "The share predicted above each threshold among the positive examples.",
    ["true_positives", "false_negatives"],
    "true_positives",
)
streaming_false_positive_rate_at_thresholds = _rate(
    "false_positive_rate_at_thresholds",
    "fpr_value",
    "The share predicted above each threshold among the negative examples.",
    ["true_negatives", "false_positives"],
    "false_positives",
)
streaming_false_negative_rate_at_thresholds = _rate(
    "false_negative_rate_at_thresholds",
    "fnr_value",
    "The share predicted at or below each threshold among the positive examples.",
    ["true_positives", "false_negatives"],
    "false_negatives",
)
