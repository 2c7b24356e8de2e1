"""The N-pairs loss, for one label and for several labels an example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tf_slim.losses import engine
from tf_slim.losses.metric_learning import pairs
from tf_slim.ops import shapes
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Tensor, TensorLike


@checked
def npairs_loss(
    labels: TensorLike,
    embeddings_anchor: TensorLike,
    embeddings_positive: TensorLike,
    reg_lambda: float = 0.002,
    print_losses: bool = False,
) -> Tensor:
    """Lets each anchor find the positives of its class among those of the whole batch.

    A softmax cross entropy over the products of an anchor with all positives, and a penalty on
    the length of the embeddings.

    Source: Sohn, Improved Deep Metric Learning with Multi-class N-pair Loss Objective, NIPS 2016.

    Args:
      labels: class indices, `[batch]` or `[batch, 1]`.
      embeddings_anchor: `[batch, depth]`; not of length 1.
      embeddings_positive: `[batch, depth]`, the i-th of the class of the i-th anchor.
      reg_lambda: factor of the penalty.
      print_losses: whether to print both parts at each step.

    Returns:
      A scalar.

    Raises:
      ValueError: the shapes do not fit.

    Examples:
      >>> anchors = positives = tf.constant([[3.0, 0.0], [0.0, 3.0]])
      >>> right = slim.losses.npairs_loss([0, 1], anchors, positives, reg_lambda=0.0)
      >>> wrong = slim.losses.npairs_loss([0, 1], anchors, positives[::-1], reg_lambda=0.0)
      >>> print(f"{right:.4f} {wrong:.2f}")
      0.0001 9.00
    """
    with tf.name_scope("npairs_loss"):
        anchor, positive = _embeddings("npairs_loss", embeddings_anchor, embeddings_positive)
        labels = pairs.labels_of("npairs_loss", labels, anchor)
        alike = tf.cast(pairs.same_class(labels), anchor.dtype)
        return _loss(alike, anchor, positive, reg_lambda, print_losses)


@checked
def npairs_loss_multilabel(
    sparse_labels: Sequence[tf.SparseTensor],
    embeddings_anchor: TensorLike,
    embeddings_positive: TensorLike,
    reg_lambda: float = 0.002,
    print_losses: bool = False,
) -> Tensor:
    """`npairs_loss` for examples with several labels: the more they share, the more alike.

    Args:
      sparse_labels: for each example a `tf.SparseTensor` `[classes]` (or `[1, classes]`) of ones
        at its labels.
      embeddings_anchor: `[batch, depth]`; not of length 1.
      embeddings_positive: `[batch, depth]`.
      reg_lambda: factor of the penalty on the length of the embeddings.
      print_losses: whether to print both parts at each step.

    Returns:
      A scalar.

    Raises:
      TypeError: `sparse_labels` is no list of `tf.SparseTensor`.
      ValueError: the shapes do not fit.

    Examples:
      >>> both = tf.SparseTensor([[0], [1]], [1, 1], [2])
      >>> first = tf.SparseTensor([[0]], [1], [2])
      >>> anchors = positives = tf.constant([[3.0, 0.0], [2.0, 2.0]])
      >>> loss = slim.losses.npairs_loss_multilabel([first, both], anchors, positives)
      >>> print(f"{loss:.3f}")
      1.180
    """
    if not isinstance(sparse_labels, (list, tuple)) or not all(
        isinstance(label, tf.SparseTensor) for label in sparse_labels
    ):
        raise TypeError(
            "npairs_loss_multilabel: sparse_labels must be a list with one tf.SparseTensor for "
            f"each example; got {sparse_labels!r}."
        )
    with tf.name_scope("NpairsLossMultiLabel"):
        anchor, positive = _embeddings(
            "npairs_loss_multilabel", embeddings_anchor, embeddings_positive
        )
        batch = shapes.size(anchor, 0)
        if batch not in (None, len(sparse_labels)):
            raise ValueError(
                f"npairs_loss_multilabel: got {len(sparse_labels)} labels for {batch} embeddings; "
                "expected one for each."
            )
        rows = [tf.reshape(tf.sparse.to_dense(label), [-1]) for label in sparse_labels]
        labels = tf.cast(tf.stack(rows), anchor.dtype)
        alike = tf.matmul(labels, labels, transpose_b=True)
        return _loss(alike, anchor, positive, reg_lambda, print_losses)


def _embeddings(loss: str, anchor: Any, positive: Any) -> tuple[tf.Tensor, tf.Tensor]:
    anchor = pairs.embeddings_of(loss, anchor, "embeddings_anchor")
    positive = pairs.embeddings_of(loss, positive, "embeddings_positive")
    if not anchor.shape.is_compatible_with(positive.shape):
        raise ValueError(
            f"{loss}: anchors and positives must have one shape; got {anchor.shape} and "
            f"{positive.shape}."
        )
    return anchor, positive


def _loss(alike, anchor, positive, reg_lambda, print_losses):
    lengths = tf.reduce_mean(tf.reduce_sum(anchor**2, 1) + tf.reduce_sum(positive**2, 1))
    penalty = 0.25 * reg_lambda * lengths
    target = engine.safe_divide(alike, tf.reduce_sum(alike, 1, keepdims=True))
    entropy = tf.reduce_mean(
        tf.nn.softmax_cross_entropy_with_logits(
            labels=tf.stop_gradient(target),
            logits=tf.matmul(anchor, positive, transpose_b=True),
        )
    )
    if print_losses:
        printed = tf.print("npairs loss: cross entropy", entropy, "penalty", penalty)
        with tf.control_dependencies([] if printed is None else [printed]):
            entropy = tf.identity(entropy)
    return penalty + entropy
