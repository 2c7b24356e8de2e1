"""Retrieval metrics: several true classes an example, and the `k` best predictions for it.

Labels are a dense tensor or a `tf.SparseTensor` `[d1, ..., dN, labels]`. A class counts once per
example, however often it is listed.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tf_slim.metrics import engine, inputs
from tf_slim.ops.arguments import ANY_OR_SPARSE
from tf_slim.ops.types import Collections, TensorLike

_DOUBLE = tf.TensorSpec([], tf.float64)
_NO_LABEL = tf.int64.min
_NO_PREDICTION = tf.int64.min + 1


def _at_k(name: str, k: int | None, class_id: int | None) -> str:
    name = f"{name}_at_k" if k is None else f"{name}_at_{k}"
    return name if class_id is None else f"{name}_class{class_id}"


def _top_k(where: str, predictions: Any, k: Any) -> tf.Tensor:
    predictions = inputs.check_k(where, tf.convert_to_tensor(predictions), k)
    predictions = inputs.not_nan(where, predictions)
    return tf.cast(tf.math.top_k(predictions, k).indices, tf.int64)


def _classes(where: str, predicted: Any, labels: Any) -> tuple[tf.Tensor, tf.Tensor]:
    """Predicted classes `[..., k]` and true ones `[..., labels]`, int64, checked."""
    predicted = tf.convert_to_tensor(predicted)
    if predicted.shape.rank in (0, 1):
        raise ValueError(
            f"{where}: predictions must be [batch, ..., classes]; got shape {predicted.shape}. For "
            "one example add a dimension: predictions[tf.newaxis]."
        )
    if not predicted.dtype.is_integer:
        raise ValueError(
            f"{where}: predictions must be indices of classes here; got {predicted.dtype.name}."
        )
    if isinstance(labels, tf.SparseTensor):
        labels = tf.SparseTensor(
            labels.indices, tf.cast(labels.values, tf.int64), labels.dense_shape
        )
        labels = tf.sparse.to_dense(labels, default_value=_NO_LABEL, validate_indices=False)
    labels = tf.convert_to_tensor(labels)
    if not labels.dtype.is_integer:
        raise ValueError(f"{where}: labels must be indices of classes; got {labels.dtype.name}.")
    ranks = predicted.shape.rank, labels.shape.rank
    if None not in ranks and ranks[1] == ranks[0] - 1:
        labels = labels[..., None]
    if None not in ranks and not predicted.shape[:-1].is_compatible_with(labels.shape[:-1]):
        raise ValueError(
            f"{where}: predictions and labels must agree in all sizes but the last; got "
            f"predictions {predicted.shape} and labels {labels.shape}."
        )
    return tf.cast(predicted, tf.int64), tf.cast(labels, tf.int64)


def _found(predicted: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Whether each predicted class is a true one, bool `[..., k]`."""
    return tf.reduce_any(tf.equal(predicted[..., :, None], labels[..., None, :]), -1)


def _distinct(classes: tf.Tensor, none: int) -> tf.Tensor:
    """How many different classes there are besides `none`, int32 `[...]`."""
    ordered = tf.sort(classes, axis=-1)
    new = tf.concat(
        [tf.ones_like(ordered[..., :1], tf.bool), ordered[..., 1:] > ordered[..., :-1]], -1
    )
    return tf.reduce_sum(tf.cast(new & tf.not_equal(ordered, none), tf.int32), -1)


def _cases(where: str, predicted: Any, labels: Any, class_id: int | None, weights: Any):
    """Weighted numbers of true positives, false positives and false negatives."""
    predicted, labels = _classes(where, predicted, labels)
    if class_id is not None:
        predicted = tf.where(tf.equal(predicted, class_id), predicted, _NO_PREDICTION)
        labels = tf.where(tf.equal(labels, class_id), labels, _NO_LABEL)
    hits = tf.where(_found(predicted, labels), predicted, _NO_PREDICTION)
    true_positives = _distinct(hits, _NO_PREDICTION)
    false_positives = _distinct(predicted, _NO_PREDICTION) - true_positives
    false_negatives = _distinct(labels, _NO_LABEL) - true_positives
    return {
        case: inputs.weighted_sums(where, count, weights)[0]
        for case, count in (
            ("true_positive", true_positives),
            ("false_positive", false_positives),
            ("false_negative", false_negatives),
        )
    }


def _share(
    where: str,
    name: str,
    other: str,
    k: int | None,
    class_id: int | None,
    from_scores: bool,
) -> engine.Metric:
    """The share of true positives among these and the case `other`; NaN before there are any."""
    keys = {case: _at_k(case, k, class_id) for case in ("true_positive", other)}

    def measure(predictions, labels, weights):
        predicted = _top_k(where, predictions, k) if from_scores else predictions
        cases = _cases(where, predicted, labels, class_id, weights)
        return {key: cases[case] for case, key in keys.items()}

    def result(state):
        found, others = (state[key] for key in keys.values())
        return found / (found + others)

    return engine.Metric(
        _at_k(name, k, class_id),
        dict.fromkeys(keys.values(), _DOUBLE),
        measure=measure,
        result=result,
        output="",
    )


@engine.streaming("predictions", "labels", "weights", labels=ANY_OR_SPARSE)
def streaming_sparse_recall_at_k(
    predictions: TensorLike,
    labels: TensorLike | tf.SparseTensor,
    k: int,
    class_id: int | None = None,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """The share of the true classes that are among the `k` best predictions.

    Args:
      predictions: scores, `[d1, ..., dN, classes]`.
      labels: indices of the true classes, `[d1, ..., dN, labels]`, dense or a `tf.SparseTensor`;
        or `[d1, ..., dN]` for one an example. An index out of range counts as not found.
      k: how many predictions count, from 1 to `classes`.
      class_id: a class, to look at this one only.
      weights: None for 1; a scalar, or of the rank `N`, each size equal or 1.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update operation joins.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)` in a v1 graph: the value so far, and the operation that adds a batch
      and returns the value then; float64, NaN before the first label. See
      `slim.metrics.stateful` for all other code.

    Raises:
      ValueError: the shapes do not fit, or `k` is out of range.
      tf.errors.InvalidArgumentError: predictions or weights are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_sparse_recall_at_k, k=2)
      >>> metric.update([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]], tf.constant([[2], [0]], tf.int64))
      >>> print(metric.result().numpy())
      1.0
    """
    where = "streaming_sparse_recall_at_k"
    return _share(where, "recall", "false_negative", k, class_id, from_scores=True)


@engine.streaming("top_k_predictions", "labels", "weights", labels=ANY_OR_SPARSE)
def sparse_recall_at_top_k(
    labels: TensorLike | tf.SparseTensor,
    top_k_predictions: TensorLike,
    class_id: int | None = None,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """`streaming_sparse_recall_at_k` for classes that are chosen already.

    Args:
      labels: see `streaming_sparse_recall_at_k`.
      top_k_predictions: indices of the predicted classes, `[d1, ..., dN, k]`.
      class_id: see `streaming_sparse_recall_at_k`.
      weights: see `streaming_sparse_recall_at_k`.
      metrics_collections: see `streaming_sparse_recall_at_k`.
      updates_collections: see `streaming_sparse_recall_at_k`.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)`, see `streaming_sparse_recall_at_k`.

    Raises:
      ValueError: the shapes do not fit.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.sparse_recall_at_top_k)
      >>> metric.update(tf.constant([[2], [0]], tf.int64), tf.constant([[1, 2], [0, 1]], tf.int64))
      >>> print(metric.result().numpy())
      1.0
    """
    where = "sparse_recall_at_top_k"
    return _share(where, "recall", "false_negative", None, class_id, from_scores=False)


@engine.streaming("predictions", "labels", "weights", labels=ANY_OR_SPARSE)
def streaming_sparse_precision_at_k(
    predictions: TensorLike,
    labels: TensorLike | tf.SparseTensor,
    k: int,
    class_id: int | None = None,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """The share of the `k` best predictions that are true classes.

    Arguments, return value and errors are those of `streaming_sparse_recall_at_k`; labels out of
    range are ignored.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_sparse_precision_at_k, k=2)
      >>> metric.update([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]], tf.constant([[2], [0]], tf.int64))
      >>> print(metric.result().numpy())
      0.5
    """
    where = "streaming_sparse_precision_at_k"
    return _share(where, "precision", "false_positive", k, class_id, from_scores=True)


@engine.streaming("top_k_predictions", "labels", "weights", labels=ANY_OR_SPARSE)
def streaming_sparse_precision_at_top_k(
    top_k_predictions: TensorLike,
    labels: TensorLike | tf.SparseTensor,
    class_id: int | None = None,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """`streaming_sparse_precision_at_k` for classes that are chosen already.

    Arguments, return value and errors are those of `sparse_recall_at_top_k`, but predictions come
    first.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_sparse_precision_at_top_k)
      >>> best = tf.constant([[1, 2], [0, 1]], tf.int64)
      >>> metric.update(best, tf.constant([[2], [0]], tf.int64))
      >>> print(metric.result().numpy())
      0.5
    """
    where = "streaming_sparse_precision_at_top_k"
    return _share(where, "precision", "false_positive", None, class_id, from_scores=False)


def _average_precision(where: str, name: str, count: str, k: int | None) -> engine.Metric:
    """The mean of the average precisions of the examples; for given classes if `k` is None."""

    def measure(predictions, labels, weights):
        predicted = predictions if k is None else _top_k(where, predictions, k)
        sparse = isinstance(labels, tf.SparseTensor)
        predicted, labels = _classes(where, predicted, labels)
        found = tf.cast(_found(predicted, labels), tf.float64)
        places = tf.shape(predicted)[-1]
        precision = tf.cumsum(found, -1) / tf.cast(tf.range(1, places + 1), tf.float64)
        # As in the original: in a dense row a class that is listed twice counts twice, and
        # negative labels are padding.
        if sparse:
            listed = _distinct(labels, _NO_LABEL)
        else:
            listed = tf.reduce_sum(tf.cast(labels >= 0, tf.int32), -1)
        relevant = tf.minimum(listed, places)
        average = tf.math.divide_no_nan(
            tf.reduce_sum(precision * found, -1), tf.cast(relevant, tf.float64)
        )
        total, number = inputs.weighted_sums(where, average, weights)
        return {count: number, "total": total}

    return engine.Metric(
        name,
        {count: _DOUBLE, "total": _DOUBLE},
        measure=measure,
        result=lambda state: tf.math.divide_no_nan(state["total"], state[count]),
        output="mean",
    )


@engine.streaming("predictions", "labels", "weights", labels=ANY_OR_SPARSE)
def streaming_sparse_average_precision_at_k(
    predictions: TensorLike,
    labels: TensorLike | tf.SparseTensor,
    k: int,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """Mean average precision over the `k` best predictions; 0 without data.

    The average precision of an example is the mean of the precisions at those places up to `k`
    where a true class stands, over min(k, number of true classes) places.

    Args:
      predictions: scores, `[d1, ..., dN, classes]`.
      labels: see `streaming_sparse_recall_at_k`.
      k: how many predictions count, from 1 to `classes`.
      weights: None for 1; a scalar, or of the rank `N`, each size equal or 1.
      metrics_collections: see `streaming_sparse_recall_at_k`.
      updates_collections: see `streaming_sparse_recall_at_k`.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)`, see `streaming_sparse_recall_at_k`.

    Raises:
      ValueError: the shapes do not fit, or `k` is out of range.
      tf.errors.InvalidArgumentError: predictions or weights are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_sparse_average_precision_at_k, k=2)
      >>> metric.update([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]], tf.constant([[2], [0]], tf.int64))
      >>> print(metric.result().numpy())
      0.75
    """
    where = "streaming_sparse_average_precision_at_k"
    return _average_precision(where, f"average_precision_at_{k}", "max_1", k)


@engine.streaming("top_k_predictions", "labels", "weights", labels=ANY_OR_SPARSE)
def streaming_sparse_average_precision_at_top_k(
    top_k_predictions: TensorLike,
    labels: TensorLike | tf.SparseTensor,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """`streaming_sparse_average_precision_at_k` for classes that are chosen already, best first.

    Arguments, return value and errors are those of `streaming_sparse_precision_at_top_k`.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_sparse_average_precision_at_top_k)
      >>> best = tf.constant([[1, 2], [0, 1]], tf.int64)
      >>> metric.update(best, tf.constant([[2], [0]], tf.int64))
      >>> print(metric.result().numpy())
      0.75
    """
    where = "streaming_sparse_average_precision_at_top_k"
    return _average_precision(where, "average_precision_at_top_k", "max", None)
