"""What a classifier is usually measured by."""

from __future__ import annotations

import functools
from typing import Any

import tensorflow as tf

from tf_slim import metrics
from tf_slim.ops.arguments import checked


@checked
def classification_metrics(num_classes: int) -> dict[str, tuple]:
    """Accuracy, mean cross entropy, and recall at 5 where there are more than 5 classes.

    Args:
      num_classes: how many logits the net returns for each example.

    Returns:
      What `evaluate` takes, for logits `[batch, num_classes]` and labels `[batch]`.
    """
    chosen = {
        "accuracy": (metrics.streaming_accuracy, _classes),
        "loss": (metrics.streaming_mean, _cross_entropies),
    }
    if num_classes > 5:
        recall = functools.partial(metrics.streaming_recall_at_k, k=5)
        chosen["recall_at_5"] = (recall, _for_recall)
    return chosen


def usual_metrics(outputs: Any, labels: Any) -> dict[str, tuple] | None:
    """What a net is usually measured by, as far as the specs of outputs and labels tell.

    Args:
      outputs: the spec of what the net returns for a batch.
      labels: the spec of the labels of a batch.

    Returns:
      What `evaluate` takes for a classifier; None for another net.
    """
    if not all(isinstance(spec, tf.TensorSpec) for spec in (outputs, labels)):
        return None
    if outputs.shape.rank != 2 or labels.shape.rank != 1 or not labels.dtype.is_integer:
        return None
    classes = outputs.shape[1]
    return None if classes is None or classes < 2 else classification_metrics(classes)


def _classes(logits, labels):
    return tf.argmax(logits, axis=-1, output_type=labels.dtype), labels


def _cross_entropies(logits, labels):
    logits = tf.cast(logits, tf.float32)
    return (tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits),)


def _for_recall(logits, labels):
    return tf.cast(logits, tf.float32), tf.cast(labels, tf.int64)
