"""Sizes of graphs and nets, counted by hand or in another way."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.model_analyzer import analyze_net, analyze_ops, analyze_vars, multiply_adds

v1 = tf.compat.v1


def test_tensor_description():
    with tf.Graph().as_default():
        for dtype, shape, text in (
            (tf.float32, [1, 8, 8, 1024], "(float32 1x8x8x1024)"),
            (tf.int64, [], "(int64)"),
            (tf.bfloat16, [None, 3], "(bfloat16 ?x3)"),
            (tf.bool, None, "(bool)"),
        ):
            placeholder = v1.placeholder(dtype, shape)
            assert slim.model_analyzer.tensor_description(placeholder) == text


def test_operations_are_added_up(capsys):
    with tf.Graph().as_default() as graph:
        x = v1.placeholder(tf.float32, [2, 3], name="x")
        tf.add(x, x, name="y")
        v1.placeholder(tf.float32, [None, 3], name="z")
    assert analyze_ops(graph) == 12
    assert capsys.readouterr().out == ""
    assert analyze_ops(graph, print_info=True) == 12
    out = capsys.readouterr().out
    assert "y -> (float32 2x3) [6]\n" in out
    assert "z -> (float32 ?x3) [0]\n" in out
    assert out.endswith("Total size of operations: 12\n")


def test_variables_of_a_model(capsys):
    model = slim.Model(lambda x: slim.conv2d(x, 8, 3, scope="c")).build([1, 4, 4, 3])
    assert analyze_vars(model.variables, print_info=True) == (224, 896)
    assert "c/weights:0 (float32 3x3x3x8) [216, bytes: 864]" in capsys.readouterr().out


def test_bytes_are_those_of_the_type():
    assert analyze_vars([tf.Variable(np.zeros([5], np.float16))]) == (5, 10)


def conv3d(x):
    return slim.conv3d(x, 7, [2, 3, 3], padding="VALID", scope="l")


# A layer or an operation, the shape of its input -> multiply-adds, by hand.
COUNTED = [
    (lambda x: slim.conv2d(x, 7, [3, 5], scope="l"), [1, 6, 4, 5], 6 * 4 * 7 * 3 * 5 * 5),
    (lambda x: slim.conv2d(x, 7, 3, stride=2, scope="l"), [2, 6, 4, 5], 2 * 3 * 2 * 7 * 9 * 5),
    (lambda x: slim.conv2d(x, 7, 3, scope="l"), [None, 6, 4, 5], 6 * 4 * 7 * 9 * 5),
    (lambda x: slim.conv2d(x, 7, 3, rate=2, scope="l"), [1, 8, 8, 5], 8 * 8 * 7 * 9 * 5),
    (lambda x: slim.separable_conv2d(x, None, 3, 2, scope="l"), [1, 6, 4, 5], 6 * 4 * 10 * 9),
    (lambda x: slim.conv2d_transpose(x, 7, 3, 2, scope="l"), [1, 6, 4, 5], 6 * 4 * 5 * 9 * 7),
    (conv3d, [1, 4, 6, 6, 5], 3 * 4 * 4 * 7 * 18 * 5),
    (lambda x: slim.fully_connected(x, 7, scope="l"), [3, 11], 3 * 7 * 11),
    (lambda x: tf.matmul(x, x, transpose_a=True), [3, 11], 11 * 11 * 3),
    (lambda x: tf.matmul(x, x, transpose_b=True), [2, 3, 11], 2 * 3 * 3 * 11),
    (lambda x: tf.nn.conv2d(x, tf.zeros([3, 3, 2, 6]), 1, "SAME"), [1, 5, 5, 4], 25 * 6 * 9 * 2),
    (lambda x: slim.max_pool2d(tf.nn.relu(x + 1), 2), [1, 6, 4, 5], 0),
]


@pytest.mark.parametrize(("layer", "shape", "expected"), COUNTED)
def test_multiply_adds(layer, shape, expected):
    with tf.Graph().as_default() as graph:
        layer(v1.placeholder(tf.float32, shape))
    assert sum(multiply_adds(graph).values()) == expected


@pytest.fixture(scope="module")
def lenet():
    return analyze_net("lenet")


def test_a_net(lenet):
    weights = [25 * 32, 25 * 32 * 64, 7 * 7 * 64 * 1024, 1024 * 10]
    assert lenet.parameters == sum(weights) + 32 + 64 + 1024 + 10
    assert lenet.multiply_adds == weights[0] * 28**2 + weights[1] * 14**2 + sum(weights[2:])
    assert (lenet.variables, lenet.state) == (8, 0)
    assert lenet.operations > 8


def test_layers(lenet):
    names = [layer.name for layer in lenet.layers]
    assert names == ["LeNet/conv1", "LeNet/conv2", "LeNet/fc3", "LeNet/fc4"]
    assert lenet.layers[0].output == "(float32 1x28x28x32)"
    assert sum(layer.parameters for layer in lenet.layers) == lenet.parameters
    assert sum(layer.multiply_adds for layer in lenet.layers) == lenet.multiply_adds


def test_end_points(lenet):
    assert lenet.end_points[0] == ("conv1", "(float32 1x28x28x32)")
    assert lenet.end_points[-1] == ("Predictions", "(float32 1x10)")


def test_another_size_and_other_classes(lenet):
    small = analyze_net("lenet", image_size=8, num_classes=3)
    assert small.end_points[-1] == ("Predictions", "(float32 1x3)")
    assert small.multiply_adds < lenet.multiply_adds / 10
    with pytest.raises(ValueError, match="got 3x3"):
        analyze_net("lenet", image_size=3)
    with pytest.raises(ValueError, match="no net 'lenett'"):
        analyze_net("lenett")
    with pytest.raises(TypeError, match="nonsense"):
        analyze_net("lenet", nonsense=1)


def test_batch_norm_is_part_of_its_layer():
    found = analyze_net("resnet_v1_18", image_size=32)
    first = found.layers[0]
    assert first.name == "resnet_v1_18/conv1"
    assert first.parameters == 7 * 7 * 3 * 64 + 2 * 64
    assert found.state > 0
    assert sum(layer.parameters for layer in found.layers) == found.parameters


def test_products_of_two_tensors_are_layers_of_their_own():
    from tf_slim.model_analyzer import _layers

    with tf.Graph().as_default() as graph:
        x = v1.placeholder(tf.float32, [4, 6])
        x = slim.fully_connected(x, 5, scope="first")
        with tf.name_scope("attention"):
            x = tf.matmul(tf.matmul(x, x, transpose_b=True), x)
        slim.fully_connected(x, 3, scope="last")
        rows = list(_layers(graph, v1.trainable_variables()))
    assert [row.name for row in rows] == ["first", "attention", "last"]
    assert rows[1].parameters == 0
    assert rows[1].multiply_adds == 2 * 4 * 4 * 5
