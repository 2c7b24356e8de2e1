"""Embedding look-ups: sparse, unique, hashed."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.layers import each_mode

TABLE = np.random.RandomState(0).normal(size=[4, 2]).astype(np.float32)
HASHED = np.random.RandomState(1).normal(size=[97]).astype(np.float32)
# Example 1 has no id, and example 2 none that counts.
SPARSE = tf.SparseTensor(
    [[0, 0], [0, 1], [2, 0], [3, 1]], tf.constant([1, 3, -1, 0], tf.int64), [4, 2]
)
MODES = ("v1", "eager", "function")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("default_id", [None, 2])
def test_safe_lookup(mode, default_id):
    def look_up(table):
        return slim.safe_embedding_lookup_sparse([table], _sparse(), default_id=default_id)

    nothing = np.zeros(2) if default_id is None else TABLE[2]
    wanted = [TABLE[[1, 3]].mean(0), nothing, nothing, TABLE[0]]
    np.testing.assert_allclose(each_mode.run(mode, look_up, TABLE), wanted, rtol=1e-6)


def _sparse() -> tf.SparseTensor:
    return tf.SparseTensor(
        *(tf.constant(p.numpy()) for p in (SPARSE.indices, SPARSE.values)), [4, 2]
    )


def test_weights_parts_and_one_matrix():
    weights = tf.SparseTensor(SPARSE.indices, tf.constant([2.0, 0.5, 1.0, -1.0]), [4, 2])
    summed = slim.safe_embedding_lookup_sparse(TABLE, SPARSE, weights, combiner="sum")
    np.testing.assert_allclose(summed[0], 2 * TABLE[1] + 0.5 * TABLE[3], rtol=1e-6)
    np.testing.assert_allclose(summed[3], -TABLE[0], rtol=1e-6)
    parts = slim.safe_embedding_lookup_sparse([TABLE[:2], TABLE[2:]], SPARSE)
    np.testing.assert_allclose(parts, slim.safe_embedding_lookup_sparse(TABLE, SPARSE))
    with pytest.raises(ValueError, match="embedding_weights"):
        slim.safe_embedding_lookup_sparse([], SPARSE)


@pytest.mark.parametrize("mode", MODES)
def test_unique(mode):
    ids = np.array([[3, 0, 3], [1, 1, 1]])
    look_up = slim.embedding_lookup_unique
    np.testing.assert_array_equal(each_mode.run(mode, look_up, TABLE, ids), TABLE[ids])


def test_unique_of_parts():
    ids = np.array([3, 0, 3])
    by_mod = slim.embedding_lookup_unique([TABLE[::2], TABLE[1::2]], ids)
    np.testing.assert_array_equal(by_mod, TABLE[ids])
    by_div = slim.embedding_lookup_unique([TABLE[:2], TABLE[2:]], ids, partition_strategy="div")
    np.testing.assert_array_equal(by_div, TABLE[ids])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("params", [TABLE, [TABLE[::2], TABLE[1::2]]], ids=["whole", "parts"])
def test_an_unknown_partition_strategy(mode, params):
    def unique(ids):
        return slim.embedding_lookup_unique(params, ids, "modulo")

    def sparse(ids):
        sparse_ids = tf.sparse.from_dense(ids)
        return slim.safe_embedding_lookup_sparse(params, sparse_ids, partition_strategy="modulo")

    for look_up in (unique, sparse):
        with pytest.raises(ValueError, match="'mod' or 'div'; got partition_strategy='modulo'"):
            each_mode.run(mode, look_up, np.array([[3, 1]]))


@pytest.mark.parametrize("mode", MODES)
def test_scattered(mode):
    values = np.array([[7, 8], [7, 9]])

    def look_up(params, values):
        return slim.scattered_embedding_lookup(params, values, 3)

    outputs = each_mode.run(mode, look_up, HASHED, values)
    assert outputs.shape == (2, 2, 3)
    assert np.isin(outputs, HASHED).all()
    np.testing.assert_array_equal(outputs[0, 0], outputs[1, 0])
    assert len(np.unique(outputs[:, 1])) > 3


def cat(left: int, right: int) -> int:
    """The fingerprint of two fingerprints (FingerprintCat64)."""
    multiplier, mask = 0xC6A4A7935BD1E995, 2**64 - 1

    def mixed(value: int) -> int:
        return value ^ (value >> 47)

    result = left ^ multiplier ^ (mixed(right * multiplier & mask) * multiplier & mask)
    return mixed(mixed(result * multiplier & mask) * multiplier & mask)


def test_the_hash_with_a_key_is_that_of_tensorflow_1():
    places = np.arange(97.0)
    for key, value in ((956888297470, 7), (5, 123456789)):
        wanted = [cat(cat(key, value), component) % 97 for component in range(4)]
        found = slim.scattered_embedding_lookup(places, [value], 4, hash_key=key)
        assert found.numpy().tolist() == [wanted]


def test_scattered_over_parts():
    parts = [HASHED[:50], HASHED[50:]]
    outputs = slim.scattered_embedding_lookup(parts, ["a", "b"], 2)
    whole = slim.scattered_embedding_lookup(HASHED, ["a", "b"], 2)
    np.testing.assert_array_equal(outputs, whole)


def test_scattered_sparse():
    words = tf.SparseTensor([[0, 0], [0, 1], [2, 0]], ["a", "b", "a"], [3, 2])
    a, b, nothing = slim.scattered_embedding_lookup(HASHED, ["a", "b", ""], 4).numpy()
    for combiner, both in ((None, (a + b) / 2), ("sum", a + b), ("sqrtn", (a + b) / 2**0.5)):
        outputs = slim.scattered_embedding_lookup_sparse(HASHED, words, 4, combiner)
        np.testing.assert_allclose(outputs, [both, nothing, a], rtol=1e-5)
    with pytest.raises(ValueError, match="sum, mean, sqrtn; got 'max'"):
        slim.scattered_embedding_lookup_sparse(HASHED, words, 4, "max")


@pytest.mark.parametrize(
    ("params", "dimension", "said"),
    [
        (TABLE, 2, r"shape \(4, 2\)"),
        (HASHED, 0, "got 0"),
        (HASHED, 1.5, "got 1.5"),
        ([], 2, "params"),
    ],
)
def test_wrong_arguments(params, dimension, said):
    with pytest.raises(ValueError, match=said):
        slim.scattered_embedding_lookup(params, [1], dimension)
