"""Batches without examples: the last one of a data set may leave a replica without any."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import tensorflow as tf


def possible(batch: Any, strategy: tf.distribute.Strategy) -> bool:
    """Whether the share of a replica may be empty, or smaller, as far as shapes are known."""
    shares = zip(*map(strategy.experimental_local_results, tf.nest.flatten(batch)), strict=True)
    sizes = {
        next((leaf.shape[0] for leaf in _batched(one) if leaf.shape[0]), None) for one in shares
    }
    return None in sizes or len(sizes) > 1


def count_examples(batch: Any) -> tf.Tensor:
    """The number of examples in a structure of tensors: the size of their first dimension."""
    batched = _batched(tf.nest.flatten(batch))
    return tf.shape(batched[0])[0] if batched else tf.constant(1)


def _batched(leaves: Iterable[Any]) -> list[tf.Tensor]:
    return [leaf for leaf in leaves if isinstance(leaf, tf.Tensor) and leaf.shape.rank]


def filled(batch: Any, examples: tf.Tensor) -> Any:
    """The batch, or, where it has no examples, one of ones and zeros.

    Kernels of CPUs give wrong shapes for an empty batch, or end the process (the gradient of
    max_pool does), so a net must not see one.

    Args:
      batch: a structure of tensors.
      examples: how many there are: what `count_examples` returns.
    """
    leaves = tf.nest.flatten(batch)
    places = [i for i, leaf in enumerate(leaves) if isinstance(leaf, tf.Tensor) and leaf.shape.rank]
    given = [leaves[i] for i in places]
    chosen = tf.cond(examples > 0, lambda: given, lambda: [_made_up(leaf) for leaf in given])
    for place, leaf, tensor in zip(places, given, chosen, strict=True):
        tensor.set_shape([None, *leaf.shape[1:]])
        leaves[place] = tensor
    return tf.nest.pack_sequence_as(batch, leaves)


def first(outputs: Any, examples: tf.Tensor) -> Any:
    """What a net returned for a batch of so many examples that was `filled`."""
    return tf.nest.map_structure(
        lambda leaf: leaf[:examples] if tf.is_tensor(leaf) and leaf.shape.rank else leaf, outputs
    )


def _made_up(leaf: tf.Tensor) -> tf.Tensor:
    shape = tf.concat([[1], tf.shape(leaf)[1:]], 0)
    # Ones, since the gradient of a norm has no value at zero.
    return tf.ones(shape, leaf.dtype) if leaf.dtype.is_floating else tf.zeros(shape, leaf.dtype)
