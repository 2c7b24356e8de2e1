"""Metrics that are a weighted mean over all examples, or a count of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_slim.metrics import engine, inputs
from tf_slim.ops.arguments import ANY_TENSOR, TENSOR
from tf_slim.ops.types import Collections, TensorLike


def mean_of(
    name: str,
    where: str,
    values: Callable[..., tf.Tensor],
    finish: Callable[[tf.Tensor], tf.Tensor] | None = None,
) -> engine.Metric:
    """A metric that averages something over all examples.

    Args:
      name: of the scope of its variables.
      where: name of the function, for messages.
      values: from the inputs of the metric but the last, the weights, to what is averaged.
      finish: from the mean to the result; by default the mean is the result.
    """

    def measure(*arguments: Any) -> engine.State:
        *data, weights = arguments
        averaged = values(*data)
        total, count = inputs.weighted_sums(where, averaged, weights)
        if averaged.dtype.is_floating:
            total = inputs.sum_not_nan(where, total)
        return {"total": total, "count": count}

    def result(state: engine.State) -> tf.Tensor:
        mean = tf.math.divide_no_nan(state["total"], state["count"])
        return mean if finish is None else finish(mean)

    return engine.Metric(
        name, {"total": engine.SCALAR, "count": engine.SCALAR}, measure=measure, result=result
    )


def _floats(where: str, predictions: Any, labels: Any) -> tuple[tf.Tensor, tf.Tensor]:
    predictions, labels = inputs.align(where, predictions, labels)
    return tf.cast(predictions, tf.float32), tf.cast(labels, tf.float32)


@engine.streaming("values", "weights", values=TENSOR)
def streaming_mean(
    values: TensorLike,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """The weighted mean of all values; 0 before the first.

    Args:
      values: of any shape.
      weights: None for 1; a scalar, or of the rank of `values`, each size equal or 1.
      metrics_collections: collections that the value joins.
      updates_collections: collections that the update operation joins.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)` in a v1 graph: the value so far, and the operation that adds a batch
      and returns the value then. See `slim.metrics.stateful` for all other code.

    Raises:
      ValueError: the shapes do not fit.
      tf.errors.InvalidArgumentError: values or weights are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_mean)
      >>> metric.update([1.0, 2.0, 6.0])
      >>> print(metric.result().numpy().round(3))
      3.0
    """
    return mean_of("mean", "streaming_mean", tf.convert_to_tensor)


@engine.streaming("values", "weights", values=TENSOR)
def streaming_mean_tensor(
    values: TensorLike,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """The weighted mean of each element over all batches; 0 where there was none.

    Args:
      values: of a fully known shape.
      weights: see `streaming_mean`.
      metrics_collections: see `streaming_mean`.
      updates_collections: see `streaming_mean`.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)`, see `streaming_mean`; the shape is that of `values`.

    Raises:
      ValueError: the shapes do not fit, or that of `values` is not fully known.
      tf.errors.InvalidArgumentError: values or weights are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_mean_tensor)
      >>> metric.update([1.0, 10.0])
      >>> metric.update([3.0, 20.0])
      >>> print(metric.result().numpy())
      [ 2. 15.]
    """

    def state(values, unused_weights):
        if not values.shape.is_fully_defined():
            raise ValueError(
                f"streaming_mean_tensor: values must have a fully known shape; got {values.shape}. "
                "Pass batches of one size, or reduce over the batch first."
            )
        spec = tf.TensorSpec(values.shape, tf.float32)
        return {"total_tensor": spec, "count_tensor": spec}

    def measure(values, weights):
        total, count = inputs.weighted("streaming_mean_tensor", values, weights)
        total = inputs.sum_not_nan("streaming_mean_tensor", total)
        return {"total_tensor": total, "count_tensor": count}

    def result(state):
        return tf.math.divide_no_nan(state["total_tensor"], state["count_tensor"])

    return engine.Metric("mean", state, measure=measure, result=result)


@engine.streaming("values", "weights", values=ANY_TENSOR)
def count(
    values: TensorLike,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """The number of values, or the sum of their weights.

    Arguments, return value and errors are those of `streaming_mean`.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.count)
      >>> metric.update([2.0, 3.0])
      >>> print(metric.result().numpy().round(3))
      2.0
    """

    def measure(values, weights):
        return {"count": inputs.weighted_sums("count", values, weights)[1]}

    return engine.Metric(
        "count",
        {"count": engine.SCALAR},
        measure=measure,
        result=lambda state: state["count"],
    )


def _error(
    name: str,
    summary: str,
    difference: Callable[[tf.Tensor, tf.Tensor], tf.Tensor],
    finish: Callable[[tf.Tensor], tf.Tensor] | None = None,
):
    """A public metric: the mean of a difference between predictions and labels."""
    where = f"streaming_{name}"
    metric = mean_of(name, where, lambda *pair: difference(*_floats(where, *pair)), finish)

    @engine.streaming("predictions", "labels", "weights")
    @engine.named(where, summary)
    def streaming_metric(
        predictions: TensorLike,
        labels: TensorLike,
        weights: TensorLike | None = None,
        metrics_collections: Collections = None,
        updates_collections: Collections = None,
        name: str | None = None,
    ) -> engine.Metric:
        """Args:
          predictions: of any shape.
          labels: of the same shape.
          weights: see `streaming_mean`.
          metrics_collections: see `streaming_mean`.
          updates_collections: see `streaming_mean`.
          name: of the scope of the variables.

        Returns:
          `(value, update_op)`, see `streaming_mean`.

        Raises:
          ValueError: the shapes do not fit.
          tf.errors.InvalidArgumentError: values or weights are NaN.
          RuntimeError: called outside a v1 graph.

        Examples:
          >>> metric = slim.metrics.stateful(slim.metrics.streaming_mean_squared_error)
          >>> metric.update([1.0, 4.0], [2.0, 2.0])
          >>> print(metric.result().numpy())
          2.5
        """
        return metric

    return streaming_metric


streaming_mean_absolute_error = _error(
    "mean_absolute_error",
    "The weighted mean of `|predictions - labels|`.",
    lambda predictions, labels: tf.abs(predictions - labels),
)
streaming_mean_squared_error = _error(
    "mean_squared_error",
    "The weighted mean of `(predictions - labels)**2`.",
    tf.math.squared_difference,
)
streaming_root_mean_squared_error = _error(
    "root_mean_squared_error",
    "The square root of the weighted mean of `(predictions - labels)**2`.",
    tf.math.squared_difference,
    finish=tf.sqrt,
)


@engine.streaming("predictions", "labels", "normalizer", "weights")
def streaming_mean_relative_error(
    predictions: TensorLike,
    labels: TensorLike,
    normalizer: TensorLike,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """The weighted mean of `|predictions - labels| / normalizer`, 0 where `normalizer` is 0.

    Arguments, return value and errors are those of `streaming_mean_absolute_error`; `normalizer`
    has the shape of `predictions`.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_mean_relative_error)
      >>> metric.update([1.0, 4.0], [2.0, 2.0], [2.0, 2.0])
      >>> print(metric.result().numpy().round(3))
      0.75
    """

    def values(predictions, labels, normalizer):
        where = "streaming_mean_relative_error"
        normalizer = _floats(where, predictions, normalizer)[1]
        predictions, labels = _floats(where, predictions, labels)
        return tf.math.divide_no_nan(tf.abs(predictions - labels), normalizer)

    return mean_of("mean_relative_error", "streaming_mean_relative_error", values)


@engine.streaming("predictions", "labels", "weights")
def streaming_mean_cosine_distance(
    predictions: TensorLike,
    labels: TensorLike,
    dim: int,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """The weighted mean of `1 - predictions . labels`, for vectors of length 1; 1 before the first.

    Args:
      predictions: vectors of length 1 along `dim`.
      labels: of the same shape.
      dim: the dimension to sum the products over.
      weights: see `streaming_mean`; of size 1 along `dim`.
      metrics_collections: see `streaming_mean`.
      updates_collections: see `streaming_mean`.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)`, see `streaming_mean`.

    Raises:
      ValueError: the shapes do not fit.
      tf.errors.InvalidArgumentError: values or weights are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_mean_cosine_distance, dim=1)
      >>> metric.update([[1.0, 0.0], [0.6, 0.8]], [[1.0, 0.0], [1.0, 0.0]])
      >>> print(metric.result().numpy().round(3))
      0.2
    """

    def values(predictions, labels):
        predictions, labels = _floats("streaming_mean_cosine_distance", predictions, labels)
        return tf.reduce_sum(predictions * labels, [dim], keepdims=True)

    return mean_of(
        "mean_cosine_distance",
        "streaming_mean_cosine_distance",
        values,
        finish=lambda mean: 1.0 - mean,
    )


@engine.streaming("values", "weights", values=TENSOR)
def streaming_percentage_less(
    values: TensorLike,
    threshold: float,
    weights: TensorLike | None = None,
    metrics_collections: Collections = None,
    updates_collections: Collections = None,
    name: str | None = None,
) -> engine.Metric:
    """The weighted share of values below a threshold, in [0, 1].

    Args:
      values: of any shape.
      threshold: a number.
      weights: see `streaming_mean`.
      metrics_collections: see `streaming_mean`.
      updates_collections: see `streaming_mean`.
      name: of the scope of the variables.

    Returns:
      `(value, update_op)`, see `streaming_mean`.

    Raises:
      ValueError: the shapes do not fit.
      tf.errors.InvalidArgumentError: values or weights are NaN.
      RuntimeError: called outside a v1 graph.

    Examples:
      >>> metric = slim.metrics.stateful(slim.metrics.streaming_percentage_less, threshold=0.5)
      >>> metric.update([0.1, 0.6, 0.9, 0.2])
      >>> print(metric.result().numpy().round(3))
      0.5
    """

    def below(values):
        values = inputs.not_nan("streaming_percentage_less", tf.convert_to_tensor(values))
        return values < tf.cast(threshold, values.dtype)

    return mean_of("percentage_below_threshold", "streaming_percentage_less", below)
