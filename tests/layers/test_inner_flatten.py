"""Flattening the last axes: dense and sparse, of known and unknown sizes."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tf_slim.layers.inner_flatten import inner_flatten

SHAPE = [2, 3, 4, 5]
VALUES = np.arange(120).reshape(SHAPE) % 3


def flattened(rank):
    return VALUES.reshape([*SHAPE[: rank - 1], -1])


@pytest.mark.parametrize("rank", [1, 2, 3, 4])
@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("compiled", [False, True])
def test_values(rank, sparse, compiled):
    def flatten(values):
        given = tf.sparse.from_dense(values) if sparse else values
        flat = inner_flatten(given, rank)
        return tf.sparse.to_dense(flat) if sparse else flat

    got = (tf.function(flatten) if compiled else flatten)(tf.constant(VALUES))
    np.testing.assert_array_equal(got, flattened(rank))


def test_unknown_sizes():
    with tf.Graph().as_default():
        inputs = tf.compat.v1.placeholder(tf.int32, [2, None, 4, None, 5, 6])
        shapes = [inner_flatten(inputs, rank).shape.as_list() for rank in range(1, 6)]
    assert shapes == [
        [None],
        [2, None],
        [2, None, None],
        [2, None, 4, None],
        [2, None, 4, None, 30],
    ]


@pytest.mark.parametrize("inputs", [VALUES, tf.sparse.from_dense(VALUES)], ids=["dense", "sparse"])
def test_too_few_axes(inputs):
    with pytest.raises(ValueError, match="rank less than new_rank.*rank 5"):
        inner_flatten(inputs, 5)
