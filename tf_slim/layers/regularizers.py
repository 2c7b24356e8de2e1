"""Regularizers: functions from a weight tensor to its penalty, a scalar."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Iterable

import tensorflow as tf

from tf_slim.ops import keras_objects, places, variables
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Regularizer, Tensor

__all__ = [
    "apply_regularization",
    "l1_l2_regularizer",
    "l1_regularizer",
    "l2_regularizer",
    "sum_regularizer",
]

GraphKeys = tf.compat.v1.GraphKeys


def l1_regularizer(scale: float, scope: str | None = None) -> Callable:
    """A penalty of `scale` times the sum of absolute values.

    Args:
      scale: a float, or a scalar tensor. 0.0 switches the penalty off.
      scope: name of the operation.

    Returns:
      A function from a tensor to its penalty; for scale 0.0 to None.

    Raises:
      ValueError: `scale` is negative or an integer.

    Examples:
      >>> penalty = slim.l1_regularizer(0.1)
      >>> print(penalty(tf.constant([3.0, -4.0])).numpy().round(3))
      0.7
    """
    if _is_zero(scale, "l1_regularizer"):
        return _no_penalty

    def l1(weights):
        with tf.compat.v1.name_scope(scope, "l1_regularizer", [weights]) as name:
            total = tf.reduce_sum(tf.abs(weights))
            return tf.multiply(tf.cast(scale, total.dtype), total, name=name)

    return l1


def l2_regularizer(scale: float, scope: str | None = None) -> Callable:
    """A penalty of `scale` times half the sum of squares.

    Note the half: `tf.keras.regularizers.L2(s)` is twice as strong as `l2_regularizer(s)`.

    Arguments, return value and errors: see `l1_regularizer`.

    Examples:
      >>> penalty = slim.l2_regularizer(0.1)
      >>> print(penalty(tf.constant([3.0, -4.0])).numpy().round(3))
      1.25
    """
    if _is_zero(scale, "l2_regularizer"):
        return _no_penalty

    def l2(weights):
        with tf.compat.v1.name_scope(scope, "l2_regularizer", [weights]) as name:
            total = tf.nn.l2_loss(weights)
            return tf.multiply(tf.cast(scale, total.dtype), total, name=name)

    return l2


def l1_l2_regularizer(
    scale_l1: float = 1.0, scale_l2: float = 1.0, scope: str | None = None
) -> Callable | None:
    """The sum of the penalties of `l1_regularizer` and `l2_regularizer`.

    Args:
      scale_l1: as for `l1_regularizer`.
      scale_l2: as for `l2_regularizer`.
      scope: name of the operation.

    Raises:
      ValueError: a scale is negative or an integer.

    Examples:
      >>> penalty = slim.l1_l2_regularizer(scale_l1=0.1, scale_l2=0.01)
      >>> print(penalty(tf.constant([3.0, -4.0])).numpy().round(3))
      0.825
    """
    return sum_regularizer(
        [l1_regularizer(scale_l1), l2_regularizer(scale_l2)], scope or "l1_l2_regularizer"
    )


@checked
def sum_regularizer(
    regularizer_list: Iterable[Callable | None], scope: str | None = None
) -> Callable | None:
    """The sum of several regularizers.

    Args:
      regularizer_list: regularizers; entries of None are left out.
      scope: name of the operation.

    Returns:
      A regularizer, or None if nothing is left.

    Raises:
      TypeError: an entry is neither a function nor None.

    Examples:
      >>> both = [slim.l1_regularizer(1.0), slim.l2_regularizer(2.0)]
      >>> penalty = slim.regularizers.sum_regularizer(both)
      >>> print(penalty(tf.constant([3.0, -4.0])).numpy())
      32.0
    """
    regularizers = [regularizer for regularizer in regularizer_list if regularizer is not None]
    if not regularizers:
        return None

    def sum_reg(weights):
        with tf.compat.v1.name_scope(scope, "sum_regularizer", [weights]) as name:
            penalties = [keras_objects.in_graph(one)(weights) for one in regularizers]
            penalties = [penalty for penalty in penalties if penalty is not None]
            return tf.add_n(penalties, name=name) if penalties else None

    return sum_reg


def apply_regularization(regularizer: Regularizer, weights_list: Iterable | None = None) -> Tensor:
    """The summed penalty of several weights, added to the losses.

    In a v1 graph it joins `GraphKeys.REGULARIZATION_LOSSES`, elsewhere the losses of the nearest
    `slim.collect()` block, if there is one.

    Args:
      regularizer: a function from a tensor to a scalar or None.
      weights_list: the weights; by default the members of `GraphKeys.WEIGHTS`. (Layers add to
        that only if told so by `variables_collections`.)

    Returns:
      The penalty, a scalar.

    Raises:
      ValueError: there are no weights, or `regularizer` does not return scalars.

    Examples:
      >>> weights = [tf.constant([1.0, 2.0]), tf.constant([3.0])]
      >>> print(slim.apply_regularization(slim.l2_regularizer(0.1), weights).numpy().round(3))
      0.7
    """
    if weights_list is None:
        weights_list = variables.get_variables(collection=GraphKeys.WEIGHTS)
    weights = list(weights_list)
    if not weights:
        raise ValueError(
            "apply_regularization has no weights to work on. Pass weights_list, or put the weights "
            f"of layers into the collection {GraphKeys.WEIGHTS!r}: "
            "variables_collections={'weights': [tf.compat.v1.GraphKeys.WEIGHTS]}."
        )
    with tf.compat.v1.name_scope("get_regularization_penalty", values=weights) as name:
        penalties = [keras_objects.in_graph(regularizer)(weight) for weight in weights]
        penalties = [tf.constant(0.0) if penalty is None else penalty for penalty in penalties]
        for penalty in penalties:
            if penalty.shape.rank != 0:
                raise ValueError(
                    "apply_regularization expects a regularizer that returns a scalar; got shape "
                    f"{penalty.shape}. Reduce it: tf.reduce_sum(...)."
                )
        total = tf.add_n(penalties, name=name)
    places.current().add_penalty(total)
    return total


def _no_penalty(unused_weights):
    return None


def _is_zero(scale, regularizer: str) -> bool:
    """Whether there is nothing to add up; checks the scale, unless it is a tensor."""
    if isinstance(scale, numbers.Integral):
        raise ValueError(
            f"{regularizer} expects its scale to be a float; got the integer {scale}. "
            f"Write {float(scale)}."
        )
    if not isinstance(scale, numbers.Real):
        return False
    if scale < 0.0:
        raise ValueError(f"{regularizer} expects a scale of 0.0 or more; got {scale}.")
    return scale == 0.0
