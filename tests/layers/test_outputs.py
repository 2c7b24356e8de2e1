"""Where the outputs of layers go: collections, aliases, end points of a Model."""

from __future__ import annotations

import gc

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1

IMAGES = np.ones([2, 8, 8, 3], np.float32)


def net(images):
    with slim.arg_scope(
        [slim.conv2d, slim.max_pool2d, slim.dropout, slim.flatten, slim.fully_connected],
        outputs_collections="ends",
    ):
        with slim.scope("net"):
            images = slim.conv2d(images, 2, 3, scope="c1")
            images = slim.max_pool2d(images, 2, scope="p1")
            images = slim.conv2d(images, 2, 3, outputs_collections=["ends", "more"])
            images = slim.max_pool2d(images, 1, 1)
            images = slim.max_pool2d(images, 1, 1)
            images = slim.avg_pool2d(images, 1, 1)
            images = slim.dropout(slim.flatten(images))
            images = slim.fully_connected(images, 2, normalizer_fn=slim.batch_norm)
    return images, slim.utils.convert_collection_to_dict("ends")


EXPECTED = [
    "net/c1",
    "net/p1",
    "net/Conv",
    "net/MaxPool2D",
    "net/MaxPool2D_1",
    "net/Flatten",
    "net/Dropout",
    "net/fully_connected",
]


def test_in_a_v1_graph():
    with tf.Graph().as_default():
        outputs, ends = net(tf.constant(IMAGES))
        assert list(ends) == EXPECTED
        assert ends["net/fully_connected"] is outputs
        assert outputs.aliases == ["net/fully_connected"]
        assert list(slim.utils.convert_collection_to_dict("more")) == ["net/Conv"]
        # Called again with the variables of the first call: pools follow the operation's name,
        # layers with variables and dropout that of the variables.
        with v1.variable_scope(v1.get_variable_scope(), reuse=True):
            _, again = net(tf.constant(IMAGES))
        assert [name for name in again if name not in EXPECTED][:3] == [
            "net_1/p1",
            "net_1/MaxPool2D",
            "net_1/MaxPool2D_1",
        ]


def test_in_a_model():
    model = slim.Model(net)
    for _ in range(3):
        outputs, ends = model(tf.constant(IMAGES))
        assert list(ends) == EXPECTED
        assert ends["net/fully_connected"] is outputs
    assert list(model.end_points) == EXPECTED


def test_in_a_function():
    seen = []
    model = slim.Model(net).build(IMAGES.shape)

    @tf.function
    def call(images):
        _, ends = model(images)
        seen.append(list(ends))
        return ends

    assert sorted(call(tf.constant(IMAGES))) == sorted(EXPECTED)
    call(tf.constant(np.ones([4, 8, 8, 3], np.float32)))
    assert seen == [EXPECTED] * 2


def test_a_model_shows_every_layer_for_free():
    def plain(images):
        with slim.scope("net"):
            images = slim.conv2d(images, 2, 3, normalizer_fn=slim.batch_norm)
            images = slim.avg_pool2d(images, 2, scope="pool")
            images = slim.avg_pool2d(images, 1, scope="pool")
            return slim.softmax(slim.bias_add(slim.flatten(images)))

    model = slim.Model(plain)
    names = [
        "net/Conv/BatchNorm",
        "net/Conv",
        "net/pool",
        "net/pool_1",
        "net/Flatten",
        "net/BiasAdd",
        "net/softmax",
    ]
    for _ in range(2):
        probabilities = model(tf.constant(IMAGES))
        assert list(model.end_points) == names
        assert model.end_points["net/softmax"] is probabilities
    model.build(IMAGES.shape)
    assert model.end_points["net/pool_1"] == tf.TensorSpec([2, 2, 2, 2])
    with tf.Graph().as_default():
        model_in_graph = slim.Model(plain)
        model_in_graph(tf.constant(IMAGES))
        assert list(model_in_graph.end_points) == names


def test_over_the_default_store():
    net(tf.constant(IMAGES))
    slim.reset_default_store()

    def read_twice():
        ends = net(tf.constant(IMAGES))[1]
        again = slim.utils.convert_collection_to_dict("ends")
        slim.utils.convert_collection_to_dict("more")
        return list(ends), [name for name, tensor in again.items() if ends[name] is tensor]

    # It can be read again while somebody holds the tensors; nothing else keeps activations alive.
    assert read_twice() == (EXPECTED, EXPECTED)
    gc.collect()
    assert slim.utils.convert_collection_to_dict("ends") == {}


def test_what_is_filed_after_reading_begins_anew():
    kept = [tf.constant(float(n)) for n in range(3)]
    slim.utils.collect_named_outputs("ends", "a", kept[0])
    slim.utils.collect_named_outputs("ends", "b", kept[1])
    assert list(slim.utils.convert_collection_to_dict("ends")) == ["a", "b"]
    slim.utils.collect_named_outputs("ends", "a", kept[2])
    assert slim.utils.convert_collection_to_dict("ends") == {"a": kept[2]}
    assert slim.utils.convert_collection_to_dict("ends", clear_collection=True) == {"a": kept[2]}
    assert slim.utils.convert_collection_to_dict("ends") == {}


def test_in_a_frame():
    with slim.collect() as got:
        net(tf.constant(IMAGES))
    assert list(got.outputs["ends"]) == EXPECTED
    assert list(got.outputs["more"]) == ["net/Conv"]


@pytest.mark.parametrize("graph", [False, True])
def test_clearing(graph):
    def check():
        with slim.collect():
            tensor = tf.constant(1.0)
            slim.utils.collect_named_outputs("c", "a/", tensor)
            first = slim.utils.convert_collection_to_dict("c", clear_collection=True)
            assert list(first) == ["a"]
            assert first["a"] is tensor
            assert slim.utils.convert_collection_to_dict("c") == {}

    if graph:
        with tf.Graph().as_default():
            check()
    else:
        check()


def test_names_of_operations_in_v1_graphs():
    """Programs and frozen graphs refer to these by name."""
    with tf.Graph().as_default():
        images = tf.constant(IMAGES)
        made = [
            slim.conv2d(images, 2, 3),
            slim.conv2d(images, 2, 3, activation_fn=None),
            slim.conv2d(images, 2, 3, normalizer_fn=slim.batch_norm, scope="c"),
            slim.max_pool2d(images, 2, scope="p"),
            slim.avg_pool2d(images, 2),
            slim.flatten(images),
            slim.dropout(images, is_training=False, scope="d"),
            slim.softmax(tf.ones([2, 3]), scope="Predictions"),
            slim.one_hot_encoding([1], 2),
            slim.bias_add(images),
            slim.fully_connected(images[:, 0, 0], 2, scope="fc"),
        ]
        updates = v1.get_collection(v1.GraphKeys.UPDATE_OPS)
        updates = [update.name.removesuffix(":0") for update in updates]
    assert [tensor.op.name for tensor in made] == [
        "Conv/Relu",
        "Conv_1/BiasAdd",
        "c/Relu",
        "p/MaxPool",
        "AvgPool2D/AvgPool",
        "Flatten/flatten/Reshape",
        "d/Identity",
        "Predictions/Reshape_1",
        "OneHotEncoding/one_hot",
        "BiasAdd/BiasAdd",
        "fc/Relu",
    ]
    assert [name.split("/AssignMovingAvg")[0] for name in updates] == ["c/BatchNorm"] * 2
