"""What a classifier is usually measured by."""

from __future__ import annotations

import functools
from typing import Any

import tensorflow as tf

from tf_slim import metrics
from tf_slim.ops.arguments import checked


@checked
def classification_metrics(num_classes: int, *, multi_label: bool = False) -> dict[str, tuple]:
    """Accuracy, mean cross entropy, and recall at 5 where there are more than 5 classes.

    Of several labels a picture: the accuracy of all answers, yes where the probability is above
    1/2, their F1, the mean over classes of average precision and of the area under the ROC curve,
    and the mean cross entropy.

    Args:
      num_classes: how many logits the net returns for each example.
      multi_label: whether an example may be of several classes, or of none.

    Returns:
      What `evaluate` takes, for logits `[batch, num_classes]` and labels `[batch]`; of several
      labels `[batch, num_classes]` of 0 and 1.

    Raises:
      ValueError: `num_classes` is not positive.

    Examples:
      >>> list(slim.evaluation.classification_metrics(10))
      ['accuracy', 'loss', 'recall_at_5']
      >>> list(slim.evaluation.classification_metrics(10, multi_label=True))
      ['accuracy', 'f1', 'mean_average_precision', 'auc', 'loss']
    """
    if multi_label:
        mean_precision = metrics.streaming_mean_average_precision
        return {
            "accuracy": (metrics.streaming_accuracy, _answers),
            "f1": (metrics.streaming_f1, _answers),
            "mean_average_precision": (
                functools.partial(mean_precision, num_classes=num_classes),
                _as_they_are,
            ),
            "auc": (
                functools.partial(metrics.streaming_mean_auc, num_classes=num_classes),
                _as_they_are,
            ),
            "loss": (metrics.streaming_mean, _sigmoid_cross_entropies),
        }
    chosen = {
        "accuracy": (metrics.streaming_accuracy, _classes),
        "loss": (metrics.streaming_mean, _cross_entropies),
    }
    if num_classes > 5:
        recall = functools.partial(metrics.streaming_recall_at_k, k=5)
        chosen["recall_at_5"] = (recall, _for_recall)
    return chosen


def usual_metrics(
    outputs: Any, labels: Any, *, multi_label: bool = False
) -> dict[str, tuple] | None:
    """What a net is usually measured by, as far as the specs of outputs and labels tell.

    Args:
      outputs: the spec of what the net returns for a batch.
      labels: the spec of the labels of a batch.
      multi_label: whether a row of labels may have several ones, or none.

    Returns:
      What `evaluate` takes for a classifier; None for another net.
    """
    if not all(isinstance(spec, tf.TensorSpec) for spec in (outputs, labels)):
        return None
    if outputs.shape.rank != 2 or (classes := outputs.shape[1]) is None:
        return None
    if multi_label and labels.shape.rank == 2:
        return classification_metrics(classes, multi_label=True)
    if labels.shape.rank != 1 or not labels.dtype.is_integer or classes < 2:
        return None
    return classification_metrics(classes)


def _classes(logits, labels):
    return tf.argmax(logits, axis=-1, output_type=labels.dtype), labels


def _cross_entropies(logits, labels):
    logits = tf.cast(logits, tf.float32)
    return (tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits),)


def _for_recall(logits, labels):
    return tf.cast(logits, tf.float32), tf.cast(labels, tf.int64)


def _answers(logits, labels):
    return tf.cast(logits > 0, labels.dtype), labels


def _as_they_are(logits, labels):
    return tf.cast(logits, tf.float32), labels


def _sigmoid_cross_entropies(logits, labels):
    logits, labels = tf.cast(logits, tf.float32), tf.cast(labels, tf.float32)
    return (tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits),)
