"""The triplet loss with semi-hard negatives."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.losses import engine
from tf_slim.losses.metric_learning import pairs
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Tensor, TensorLike


@checked
def triplet_semihard_loss(
    labels: TensorLike, embeddings: TensorLike, margin: float = 1.0
) -> Tensor:
    """Pulls examples of a class together until negatives are `margin` further away.

    For each anchor and positive, the negative is the nearest one that is further from the anchor
    than the positive; where there is none, the furthest negative. Distances are squared.

    Source: Schroff et al., FaceNet: A Unified Embedding for Face Recognition and Clustering,
    arXiv:1503.03832.

    Args:
      labels: class indices, `[batch]` or `[batch, 1]`.
      embeddings: `[batch, depth]`, usually of length 1.
      margin: how much further negatives shall be.

    Returns:
      The mean over all pairs of anchor and positive, a scalar; 0 if there is no such pair.

    Raises:
      ValueError: the shapes do not fit.

    Examples:
      >>> embeddings = tf.constant([[0.0], [0.1], [3.0], [3.1]])
      >>> right = slim.losses.triplet_semihard_loss([0, 0, 1, 1], embeddings)
      >>> wrong = slim.losses.triplet_semihard_loss([0, 1, 0, 1], embeddings)
      >>> print(f"{right:.3f} {wrong:.3f}")
      0.000 0.990
    """
    with tf.name_scope("triplet_semihard_loss"):
        embeddings = pairs.embeddings_of("triplet_semihard_loss", embeddings)
        labels = pairs.labels_of("triplet_semihard_loss", labels, embeddings)
        distances = pairs.squared_distances(embeddings)
        same = pairs.same_class(labels)
        largest = distances.dtype.max
        furthest = tf.reduce_max(tf.where(same, -1.0, distances), 1, keepdims=True)
        # A row of the matrix for each (anchor, positive): [anchor, positive, negative].
        harder = ~same[:, None, :] & (distances[:, None, :] > distances[:, :, None])
        nearest = tf.reduce_min(tf.where(harder, distances[:, None, :], largest), 2)
        negative = tf.where(tf.reduce_any(harder, 2), nearest, furthest)
        positive = pairs.positive_pairs(same)
        losses = tf.nn.relu(margin + distances - negative)
        return engine.safe_divide(
            pairs.masked_sum(losses, positive), pairs.count(positive, losses.dtype)
        )
