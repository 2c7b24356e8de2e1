"""A queue of batches that are ready, filled by threads of their own."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tf_slim.v1.queue_summaries import summarize_filling
from tf_slim.v1.v1_only import require_v1_graph

__all__ = ["prefetch_queue"]

v1 = tf.compat.v1


def prefetch_queue(
    tensors: Any,
    capacity: int = 8,
    num_threads: int = 1,
    dynamic_pad: bool = False,
    shared_name: str | None = None,
    name: str | None = None,
) -> tf.queue.QueueBase:
    """A queue that is kept filled with values of tensors, in a v1 graph.

    Args:
      tensors: a list of tensors, or a dict of them.
      capacity: how many values of all of them the queue holds.
      num_threads: how many threads fill it.
      dynamic_pad: whether shapes may be unknown in part; several values dequeued at once are then
        padded to the largest.
      shared_name: to share the queue between sessions.
      name: of the operations.

    Returns:
      The queue. `dequeue()` gives the tensors again, as a list or a dict.

    Raises:
      RuntimeError: called outside a v1 graph.

    Examples: see `slim.queues.QueueRunners`.
    """
    require_v1_graph("slim.prefetch_queue.prefetch_queue", "tf.data.Dataset.prefetch")
    names = None
    values = list(tensors)
    if isinstance(tensors, dict):
        names = sorted(tensors)  # so that all workers of a cluster agree
        values = [tensors[key] for key in names]
    with v1.name_scope(name, "prefetch_queue", values):
        make = v1.PaddingFIFOQueue if dynamic_pad else v1.FIFOQueue
        queue = make(
            capacity=capacity,
            dtypes=[tensor.dtype for tensor in values],
            shapes=[tensor.shape for tensor in values],
            names=names,
            shared_name=shared_name,
        )
        fill = queue.enqueue(tensors)
        v1.train.add_queue_runner(v1.train.QueueRunner(queue, [fill] * num_threads))
        summarize_filling(queue, capacity)
        return queue
