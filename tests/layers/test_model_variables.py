"""Whatever a layer makes, in its activation and normalizer too, is a variable of the model."""

from __future__ import annotations

import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1


def prelu(x, name="alphas"):
    alphas = v1.get_variable(name, [x.shape[-1]], initializer=tf.constant_initializer(0.25))
    return tf.nn.relu(x) - alphas * tf.nn.relu(-x)


def affine(x):
    with v1.variable_scope("Affine"):
        return x * v1.get_variable("kernel", [x.shape[-1]]) + v1.get_variable("bias", [x.shape[-1]])


def images():
    return tf.ones([2, 4, 4, 3])


# layer -> (what is called, what its variables are named in its scope)
LAYERS = {
    "conv1d": (
        lambda **k: slim.conv1d(tf.ones([2, 4, 3]), 5, 3, activation_fn=prelu, **k),
        ["weights", "biases", "alphas"],
    ),
    "conv2d": (
        lambda **k: slim.conv2d(images(), 5, 3, activation_fn=prelu, **k),
        ["weights", "biases", "alphas"],
    ),
    "conv2d_transpose": (
        lambda **k: slim.conv2d_transpose(images(), 5, 3, activation_fn=prelu, **k),
        ["weights", "biases", "alphas"],
    ),
    "fully_connected": (
        lambda **k: slim.fully_connected(images(), 5, prelu, **k),
        ["weights", "biases", "alphas"],
    ),
    "separable_conv2d": (
        lambda **k: slim.separable_conv2d(images(), 5, 3, 1, activation_fn=prelu, **k),
        ["depthwise_weights", "pointwise_weights", "biases", "alphas"],
    ),
    "conv2d_in_plane": (
        lambda **k: slim.conv2d_in_plane(images(), 3, activation_fn=prelu, **k),
        ["weights", "biases", "alphas"],
    ),
    "layer_norm": (
        lambda **k: slim.layer_norm(images(), activation_fn=prelu, **k),
        ["beta", "gamma", "alphas"],
    ),
    "batch_norm": (
        lambda **k: slim.batch_norm(images(), activation_fn=prelu, **k),
        ["beta", "moving_mean", "moving_variance", "alphas"],
    ),
    "own normalizer": (
        lambda **k: slim.conv2d(images(), 5, 3, normalizer_fn=affine, **k),
        ["weights", "Affine/weights", "Affine/biases"],
    ),
    "batch_norm and activation": (
        lambda **k: slim.conv2d(
            images(), 5, 3, normalizer_fn=slim.batch_norm, activation_fn=prelu, **k
        ),
        [
            "weights",
            "BatchNorm/beta",
            "BatchNorm/moving_mean",
            "BatchNorm/moving_variance",
            "alphas",
        ],
    ),
    "an activation with a bias": (
        lambda **k: slim.conv2d(
            images(), 5, 3, biases_initializer=None, activation_fn=lambda x: prelu(x, "bias"), **k
        ),
        ["weights", "biases"],
    ),
    "an activation with a bias beside that of the layer": (
        lambda **k: slim.conv2d(images(), 5, 3, activation_fn=lambda x: prelu(x, "bias"), **k),
        ["weights", "biases", "bias"],
    ),
    "a normalizer without its bias": (
        lambda **k: slim.conv2d(
            images(),
            5,
            3,
            normalizer_fn=slim.batch_norm,
            normalizer_params={"zero_debias_moving_mean": True, "is_training": True},
            **k,
        ),
        [
            "weights",
            *(
                f"BatchNorm/{name}"
                for name in (
                    "beta",
                    "moving_mean",
                    "moving_variance",
                    "c/BatchNorm/moving_mean/biased",
                    "c/BatchNorm/moving_mean/local_step",
                )
            ),
        ],
    ),
}


def in_a_v1_graph(call):
    with tf.Graph().as_default():
        call(scope="c")
        call(scope="c", reuse=True)
        return names(v1.global_variables()), names(slim.get_model_variables())


def eagerly(call):
    call(scope="c")
    call(scope="c", reuse=True)
    return names(slim.get_variables()), names(slim.get_model_variables())


def in_a_model(call, wrap=lambda model: model):
    found = []

    def net(unused_inputs):
        outputs = call(scope="c")
        call(scope="c", reuse=True)
        found[:] = names(slim.get_model_variables())
        return outputs

    model = slim.Model(net)
    wrap(model)(tf.ones([1]))
    return names(model.variables), found


def names(variables):
    return [variable.name.removesuffix(":0") for variable in variables]


MODES = {
    "v1": in_a_v1_graph,
    "eager": eagerly,
    "model": in_a_model,
    "function": lambda call: in_a_model(call, tf.function),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("layer", LAYERS)
def test_all_variables_of_a_layer_are_of_the_model(layer, mode):
    call, expected = LAYERS[layer]
    made, of_the_model = MODES[mode](call)
    assert made == [f"c/{name}" for name in expected]
    assert of_the_model == made


def test_the_layer_before_slim_has_no_model_variables():
    with tf.Graph().as_default():
        slim.layers.legacy_fully_connected(tf.ones([2, 3]), 2, prelu, name="c")
        assert names(v1.global_variables()) == ["c/weights", "c/bias", "c/alphas"]
        assert not slim.get_model_variables()


def test_variables_around_the_layer_are_what_they_were():
    def call(scope, reuse=None):
        with slim.scope("Net", reuse=reuse):
            v1.get_variable("before", [])
            outputs = slim.conv2d(images(), 5, 3, activation_fn=prelu, scope=scope)
            v1.get_variable("bias", [])
            return outputs

    for run in MODES.values():
        made, of_the_model = run(call)
        assert made == [
            f"Net/{name}" for name in ("before", "c/weights", "c/biases", "c/alphas", "bias")
        ]
        assert of_the_model == made[1:-1]


def test_an_arg_scope_over_model_variables_reaches_them():
    with tf.Graph().as_default(), slim.arg_scope([slim.model_variable], device="/device:CPU:1"):
        slim.conv2d(images(), 5, 3, activation_fn=prelu, scope="c")
        assert {v.device for v in v1.global_variables()} == {"/device:CPU:1"}


@pytest.mark.parametrize("variables", ["v1_variables", None])
def test_a_getter_of_the_user_and_a_regularizer(variables, request):
    if variables:
        request.getfixturevalue(variables)

    def doubled(getter, name, *args, **kwargs):
        asked_for.append(name)
        return 2.0 * getter(name, *args, **kwargs)

    def activation(x):
        return x * v1.get_variable(
            "scale", [], initializer=tf.ones_initializer(), regularizer=slim.l2_regularizer(0.5)
        )

    asked_for = []
    with tf.Graph().as_default(), v1.variable_scope("Net", custom_getter=doubled):
        outputs = slim.fully_connected(
            tf.ones([1, 1]),
            1,
            activation,
            weights_initializer=tf.ones_initializer(),
            biases_initializer=None,
            scope="c",
        )
        assert asked_for == names(slim.get_model_variables()) == ["Net/c/weights", "Net/c/scale"]
        losses = v1.get_collection(v1.GraphKeys.REGULARIZATION_LOSSES)
        assert [loss.op.name for loss in losses] == ["Net/c/scale/Regularizer/l2_regularizer"]
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            assert session.run([outputs, *losses]) == [[[4.0]], 0.25]
