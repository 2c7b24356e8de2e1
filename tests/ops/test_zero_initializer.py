"""zero_initializer: zeros where there is no value yet."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1


@pytest.mark.parametrize("use_resource", [False, True])
def test_in_a_v1_graph(use_resource):
    with tf.Graph().as_default(), v1.Session() as session:
        ones = v1.get_variable("v", initializer=tf.ones([2, 3]), use_resource=use_resource)
        zero = slim.zero_initializer(ones)
        session.run(zero)
        np.testing.assert_array_equal(session.run(ones), np.zeros([2, 3]))
        with pytest.raises(tf.errors.InvalidArgumentError, match="already has a value"):
            session.run(zero)


def test_elsewhere():
    ones = tf.Variable(tf.ones([2, 3]))
    assert slim.zero_initializer(ones) is ones
    np.testing.assert_array_equal(ones, np.zeros([2, 3]))
    ones.assign_add(tf.ones([2, 3]))

    @tf.function
    def in_a_function():
        slim.zero_initializer(ones)

    in_a_function()
    np.testing.assert_array_equal(ones, np.zeros([2, 3]))


def test_unknown_shape():
    with pytest.raises(ValueError, match="known shape"):
        slim.zero_initializer(tf.Variable([1.0], shape=tf.TensorShape(None)))
