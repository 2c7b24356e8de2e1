"""A net computes the same in each mode, and has gradients. The nets here are thin."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.nets.table import CLASSES, COMPUTED, NETS, image_shape, images, in_graph

pytestmark = pytest.mark.usefixtures("thin")


@pytest.fixture(scope="module", params=COMPUTED)
def built(request, thin):
    """(name, model): each model is made once."""
    name = request.param
    model = slim.nets.create(name, CLASSES, **NETS[name].kwargs)
    return name, model.build(tf.TensorSpec([None, *image_shape(name)]))


def test_in_a_function_outputs_and_gradients_are_finite(built):
    name, model = built

    @tf.function(input_signature=[tf.TensorSpec([None, *image_shape(name)])])
    def step(x):
        with tf.GradientTape() as tape:
            logits, end_points = model(x, is_training=True)
            loss = tf.reduce_sum(tf.square(logits - 1.0))
        return logits, end_points, tape.gradient(loss, model.trainable_variables)

    logits, end_points, gradients = step(images(name))
    assert logits.shape == [2, CLASSES]
    for key, value in end_points.items():
        assert np.isfinite(value.numpy()).all(), key
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        assert gradient is not None, variable.name
        assert np.isfinite(gradient.numpy()).all(), variable.name
    assert np.any(gradients[0].numpy() != 0), "no gradient arrives at the first layer"


def test_a_model_gives_the_same_eagerly_and_in_a_function(built):
    name, model = built
    x = images(name, batch=1)
    logits, end_points = model(x, is_training=False)
    in_function, its_end_points = tf.function(model)(x, is_training=False)
    np.testing.assert_allclose(logits, in_function, rtol=1e-4, atol=1e-6)
    graph = in_graph(name, num_classes=CLASSES)
    assert list(end_points) == list(graph.end_points)
    # A function returns dicts sorted by key, so there the order is lost.
    assert sorted(its_end_points) == sorted(graph.end_points)
    for key, value in end_points.items():
        assert value.shape[1:] == graph.end_points[key][1:], key


def test_a_model_has_the_variables_of_a_v1_graph(built):
    name, model = built
    graph = in_graph(name, num_classes=CLASSES)
    variables = {key: v.shape.as_list() for key, v in model.named_variables.items()}
    assert list(variables.items()) == list(graph.variables.items())
    assert model.variables[-1].shape == [CLASSES]
    assert len(model.losses) == graph.regularized


@pytest.mark.parametrize("name", COMPUTED)
def test_a_direct_eager_call_returns_all_end_points(name):
    spec, row = slim.nets.spec(name), NETS[name]
    graph = in_graph(name, num_classes=CLASSES)
    x = images(name, batch=1)
    logits, end_points = spec.fn(x, CLASSES, is_training=False, **row.kwargs)
    assert list(end_points) == list(graph.end_points)
    assert logits.shape == [1, CLASSES]
    again, second = spec.fn(x, CLASSES, is_training=False, reuse=True, **row.kwargs)
    assert list(second) == list(end_points)
    np.testing.assert_array_equal(again, logits)
    with pytest.raises(ValueError, match="reuse=True"):
        spec.fn(x, CLASSES, is_training=False, **row.kwargs)


@pytest.mark.parametrize("name", COMPUTED)
def test_two_calls_in_one_model_keep_their_end_points_apart(name):
    net, kwargs = slim.nets.spec(name).fn, NETS[name].kwargs

    def twins(x):
        _, left = net(x, CLASSES, is_training=False, **kwargs)
        _, right = net(2.0 * x, CLASSES, is_training=False, reuse=True, **kwargs)
        return left, right

    model = slim.Model(twins, slim.nets.spec(name).arg_scope())
    x = images(name, batch=1)
    left, right = model(x)
    graph = in_graph(name, num_classes=CLASSES)
    assert len(model.variables) == len(graph.variables)
    assert len(left) == len(right) == len(graph.end_points)
    for (key, expected), value in zip(model(2.0 * x)[0].items(), right.values(), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-5, atol=1e-6, err_msg=key)


def test_an_unknown_size_is_left_to_run_time():
    model = slim.nets.create("alexnet_v2", CLASSES, global_pool=True)

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3])])
    def predict(x):
        return model(x, is_training=False)[0]

    assert predict(tf.zeros([1, 195, 230, 3])).shape == [1, CLASSES]
    assert predict(tf.zeros([2, 227, 195, 3])).shape == [2, CLASSES]


def test_dropout_only_in_training():
    model = slim.nets.create("lenet", CLASSES)
    x = images("lenet", batch=1)
    trained = [model(x, is_training=True)[0].numpy() for _ in range(2)]
    assert np.any(trained[0] != trained[1])
    tested = [model(x, is_training=False)[0].numpy() for _ in range(2)]
    np.testing.assert_array_equal(*tested)


def test_predictions_are_what_prediction_fn_makes():
    x = images("lenet")
    logits, end_points = slim.nets.create("lenet", CLASSES)(x)
    np.testing.assert_allclose(end_points["Predictions"], tf.nn.softmax(logits), rtol=1e-6)
    model = slim.nets.create("lenet", CLASSES, prediction_fn=lambda t, scope: tf.sigmoid(t))
    logits, end_points = model(x)
    np.testing.assert_allclose(end_points["Predictions"], tf.sigmoid(logits), rtol=1e-6)
