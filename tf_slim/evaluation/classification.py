"""What a classifier is usually measured by."""

from __future__ import annotations

import functools

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


def _classes(logits, labels):
    return tf.argmax(logits, axis=-1, output_type=labels.dtype), labels


def _cross_entropies(logits, labels):
    logits = tf.cast(logits, tf.float32)
    return (tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits),)


def _for_recall(logits, labels):
    return tf.cast(logits, tf.float32), tf.cast(labels, tf.int64)
