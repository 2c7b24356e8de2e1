"""Dropout: what it keeps, when, and how it is repeated."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1

ONES = np.ones([100, 100], np.float32)


def in_eager(call):
    return call().numpy()


def in_function(call):
    return tf.function(call)().numpy()


def compiled(call):
    return tf.function(call, jit_compile=True)().numpy()


def in_v1_graph(call):
    with tf.Graph().as_default(), v1.Session() as session:
        return session.run(call())


@pytest.fixture(params=[in_eager, in_function, compiled, in_v1_graph])
def run(request):
    return request.param


@pytest.mark.parametrize("keep_prob", [0.9, 0.25])
def test_statistics(keep_prob, run):
    values = run(lambda: slim.dropout(tf.constant(ONES), keep_prob))
    assert set(np.unique(values)) == {0.0, np.float32(1.0) / np.float32(keep_prob)}
    # Five standard deviations of a binomial distribution.
    spread = 5 * np.sqrt(keep_prob * (1 - keep_prob) / ONES.size)
    assert abs(np.mean(values > 0) - keep_prob) < spread


def test_a_keep_prob_that_is_a_tensor(run):
    values = run(lambda: slim.dropout(tf.constant(ONES), tf.constant(0.5)))
    assert 0.45 < np.mean(values > 0) < 0.55


def test_half_precision(run):
    halves = tf.bfloat16
    values = run(lambda: tf.cast(slim.dropout(tf.cast(ONES, halves), tf.constant(0.5)), tf.float32))
    assert set(np.unique(values)) == {0.0, 2.0}


def test_noise_shape(run):
    images = np.ones([20, 4, 4, 30], np.float32)
    values = run(lambda: slim.dropout(tf.constant(images), noise_shape=[20, 1, 1, 30]))
    assert np.all(values == values[:, :1, :1, :])
    assert 0 < np.mean(values > 0) < 1


@pytest.mark.parametrize("kwargs", [{"is_training": False}, {"keep_prob": 1.0}])
def test_off(kwargs, run):
    np.testing.assert_array_equal(run(lambda: slim.dropout(tf.constant(ONES), **kwargs)), ONES)


@pytest.mark.parametrize("keep_prob", [0.5, 1.0])
def test_a_switch(keep_prob):
    @tf.function(input_signature=[tf.TensorSpec([], tf.bool)])
    def call(is_training):
        return slim.dropout(tf.constant(ONES), keep_prob, is_training=is_training)

    np.testing.assert_array_equal(call(False), ONES)
    assert np.mean(call(True).numpy() > 0) == pytest.approx(keep_prob, abs=0.05)
    with tf.Graph().as_default(), v1.Session() as session:
        switch = v1.placeholder_with_default(False, [])
        outputs = slim.dropout(tf.constant(ONES), keep_prob, is_training=switch)
        np.testing.assert_array_equal(session.run(outputs), ONES)
        kept = np.mean(session.run(outputs, {switch: True}) > 0)
        assert kept == pytest.approx(keep_prob, abs=0.05)


def test_nothing_to_drop_is_no_operation():
    inputs = tf.constant(ONES)
    assert slim.dropout(inputs, 1.0) is inputs


def test_fresh_numbers_at_each_call(run):
    one = run(lambda: tf.stack([slim.dropout(tf.constant(ONES)) for _ in range(2)]))
    assert not np.array_equal(one[0], one[1])


def test_seed_in_v1_graphs():
    first, second = (in_v1_graph(lambda: slim.dropout(tf.constant(ONES), seed=3)) for _ in "ab")
    np.testing.assert_array_equal(first, second)


class TestRandomScope:
    """Inside `random_scope`, what is dropped is a function of seed and place."""

    @staticmethod
    def draw(run, scope_seed, **kwargs):
        def call():
            with slim.random_scope(scope_seed):
                return tf.stack([slim.dropout(tf.constant(ONES), **kwargs) for _ in range(2)])

        return run(call)

    def test_repeats(self, run):
        first, again = self.draw(run, [1, 2]), self.draw(run, [1, 2])
        np.testing.assert_array_equal(first, again)
        assert not np.array_equal(first[0], first[1])
        assert not np.array_equal(first, self.draw(run, [1, 3]))
        assert 0.45 < np.mean(first > 0) < 0.55

    @pytest.mark.parametrize("run", [in_function, in_v1_graph])
    def test_the_same_in_every_mode(self, run):
        np.testing.assert_array_equal(self.draw(run, [5, 6]), self.draw(in_eager, [5, 6]))

    def test_the_global_seed_does_not_matter(self, run):
        first = self.draw(run, [1, 2])
        tf.random.set_seed(999)
        np.testing.assert_array_equal(first, self.draw(run, [1, 2]))

    def test_a_seed_of_the_layer_adds_to_it(self, run):
        with_seed = self.draw(run, [1, 2], seed=7)
        np.testing.assert_array_equal(with_seed, self.draw(run, [1, 2], seed=7))
        assert not np.array_equal(with_seed, self.draw(run, [1, 2]))

    def test_a_step_as_a_tensor(self):
        @tf.function(input_signature=[tf.TensorSpec([], tf.int64)])
        def step(number):
            with slim.random_scope(tf.stack([tf.constant(11, tf.int64), number])):
                return slim.dropout(tf.constant(ONES))

        np.testing.assert_array_equal(step(4), step(4))
        assert not np.array_equal(step(4), step(5))

    def test_inference_draws_nothing(self, run):
        """So a net with parts switched off draws for the others what it always drew."""

        def call():
            with slim.random_scope([1, 2]):
                slim.dropout(tf.constant(ONES), is_training=False)
                return slim.dropout(tf.constant(ONES))

        np.testing.assert_array_equal(run(call), self.draw(run, [1, 2])[0])
