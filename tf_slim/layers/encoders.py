"""Sequences of integers as sequences of learned vectors, or as their mean."""

from __future__ import annotations

import tensorflow as tf

from tf_slim.layers import checks
from tf_slim.layers.embedding_ops import embedding_lookup_unique, safe_embedding_lookup_sparse
from tf_slim.layers.sparse import dense_to_sparse
from tf_slim.ops import scopes, variables
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Initializer, Regularizer, Reuse, Scope, Tensor, TensorLike

__all__ = ["bow_encoder", "embed_sequence"]


@checked
def embed_sequence(
    ids: TensorLike,
    vocab_size: int | None = None,
    embed_dim: int | None = None,
    unique: bool = False,
    initializer: Initializer | None = None,
    regularizer: Regularizer | None = None,
    trainable: bool = True,
    scope: Scope = None,
    reuse: Reuse = None,
) -> Tensor:
    """A learned vector for each integer.

    Makes `embeddings`, shape `[vocab_size, embed_dim]`.

    Args:
      ids: int32 or int64, `[batch, length]` or any other shape, in `[0, vocab_size)`.
      vocab_size: how many different integers there are. Needed unless `reuse` is set.
      embed_dim: length of a vector. Needed unless `reuse` is set.
      unique: whether to look up each different id only once: faster where ids repeat a lot.
      initializer: of `embeddings`; by default that of the variable scope.
      regularizer: a function from the variable to its loss, or None.
      trainable: whether optimizers change the variable.
      scope: name of the scope; by default `EmbedSequence`, made unique.
      reuse: whether to share a variable that exists; then `scope` must be given.

    Returns:
      `[*shape of ids, embed_dim]`, float32.

    Raises:
      ValueError: a size is missing, or no positive integer.
      TypeError: `ids` are not integers.

    Examples:
      >>> ids = tf.constant([[1, 2, 3]])
      >>> slim.embed_sequence(ids, vocab_size=10, embed_dim=4, scope="words").shape
      TensorShape([1, 3, 4])
      >>> slim.get_model_variables()[0].name
      'words/embeddings:0'
    """
    layer = checks.Caller("embed_sequence", scope, "EmbedSequence")
    ids = _integers(tf.convert_to_tensor(ids), layer)
    shape = _shape(vocab_size, embed_dim, reuse, layer)
    with scopes.scope(scope, "EmbedSequence", [ids], reuse=reuse):
        embeddings = _embeddings(shape, initializer, regularizer, trainable)
        if unique:
            return embedding_lookup_unique(embeddings, ids)
        return tf.nn.embedding_lookup(embeddings, ids)


@checked
def bow_encoder(
    ids: TensorLike | tf.SparseTensor,
    vocab_size: int,
    embed_dim: int,
    sparse_lookup: bool = True,
    initializer: Initializer | None = None,
    regularizer: Regularizer | None = None,
    trainable: bool = True,
    scope: Scope = None,
    reuse: Reuse = None,
) -> Tensor:
    """A sequence of integers as the mean of their learned vectors: a bag of words.

    Makes `embeddings`, shape `[vocab_size, embed_dim]`.

    Args:
      ids: `[batch, length]`, int32 or int64, in `[0, vocab_size)`; or a `tf.SparseTensor` of them.
      vocab_size: how many different integers there are.
      embed_dim: length of a vector.
      sparse_lookup: whether 0 in dense `ids` stands for nothing, as padding does. An example
        without any integer then gets the vector of 0.
      initializer: of `embeddings`; by default that of the variable scope.
      regularizer: a function from the variable to its loss, or None.
      trainable: whether optimizers change the variable.
      scope: name of the scope; by default `bow_encoder`, made unique.
      reuse: whether to share a variable that exists; then `scope` must be given.

    Returns:
      `[batch, embed_dim]`, float32.

    Raises:
      ValueError: a size is no positive integer.
      TypeError: `ids` are not integers, or sparse while `sparse_lookup` is False.

    Examples:
      >>> ids = tf.constant([[1, 2, 0], [3, 0, 0]])
      >>> slim.bow_encoder(ids, vocab_size=10, embed_dim=4, scope="words").shape
      TensorShape([2, 4])
      >>> [(one.name, one.shape.as_list()) for one in slim.get_model_variables()]
      [('words/embeddings:0', [10, 4])]
    """
    layer = checks.Caller("bow_encoder", scope, "bow_encoder")
    sparse = isinstance(ids, tf.SparseTensor)
    if sparse and not sparse_lookup:
        raise layer.error(
            "dense ids with sparse_lookup=False",
            "a tf.SparseTensor",
            "Pass sparse_lookup=True.",
            kind=TypeError,
        )
    ids = _integers(ids if sparse else tf.convert_to_tensor(ids), layer)
    shape = _shape(vocab_size, embed_dim, None, layer)
    with scopes.scope(scope, "bow_encoder", [ids], reuse=reuse):
        embeddings = _embeddings(shape, initializer, regularizer, trainable)
        if not sparse_lookup:
            return tf.reduce_mean(tf.nn.embedding_lookup(embeddings, ids), axis=1)
        sparse_ids = ids if sparse else dense_to_sparse(ids)
        return safe_embedding_lookup_sparse([embeddings], sparse_ids, combiner="mean", default_id=0)


def _integers(ids, layer: checks.Caller):
    if ids.dtype not in (tf.int32, tf.int64):
        raise layer.error(
            "ids of dtype int32 or int64",
            f"dtype {ids.dtype.name}",
            "Convert them first: tf.cast(ids, tf.int64).",
            kind=TypeError,
        )
    return ids


def _shape(vocab_size, embed_dim, reuse, layer: checks.Caller) -> list[int] | None:
    if vocab_size is None or embed_dim is None:
        if reuse:
            return None
        raise layer.error(
            "vocab_size and embed_dim, unless reuse is set",
            f"vocab_size={vocab_size!r}, embed_dim={embed_dim!r}",
            "Pass both.",
        )
    return [
        checks.depth(vocab_size, "vocab_size", layer),
        checks.depth(embed_dim, "embed_dim", layer),
    ]


def _embeddings(shape, initializer, regularizer, trainable):
    return variables.model_variable(
        "embeddings", shape, initializer=initializer, regularizer=regularizer, trainable=trainable
    )
