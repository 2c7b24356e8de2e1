"""Several metrics at once, in a v1 graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def aggregate_metrics(*value_update_tuples: tuple[Any, Any]) -> tuple[list[Any], list[Any]]:
    """Splits pairs `(value, update_op)` into a list of values and one of update operations.

    Args:
      *value_update_tuples: what `streaming_*` functions returned.

    Returns:
      `(values, update_ops)`, two lists.

    Raises:
      ValueError: there is none, or one of them is no pair.

    Examples:
      >>> with tf.Graph().as_default():
      ...     values, updates = slim.metrics.aggregate_metrics(
      ...         slim.metrics.streaming_accuracy([1, 2], [1, 0]),
      ...         slim.metrics.streaming_mean([1.0, 3.0]),
      ...     )
      ...     with tf.compat.v1.Session() as session:
      ...         session.run(tf.compat.v1.local_variables_initializer())
      ...         print([float(one) for one in session.run(updates)])
      [0.5, 2.0]
    """
    if not value_update_tuples:
        raise ValueError(
            "aggregate_metrics: expected at least one pair (value, update_op), as "
            "slim.metrics.streaming_accuracy(...) returns it; got none."
        )
    pairs = [_pair(f"argument {index}", pair) for index, pair in enumerate(value_update_tuples)]
    return [value for value, _ in pairs], [update for _, update in pairs]


def aggregate_metric_map(
    names_to_tuples: Mapping[str, tuple[Any, Any]],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Splits a dict of pairs `(value, update_op)` into one of values and one of operations.

    Args:
      names_to_tuples: from a name to what a `streaming_*` function returned.

    Returns:
      `(names_to_values, names_to_updates)`, two dicts with the same names in the same order.

    Raises:
      ValueError: one of them is no pair.

    Examples:
      >>> with tf.Graph().as_default():
      ...     values, updates = slim.metrics.aggregate_metric_map({
      ...         "accuracy": slim.metrics.streaming_accuracy([1, 2], [1, 0]),
      ...         "loss": slim.metrics.streaming_mean([1.0, 3.0]),
      ...     })
      >>> list(values), list(updates)
      (['accuracy', 'loss'], ['accuracy', 'loss'])
    """
    pairs = {name: _pair(repr(name), pair) for name, pair in names_to_tuples.items()}
    return (
        {name: value for name, (value, _) in pairs.items()},
        {name: update for name, (_, update) in pairs.items()},
    )


def _pair(which: str, pair: Any) -> tuple[Any, Any]:
    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        raise ValueError(
            f"The metric {which} is no pair (value, update_op); got {pair!r}. Functions named "
            "slim.metrics.streaming_* return pairs; slim.metrics.accuracy is the accuracy of one "
            "batch only."
        )
    return pair[0], pair[1]
