"""embed_sequence and bow_encoder."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.layers import each_mode

IDS = np.array([[0, 2, 1], [4, 4, 0], [0, 0, 0]])
TABLE = np.random.RandomState(0).normal(size=[5, 3]).astype(np.float32)
SIZES = {"vocab_size": 5, "embed_dim": np.int64(3)}


def from_table(shape, dtype=tf.float32, partition_info=None):
    return tf.constant(TABLE, dtype, shape)


def means(ids) -> np.ndarray:
    rows = [TABLE[row[row != 0]].mean(0) if row.any() else TABLE[0] for row in ids]
    return np.stack(rows)


CASES = {
    "sequence": (slim.embed_sequence, {}, TABLE[IDS]),
    "sequence, each id once": (slim.embed_sequence, {"unique": True}, TABLE[IDS]),
    "bag": (slim.bow_encoder, {}, means(IDS)),
    "bag, 0 is an id": (slim.bow_encoder, {"sparse_lookup": False}, TABLE[IDS].mean(1)),
}


@pytest.mark.parametrize("mode", ["v1", "eager", "function"])
@pytest.mark.parametrize("case", CASES)
def test_vectors(mode, case):
    layer, kwargs, wanted = CASES[case]

    def net(ids):
        return layer(ids, **SIZES, initializer=from_table, **kwargs)

    outputs = each_mode.run(mode, net if mode == "v1" else slim.Model(net), IDS)
    np.testing.assert_allclose(outputs, wanted, rtol=1e-6)


def test_sparse_ids():
    sparse = tf.SparseTensor([[0, 0], [0, 1], [2, 0]], tf.constant([1, 3, 0], tf.int64), [3, 2])
    outputs = slim.bow_encoder(sparse, 5, 3, initializer=from_table)
    wanted = [TABLE[[1, 3]].mean(0), TABLE[0], TABLE[0]]
    np.testing.assert_allclose(outputs, wanted, rtol=1e-6)


def test_variables():
    slim.embed_sequence(IDS, 5, 3, regularizer=slim.l2_regularizer(0.1), scope="words")
    shared = slim.embed_sequence(IDS, scope="words", reuse=True)
    assert shared.shape == [3, 3, 3]
    slim.embed_sequence(IDS, 5, 3, trainable=False)
    slim.bow_encoder(IDS, 5, 3)
    names = ["words/embeddings:0", "EmbedSequence/embeddings:0", "bow_encoder/embeddings:0"]
    assert [v.name for v in slim.get_model_variables()] == names
    assert [v.name for v in slim.get_trainable_variables()] == [names[0], names[2]]


def test_the_gradient_is_sparse():
    model = slim.Model(slim.embed_sequence, **SIZES)
    model(IDS)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model(IDS))
    gradient = tape.gradient(total, model.trainable_variables[0])
    assert isinstance(gradient, tf.IndexedSlices)
    np.testing.assert_array_equal(tf.convert_to_tensor(gradient)[:, 0], [5, 1, 1, 0, 2])


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: slim.embed_sequence(IDS, 5), ValueError, "embed_dim=None"),
        (lambda: slim.embed_sequence(IDS, 5, 0), ValueError, "embed_dim=0"),
        (lambda: slim.embed_sequence(IDS * 1.0, 5, 3), TypeError, "float64"),
        (lambda: slim.bow_encoder(IDS, None, 3), ValueError, "vocab_size=None"),
        (
            lambda: slim.bow_encoder(tf.sparse.from_dense(IDS), 5, 3, sparse_lookup=False),
            TypeError,
            "sparse_lookup=True",
        ),
    ],
)
def test_wrong_arguments(call, error, said):
    with pytest.raises(error, match=f"in scope .* expects .*{said}"):
        call()
