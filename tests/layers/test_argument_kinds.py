"""What arguments may be, by their names: taken as programs of old give them, refused in words."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1

IMAGES = np.ones([2, 8, 8, 3], np.float32)
conv = functools.partial(slim.conv2d, IMAGES, 4, 3)
bn = functools.partial(slim.batch_norm, IMAGES)

# name -> (call, what the message says)
REFUSED = {
    "a word as a flag": (lambda: bn(is_training="False"), "is_training='False'.*is_training=False"),
    "another word": (lambda: slim.dropout(IMAGES, is_training="no"), "is_training='no'"),
    "a list as a flag": (lambda: bn(scale=[True]), "scale"),
    "2 as a flag": (lambda: conv(trainable=2), "trainable=2"),
    "decay above 1": (lambda: bn(decay=1.5), r"decay to be a number in \[0, 1\]; got decay=1.5"),
    "decay below 0": (lambda: bn(decay=-0.1), "decay=-0.1"),
    "decay of NaN": (lambda: bn(decay=float("nan")), "decay=nan"),
    "epsilon below 0": (lambda: bn(epsilon=-1e-3), "epsilon=-0.001"),
    "renorm_decay": (lambda: bn(renorm=True, renorm_decay=2.0), "renorm_decay=2.0"),
    "a name as activation": (
        lambda: conv(activation_fn="relu"),
        "activation_fn='relu'. Write activation_fn=tf.nn.relu.",
    ),
    "an activation that returns nothing": (
        lambda: conv(activation_fn=lambda x: None),
        "'Conv'.*activation_fn to return a tensor; got None",
    ),
    "an activation without arguments": (
        lambda: conv(activation_fn=lambda: 0),
        "activation_fn to be a function of a tensor",
    ),
    "a word for the normalizer": (
        lambda: conv(normalizer_fn=slim.batch_norm, normalizer_params={"deacy": 0.9}),
        "normalizer_params.*deacy",
    ),
    "a name as initializer": (
        lambda: conv(weights_initializer="he_normal"),
        r"weights_initializer='he_normal'. Write .*initializers.get\('he_normal'\)",
    ),
    "a number as regularizer": (
        lambda: conv(weights_regularizer=0.1),
        r"weights_regularizer=0.1. Write weights_regularizer=slim.l2_regularizer\(0.1\)",
    ),
    "a ragged tensor": (
        lambda: slim.flatten(tf.ragged.constant([[1.0], [2.0, 3.0]])),
        r"<RaggedTensor of shape \[2, None\], float32>.*inputs.to_tensor\(\)",
    ),
    "a sparse tensor": (
        lambda: slim.fully_connected(tf.sparse.from_dense(tf.eye(3)), 2),
        r"<SparseTensor.*tf.sparse.to_dense\(inputs\)",
    ),
    "a dataset": (lambda: slim.conv2d(tf.data.Dataset.range(3), 4, 3), "inputs.*Dataset"),
    "a scope": (lambda: conv(scope=3), "scope=3"),
    "reuse": (lambda: conv(reuse="yes", scope="c"), "in scope 'c'.*reuse='yes'"),
    "collections": (lambda: conv(outputs_collections=1), "outputs_collections=1"),
    "a stride beyond any size": (lambda: conv(stride=2**31), "stride=2147483648"),
    "a kernel beyond any size": (lambda: slim.conv2d(IMAGES, 4, 2**40), "kernel_size"),
    "a rate beyond any size": (lambda: conv(rate=2**63), "rate"),
    "a pool beyond any size": (lambda: slim.max_pool2d(IMAGES, 2, stride=2**31), "stride"),
    "outputs beyond any size": (lambda: slim.fully_connected(IMAGES, 2**31), "num_outputs"),
    "a variable beyond any size": (lambda: slim.variable("v", [2**20, 2**20]), "shape"),
    "a constant of another shape": (
        lambda: conv(weights_initializer=np.ones([5, 5, 3, 4])),
        r"'Conv/weights'.*shape \(3, 3, 3, 4\); got a value of shape \(5, 5, 3, 4\)",
    ),
    "a number as constant": (lambda: conv(biases_initializer=0.0), "'Conv/biases'.*shape"),
}


def in_graph(call):
    with tf.Graph().as_default():
        return call()


def in_model(call):
    return slim.Model(call)()


MODES = {"eager": lambda call: call(), "v1 graph": in_graph, "Model": in_model}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", REFUSED)
def test_refused(name, mode):
    call, said = REFUSED[name]
    with pytest.raises((TypeError, ValueError), match=said) as caught:
        MODES[mode](call)
    assert len(str(caught.value)) < 500


TAKEN = {
    "numpy's truth": lambda: bn(is_training=np.bool_(True)),
    "0 and 1": lambda: slim.batch_norm(slim.dropout(IMAGES, is_training=0), is_training=1),
    "a tensor": lambda: bn(is_training=tf.constant(False)),
    "a tensor of an integer": lambda: slim.dropout(IMAGES, is_training=tf.constant(1)),
    "a variable": lambda: bn(is_training=tf.Variable(True)),
    "an array of one": lambda: bn(is_training=np.array(True)),
    "limits": lambda: bn(decay=0, epsilon=0, renorm_decay=np.float32(1)),
    "decay as a tensor": lambda: bn(decay=tf.constant(0.9)),
    "keep_prob as a tensor": lambda: slim.dropout(IMAGES, tf.constant(0.5)),
    "a partial": lambda: conv(activation_fn=functools.partial(tf.nn.leaky_relu, alpha=0.3)),
    "objects of Keras": lambda: conv(
        activation_fn=tf.keras.activations.relu,
        weights_initializer=tf.keras.initializers.HeNormal(seed=1),
        weights_regularizer=tf.keras.regularizers.L2(0.1),
    ),
    "a class as initializer": lambda: conv(biases_initializer=tf.ones_initializer),
    "whole floats": lambda: slim.conv2d(IMAGES, np.float32(4), 3.0, stride=np.int64(2)),
    "weights as a variable": lambda: slim.losses.mean_squared_error(
        IMAGES, IMAGES, weights=tf.Variable(2.0)
    ),
    "lists": lambda: slim.losses.mean_squared_error([[1, 2]], [[1.0, tf.constant(3.0)]], [1]),
    "no names": lambda: conv(outputs_collections=[], variables_collections={"weights": None}),
    "collections in a tuple": lambda: conv(outputs_collections=("a", "b"), scope="c"),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", TAKEN)
def test_taken(name, mode):
    with slim.collect():
        assert MODES[mode](TAKEN[name]).dtype == tf.float32


def test_placeholders_as_flags():
    with tf.Graph().as_default(), v1.Session() as session:
        flag = v1.placeholder_with_default(0, [])
        outputs = slim.dropout(IMAGES, 0.5, is_training=flag)
        assert (session.run(outputs) == 1).all()
        assert set(np.unique(session.run(outputs, {flag: 1}))) == {0.0, 2.0}


@pytest.mark.parametrize("mode", MODES)
def test_constants_of_the_right_shape(mode):
    weights = np.arange(5 * 4.0).reshape(5, 4)  # float64: made what the variable is

    def net():
        return slim.fully_connected(
            tf.eye(5), 4, None, weights_initializer=weights, biases_initializer=[1, 2, 3, 4]
        )

    if mode == "v1 graph":
        with tf.Graph().as_default(), v1.Session() as session:
            outputs = net()
            session.run(v1.global_variables_initializer())
            found = session.run(outputs)
    else:
        found = MODES[mode](net).numpy()
    np.testing.assert_array_equal(found, weights + [1, 2, 3, 4])
    assert found.dtype == np.float32


def test_messages_show_no_pixels():
    with pytest.raises(TypeError) as caught:
        slim.conv2d(IMAGES, 4, 3, activation_fn=IMAGES, scope="c")
    assert "activation_fn=<array of shape [2, 8, 8, 3], float32>" in str(caught.value)
