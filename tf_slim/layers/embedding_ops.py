"""Looking up embeddings: by sparse ids, each id once, or by hash."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tf_slim.ops import shapes, sharding
from tf_slim.ops.arguments import checked
from tf_slim.ops.types import Tensor, TensorLike

__all__ = [
    "embedding_lookup_unique",
    "safe_embedding_lookup_sparse",
    "scattered_embedding_lookup",
    "scattered_embedding_lookup_sparse",
]

_HASH_KEY = 956888297470


@checked
def safe_embedding_lookup_sparse(
    embedding_weights: TensorLike | Sequence[TensorLike],
    sparse_ids: tf.SparseTensor,
    sparse_weights: tf.SparseTensor | None = None,
    combiner: str | None = None,
    default_id: int | None = None,
    name: str | None = None,
    partition_strategy: str = "div",
    max_norm: float | None = None,
) -> Tensor:
    """The combined embeddings of each example's ids, where an example may have none.

    Ids below 0 are dropped, and for the combiners "mean" and "sqrtn" those of weight 0 or less.

    Args:
      embedding_weights: the parts of an embedding matrix, `[vocabulary, dimension]` together, or
        the matrix.
      sparse_ids: a `tf.SparseTensor` of int32 or int64, `[*batch, ids of an example]`.
      sparse_weights: a `tf.SparseTensor` of the same entries, floating point; None for weight 1.
      combiner: "sum", "mean" or "sqrtn"; None for "mean".
      default_id: whose embedding stands for an example without ids; None for zeros.
      name: of the operation.
      partition_strategy: how ids map to parts, "div" or "mod": see `tf.nn.embedding_lookup`.
      max_norm: the L2 norm to clip each embedding to, or None.

    Returns:
      `[*batch, dimension]`.

    Raises:
      ValueError: there are no weights, or an argument is unknown.

    Examples:
      >>> matrix = tf.constant([[0.0, 0.0], [1.0, 10.0], [2.0, 20.0]])
      >>> ids = tf.SparseTensor([[0, 0], [0, 1]], tf.constant([1, 2], tf.int64), [2, 2])
      >>> vectors = slim.embedding_ops.safe_embedding_lookup_sparse(matrix, ids, combiner="sum")
      >>> print(vectors.numpy())
      [[ 3. 30.]
       [ 0.  0.]]
    """
    return tf.compat.v1.nn.safe_embedding_lookup_sparse(
        _parts(embedding_weights, "embedding_weights"),
        sparse_ids,
        sparse_weights,
        combiner or "mean",
        default_id,
        name or "embedding_lookup",
        _strategy(embedding_weights, partition_strategy),
        max_norm,
    )


@checked
def embedding_lookup_unique(
    params: TensorLike | Sequence[TensorLike],
    ids: TensorLike,
    partition_strategy: str = "mod",
    name: str | None = None,
) -> Tensor:
    """Like `tf.nn.embedding_lookup`, but each different id is fetched only once.

    Args:
      params: an embedding matrix, or a list of its parts.
      ids: int32 or int64, any shape.
      partition_strategy: how ids map to parts, "div" or "mod".
      name: of the operation; by default `EmbeddingLookupUnique`.

    Returns:
      `[*shape of ids, dimension]`.

    Raises:
      ValueError: there are no params, or `partition_strategy` is neither.

    Examples:
      >>> matrix = tf.constant([[0.0, 0.0], [1.0, 10.0], [2.0, 20.0]])
      >>> print(slim.embedding_lookup_unique(matrix, [2, 1, 2]).numpy())
      [[ 2. 20.]
       [ 1. 10.]
       [ 2. 20.]]
    """
    with tf.compat.v1.name_scope(name, "EmbeddingLookupUnique", [params, ids]):
        ids = tf.convert_to_tensor(ids)
        different, places = tf.unique(tf.reshape(ids, [-1]))
        parts = _parts(params, "params")
        how = _strategy(params, partition_strategy)
        rows = tf.compat.v1.nn.embedding_lookup(parts, different, how)
        outputs = tf.gather(rows, places)
        outputs = tf.reshape(outputs, tf.concat([tf.shape(ids), tf.shape(rows)[1:]], 0))
        outputs.set_shape(ids.shape.concatenate(rows.shape[1:]))
        return outputs


@checked
def scattered_embedding_lookup(
    params: TensorLike | Sequence[TensorLike],
    values: TensorLike,
    dimension: int,
    name: str | None = None,
    hash_key: int | None = None,
) -> Tensor:
    """Embeddings without a vocabulary: each component is a weight that a hash picks.

    From "Compressing Neural Networks with the Hashing Trick", Chen et al., 2015. Component i of
    the embedding of a value is the weight whose index is the hash of the value and i. Values share
    weights by chance, so there may be as many values as one likes.

    With `hash_key` the hash is that of TensorFlow 1; without, TensorFlow 1 used another one, which
    TensorFlow 2 does not have: weights trained there with `hash_key=None` do not fit here.

    Args:
      params: a vector of weights, or a list of its parts.
      values: integers or strings, any shape.
      dimension: length of an embedding.
      name: of the operation; by default `scattered_embedding_lookup`.
      hash_key: an integer that chooses the hash.

    Returns:
      `[*shape of values, dimension]`.

    Raises:
      ValueError: a part of `params` is no vector of known size, or `dimension` is no positive
        integer.

    Examples:
      >>> weights = tf.range(100.0)
      >>> vectors = slim.embedding_ops.scattered_embedding_lookup(
      ...     weights, ["cat", "dog", "cat"], dimension=3, hash_key=7
      ... )
      >>> vectors.shape, bool(tf.reduce_all(vectors[0] == vectors[2]))
      (TensorShape([3, 3]), True)
    """
    with tf.compat.v1.name_scope(name, "scattered_embedding_lookup"):
        weights = tf.concat(_vectors(params), 0)
        if isinstance(dimension, bool) or int(dimension) != dimension or dimension < 1:
            raise ValueError(
                "scattered_embedding_lookup expects dimension to be a positive integer; got "
                f"{dimension!r}."
            )
        values = tf.convert_to_tensor(values)
        values = values if values.dtype == tf.string else tf.cast(values, tf.int64)
        column = tf.reshape(values, [-1, 1])
        count = tf.shape(column)[0]
        places = tf.tile(tf.range(dimension, dtype=tf.int64)[tf.newaxis], [count, 1])
        crossed = tf.raw_ops.SparseCross(
            indices=[],
            values=[],
            shapes=[],
            dense_inputs=[column, places],
            hashed_output=True,
            num_buckets=shapes.size(weights, 0),
            hash_key=_HASH_KEY if hash_key is None else hash_key,
            out_type=tf.int64,
            internal_type=tf.int64,
        )
        sizes = tf.concat([tf.shape(values), [dimension]], 0)
        outputs = tf.gather(weights, tf.reshape(crossed.output_values, sizes))
        outputs.set_shape(values.shape.concatenate(dimension))
        return outputs


@checked
def scattered_embedding_lookup_sparse(
    params: TensorLike | Sequence[TensorLike],
    sparse_values: tf.SparseTensor,
    dimension: int,
    combiner: str | None = None,
    default_value: int | str | None = None,
    name: str | None = None,
    hash_key: int | None = None,
) -> Tensor:
    """The combined `scattered_embedding_lookup` of each example's values.

    Args:
      params: a vector of weights, or a list of its parts.
      sparse_values: a `tf.SparseTensor` of integers or strings, `[batch, values of an example]`.
      dimension: length of an embedding.
      combiner: "sum", "mean" or "sqrtn"; None for "mean".
      default_value: what stands for the values of an example without any; by default 0 or "".
      name: of the operation; by default `scattered_embedding_lookup_sparse`.
      hash_key: see `scattered_embedding_lookup`.

    Returns:
      `[batch, dimension]`.

    Raises:
      ValueError: `combiner` is unknown; and as for `scattered_embedding_lookup`.

    Examples:
      >>> words = tf.SparseTensor([[0, 0], [0, 1], [1, 0]], ["a", "cat", "dog"], [2, 2])
      >>> slim.embedding_ops.scattered_embedding_lookup_sparse(
      ...     tf.range(100.0), words, dimension=3, combiner="mean", hash_key=7
      ... ).shape
      TensorShape([2, 3])
    """
    segment_op = _SEGMENT_OPS.get(combiner or "mean")
    if segment_op is None:
        raise ValueError(
            "scattered_embedding_lookup_sparse expects combiner to be one of "
            f"{', '.join(_SEGMENT_OPS)}; got {combiner!r}."
        )
    with tf.compat.v1.name_scope(name, "scattered_embedding_lookup_sparse"):
        if default_value is None:
            default_value = "" if sparse_values.dtype == tf.string else 0
        filled, _ = tf.sparse.fill_empty_rows(
            sparse_values, tf.constant(default_value, sparse_values.dtype)
        )
        values, places = tf.unique(filled.values)
        rows = scattered_embedding_lookup(params, values, dimension, hash_key=hash_key)
        examples = tf.cast(filled.indices[:, 0], tf.int32)
        return segment_op(rows, places, examples)


_SEGMENT_OPS = {
    "sum": tf.sparse.segment_sum,
    "mean": tf.sparse.segment_mean,
    "sqrtn": tf.sparse.segment_sqrt_n,
}


def _parts(params, argument: str) -> Sequence[Any]:
    if not isinstance(params, (list, tuple)):
        params = list(params) if hasattr(params, "as_tensor") else [params]
    if not params:
        raise ValueError(f"An embedding lookup expects {argument}; got {params!r}.")
    return [part for one in params for part in sharding.parts("", one).values()]


def _strategy(params, given: str) -> str:
    """How ids map to parts: what a strategy's partitioner has divided, it has divided so."""
    given_parts = params if isinstance(params, (list, tuple)) else [params]
    return "div" if any(map(sharding.is_sharded, given_parts)) else given


def _vectors(params) -> list:
    parts = [tf.convert_to_tensor(part) for part in _parts(params, "params")]
    for part in parts:
        if part.shape.rank != 1 or not part.shape.is_fully_defined():
            raise ValueError(
                "scattered_embedding_lookup expects params to be vectors of known size; got shape "
                f"{part.shape}. Reshape a matrix: tf.reshape(params, [-1])."
            )
    return parts
