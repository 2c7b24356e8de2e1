"""Maxout."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.layers import checks, parts
from tf_slim.ops.arg_scope import add_arg_scope
from tf_slim.ops.types import Tensor, TensorLike

__all__ = ["maxout"]


@add_arg_scope
def maxout(inputs: TensorLike, num_units: int, axis: int = -1, scope: str | None = None) -> Tensor:
    """The maximum over groups of channels.

    From "Maxout Networks", Goodfellow et al., 2013. With n channels for each unit, unit i is the
    maximum of the channels i * n to (i + 1) * n - 1. That holds for the last axis. For another one
    the groups are, as ever, n neighbours in memory, so they mix what lies along later axes.

    Args:
      inputs: a tensor.
      num_units: how many channels remain; a divisor of the number of channels.
      axis: of the channels.
      scope: name of the scope; by default `MaxOut`, made unique.

    Returns:
      A tensor of the shape of `inputs`, but for `num_units` channels.

    Raises:
      ValueError: the rank or the number of channels is unknown, or that is no multiple of
        `num_units`.

    Examples:
      >>> print(slim.maxout(tf.constant([[1.0, 5.0, 7.0, 2.0]]), num_units=2).numpy())
      [[5. 7.]]
    """
    layer = parts.Layer("maxout", scope, "MaxOut")
    inputs = tf.convert_to_tensor(inputs)
    rank = checks.rank(inputs, "[batch, ..., channels]", layer, at_least=1)
    units = checks.depth(num_units, "num_units", layer)
    if not -rank <= axis < rank:
        raise layer.error(
            f"axis to lie between {-rank} and {rank - 1}",
            f"axis={axis!r}",
            "Negative axes count from the end.",
        )
    axis %= rank
    channels = checks.channels(inputs, axis, layer)
    if channels % units:
        raise layer.error(
            "a number of features (channels) that is a multiple of num_units",
            f"{channels} channels with num_units={num_units!r}",
            "Choose a divisor.",
        )
    with layer.name_scope(inputs, variable_scope=True):
        sizes, static = parts.sizes(inputs), inputs.shape.as_list()
        split = [*sizes[:axis], units, *sizes[axis + 1 :], channels // units]
        outputs = tf.reduce_max(tf.reshape(inputs, split), -1)
        outputs.set_shape([*static[:axis], units, *static[axis + 1 :]])
        return layer.finish(outputs)
