"""The contrastive loss."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.losses.metric_learning import pairs
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Tensor, TensorLike


@checked
def contrastive_loss(
    labels: TensorLike,
    embeddings_anchor: TensorLike,
    embeddings_positive: TensorLike,
    margin: float = 1.0,
) -> Tensor:
    """Pulls the two embeddings of a pair together, or pushes them `margin` apart.

    Source: Hadsell et al., Dimensionality Reduction by Learning an Invariant Mapping, CVPR 2006.

    Args:
      labels: 1 for pairs that belong together, 0 for others, `[batch]` or `[batch, 1]`.
      embeddings_anchor: the first of each pair, `[batch, depth]`.
      embeddings_positive: the second of each pair, `[batch, depth]`.
      margin: how far the embeddings of pairs with label 0 shall be apart.

    Returns:
      The mean over the pairs of `D**2` or `max(0, margin - D)**2`, a scalar.

    Raises:
      ValueError: the shapes do not fit.

    Examples:
      >>> anchors = tf.constant([[0.0, 0.0], [0.0, 0.0]])
      >>> others = tf.constant([[0.6, 0.8], [0.3, 0.4]])
      >>> print(slim.losses.contrastive_loss([1, 0], anchors, others, margin=1.0).numpy())
      0.625
    """
    with tf.name_scope("contrastive_loss"):
        name = "contrastive_loss"
        anchor = pairs.embeddings_of(name, embeddings_anchor, "embeddings_anchor")
        positive = pairs.embeddings_of(name, embeddings_positive, "embeddings_positive")
        if not anchor.shape.is_compatible_with(positive.shape):
            raise ValueError(
                "contrastive_loss: the embeddings of a pair must have one shape; got "
                f"{anchor.shape} and {positive.shape}."
            )
        labels = tf.cast(pairs.labels_of(name, labels, anchor), anchor.dtype)
        squares = tf.reduce_sum((anchor - positive) ** 2, 1)
        gap = tf.nn.relu(margin - pairs.safe_sqrt(squares))
        return tf.reduce_mean(labels * squares + (1.0 - labels) * gap**2)
