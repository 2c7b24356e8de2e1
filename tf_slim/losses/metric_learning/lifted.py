"""The lifted structured loss."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.losses import engine
from tf_slim.losses.metric_learning import pairs
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Tensor, TensorLike

_NEVER = -1e30


@checked
def lifted_struct_loss(labels: TensorLike, embeddings: TensorLike, margin: float = 1.0) -> Tensor:
    """Compares each pair of a class with all negatives of both examples.

    For a positive pair (i, j) with distance D,

        J = D[i, j] + log(sum over negatives k of i or j of exp(margin - D[i or j, k]))

    and the loss is the mean of `max(0, J)**2 / 2`.

    Source: Song et al., Deep Metric Learning via Lifted Structured Feature Embedding,
    arXiv:1511.06452.

    Args:
      labels: class indices, `[batch]` or `[batch, 1]`.
      embeddings: `[batch, depth]`; not of length 1.
      margin: how far negatives shall be.

    Returns:
      The mean over all pairs of one class, a scalar; 0 if there is no such pair.

    Raises:
      ValueError: the shapes do not fit.

    Examples:
      >>> embeddings = tf.constant([[0.0], [0.2], [3.0], [3.1]])
      >>> print(slim.losses.lifted_struct_loss([0, 0, 1, 1], embeddings).numpy().round(3))
      0.0
      >>> print(slim.losses.lifted_struct_loss([0, 1, 0, 1], embeddings).numpy().round(3))
      10.371
    """
    with tf.name_scope("liftedstruct_loss"):
        embeddings = pairs.embeddings_of("lifted_struct_loss", embeddings)
        labels = pairs.labels_of("lifted_struct_loss", labels, embeddings)
        distances = pairs.distances(embeddings)
        same = pairs.same_class(labels)
        negatives = tf.reduce_logsumexp(tf.where(same, _NEVER, margin - distances), 1)
        higher = tf.maximum(negatives[:, None], negatives[None, :])
        lower = tf.minimum(negatives[:, None], negatives[None, :])
        both = higher + tf.math.log1p(tf.exp(lower - higher))
        losses = tf.nn.relu(both + distances) ** 2 / 2.0
        positive = pairs.positive_pairs(same)
        return engine.safe_divide(
            pairs.masked_sum(losses, positive), pairs.count(positive, losses.dtype)
        )
