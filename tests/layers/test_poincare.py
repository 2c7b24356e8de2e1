"""poincare_normalize."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.layers import each_mode

VECTORS = np.array([[0.0, 0.0], [0.3, -0.4], [3.0, 4.0], [0.0, 1.0]], np.float32)


@pytest.mark.parametrize("mode", each_mode.MODES)
def test_vectors_stay_inside_the_ball(mode):
    outputs = each_mode.run(mode, slim.layers.poincare_normalize, VECTORS)
    inside = 1.0 - 1e-5
    wanted = [[0.0, 0.0], [0.3, -0.4], [0.6 * inside, 0.8 * inside], [0.0, inside]]
    np.testing.assert_allclose(outputs, wanted, rtol=1e-6)


def test_another_axis_and_several():
    images = np.random.RandomState(0).normal(size=[2, 3, 4]).astype(np.float32)
    outputs = slim.layers.poincare_normalize(images, axis=[1, 2], epsilon=0.5).numpy()
    lengths = np.linalg.norm(outputs.reshape([2, -1]), axis=1)
    np.testing.assert_allclose(lengths, [0.5, 0.5], rtol=1e-6)
    assert outputs.dtype == np.float32


def test_the_gradient_of_zero_is_finite():
    x = tf.constant(VECTORS)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = slim.layers.poincare_normalize(x)
    gradient = tape.gradient(y, x).numpy()
    np.testing.assert_array_equal(gradient[:2], np.ones([2, 2]))
    # A vector on the surface can move along it only: along (3, 4) / 5 nothing changes.
    np.testing.assert_allclose(gradient[2] @ [0.6, 0.8], 0.0, atol=1e-6)
