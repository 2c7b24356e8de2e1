"""scale_gradient."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.layers import each_mode

X = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]], np.float32)


def gradients(y, xs, tape):
    return tf.compat.v1.gradients(y, xs) if tape is None else tape.gradient(y, xs)


@pytest.mark.parametrize("mode", each_mode.MODES)
@pytest.mark.parametrize(
    "multiplier", [0.25, -1, np.array([1.0, 0.0, 2.0]), np.array([[2.0], [3.0]])]
)
def test_the_gradient_is_multiplied(mode, multiplier):
    def both(x):
        graph = mode == "v1"
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = slim.scale_gradient(x, multiplier)
            total = tf.reduce_sum(y * y)
        return y, gradients(total, [x], None if graph else tape)[0]

    y, dx = each_mode.run(mode, both, X)
    np.testing.assert_array_equal(y, X)
    np.testing.assert_allclose(dx, np.broadcast_to(2 * X * multiplier, X.shape))


def test_no_gradient_flows_into_the_multiplier():
    multiplier = tf.Variable(0.5)
    with tf.GradientTape() as tape:
        x = tf.constant(X)
        tape.watch(x)
        y = slim.scale_gradient(x, multiplier)
    dx, nothing = tape.gradient(y, [x, multiplier])
    assert nothing is None
    np.testing.assert_array_equal(dx, np.full_like(X, 0.5))


def test_the_dtype_is_that_of_the_inputs():
    x = tf.constant(X, tf.bfloat16)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = slim.scale_gradient(x, tf.constant(0.1))
    assert y.dtype == tape.gradient(y, x).dtype == tf.bfloat16


@pytest.mark.parametrize("shape", [[2], [4, 2, 3], [2, 2]])
def test_the_multiplier_must_broadcast(shape):
    with pytest.raises(ValueError, match=r"inputs of shape \(2, 3\); got shape"):
        slim.scale_gradient(X, np.ones(shape))
