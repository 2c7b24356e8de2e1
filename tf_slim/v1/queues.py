"""`QueueRunners`: a `with` block in which the queues of a graph are filled."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import tensorflow as tf

__all__ = ["NestedQueueRunnerError", "QueueRunners"]

v1 = tf.compat.v1

_GRACE_SECS = 120

_running = threading.Lock()


class NestedQueueRunnerError(Exception):
    """A `QueueRunners` block was opened while another one is open."""


@contextlib.contextmanager
def QueueRunners(session: tf.compat.v1.Session) -> Iterator[None]:
    """Runs the queue runners of a session's graph as long as the block lasts.

    Args:
      session: the session; the queue runners are those that its graph has collected.

    Raises:
      NestedQueueRunnerError: another block is open in this process.

    Examples:
      >>> with tf.Graph().as_default():
      ...     queue = slim.prefetch_queue.prefetch_queue([tf.constant([1, 2])])
      ...     value = queue.dequeue()
      ...     with tf.compat.v1.Session() as session, slim.queues.QueueRunners(session):
      ...         print(session.run(value))
      [1 2]
    """
    if not _running.acquire(blocking=False):
        raise NestedQueueRunnerError(
            "slim.queues.QueueRunners is open already, and all queue runners of its graph run. Use "
            "one block around everything that reads from queues."
        )
    try:
        coordinator = v1.train.Coordinator()
        threads = []
        with session.graph.as_default():
            for runner in v1.get_collection(v1.GraphKeys.QUEUE_RUNNERS):
                threads += runner.create_threads(
                    session, coord=coordinator, daemon=True, start=True
                )
        try:
            yield
        finally:
            coordinator.request_stop()
            try:
                coordinator.join(threads, stop_grace_period_secs=_GRACE_SECS)
            except RuntimeError:
                # A thread waits for something that never comes: closing the session wakes it up.
                session.close()
    finally:
        _running.release()
