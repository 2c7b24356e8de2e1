"""A kernel that covers more than the images: refused at once, or when the graph runs."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1

CONV = {"num_outputs": 2, "padding": "VALID"}
# name -> (layer, rank of its inputs, arguments, what kernel_size covers exactly 8)
LAYERS = {
    "conv1d": (slim.conv1d, 3, CONV, 8),
    "conv2d": (slim.conv2d, 4, CONV, 8),
    "conv2d, strided": (slim.conv2d, 4, {**CONV, "stride": 3}, 8),
    "conv2d, dilated": (slim.conv2d, 4, {**CONV, "rate": 7}, 2),
    "conv3d": (slim.conv3d, 5, CONV, 8),
    "separable": (slim.separable_conv2d, 4, CONV, 8),
    "separable, dilated": (slim.separable_conv2d, 4, {**CONV, "rate": 7}, 2),
    "depthwise": (slim.separable_conv2d, 4, {**CONV, "num_outputs": None}, 8),
    "in plane": (slim.conv2d_in_plane, 4, {"padding": "VALID"}, 8),
    "max_pool2d": (slim.max_pool2d, 4, {"stride": 1}, 8),
    "avg_pool2d": (slim.avg_pool2d, 4, {}, 8),
    "max_pool3d": (slim.max_pool3d, 5, {}, 8),
    "avg_pool3d": (slim.avg_pool3d, 5, {}, 8),
    "pool": (slim.pool, 4, {"pooling_type": "MAX"}, 8),
    "pool, dilated": (slim.pool, 4, {"pooling_type": "AVG", "dilation_rate": 7}, 2),
}


def in_function(net, shape, images):
    model = slim.Model(net)
    spec = [tf.TensorSpec(shape, tf.float32)]
    return tf.function(lambda x: model(x), input_signature=spec)(images).shape


def in_graph(net, shape, images):
    with tf.Graph().as_default(), v1.Session() as session:
        inputs = v1.placeholder(tf.float32, shape)
        outputs = net(inputs)
        session.run(v1.global_variables_initializer())
        return session.run(outputs, {inputs: images}).shape


@pytest.mark.parametrize("run", [in_function, in_graph])
@pytest.mark.parametrize("name", LAYERS)
def test_kernels_over_images(name, run):
    layer, rank, kwargs, exact = LAYERS[name]
    net = functools.partial(layer, kernel_size=exact, **kwargs)
    unknown = [2, *[None] * (rank - 2), 3]
    fits, small = (np.ones([2, *[size] * (rank - 2), 3], np.float32) for size in (8, 7))
    assert list(run(net, unknown, fits))[1:-1] == [1] * (rank - 2)
    # Without the check a CPU's max pooling divides by zero, and a convolution returns its inputs.
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"the kernel covers \[8.*padding"):
        run(net, unknown, small)
    with pytest.raises(ValueError, match=r"kernel_size no larger.*\[2, 7,"):
        run(net, small.shape, small)
    assert not slim.get_variables()


def test_same_padding_and_transposed_convolutions_take_any_kernel():
    images = tf.ones([1, 4, 4, 3])
    assert slim.conv2d(images, 2, 9).shape == [1, 4, 4, 2]
    assert slim.max_pool2d(images, 9, 1, "SAME").shape == [1, 4, 4, 3]
    assert slim.conv2d_transpose(images, 2, 9, padding="VALID").shape == [1, 12, 12, 2]
