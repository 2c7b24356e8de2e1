"""Convolutions whose kernel covers the input are products, with the same numbers."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.ops.convolve import convolve

RNG = np.random.RandomState(0)

CASES = {
    "fc6": ([3, 4, 5, 2], [4, 5, 2, 6], "VALID", "NHWC"),
    "1x1 of 1x1": ([3, 1, 1, 4], [1, 1, 4, 6], "SAME", "NHWC"),
    "1-D": ([3, 4, 2], [4, 2, 6], "VALID", "NWC"),
    "3-D": ([3, 2, 4, 3, 2], [2, 4, 3, 2, 6], "VALID", "NDHWC"),
    # These are none.
    "covering with SAME": ([3, 4, 5, 2], [4, 5, 2, 6], "SAME", "NHWC"),
    "a smaller kernel": ([3, 4, 5, 2], [3, 5, 2, 6], "VALID", "NHWC"),
}
PRODUCTS = ("fc6", "1x1 of 1x1", "1-D", "3-D")


def run(convolution, case, function=False, dtype=tf.float32, **kwargs):
    """The outputs, and the gradients for inputs and weights of a sum with random factors."""
    shape, kernel, padding, data_format = CASES[case]
    random = np.random.RandomState(1)
    inputs = tf.constant(random.randn(*shape), dtype)
    weights = tf.constant(random.randn(*kernel), dtype)
    options = {"strides": [1] * (len(shape) - 2), "padding": padding, "data_format": data_format}
    options["dilations"] = [1] * (len(shape) - 2)

    def compute(inputs, weights):
        with tf.GradientTape() as tape:
            tape.watch([inputs, weights])
            outputs = convolution(inputs, weights, **options)
            factors = tf.range(tf.size(outputs), dtype=tf.int32)
            total = tf.reduce_sum(outputs * tf.reshape(tf.cast(factors, dtype), outputs.shape))
        return outputs, tape.gradient(total, [inputs, weights])

    compute = tf.function(compute, **kwargs) if function else compute
    return [np.float32(value) for value in tf.nest.flatten(compute(inputs, weights))]


def ours(inputs, weights, **options):
    return convolve(inputs, weights, name="Conv", **options)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("function", [False, True])
def test_the_numbers_of_a_convolution(case, function):
    for got, expected in zip(run(ours, case, function), run(tf.nn.convolution, case), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


def test_under_xla_and_in_bfloat16():
    expected = run(tf.nn.convolution, "fc6")
    for got in (
        run(ours, "fc6", True, jit_compile=True),
        run(ours, "fc6", True, tf.bfloat16),
    ):
        for one, other in zip(got, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=0.05, atol=0.05 * np.abs(other).max())


@pytest.mark.parametrize("case", CASES)
def test_which_are_products(case):
    shape, kernel, padding, _ = CASES[case]

    def net(images):
        return slim.convolution(
            images, kernel[-1], kernel[:-2], padding=padding, activation_fn=None, scope="c"
        )

    def operations(graph):
        return {operation.type for operation in graph.get_operations()}

    spec = tf.TensorSpec([None, *shape[1:]])
    model = slim.Model(net).build(spec)
    concrete = tf.function(model).get_concrete_function(spec)
    assert ("MatMul" in operations(concrete.graph)) == (case in PRODUCTS)
    assert concrete.structured_outputs.shape[0] is None
    assert concrete.structured_outputs.shape[1:].is_fully_defined()
    with tf.Graph().as_default() as graph:
        net(tf.compat.v1.placeholder(tf.float32, [None, *shape[1:]]))
        assert "MatMul" not in operations(graph)
