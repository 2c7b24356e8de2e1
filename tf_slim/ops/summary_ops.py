"""Scalars and histograms for TensorBoard, in every mode and without TensorBoard installed.

In a v1 graph they are string tensors that join `GraphKeys.SUMMARIES`. Elsewhere they are written
at once to the default writer of `tf.summary`, if there is one.
"""

from __future__ import annotations

import tensorflow as tf

from tf_slim.ops import modes
from tf_slim.ops.global_step import get_global_step


def scalar(tag: str, tensor):
    """Summarizes a number."""
    if modes.in_v1_graph():
        return tf.compat.v1.summary.scalar(tag, tensor)
    return write(tf.raw_ops.ScalarSummary(tags=tag, values=tensor))


def histogram(tag: str, tensor):
    """Summarizes the values of a tensor of any shape."""
    if modes.in_v1_graph():
        return tf.compat.v1.summary.histogram(tag, tensor)
    return write(tf.raw_ops.HistogramSummary(tag=tag, values=tensor))


def write(summary):
    """Writes a serialized summary, unless there is no writer; returns whether it did."""
    step = tf.summary.experimental.get_step()
    if step is None:
        step = get_global_step()
    if step is None and tf.summary.should_record_summaries() is False:
        return False
    return tf.summary.experimental.write_raw_pb(summary, step=step)
