"""Sizes that are floats: taken and refused as TensorFlow 1.15.5 did with each of these."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.legacy.tensorflow1 import dimensions, rnn_cell
from tf_slim.legacy.tensorflow1 import layers as tf_layers

v1 = tf.compat.v1


@pytest.fixture(autouse=True)
def old_dimensions():
    dimensions.install()
    yield
    dimensions.uninstall()


def queued(shape):
    queue = v1.FIFOQueue(10, [tf.float32], [shape])
    return queue.dequeue()


def with_shape(tensor, shape):
    tensor.set_shape(shape)
    return tensor


TAKEN = {
    "get_variable": (lambda: v1.get_variable("w", [3, 3, 6 / 2, 8.0]), [3, 3, 3, 8]),
    "get_variable of an array": (lambda: v1.get_variable("w", np.array([3.0, 2])), [3, 2]),
    "get_variable of a number": (lambda: v1.get_variable("w", 3.0), [3]),
    "get_variable, initialized": (
        lambda: v1.get_variable("w", [3.0, 2], initializer=v1.truncated_normal_initializer()),
        [3, 2],
    ),
    "Variable": (lambda: v1.Variable(np.zeros(3), shape=[np.float32(3)]), [3]),
    "slim.variable": (lambda: slim.model_variable("w", [3.0, 2]), [3, 2]),
    "placeholder": (lambda: v1.placeholder(tf.float32, [4.0, None]), [4, None]),
    "placeholder_with_default": (lambda: v1.placeholder_with_default([1.0], [1.0]), [1]),
    "set_shape": (lambda: with_shape(v1.placeholder(tf.float32, [None, 2]), [4.0, 2]), [4, 2]),
    "merge_with": (lambda: tf.TensorShape([None]).merge_with([3.0]), [3]),
    "zeros": (lambda: v1.zeros(3.0), [3]),
    "reshape to a shape": (lambda: v1.reshape(np.zeros(6), tf.TensorShape([6.0])), [6]),
    "dropout's noise": (lambda: v1.nn.dropout(v1.zeros([4]), 0.5, noise_shape=[4.0]), [4]),
    "ensure_shape": (lambda: tf.ensure_shape(v1.zeros([3]), [3.0]), [3]),
    "a queue": (lambda: queued([3.0]), [3]),
    "tf.layers": (lambda: tf_layers.dense(v1.zeros([2, 3]), 9 / 2), [2, 4]),
    "zero_state": (
        lambda: rnn_cell.GRUCell(4).zero_state(2.0, tf.float32),
        [2, 4],
    ),
    "arithmetic": (lambda: tf.TensorShape([v1.Dimension(4) * 2.0, v1.Dimension(3) // 2.0]), [8, 1]),
    "an array of one": (lambda: tf.TensorShape([np.array([3])]), [3]),
    "a word": (lambda: tf.TensorShape(["3"]), [3]),
}

REFUSED = {
    "a fraction": (lambda: v1.get_variable("w", [3.5, 2]), "3.5"),
    "a fraction in a placeholder": (lambda: v1.placeholder(tf.float32, [None, 3.5]), "3.5"),
    "less than nothing": (lambda: v1.Dimension(-3.0), "-3"),
    "an object": (lambda: v1.Dimension(object()), "int"),
    # A shape that is an operand was never read as a Dimension.
    "reshape": (lambda: v1.reshape(v1.zeros([6]), [-1, 3.0]), "float"),
    "random": (lambda: v1.truncated_normal([3.0, 2]), "float"),
}


@pytest.mark.parametrize("case", TAKEN)
def test_taken(case):
    make, expected = TAKEN[case]
    with tf.Graph().as_default():
        made = make()
        shape = made if isinstance(made, tf.TensorShape) else made.shape
        assert shape.as_list() == expected


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    make, words = REFUSED[case]
    with tf.Graph().as_default(), pytest.raises((TypeError, ValueError), match=words):
        make()


def test_taken_back():
    dimensions.uninstall()
    with pytest.raises(TypeError):
        tf.TensorShape([3.0])
