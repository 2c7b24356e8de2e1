"""Matrices over all pairs of examples: distances, and who is of the same class."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tf_slim.losses import engine


def embeddings_of(loss: str, embeddings: Any, argument: str = "embeddings") -> tf.Tensor:
    """Embeddings `[batch, depth]`, checked."""
    embeddings = engine.as_float(embeddings)
    if embeddings.shape.rank not in (None, 2):
        raise ValueError(
            f"{loss}: {argument} must be [batch, depth]; got shape {embeddings.shape}. Flatten "
            "feature maps first, for example with slim.flatten."
        )
    return embeddings


def labels_of(loss: str, labels: Any, embeddings: tf.Tensor) -> tf.Tensor:
    """Labels `[batch]`, from `[batch]` or `[batch, 1]`."""
    labels = tf.convert_to_tensor(labels)
    shape = labels.shape
    fits = shape.rank is None or (
        shape.rank in (1, 2)
        and shape[:1].is_compatible_with(embeddings.shape[:1])
        and shape[1:].is_compatible_with([1] * (shape.rank - 1))
    )
    if not fits:
        raise ValueError(
            f"{loss}: labels must be one class index for each embedding, [batch] or [batch, 1]; "
            f"got labels {shape} and embeddings {embeddings.shape}."
        )
    return tf.reshape(labels, [-1])


def squared_distances(embeddings: tf.Tensor) -> tf.Tensor:
    """`|x - y|**2` for all pairs, `[batch, batch]`; exactly 0 on the diagonal."""
    squares = tf.reduce_sum(embeddings**2, 1)
    products = tf.matmul(embeddings, embeddings, transpose_b=True)
    distances = tf.maximum(squares[:, None] + squares[None, :] - 2.0 * products, 0.0)
    return tf.linalg.set_diag(distances, tf.zeros_like(squares))


def distances(embeddings: tf.Tensor) -> tf.Tensor:
    """`|x - y|` for all pairs, `[batch, batch]`."""
    return safe_sqrt(squared_distances(embeddings))


def safe_sqrt(squares: tf.Tensor) -> tf.Tensor:
    """The square root, with a gradient of 0 at 0, where it has none."""
    zero = tf.equal(squares, 0)
    roots = tf.sqrt(tf.where(zero, tf.ones_like(squares), squares))
    return tf.where(zero, tf.zeros_like(squares), roots)


def same_class(labels: tf.Tensor) -> tf.Tensor:
    """Whether two examples have one label, bool `[batch, batch]`."""
    return tf.equal(labels[:, None], labels[None, :])


def positive_pairs(same: tf.Tensor) -> tf.Tensor:
    """Whether two different examples have one label, bool `[batch, batch]`."""
    return tf.linalg.set_diag(same, tf.zeros(tf.shape(same)[:1], tf.bool))


def masked_sum(values: tf.Tensor, mask: tf.Tensor) -> tf.Tensor:
    """The sum of the values where `mask` is true."""
    return tf.reduce_sum(tf.where(mask, values, tf.zeros_like(values)))


def count(mask: tf.Tensor, dtype: tf.DType) -> tf.Tensor:
    """The number of true values."""
    return tf.reduce_sum(tf.cast(mask, dtype))
