"""Regularizers against numpy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1

WEIGHTS = np.array([[1.0, -2.0], [3.0, 0.5]], np.float32)


@pytest.mark.parametrize(
    ("regularizer", "expected"),
    [
        (slim.l1_regularizer(0.5), 3.25),
        (slim.l2_regularizer(0.5), 0.5 * 14.25 / 2),
        (slim.l2_regularizer(np.float32(0.5)), 0.5 * 14.25 / 2),
        (slim.l2_regularizer(tf.constant(0.5)), 0.5 * 14.25 / 2),
        (slim.l1_l2_regularizer(0.5, 0.5), 3.25 + 0.5 * 14.25 / 2),
        (slim.l1_l2_regularizer(0.0, 0.5), 0.5 * 14.25 / 2),
        (slim.sum_regularizer([slim.l1_regularizer(1.0), None, tf.nn.l2_loss]), 6.5 + 7.125),
    ],
)
def test_values(regularizer, expected):
    assert float(regularizer(tf.constant(WEIGHTS))) == pytest.approx(expected)
    assert float(regularizer(tf.Variable(WEIGHTS))) == pytest.approx(expected)
    half = regularizer(tf.constant(WEIGHTS, tf.bfloat16))
    assert half.dtype == tf.bfloat16
    assert float(half) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("make", [slim.l1_regularizer, slim.l2_regularizer])
def test_scales(make):
    assert make(0.0)(WEIGHTS) is None
    with pytest.raises(ValueError, match=r"integer 1\. Write 1\.0"):
        make(1)
    with pytest.raises(ValueError, match="0.0 or more; got -1.0"):
        make(-1.0)


def test_nothing_to_sum():
    assert slim.sum_regularizer([]) is None
    assert slim.sum_regularizer([None]) is None
    assert slim.l1_l2_regularizer(0.0, 0.0)(WEIGHTS) is None


def test_apply_regularization():
    weights = [tf.Variable([[1.0, 2.0]]), tf.Variable([3.0])]
    with slim.collect() as got:
        total = slim.apply_regularization(slim.l2_regularizer(0.5), weights)
    assert float(total) == 3.5
    assert float(got.total_loss()) == 3.5
    assert float(slim.apply_regularization(slim.l2_regularizer(0.0), weights)) == 0.0
    with tf.Graph().as_default():
        variable = v1.get_variable("v", initializer=WEIGHTS, collections=["weights", "variables"])
        total = slim.apply_regularization(slim.l1_regularizer(0.5))
        assert v1.get_collection("regularization_losses") == [total]
        assert variable.shape == [2, 2]


def test_apply_regularization_to_a_collection():
    inputs = np.ones([1, 3], np.float32)
    collections = {"weights": [v1.GraphKeys.WEIGHTS]}
    slim.fully_connected(
        inputs, 2, variables_collections=collections, weights_initializer=tf.ones_initializer()
    )
    assert float(slim.apply_regularization(slim.l1_regularizer(0.5))) == 3.0


def test_what_cannot_be_applied():
    with pytest.raises(ValueError, match="no weights"):
        slim.apply_regularization(slim.l1_regularizer(0.5))
    with pytest.raises(ValueError, match=r"scalar; got shape \(2, 2\)"):
        slim.apply_regularization(lambda weights: weights, [tf.constant(WEIGHTS)])


def test_gradient():
    weights = tf.Variable(WEIGHTS)
    with tf.GradientTape() as tape:
        loss = slim.l2_regularizer(0.25)(weights)
    np.testing.assert_allclose(tape.gradient(loss, weights), 0.25 * WEIGHTS)
