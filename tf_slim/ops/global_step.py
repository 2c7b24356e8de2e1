"""The global step: how many training steps the variables have seen."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tf_slim.ops import places
from tf_slim.ops.modes import do_not_convert


@do_not_convert
def get_global_step(graph: tf.Graph | None = None) -> Any:
    """The global step, an int64 scalar; None if there is none.

    Inside a training step (see `slim.learning.make_train_step`) it is the number of that step, a
    tensor, otherwise a variable.

    Args:
      graph: the graph to look in (v1 graphs only), by default the current one.

    Examples:
      >>> slim.get_global_step() is None
      True
      >>> step = slim.create_global_step()
      >>> int(slim.get_global_step())
      0
    """
    return places.current(graph).global_step(graph)


@do_not_convert
def create_global_step(graph: tf.Graph | None = None) -> Any:
    """Makes the global step.

    In a v1 graph TensorFlow makes it within the current variable scope, and checkpoints then hold
    it under another name than `global_step`: a warning says so. In other modes it is called
    `global_step` wherever it is made.

    Raises:
      ValueError: there is one already.

    Examples:
      >>> step = slim.create_global_step()
      >>> step.name, int(step)
      ('global_step:0', 0)
    """
    return places.current(graph).create_global_step(graph)


@do_not_convert
def get_or_create_global_step(graph: tf.Graph | None = None) -> Any:
    """The global step, made if there is none.

    Examples:
      >>> step = slim.get_or_create_global_step()
      >>> slim.get_or_create_global_step() is step
      True
    """
    step = get_global_step(graph)
    return create_global_step(graph) if step is None else step


def assert_global_step(global_step_tensor: Any) -> None:
    """Raises TypeError unless the argument is an integer scalar.

    Examples:
      >>> slim.assert_global_step(slim.create_global_step())
      >>> try:
      ...     slim.assert_global_step(tf.constant(0.5))
      ... except TypeError as error:
      ...     print(error)
      Existing "global_step" does not have integer type: <dtype: 'float32'>
    """
    tf.compat.v1.train.assert_global_step(global_step_tensor)


def assert_or_get_global_step(graph: tf.Graph | None = None, global_step_tensor: Any = None) -> Any:
    """The given tensor, checked, or else the global step (None if there is none).

    Raises:
      TypeError: the tensor is not an integer scalar.

    Examples:
      >>> step = slim.get_or_create_global_step()
      >>> slim.assert_or_get_global_step(global_step_tensor=step) is step
      True
    """
    if global_step_tensor is None:
        return get_global_step(graph)
    assert_global_step(global_step_tensor)
    return global_step_tensor
