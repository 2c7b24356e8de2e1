"""A step of training for the nets that are too large for test_modes."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.nets.table import CLASSES, NETS, images

THIN = ["inception_v2", "inception_v3", "inception_v4", "resnet_v1_50", "resnet_v2_50"]


def check_gradients(name):
    model = slim.nets.create(name, CLASSES, **NETS[name].kwargs)
    x = images(name)
    model.build(x)

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            logits, end_points = model(x, is_training=True)
            heads = [logits, *(end_points[key] for key in end_points if key == "AuxLogits")]
            loss = tf.add_n([tf.reduce_sum(tf.square(head - 1.0)) for head in heads])
        return tape.gradient(loss, model.trainable_variables)

    gradients = step(x)
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        assert gradient is not None, variable.name
        assert np.isfinite(gradient.numpy()).all(), variable.name
    assert np.any(gradients[0].numpy() != 0), "no gradient arrives at the first layer"


def test_residual_modules_as_wide_as_they_are():
    # These add to their input, which must have as many channels: they cannot be made thin.
    check_gradients("inception_resnet_v2")


@pytest.mark.usefixtures("thin")
@pytest.mark.parametrize("name", THIN)
def test_thin_nets(name):
    check_gradients(name)
