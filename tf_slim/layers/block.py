"""A part of a net, from tensors to tensors, that may be computed again for its gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_slim.layers.recompute import recompute_grad
from tf_slim.ops import blocks
from tf_slim.ops.arg_scope import current_is_training

__all__ = ["block"]


def block(fn: Callable, *inputs: Any, name: str | None = None) -> Any:
    """Calls a part of a net, as one whose activations need not be kept.

    A model made with `recompute=True` keeps `inputs` and outputs of its blocks alone, and computes
    what is between them again, a block at a time, when their gradients are asked for: see
    `recompute_grad`. Elsewhere, and in inference, this is `fn(*inputs)`. A block within a block
    that is computed again is a part of it. What layers in such a block file as end points has no
    gradient in eager mode; in a `tf.function` it has, and what that needs is kept.

    Args:
      fn: a function that takes tensors, and returns a tensor or a list or tuple of them. Tensors
        that it has a gradient for must be passed to it.
      *inputs: what it takes.
      name: what patterns know it by, after the name of the scope that is open and a slash; None
        for the name of the scope itself.

    Returns:
      What the function returns.

    Examples:
      >>> import functools
      >>> def net(images):
      ...     for depth in (8, 16):
      ...         unit = functools.partial(slim.conv2d, num_outputs=depth, kernel_size=3)
      ...         images = slim.block(unit, images, name=f"unit_{depth}")
      ...     return images
      >>> model = slim.Model(net, recompute=True)
      >>> model(tf.ones([1, 8, 8, 3])).shape
      TensorShape([1, 8, 8, 16])
    """
    asked = blocks.asked()
    if asked is None or current_is_training() is False:
        return fn(*inputs)
    scope = tf.compat.v1.get_variable_scope().name
    if not asked.takes("/".join(part for part in (scope, name) if part)):
        return fn(*inputs)
    with blocks.asking(None):
        return recompute_grad(fn)(*map(tf.convert_to_tensor, inputs))
