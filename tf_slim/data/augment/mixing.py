"""What mixup and CutMix share: the share, the partner, and what becomes of labels and weights."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.ops.types import Tensor


def check_alpha(method: str, alpha: float) -> None:
    """Raises ValueError unless Beta(alpha, alpha) is a distribution that can be drawn from."""
    if not 0 < alpha <= 1000:
        raise ValueError(
            f"{method}: alpha must be above 0 and at most 1000, that of Beta(alpha, alpha); got "
            f"{alpha}."
        )


def shares(count: tf.Tensor, alpha: float, seed: tf.Tensor) -> tf.Tensor:
    """Draws how much each example keeps of itself, from Beta(alpha, alpha).

    Args:
        count: How many to draw, an int32 scalar.
        alpha: Above 0. Small: nearly all of one of the two; 1: uniform; large: half and half.
        seed: int32 `[2]`.

    Returns:
        float32 `[count]` in [0, 1].
    """
    # In float64, where fewer draws of a small alpha are too small to be told from 0.
    drawn = tf.random.stateless_gamma([count, 2], seed, alpha, dtype=tf.float64)
    total = drawn[:, 0] + drawn[:, 1]
    some = total > 0
    share = drawn[:, 0] / tf.where(some, total, tf.ones_like(total))
    return tf.cast(tf.where(some, share, tf.ones_like(share)), tf.float32)


def partners(count: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Which example each is mixed with: a permutation of the batch, int32 `[count]`."""
    return tf.random.experimental.stateless_shuffle(tf.range(count), seed)


def mixed_targets(
    labels: tf.Tensor, weights: tf.Tensor | None, partner: tf.Tensor, share: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor | None]:
    """The labels and weights of mixed examples.

    With weights the loss of a mixed example is that of its two parts, each with its own weight:
    cross entropy is linear in the labels, so the labels are mixed by share and weight together,
    and the weight of the example is the mean of the two.

    Args:
        labels: float32 `[batch, classes]`.
        weights: float32 `[batch]` or `[batch, classes]`, or None.
        partner: int32 `[batch]`.
        share: float32 `[batch]`, of the example itself.

    Returns:
        Labels and weights, of the same shapes.
    """
    others = tf.gather(labels, partner)
    if weights is None:
        share = share[:, tf.newaxis]
        return share * labels + (1.0 - share) * others, None
    by_class = weights.shape.rank == 2
    share = share[:, tf.newaxis] if by_class else share
    mine, theirs = share * weights, (1.0 - share) * tf.gather(weights, partner)
    total = mine + theirs
    # Where nothing counts the labels matter to nobody, but must not be NaN.
    part = tf.where(total > 0, mine / tf.where(total > 0, total, tf.ones_like(total)), share)
    part = part if by_class else part[:, tf.newaxis]
    return part * labels + (1.0 - part) * others, total


def checked(
    method: str, images: Tensor, labels: Tensor, alpha: float
) -> tuple[tf.Tensor, tf.Tensor]:
    """Images and labels as tensors, if they can be mixed.

    Raises:
        ValueError: If they cannot, or `alpha` is out of range.
    """
    check_alpha(method, alpha)
    images, labels = tf.convert_to_tensor(images), tf.convert_to_tensor(labels)
    if images.shape.rank not in (4, None) or not images.dtype.is_floating:
        raise ValueError(
            f"{method}: expected float images [batch, height, width, channels]; got "
            f"{images.dtype.name} {images.shape}."
        )
    if labels.shape.rank not in (2, None) or not labels.dtype.is_floating:
        raise ValueError(
            f"{method}: expected float labels [batch, classes], of which a mixture can be made; "
            f"got {labels.dtype.name} {labels.shape}. Of class indices they are "
            "tf.one_hot(labels, num_classes)."
        )
    return images, labels
