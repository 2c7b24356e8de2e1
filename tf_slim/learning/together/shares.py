"""What each worker gets of the batches of all: its share of each, or some of them whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.learning.together.workers import Workers


def of_worker(
    batches: tf.data.Dataset,
    strategy: tf.distribute.Strategy,
    workers: Workers,
    whole: bool,
    see: Callable[[np.ndarray], None],
) -> Any:
    """The batches of one worker, of a dataset of which every worker reads all.

    To train, each replica gets its part of every batch: the steps are those of one process. A batch
    that does not divide gives the first replicas one example more. To evaluate, each worker gets
    whole batches in turn: there need not be as many on all.

    Args:
      batches: of all.
      strategy: under which they are used.
      workers: of the strategy.
      whole: whether batches are for one worker each.
      see: told, of batches that are shared, what distinguishes the first one from others.

    Returns:
      A dataset; a distributed one if the worker has several replicas.
    """
    replicas = strategy.num_replicas_in_sync
    here = replicas // workers.count
    first = workers.index * here
    if whole:
        batches = batches.shard(workers.count, workers.index)
        first, replicas = 0, here
    else:
        batches = batches.enumerate().map(lambda number, *rest: _seen(see, number, *rest))
    if here == 1:
        return batches if whole else batches.map(lambda *batch: part(batch, first, replicas))

    def parts(*batch):
        numbers = tf.data.Dataset.range(first, first + here)
        return numbers.map(lambda number: part(batch, tf.cast(number, tf.int32), replicas))

    of_replicas = batches.flat_map(parts)
    return strategy.distribute_datasets_from_function(lambda _: of_replicas)


def of_pipeline(
    parts: tf.data.Dataset, strategy: tf.distribute.Strategy, workers: Workers, batch_size: int
) -> Any:
    """What a worker reads of a Pipeline, of which it decodes its own part alone.

    Args:
      parts: of its replicas, one after the other: `pipeline.dataset(context=...)`.
      strategy: under which they are used.
      workers: of the strategy.
      batch_size: of the batches of all.

    Returns:
      A dataset; a distributed one if the worker has several replicas.
    """
    if batch_size % strategy.num_replicas_in_sync:
        parts = parts.map(lambda *batch: tf.nest.map_structure(_of_any_size, batch))
    if strategy.num_replicas_in_sync == workers.count:
        return parts
    return strategy.distribute_datasets_from_function(lambda _: parts)


def context(strategy: tf.distribute.Strategy, workers: Workers) -> tf.distribute.InputContext:
    """Which parts of a batch are this worker's, as a Pipeline takes it."""
    return tf.distribute.InputContext(
        num_input_pipelines=workers.count,
        input_pipeline_id=workers.index,
        num_replicas_in_sync=strategy.num_replicas_in_sync,
    )


def _of_any_size(leaf: tf.Tensor) -> tf.Tensor:
    # Shapes must not tell: all replicas are to trace the same step.
    return tf.compat.v1.placeholder_with_default(leaf, [None, *leaf.shape[1:]])


def _seen(see: Callable[[np.ndarray], None], number: tf.Tensor, batch: tuple) -> tuple:
    """The batch; the first one is shown."""

    def show(*digests):
        see(np.stack(digests))
        return np.int64(0)

    def first():
        leaves = tf.nest.flatten(batch, expand_composites=True)
        serialized = [tf.io.serialize_tensor(leaf) for leaf in leaves]
        digests = [tf.strings.to_hash_bucket_fast(one, 2**31 - 1) for one in serialized]
        return tf.numpy_function(show, digests, tf.int64)

    with tf.control_dependencies([tf.cond(number > 0, lambda: tf.constant(0, tf.int64), first)]):
        return tf.nest.map_structure(tf.identity, batch, expand_composites=True)


def part(batch: Any, number: Any, of: int) -> Any:
    """One of `of` consecutive parts of a batch, a structure of tensors.

    It has a static size where all parts have the same.
    """
    leaves = tf.nest.flatten(batch)
    sizes = [leaf.shape[0] for leaf in leaves if leaf.shape.rank]
    size: Any = next(iter(sizes), 1)
    if size is None or size % of:
        size = next(tf.shape(leaf)[0] for leaf in leaves if _is_dense(leaf) and leaf.shape.rank)
        # Shapes must not tell: all replicas are to trace the same step.
        size = tf.compat.v1.placeholder_with_default(size, [])
        least, more = size // of, size % of
        start = number * least + tf.minimum(number, more)
        length = least + tf.cast(number < more, tf.int32)
    else:
        length = size // of
        start = number * length
    return tf.nest.pack_sequence_as(batch, [_cut(leaf, start, length) for leaf in leaves])


def _cut(leaf: Any, start: Any, length: Any) -> Any:
    if not leaf.shape.rank:
        return leaf
    if isinstance(leaf, tf.SparseTensor):
        rest = leaf.dense_shape[1:]
        begin = tf.concat([[tf.cast(start, tf.int64)], tf.zeros_like(rest)], 0)
        return tf.sparse.slice(leaf, begin, tf.concat([[tf.cast(length, tf.int64)], rest], 0))
    cut = leaf[start : start + length]
    if _is_dense(leaf) and isinstance(length, int):
        cut.set_shape([length, *leaf.shape[1:]])
    return cut


def _is_dense(leaf: Any) -> bool:
    return isinstance(leaf, tf.Tensor)
