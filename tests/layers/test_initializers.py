"""Initializers: their distributions, and what makes them repeatable."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1

KERNEL = [3, 3, 20, 40]
FANS = {"FAN_IN": 180, "FAN_OUT": 360, "FAN_AVG": 270}


def draw(initializer, shape=KERNEL, **kwargs):
    return initializer(shape, **kwargs).numpy()


def draw_in_graph(initializer, shape=KERNEL, **kwargs):
    with tf.Graph().as_default(), v1.Session() as session:
        return session.run(initializer(shape, **kwargs))


@pytest.mark.parametrize("how", [draw, draw_in_graph])
@pytest.mark.parametrize("seed", [None, 3])
@pytest.mark.parametrize("mode", FANS)
@pytest.mark.parametrize("uniform", [False, True])
def test_variance(uniform, mode, seed, how):
    values = how(slim.variance_scaling_initializer(3.0, mode, uniform, seed))
    variance = 3.0 / FANS[mode]
    if uniform:
        limit = math.sqrt(3 * variance)
    else:
        # Cut off at two deviations, which leaves 1 / 1.2924 of the variance 1.3 * variance.
        limit = 2 * math.sqrt(1.3 * variance)
        variance *= 1.3 / 1.2924
    assert abs(np.mean(values)) < 5 * math.sqrt(variance / values.size)
    assert np.var(values) == pytest.approx(variance, rel=0.05)
    assert 0.98 * limit < np.max(np.abs(values)) <= limit * (1 + 1e-6)


def test_xavier_is_the_mean_of_both_fans():
    values = draw(slim.xavier_initializer(), [300, 100])
    assert np.max(np.abs(values)) == pytest.approx(math.sqrt(6 / 400), rel=1e-3)
    assert slim.xavier_initializer_conv2d is slim.xavier_initializer


@pytest.mark.parametrize(("shape", "fan"), [([50], 50), ([], 1), ([2, 3], 2), ([0, 3], 0)])
def test_odd_shapes(shape, fan):
    values = draw(slim.variance_scaling_initializer(uniform=True), shape)
    assert values.shape == tuple(shape)
    if fan:
        assert np.all(np.abs(values) <= math.sqrt(6 / fan))


@pytest.mark.parametrize("dtype", [tf.float16, tf.bfloat16, tf.float64])
def test_dtypes(dtype):
    for uniform in (False, True):
        for seed in (None, 1):
            made = slim.xavier_initializer(uniform, seed)
            assert made(KERNEL, dtype=dtype).dtype == dtype
            assert slim.xavier_initializer(uniform, seed, dtype)(KERNEL).dtype == dtype


@pytest.mark.parametrize("how", [draw, draw_in_graph])
def test_a_seed_repeats(how):
    for uniform in (False, True):
        first = how(slim.xavier_initializer(uniform, seed=5))
        np.testing.assert_array_equal(first, how(slim.xavier_initializer(uniform, seed=5)))
        assert not np.array_equal(first, how(slim.xavier_initializer(uniform, seed=6)))


def test_two_variables_with_one_seeded_initializer():
    """As in a v1 graph, where the seed belongs to the operation."""
    initializer = slim.xavier_initializer(seed=5)
    np.testing.assert_array_equal(draw(initializer), draw(initializer))


def test_without_a_seed_variables_differ_and_the_global_seed_counts():
    def weights():
        tf.random.set_seed(8)
        slim.reset_default_store()
        for _ in range(2):
            slim.conv2d(np.ones([1, 4, 4, 3], np.float32), 8, 3)
        return [v.numpy() for v in slim.get_variables_by_suffix("weights")]

    first, second = weights()
    assert not np.array_equal(first, second)
    again, _ = weights()
    np.testing.assert_array_equal(first, again)


def test_parts_are_scaled_like_the_whole():
    with tf.Graph().as_default(), v1.Session() as session:
        with v1.variable_scope("p", partitioner=v1.fixed_size_partitioner(4)):
            part, *_ = v1.get_variable(
                "v", [400, 100], initializer=slim.variance_scaling_initializer(uniform=True)
            )
        session.run(v1.global_variables_initializer())
        assert np.max(np.abs(session.run(part))) == pytest.approx(math.sqrt(6 / 400), rel=1e-2)


def test_errors():
    with pytest.raises(TypeError, match="int32"):
        slim.xavier_initializer(dtype=tf.int32)
    with pytest.raises(TypeError, match="int32"):
        slim.xavier_initializer()([2, 2], dtype=tf.int32)
    with pytest.raises(TypeError, match="FAN_IN, FAN_OUT, FAN_AVG; got 'fan_in'"):
        slim.variance_scaling_initializer(mode="fan_in")
