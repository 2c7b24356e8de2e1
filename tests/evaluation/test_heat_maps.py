"""`slim.evaluation.grad_cam`, against its closed form and over the nets."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.nets.table import NETS

RNG = np.random.RandomState(3)
X = RNG.rand(2, 6, 8, 3).astype(np.float32)

# What is nearest to the logits and has a height and a width.
LAST = {
    "alexnet_v2": "alexnet_v2/pool5",
    "cifarnet": "pool2",
    "inception_v1": "Mixed_5c",
    "lenet": "pool2",
    "mobilenet_v1": "Conv2d_13_pointwise",
    "mobilenet_v2": "layer_19",
    "mobilenet_v3_small": "layer_13",
    "resnet_v1_18": "resnet_v1_18/block4",
    "resnet_v2_50": "resnet_v2_50/block4",
    "vgg_a": "vgg_a/conv5/conv5_2",
}


def closed_net(images, num_classes=4, is_training=False):
    """A map that is a 1x1 convolution; logits that are linear in what it is on average squared."""
    with slim.scope("closed"):
        maps = slim.conv2d(images, 5, 1, activation_fn=None, biases_initializer=None, scope="conv")
        pooled = tf.reduce_mean(maps**2, [1, 2])
        logits = slim.fully_connected(pooled, num_classes, activation_fn=None, scope="logits")
    return logits, {"maps": maps, "pooled": pooled, "logits": logits}


@pytest.fixture
def model():
    made = slim.Model(closed_net).build(tf.TensorSpec([None, 6, 8, 3]))
    for index, variable in enumerate(made.variables):
        variable.assign(np.random.RandomState(index).randn(*variable.shape))
    return made


def closed_form(model, images, classes):
    kernel, weights, _ = (variable.numpy() for variable in model.variables)
    maps = np.einsum("bhwc,cd->bhwd", images, kernel[0, 0])
    # d logit / d map = 2 map weight / places, whose mean over the places is the channel's weight.
    alpha = 2 * maps.mean((1, 2)) * weights[:, classes].T / (maps.shape[1] * maps.shape[2])
    heat = np.maximum(np.einsum("bhwd,bd->bhw", maps, alpha), 0)
    largest = heat.max((1, 2), keepdims=True)
    return heat / np.where(largest, largest, 1)


@pytest.mark.parametrize("classes", [0, 2, [1, 2]])
def test_it_is_the_closed_form(model, classes):
    expected = closed_form(model, X, np.broadcast_to(classes, 2))
    found = slim.evaluation.grad_cam(model, X, classes)
    assert found.dtype == tf.float32
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
    assert expected.max() == 1


def test_the_predicted_class_is_explained_unless_another_is_asked_for(model):
    predicted = np.argmax(model(X)[0], axis=1)
    np.testing.assert_allclose(
        slim.evaluation.grad_cam(model, X), closed_form(model, X, predicted), rtol=1e-4, atol=1e-6
    )


def test_it_is_the_same_in_a_function_and_for_each_image_alone(model):
    found = slim.evaluation.grad_cam(model, X, 2)
    within = tf.function(lambda images: slim.evaluation.grad_cam(model, images, 2, "maps"))(X)
    np.testing.assert_allclose(found, within, rtol=1e-5, atol=1e-7)
    alone = slim.evaluation.grad_cam(model, X[1:], 2)
    np.testing.assert_allclose(found[1:], alone, rtol=1e-5, atol=1e-7)


def test_nothing_that_speaks_for_a_class_is_zero_everywhere(model):
    model.variables[1].assign(np.zeros([5, 4]))
    assert not slim.evaluation.grad_cam(model, X).numpy().any()


def test_a_smaller_map_is_scaled_up():
    model = slim.nets.create("lenet", 3)
    images = RNG.rand(2, 16, 20, 1).astype(np.float32)
    model.build(tf.TensorSpec([None, 16, 20, 1]))
    found = slim.evaluation.grad_cam(model, images)
    assert found.shape == [2, 16, 20]
    assert found.numpy().min() >= 0
    np.testing.assert_array_equal(tf.reduce_max(found, [1, 2]), [1, 1])


def test_a_net_without_end_points_has_those_of_its_layers():
    def net(images):
        maps = slim.conv2d(images, 3, 3, scope="first")
        maps = slim.conv2d(maps, 4, 3, scope="second")
        return slim.fully_connected(tf.reduce_mean(maps, [1, 2]), 2, scope="logits")

    model = slim.Model(net).build(tf.TensorSpec([None, 6, 8, 3]))
    np.testing.assert_array_equal(
        slim.evaluation.grad_cam(model, X, 0), slim.evaluation.grad_cam(model, X, 0, "second")
    )


@pytest.mark.parametrize("name", LAST)
def test_the_map_of_a_net_is_found(name):
    row, spec = NETS[name], slim.nets.spec(name)
    side = max(row.size, 33)
    kwargs = {**row.kwargs, **({"global_pool": True} if name.startswith("vgg") else {})}
    model = slim.nets.create(name, 3, **kwargs)
    images = RNG.rand(2, side, side, spec.channels).astype(np.float32)
    model.build(tf.TensorSpec([None, side, side, spec.channels]))
    found = slim.evaluation.grad_cam(model, images, 1)
    assert found.shape == [2, side, side]
    named = slim.evaluation.grad_cam(model, images, 1, LAST[name])
    np.testing.assert_allclose(found, named, rtol=1e-4, atol=1e-5)


FAULTS = {
    "one image": ({"images": X[0]}, r"images\[None\]"),
    "pixels": ({"images": X.astype(np.uint8)}, "preprocessed"),
    "no class": ({"images": X, "classes": 0.5}, "expected one class"),
    "no end point": ({"images": X, "end_point": "block4"}, "no end point 'block4'"),
    "no map": ({"images": X, "end_point": "pooled"}, "no feature map"),
    "no such class": ({"images": X, "classes": 4}, "classes must be in"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_cannot_be_explained(model, fault):
    arguments, words = FAULTS[fault]
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError), match=words):
        slim.evaluation.grad_cam(model, **arguments)
    fresh = slim.Model(closed_net)
    with pytest.raises(ValueError, match="Build it first"):
        slim.evaluation.grad_cam(fresh, X)
