"""Regularizers, initializers, activations and constraints of Keras, in graphs of TensorFlow 1."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1
keras = tf.keras


@pytest.fixture(autouse=True, params=["ref", "resource"])
def kind(request):
    """The two kinds of variables that v1 graphs can have."""
    if request.param == "ref":
        request.getfixturevalue("v1_variables")


@pytest.fixture
def graph():
    with tf.Graph().as_default() as graph:
        yield graph


def run(*fetches):
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        return session.run(list(fetches))


def images():
    return tf.ones([2, 4, 4, 3])


def ids():
    return tf.constant([[1, 2]])


ONES = tf.ones_initializer()
L2 = keras.regularizers.L2(0.5)

# layer with a regularizer -> how many ones are regularized
LAYERS = {
    "conv1d": (
        lambda r: slim.conv1d(
            tf.ones([2, 4, 3]), 5, 3, weights_regularizer=r, weights_initializer=ONES
        ),
        45,
    ),
    "conv2d": (
        lambda r: slim.conv2d(images(), 5, 3, weights_regularizer=r, weights_initializer=ONES),
        135,
    ),
    "conv2d_transpose": (
        lambda r: slim.conv2d_transpose(
            images(), 5, 3, weights_regularizer=r, weights_initializer=ONES
        ),
        135,
    ),
    "conv2d_in_plane": (
        lambda r: slim.conv2d_in_plane(
            images(), 3, weights_regularizer=r, weights_initializer=ONES
        ),
        9,
    ),
    "separable_conv2d": (
        lambda r: slim.separable_conv2d(
            images(), 5, 3, 1, weights_regularizer=r, weights_initializer=ONES
        ),
        27 + 15,
    ),
    "fully_connected": (
        lambda r: slim.fully_connected(
            images(),
            5,
            weights_regularizer=r,
            weights_initializer=ONES,
            biases_regularizer=r,
            biases_initializer=ONES,
        ),
        15 + 5,
    ),
    "legacy_fully_connected": (
        lambda r: slim.layers.legacy_fully_connected(
            images(), 5, weight_regularizer=r, weight_init=ONES
        ),
        15,
    ),
    "bias_add": (lambda r: slim.bias_add(images(), regularizer=r, initializer=ONES), 3),
    "batch_norm": (
        lambda r: slim.batch_norm(images(), scale=True, param_regularizers={"gamma": r}),
        3,
    ),
    "embed_sequence": (
        lambda r: slim.layers.embed_sequence(ids(), 5, 3, regularizer=r, initializer=ONES),
        15,
    ),
    "bow_encoder": (
        lambda r: slim.layers.bow_encoder(ids(), 5, 3, regularizer=r, initializer=ONES),
        15,
    ),
    "variable": (lambda r: slim.variable("v", [3, 3], regularizer=r, initializer=ONES), 9),
    "model_variable": (
        lambda r: slim.model_variable("v", [3, 3], regularizer=r, initializer=ONES),
        9,
    ),
    "parts": (
        lambda r: slim.variable(
            "v", [4, 3], regularizer=r, initializer=ONES, partitioner=v1.fixed_size_partitioner(2)
        ),
        12,
    ),
    "sum_regularizer": (
        lambda r: slim.model_variable(
            "v", [3, 3], regularizer=slim.sum_regularizer([r]), initializer=ONES
        ),
        9,
    ),
    "apply_regularization": (
        lambda r: slim.apply_regularization(r, [slim.variable("v", [9], initializer=ONES)]),
        9,
    ),
}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_regularizer(layer, graph):
    call, ones = LAYERS[layer]
    call(L2)
    losses = v1.get_collection(v1.GraphKeys.REGULARIZATION_LOSSES)
    np.testing.assert_allclose(sum(run(*losses)), 0.5 * ones)


def test_the_regularizer_of_a_scope(graph):
    with slim.scope("net", regularizer=L2, initializer=keras.initializers.Ones()):
        slim.model_variable("v", [3, 3])
        slim.model_variable("w", [3, 3], regularizer=slim.l2_regularizer(0.5))
    losses = slim.losses.get_regularization_losses()
    assert [loss.op.name for loss in losses] == [
        "net/v/Regularizer/mul",
        "net/w/Regularizer/l2_regularizer",
    ]
    assert run(*losses) == [4.5, 2.25]


@pytest.mark.parametrize(
    "regularizer",
    [
        keras.regularizers.L1(0.5),  # made here, where code is eager: it holds a tensor
        keras.regularizers.L1L2(0.25, 0.25),
        keras.regularizers.OrthogonalRegularizer(0.5),
        keras.regularizers.get("l2"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_regularizers(regularizer):
    weights = np.float32([[1.0, 2.0], [-3.0, 4.0]])
    expected = np.asarray(regularizer(tf.constant(weights)))
    with tf.Graph().as_default():
        slim.fully_connected(
            tf.ones([1, 2]),
            2,
            weights_regularizer=regularizer,
            weights_initializer=tf.constant_initializer(weights),
        )
        (loss,) = run(*v1.get_collection(v1.GraphKeys.REGULARIZATION_LOSSES))
    np.testing.assert_allclose(loss, expected, rtol=1e-6)


@pytest.mark.parametrize(
    "name",
    [
        "GlorotNormal",
        "HeNormal",
        "HeUniform",
        "LecunNormal",
        "Ones",
        "Orthogonal",
        "RandomNormal",
        "RandomUniform",
        "TruncatedNormal",
        "VarianceScaling",
        "Zeros",
    ],
)
def test_initializers(name):
    initializer = getattr(keras.initializers, name)()
    spread = np.std(initializer([40, 30]))
    with tf.Graph().as_default():
        slim.fully_connected(tf.ones([1, 40]), 30, weights_initializer=initializer)
        weights, _ = run(*v1.global_variables())
    assert weights.shape == (40, 30)
    np.testing.assert_allclose(np.std(weights), spread, rtol=0.15)


@pytest.mark.parametrize(
    "activation",
    [
        *(getattr(keras.activations, name) for name in ("gelu", "relu", "softmax", "softplus")),
        keras.layers.LeakyReLU(),
    ],
    ids=lambda one: getattr(one, "__name__", type(one).__name__),
)
def test_activations(activation):
    inputs = np.float32([[-1.0, 0.5, 2.0]])
    expected = np.asarray(activation(tf.constant(inputs)))
    with tf.Graph().as_default():
        outputs = slim.fully_connected(
            inputs, 3, activation, weights_initializer=keras.initializers.Identity()
        )
        np.testing.assert_allclose(run(outputs)[0], expected, rtol=1e-5)


def test_a_constraint(graph):
    with slim.scope("net", constraint=keras.constraints.NonNeg()):
        variable = slim.model_variable("v", [2], initializer=tf.constant_initializer([1.0, 3.0]))
    step = v1.train.GradientDescentOptimizer(2.0).minimize(tf.reduce_sum(variable))
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        session.run(step)
        assert session.run(variable).tolist() == [0.0, 1.0]


def test_a_function_of_the_user_gets_the_variable(graph):
    asked = []

    def regularizer(variable):
        asked.append(variable)
        return tf.nn.l2_loss(variable)

    slim.fully_connected(tf.ones([1, 2]), 2, weights_regularizer=regularizer)
    assert asked == [v1.global_variables()[0]]
