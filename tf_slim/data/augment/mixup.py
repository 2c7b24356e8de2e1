"""mixup: each image is blended with another of its batch, and so are their labels."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.data.augment import mixing
from tf_slim.ops.types import Tensor


def mixup(
    images: Tensor,
    labels: Tensor,
    seed: Tensor,
    *,
    alpha: float = 0.2,
    weights: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """Blends each image of a batch with another one, by a share drawn from Beta(alpha, alpha).

    H. Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018, arXiv:1710.09412. As in
    their program the other images are the same batch in another order; the shares are drawn for
    each pair, as in their equation. A blend is linear: any range of pixels will do.

    Args:
        images: `[batch, height, width, channels]`, of a float type.
        labels: `[batch, classes]`, of a float type: one-hot, or of 0 and 1 for several labels a
            picture.
        seed: int32 `[2]`, which all that is random is computed from.
        alpha: Above 0; the paper takes 0.1 to 0.4 for ImageNet and 1 for CIFAR.
        weights: float32 `[batch]`, how much each example counts, or None. The two parts of an image
            then count as their examples do.

    Returns:
        Images and labels, and weights if there were any, of the same shapes.

    Raises:
        ValueError: If the images or labels are of another kind, or `alpha` is out of range.

    Examples:
        >>> images = tf.stack([tf.zeros([8, 8, 1]), tf.ones([8, 8, 1])])
        >>> labels = tf.eye(2)
        >>> mixed, shares = slim.data.augment.mixup(images, labels, seed=[1, 2])
        >>> mixed.shape, bool(tf.reduce_all(abs(tf.reduce_sum(shares, 1) - 1) < 1e-5))
        (TensorShape([2, 8, 8, 1]), True)
    """
    images, labels = mixing.checked("mixup", images, labels, alpha)
    order, drawing = tf.unstack(tf.random.split(seed, 2))
    count = tf.shape(images)[0]
    partner = mixing.partners(count, order)
    share = mixing.shares(count, alpha, drawing)
    part = tf.cast(share, images.dtype)[:, tf.newaxis, tf.newaxis, tf.newaxis]
    mixed = part * images + (1.0 - part) * tf.gather(images, partner)
    mixed.set_shape(images.shape)
    targets, counted = mixing.mixed_targets(labels, weights, partner, share)
    return (mixed, targets) if counted is None else (mixed, targets, counted)
