"""Frozen graphs, read as programs of TensorFlow 1 read them."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.export import tiny
from tf_slim.export import engines, finding, frozen, metadata

v1 = tf.compat.v1
SPEC = tf.TensorSpec([None, 64, 64, 3])


@pytest.fixture(scope="module")
def source():
    model = slim.nets.create("mobilenet_v1_025", 5).build(SPEC)
    return finding.of_model(model, labels=tiny.LABELS, preprocess="inception", image_size=64)


@pytest.fixture(scope="module")
def path(source, tmp_path_factory):
    path = str(tmp_path_factory.mktemp("frozen") / "net.pb")
    frozen.write(source, path, tiny.options(source))
    return path


def read(path):
    graph_def = v1.GraphDef()
    with open(path, "rb") as file:
        graph_def.ParseFromString(file.read())
    return graph_def


def images(count):
    return np.random.RandomState(0).uniform(-1, 1, [count, 64, 64, 3]).astype(np.float32)


def test_a_program_of_tensorflow_1_finds_its_nodes(path, source):
    with tf.Graph().as_default():
        tf.import_graph_def(read(path), name="")
        with v1.Session() as session:
            names = ["MobilenetV1/Predictions/Reshape_1", "MobilenetV1/Logits/SpatialSqueeze"]
            both = session.run([f"{name}:0" for name in names], {"input:0": images(3)})
    expected = source.compute(images(3))
    np.testing.assert_allclose(both[0], expected["probabilities"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(both[1], expected["logits"], rtol=0, atol=1e-5)


def test_nodes_are_called_what_the_graph_of_the_net_calls_them(path):
    with tf.Graph().as_default() as graph:
        given = v1.placeholder(tf.float32, [None, 64, 64, 3], "input")
        net = slim.nets.spec("mobilenet_v1_025")
        with slim.arg_scope(net.arg_scope()):
            net.fn(given, 5, is_training=False)
        computed = ("Relu6", "Conv2D", "DepthwiseConv2dNative", "AvgPool", "Squeeze", "Softmax")
        old = {node.name for node in graph.as_graph_def().node if node.op in computed}
    new = {node.name for node in read(path).node}
    # The last convolution is a product, where a session would not be asked for it.
    assert old - new == {"MobilenetV1/Logits/Conv2d_1c_1x1/Conv2D"}


def test_there_is_nothing_in_it_that_tensorflow_1_refuses(path):
    for node in read(path).node:
        assert not any(key.startswith("_") for key in node.attr), node
        assert node.op in OF_TENSORFLOW_1, node
        assert set(node.attr) <= OF_TENSORFLOW_1[node.op], node


def test_its_engine_takes_images_and_gives_what_the_model_does(path, source):
    engine = engines.open(path)
    assert [one.name for one in engine.inputs] == ["images"]
    assert engine.metadata == metadata.read_beside(path)
    assert engine.metadata is not None
    assert engine.metadata.labels == tiny.LABELS
    found, expected = engine(images(2)), source.compute(images(2))
    assert set(found) == {"probabilities", "logits"}
    for name, value in found.items():
        np.testing.assert_allclose(value, expected[name], rtol=0, atol=1e-5)


# What TensorFlow 1.15 knows of the operations of such a net.
OF_TENSORFLOW_1 = {
    "AvgPool": {"T", "ksize", "strides", "padding", "data_format"},
    "BiasAdd": {"T", "data_format"},
    "Const": {"value", "dtype"},
    "Conv2D": {
        "T",
        "strides",
        "use_cudnn_on_gpu",
        "padding",
        "explicit_paddings",
        "data_format",
        "dilations",
    },
    "DepthwiseConv2dNative": {"T", "strides", "padding", "data_format", "dilations"},
    "Identity": {"T"},
    "MatMul": {"T", "transpose_a", "transpose_b"},
    "Placeholder": {"dtype", "shape"},
    "Relu6": {"T"},
    "Reshape": {"T", "Tshape"},
    "Shape": {"T", "out_type"},
    "Softmax": {"T"},
    "Squeeze": {"T", "squeeze_dims"},
}
