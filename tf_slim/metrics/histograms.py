"""The area under the ROC curve from two histograms of scores."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from tf_slim.metrics import engine, inputs
from tf_slim.metrics.bins import count_in_bins
from tf_slim.ops.types import Collections, TensorLike

_TRUE, _FALSE = "hist_accumulate/hist_true_acc", "hist_accumulate/hist_false_acc"


@engine.streaming("boolean_labels", "scores")
def auc_using_histogram(
    boolean_labels: TensorLike,
    scores: TensorLike,
    score_range: Sequence[float],
    nbins: int = 100,
    collections: Collections = None,
    check_shape: bool = True,
    name: str | None = None,
) -> engine.Metric:
    """The area under the ROC curve, from histograms of the scores of both classes.

    The more bins, the more exact. Source: Bouckaert, Efficient AUC Learning Curve Calculation,
    AI 2006.

    Args:
      boolean_labels: booleans, `[batch]`.
      scores: numbers, `[batch]`.
      score_range: the lowest and the highest score, two numbers; others are clipped.
      nbins: how many bins.
      collections: collections that the variables join, the local variables by default.
      check_shape: whether both must be of rank 1.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)` in a v1 graph: the area so far, NaN while a class has no examples, and
      the operation that adds a batch and returns nothing. See `slim.metrics.stateful` for all
      other code.

    Raises:
      ValueError: the labels are no booleans, or the shapes do not fit.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.auc_using_histogram, score_range=[0.0, 1.0])
      >>> metric.update([False, True, True, False], [0.1, 0.8, 0.6, 0.7])
      >>> print(metric.result().numpy())
      0.75
    """
    where = "auc_using_histogram"

    def measure(labels, scores):
        scores, labels = inputs.align(where, scores, labels)
        if labels.dtype != tf.bool:
            raise ValueError(f"{where}: boolean_labels must be booleans; got {labels.dtype.name}.")
        if check_shape and scores.shape.rank not in (None, 1):
            raise ValueError(
                f"{where}: scores and labels must be [batch]; got shape {scores.shape}. "
                "check_shape=False lets other shapes pass."
            )
        scores = tf.cast(inputs.not_nan(where, scores), tf.float32)
        low, high = score_range
        places = (scores - low) / (high - low) * nbins
        bins = tf.cast(tf.clip_by_value(tf.floor(places), 0, nbins - 1), tf.int32)
        # NaN is refused in the end, and until then has a bin as well.
        bins = tf.maximum(bins, 0)
        bins += nbins * tf.cast(labels, tf.int32)
        negatives, positives = tf.split(count_in_bins(bins, 2 * nbins, dtype=tf.int64), 2)
        return {_TRUE: positives, _FALSE: negatives}

    def result(state):
        def shares(counts):
            # From the highest score down: the order in which a falling threshold lets them pass.
            counts = tf.cast(counts[::-1], tf.float64)
            return counts / tf.reduce_sum(counts)

        rise, run = shares(state[_TRUE]), shares(state[_FALSE])
        height = tf.cumsum(rise) - rise / 2.0
        return tf.cast(tf.reduce_sum(height * run), tf.float32)

    spec = tf.TensorSpec([nbins], tf.int64)
    return engine.Metric(
        "auc_using_histogram",
        {_TRUE: spec, _FALSE: spec},
        measure=measure,
        result=result,
        output="auc",
        updated=engine.nothing,
    )
