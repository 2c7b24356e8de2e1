"""Layers that share one signature: each has its own name; words of Keras are pointed out."""

from __future__ import annotations

import inspect
import pickle

import pytest
import tensorflow as tf

import tf_slim as slim

FAMILIES = {
    "convolution1d": slim.conv1d,
    "convolution2d": slim.conv2d,
    "convolution3d": slim.conv3d,
    "convolution2d_transpose": slim.conv2d_transpose,
    "convolution3d_transpose": slim.conv3d_transpose,
    "max_pool2d": slim.max_pool2d,
    "avg_pool2d": slim.avg_pool2d,
    "max_pool3d": slim.max_pool3d,
    "avg_pool3d": slim.avg_pool3d,
}


@pytest.mark.parametrize("name", FAMILIES)
def test_each_is_known_by_its_name(name):
    layer = FAMILIES[name]
    assert layer.__name__ == layer.__qualname__ == name
    assert pickle.loads(pickle.dumps(layer)) is layer
    assert inspect.getdoc(layer)
    assert slim.arg_scope_func_key(layer).endswith(f".{name}")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda x: slim.conv2d(x, 8, 3, strides=2), "conv2d.*'strides'.*'stride'"),
        (lambda x: slim.conv2d(x, filters=8, kernel_size=3), "'filters'.*'num_outputs'"),
        (lambda x: slim.fully_connected(x, 8, activation=None), "'activation'.*'activation_fn'"),
        (lambda x: slim.max_pool2d(x, 2, paddin="SAME"), "'paddin'.*Did you mean 'padding'"),
    ],
)
def test_words_of_keras(call, said):
    with pytest.raises(TypeError, match=said):
        call(tf.ones([1, 4, 4, 3]))
