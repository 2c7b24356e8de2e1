"""What TensorBoard shows of queues."""

from __future__ import annotations

import tensorflow as tf

v1 = tf.compat.v1


def summarize_filling(queue, capacity: int) -> None:
    """Adds a summary of the share of a queue that is filled, from 0 to 1."""
    share = tf.cast(queue.size(), tf.float32) * (1.0 / capacity)
    v1.summary.scalar(f"fraction_of_{capacity}_full", share)
