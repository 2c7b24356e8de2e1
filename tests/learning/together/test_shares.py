"""The shares of a batch: consecutive, all of it, and nothing twice."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tf_slim.learning.together import shares, told


def parts(batch, of: int) -> list:
    return [shares.part(batch, number, of) for number in range(of)]


@pytest.mark.parametrize(
    ("examples", "of", "sizes"), [(8, 4, [2] * 4), (7, 3, [3, 2, 2]), (1, 2, [1, 0])]
)
def test_all_of_a_batch_is_shared_out(examples, of, sizes):
    inputs, labels = tf.random.normal([examples, 3]), tf.range(examples)
    cut = parts({"x": inputs, "y": (labels, tf.constant(5))}, of)
    assert [len(part["x"]) for part in cut] == sizes
    np.testing.assert_array_equal(tf.concat([part["x"] for part in cut], 0), inputs)
    np.testing.assert_array_equal(tf.concat([part["y"][0] for part in cut], 0), labels)
    assert all(int(part["y"][1]) == 5 for part in cut)


def test_sparse_and_ragged_examples():
    rows = tf.ragged.constant([[1], [2, 3], [], [4]])
    dense = rows.to_tensor()
    cut = parts((rows, tf.sparse.from_dense(dense), dense), 3)
    assert [part[0].to_list() for part in cut] == [[[1], [2, 3]], [[]], [[4]]]
    together = tf.concat([tf.sparse.to_dense(part[1]) for part in cut], 0)
    np.testing.assert_array_equal(together, dense)


@pytest.mark.parametrize(("batch", "size"), [(8, 4), (7, None), (None, None)])
def test_a_size_is_known_where_all_have_it(batch, size):
    whole = tf.data.Dataset.from_tensor_slices(tf.zeros([16, 2])).batch(4)
    whole = whole.map(lambda x: tf.ensure_shape(tf.concat([x, x], 0)[:batch], [batch, 2]))
    assert whole.map(lambda x: shares.part(x, 1, 2)).element_spec.shape.as_list() == [size, 2]


def test_replicas_add_up_several_numbers_at_once(strategy2):
    with strategy2.scope():
        sums = told.Told(strategy2).sums

    @tf.function
    def step():
        def numbers():
            number = tf.distribute.get_replica_context().replica_id_in_sync_group + 1
            return tf.cast(number, tf.float32) / 2, number

        halves, wholes = strategy2.run(numbers)
        return sums(halves, None, wholes)[::2]

    assert [float(value) for value in step()] == [1.5, 3.0]
