"""dense_to_sparse and bucketize."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.layers import each_mode

LABELS = np.array([[1, 0, 2], [0, 0, 3]])
# XLA compiles for fixed sizes, and how many elements remain is known only when it runs.
MODES = ("v1", "eager", "function")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("eos", "indices"), [(0, [[0, 0], [0, 2], [1, 2]]), (3, None)])
def test_dense_to_sparse(mode, eos, indices):
    def parts(labels):
        sparse = slim.dense_to_sparse(labels, eos_token=eos)
        return sparse.indices, sparse.values, sparse.dense_shape

    found, values, shape = each_mode.run(mode, parts, LABELS)
    wanted = np.argwhere(eos != LABELS) if indices is None else indices
    np.testing.assert_array_equal(found, wanted)
    np.testing.assert_array_equal(values, LABELS[eos != LABELS])
    np.testing.assert_array_equal(shape, [2, 3])


def test_text_and_other_ranks():
    sparse = slim.dense_to_sparse(tf.constant(["a", "", "b"]), eos_token="")
    np.testing.assert_array_equal(sparse.values, [b"a", b"b"])
    assert slim.dense_to_sparse(tf.ones([2, 0, 3])).dense_shape.numpy().tolist() == [2, 0, 3]
    with pytest.raises(ValueError, match="dense_to_sparse in scope 'a' expects inputs of rank 1"):
        slim.dense_to_sparse(tf.constant(3), scope="a")


def test_what_ctc_loss_takes():
    logits = np.random.RandomState(0).normal(size=[4, 2, 5]).astype(np.float32)
    loss = tf.nn.ctc_loss(
        slim.dense_to_sparse(LABELS.astype(np.int32)), logits, None, [4, 4], blank_index=0
    )
    assert np.all(loss.numpy() > 0)


@pytest.mark.parametrize("graph", [True, False])
def test_a_sparse_output_is_collected(graph):
    with tf.Graph().as_default() if graph else slim.collect():
        with slim.scope("net"):
            sparse = slim.dense_to_sparse(LABELS, outputs_collections="ends", scope="sparse")
        assert slim.utils.convert_collection_to_dict("ends") == {"net/sparse": sparse}


def bucketized(boundaries):
    return lambda numbers: slim.bucketize(numbers, boundaries)


@pytest.mark.parametrize("mode", each_mode.MODES)
def test_bucketize(mode):
    numbers = np.array([[-5.0, 0.0, 0.5], [1.0, 2.9, 3.0]], np.float32)
    for boundaries in ([0, 1.0, 3], (0.5,), np.array([1.0, 2.0]), []):
        found = each_mode.run(mode, bucketized(boundaries), numbers)
        assert found.dtype == np.int32
        np.testing.assert_array_equal(found, np.digitize(numbers, boundaries))


@pytest.mark.parametrize(
    ("boundaries", "error", "said"),
    [(1.0, TypeError, r"got 1.0.*\[1.0\]"), ([2.0, 1.0], ValueError, r"\[2.0, 1.0\].*sorted")],
)
def test_wrong_boundaries(boundaries, error, said):
    with pytest.raises(error, match=said):
        slim.bucketize([1.0], boundaries)
