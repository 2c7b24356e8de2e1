"""CutMix: a rectangle of each image comes from another of its batch; labels are mixed by area."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.data.augment import mixing
from tf_slim.ops.types import Tensor


def cutmix(
    images: Tensor,
    labels: Tensor,
    seed: Tensor,
    *,
    alpha: float = 1.0,
    weights: Tensor | None = None,
) -> tuple[Tensor, ...]:
    """Puts a rectangle of another image of the batch into each, of an area from Beta(alpha, alpha).

    S. Yun et al., "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable
    Features", ICCV 2019, arXiv:1905.04899. The middle of the rectangle is anywhere in the image,
    and what sticks out is cut off; the labels are mixed by the area that is left, as in their
    program. Pixels are not computed with: any range will do.

    Args:
        images: `[batch, height, width, channels]`, of a float type.
        labels: `[batch, classes]`, of a float type: one-hot, or of 0 and 1 for several labels a
            picture.
        seed: int32 `[2]`, which all that is random is computed from.
        alpha: Above 0; 1, as in the paper, draws areas uniformly.
        weights: float32 `[batch]`, how much each example counts, or None. The two parts of an image
            then count as their examples do.

    Returns:
        Images and labels, and weights if there were any, of the same shapes.

    Raises:
        ValueError: If the images or labels are of another kind, or `alpha` is out of range.

    Examples:
        >>> images = tf.stack([tf.zeros([8, 8, 1]), tf.ones([8, 8, 1])])
        >>> labels = tf.eye(2)
        >>> mixed, shares = slim.data.augment.cutmix(images, labels, seed=[1, 2])
        >>> mixed.shape, bool(tf.reduce_all(abs(tf.reduce_sum(shares, 1) - 1) < 1e-5))
        (TensorShape([2, 8, 8, 1]), True)
    """
    images, labels = mixing.checked("cutmix", images, labels, alpha)
    order, drawing, place = tf.unstack(tf.random.split(seed, 3))
    count, height, width = tf.unstack(tf.shape(images)[:3])
    partner = mixing.partners(count, order)
    rows, columns = _rectangles(height, width, mixing.shares(count, alpha, drawing), place)
    cut = rows[:, :, tf.newaxis] & columns[:, tf.newaxis, :]
    mixed = tf.where(cut[..., tf.newaxis], tf.gather(images, partner), images)
    mixed.set_shape(images.shape)
    share = 1.0 - tf.reduce_mean(tf.cast(cut, tf.float32), axis=[1, 2])
    targets, counted = mixing.mixed_targets(labels, weights, partner, share)
    return (mixed, targets) if counted is None else (mixed, targets, counted)


def _rectangles(
    height: tf.Tensor, width: tf.Tensor, share: tf.Tensor, seed: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Which rows and which columns belong to the rectangle of each: bool `[batch, side]`."""
    middle = tf.random.stateless_uniform([tf.shape(share)[0], 2], seed)
    sides = tf.sqrt(1.0 - share)
    found = []
    for axis, length in enumerate((height, width)):
        size = tf.cast(length, tf.float32)
        centre = tf.cast(middle[:, axis] * size, tf.int32)
        cut = tf.cast(sides * size, tf.int32)
        begin = centre - cut // 2
        place = tf.range(length)[tf.newaxis]
        found.append((place >= begin[:, tf.newaxis]) & (place < (begin + cut)[:, tf.newaxis]))
    return found[0], found[1]
