"""Layers with the channels first compute what they do with the channels last, gradients too."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

FORMATS = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}

# name -> (layer, arguments, keyword arguments, dimensions in space)
LAYERS = {
    "max_pool2d": (slim.max_pool2d, (2,), {}, 2),
    "max_pool2d of another window": (slim.max_pool2d, ([3, 2], [1, 2], "SAME"), {}, 2),
    "avg_pool2d": (slim.avg_pool2d, (2,), {}, 2),
    "max_pool3d": (slim.max_pool3d, (2,), {}, 3),
    "avg_pool3d": (slim.avg_pool3d, (2,), {}, 3),
    **{
        f"pool, {kind}, {dims}": (slim.pool, (2, kind), {"stride": 2}, dims)
        for kind in ("MAX", "AVG")
        for dims in FORMATS
    },
    "pool, dilated": (slim.pool, (2, "MAX"), {"dilation_rate": 2}, 2),
    "conv1d": (slim.conv1d, (4, 3, 2), {}, 1),
    "conv2d": (slim.conv2d, (4, 3, 2), {}, 2),
    "conv2d, dilated": (slim.conv2d, (4, 3), {"rate": 2}, 2),
    "conv3d": (slim.conv3d, (4, 3), {}, 3),
    "conv2d_transpose": (slim.conv2d_transpose, (4, 3, 2), {}, 2),
    "conv3d_transpose": (slim.conv3d_transpose, (4, 3, 2), {}, 3),
    "separable_conv2d": (slim.separable_conv2d, (4, 3, 2), {}, 2),
    "batch_norm": (slim.batch_norm, (), {}, 2),
    "instance_norm": (slim.instance_norm, (), {}, 2),
}


@pytest.mark.parametrize("mode", ["eager", "function"])
@pytest.mark.parametrize("name", LAYERS)
def test_outputs_and_gradients(name, mode):
    layer, args, kwargs, dims = LAYERS[name]
    inputs = np.random.RandomState(1).normal(size=[2, *[5, 6, 4][:dims], 3]).astype(np.float32)
    last, first = FORMATS[dims]
    model = slim.Model(lambda x, form: layer(x, *args, data_format=form, **kwargs))

    def gradient(x, form):
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = model(x, form)
            loss = tf.reduce_sum(outputs**3)
        return outputs, tape.gradient(loss, x)

    run = tf.function(gradient) if mode == "function" else gradient
    expected = run(tf.constant(inputs), last)
    got = run(tf.constant(np.moveaxis(inputs, -1, 1)), first)
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_allclose(np.moveaxis(ours, 1, -1), theirs, rtol=1e-4, atol=1e-4)
