"""The focal loss."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.losses import engine
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Tensor, TensorLike


@checked
def focal_loss(
    logits: TensorLike,
    labels: TensorLike,
    weights: TensorLike = 1.0,
    alpha: float | None = 0.25,
    gamma: float = 2.0,
    scope: str | None = None,
) -> Tensor:
    """Sigmoid cross entropy in which examples count the less, the surer they are right.

    With p the probability that is given to the true answer, the loss of each score is
    `-alpha_t * (1 - p)**gamma * log(p)`, where `alpha_t` is `alpha` for label 1 and `1 - alpha`
    for label 0. `gamma=0, alpha=None` is `sigmoid_cross_entropy`.

    The paper divides the sum over all anchors by the number of those that hold an object. Here, as
    for all losses, it is the number of weights other than 0; for the paper's, multiply.

    Source: Lin et al., Focal Loss for Dense Object Detection, arXiv:1708.02002.

    Args:
      logits: scores, `[batch, classes]`, or of any other shape.
      labels: 0 or 1, of the same shape; `tf.one_hot` makes them of class indices.
      weights: see `compute_weighted_loss`; for losses of the shape of `logits`.
      alpha: in [0, 1], the weight of label 1; None to weigh both labels 1.
      gamma: at least 0; the greater, the less easy examples count.
      scope: name of the scope of the operations.

    Returns:
      The weighted mean, a scalar, collected by `add_loss`.

    Raises:
      AttributeError: there are no labels.
      ValueError: the shapes do not fit, or `alpha` or `gamma` is out of range.

    Examples:
      >>> labels = tf.constant([[1.0], [1.0]])
      >>> unsure = slim.losses.focal_loss(tf.constant([[0.0], [0.0]]), labels)
      >>> sure = slim.losses.focal_loss(tf.constant([[4.0], [4.0]]), labels)
      >>> print(f"{unsure:.4f} {sure:.6f}")
      0.0433 0.000001
    """
    with tf.compat.v1.name_scope(scope, "focal_loss", [logits, labels, weights]):
        _check(alpha, gamma)
        weights, logits, labels = engine.without_ignored(weights, *engine.pair(logits, labels))
        losses = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits)
        # (1 - p)**gamma as exp(gamma * log(1 - p)): its gradient is finite for every p.
        losses *= tf.exp(-gamma * tf.math.softplus((2.0 * labels - 1.0) * logits))
        if alpha is not None:
            losses *= labels * alpha + (1.0 - labels) * (1.0 - alpha)
        return engine.collected_mean_of(losses, weights)


def _check(alpha, gamma) -> None:
    if alpha is not None and not 0 <= alpha <= 1:
        raise ValueError(
            f"{engine.here()}alpha={alpha} is out of range: expected a number in [0, 1], such as "
            "0.25, or None."
        )
    if gamma < 0:
        raise ValueError(
            f"{engine.here()}gamma={gamma} is out of range: expected a number from 0, such as 2."
        )
