"""`slim.export.for_inference`: the same numbers as the model, from a folded graph."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim


def net(images, num_classes=3):
    with slim.arg_scope([slim.conv2d], normalizer_fn=slim.batch_norm):
        x = slim.conv2d(images, 8, 3, stride=2, scope="conv1")
        x = slim.conv2d(x, 8, 3, scope="conv2")
    end_points = {"features": tf.reduce_mean(x, [1, 2])}
    logits = slim.fully_connected(
        end_points["features"], num_classes, activation_fn=None, scope="logits"
    )
    return logits, end_points


@pytest.fixture
def model():
    return trained(slim.Model(net).build(tf.TensorSpec([None, 16, 16, 3])))


def trained(model: slim.Model) -> slim.Model:
    """The model with variables that are none of those that a model begins with."""
    random = np.random.default_rng(0)
    for variable in model.variables:
        low, high = (0.5, 2.0) if "variance" in variable.name else (-0.5, 0.5)
        if "weights" not in variable.name:
            variable.assign(random.uniform(low, high, variable.shape))
    return model


def images(count: int = 2) -> np.ndarray:
    return np.random.default_rng(1).uniform(-1, 1, [count, 16, 16, 3]).astype(np.float32)


def test_it_gives_the_outputs_of_the_model(model):
    predict = slim.export.for_inference(model)
    for count in (1, 5):
        np.testing.assert_allclose(
            predict(images(count)), model(images(count))[0], rtol=0, atol=1e-5
        )


def test_end_points_come_beside_the_outputs(model):
    logits, end_points = slim.export.for_inference(model, end_points=["features"])(images())
    expected, expected_end_points = model(images())
    np.testing.assert_allclose(logits, expected, rtol=0, atol=1e-5)
    np.testing.assert_allclose(
        end_points["features"], expected_end_points["features"], rtol=0, atol=1e-5
    )


def test_a_later_training_does_not_reach_it(model):
    predict = slim.export.for_inference(model)
    before = predict(images()).numpy()
    for variable in model.variables:
        variable.assign_add(tf.ones_like(variable))
    np.testing.assert_array_equal(predict(images()), before)
    assert np.abs(model(images())[0] - before).max() > 0.1


def test_images_of_another_size_are_refused(model):
    predict = slim.export.for_inference(model)
    with pytest.raises(ValueError, match=r"expected float32 \(None, 16, 16, 3\).*TensorSpec"):
        predict(np.zeros([1, 8, 8, 3], np.float32))
