"""dense_to_sparse, what it is made of, and bucketize."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.layers import each_mode
from tf_slim.layers import sparse_ops

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


@pytest.mark.parametrize(
    ("dense", "ignored", "kept"),
    [
        ([1.5, 0.0, 2.0], None, [0, 2]),
        ([True, False, True], None, [0, 2]),
        ([b"a", b"", b"b"], None, [0, 2]),
        ([b"a", b"", b"b"], b"a", [1, 2]),
    ],
)
def test_elements_of_each_type(dense, ignored, kept):
    sparse = sparse_ops.dense_to_sparse_tensor(dense, ignored)
    assert sparse.indices.numpy().tolist() == [[index] for index in kept]
    assert sparse.values.numpy().tolist() == [dense[index] for index in kept]


@pytest.mark.parametrize("mode", MODES)
def test_classes_of_indicators(mode):
    indicators = np.random.RandomState(0).randint(0, 2, size=[2, 3, 4])
    indicators[0, 1] = 0

    def parts(indicators):
        ids = sparse_ops.indicators_to_sparse_ids(indicators, dtype=tf.int16)
        return ids.indices, ids.values, ids.dense_shape

    indices, values, shape = each_mode.run(mode, parts, indicators)
    assert values.dtype == np.int16
    assert shape.tolist() == [2, 3, indicators.sum(-1).max()]
    found = dict(zip(map(tuple, indices.tolist()), values.tolist()))
    wanted = {
        (*row, position): class_id
        for row in np.ndindex(2, 3)
        for position, class_id in enumerate(np.flatnonzero(indicators[row]))
    }
    assert found == wanted


def test_indicators_of_which_none_applies():
    ids = sparse_ops.indicators_to_sparse_ids([["x", "x"]], ignore_value="x")
    assert ids.dense_shape.numpy().tolist() == [1, 0]
    assert ids.values.shape == 0


@pytest.mark.parametrize(("axes", "reach"), [((0, 1), [2, 0, 3]), ((1, 0), [3, 1, 3, 0])])
def test_how_far_rows_reach(axes, reach):
    sparse = tf.SparseTensor([[2, 2], [0, 1], [2, 0]], [1, 2, 3], [3, 4])
    assert sparse_ops.sparse_row_envelope(sparse, *axes).numpy().tolist() == reach
    for wrong in ((0, 0), (0, "columns")):
        with pytest.raises(ValueError, match="two different integers"):
            sparse_ops.sparse_row_envelope(sparse, *wrong)


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
