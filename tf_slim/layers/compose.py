"""Layers applied one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.ops import scopes
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import TensorLike

__all__ = ["repeat", "stack"]


@checked
def repeat(inputs: TensorLike, repetitions: int, layer: Callable, *args: Any, **kwargs: Any) -> Any:
    """Applies one layer several times.

    Each application has a scope, and variables, of its own.

    Args:
      inputs: a tensor.
      repetitions: how often.
      layer: a function of (inputs, *args, scope=..., **kwargs).
      *args: passed to `layer`.
      **kwargs: passed to `layer`, but for `scope`: the name around, and the beginning of the
        names inside. Without it they are `Repeat` and the name of the function (which is
        `convolution2d` for `conv2d`).

    Returns:
      What the last application returns; `inputs` for no repetitions.

    Raises:
      ValueError: `repetitions` is no integer, or negative.

    Examples:
      >>> net = slim.repeat(tf.ones([1, 8, 8, 3]), 3, slim.conv2d, 16, 3, scope="conv3")
      >>> [one.name for one in slim.get_variables_by_suffix("weights")]
      ['conv3/conv3_1/weights:0', 'conv3/conv3_2/weights:0', 'conv3/conv3_3/weights:0']
    """
    return _chain("Repeat", inputs, layer, [args] * repetitions, kwargs)


@checked
def stack(inputs: TensorLike, layer: Callable, stack_args: Sequence, **kwargs: Any) -> Any:
    """Applies one layer several times, each time with other arguments.

    Args:
      inputs: a tensor.
      layer: a function of (inputs, *args, scope=..., **kwargs).
      stack_args: a list with the arguments of each application: a value, a list or a tuple.
      **kwargs: passed to `layer`, but for `scope`: as for `repeat`, with `Stack` around.

    Returns:
      What the last application returns; `inputs` for an empty list.

    Raises:
      ValueError: `stack_args` is neither a list nor a tuple.

    Examples:
      >>> net = slim.stack(tf.ones([8, 20]), slim.fully_connected, [32, 64, 10], scope="fc")
      >>> for one in slim.get_variables_by_suffix("weights"):
      ...     print(one.name, one.shape.as_list())
      fc/fc_1/weights:0 [20, 32]
      fc/fc_2/weights:0 [32, 64]
      fc/fc_3/weights:0 [64, 10]
    """
    if not isinstance(stack_args, (list, tuple)):
        raise ValueError(
            "stack expects stack_args to be a list or tuple with the arguments of each layer; got "
            f"{stack_args!r}. For equal layers use slim.repeat."
        )
    each = [args if isinstance(args, (list, tuple)) else (args,) for args in stack_args]
    return _chain("Stack", inputs, layer, each, kwargs)


def _chain(default_scope: str, inputs, layer: Callable, each_args: list, kwargs: dict):
    kwargs = dict(kwargs)
    scope = kwargs.pop("scope", None)
    outputs = tf.convert_to_tensor(inputs)
    with scopes.scope(scope, default_scope, [outputs]):
        prefix = _name_of(layer, default_scope.lower()) if scope is None else scope
        for index, args in enumerate(each_args, 1):
            outputs = layer(outputs, *args, scope=f"{prefix}_{index}", **kwargs)
    return outputs


def _name_of(layer: Callable, default: str) -> str:
    # A functools.partial has no name of its own.
    named = layer if hasattr(layer, "__name__") else getattr(layer, "func", None)
    return getattr(named, "__name__", default)
