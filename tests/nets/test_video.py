"""I3D and S3D-G: convolutions over time, gates, variants, errors."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.nets import i3d, i3d_utils, s3dg

v1 = tf.compat.v1


def video(*shape):
    return np.random.RandomState(0).normal(size=shape).astype(np.float32)


def test_the_center_initializer_is_the_identity():
    weights = i3d_utils.center_initializer()([3, 1, 1, 4, 4], tf.float32)
    x = video(1, 5, 2, 2, 4)
    np.testing.assert_array_equal(tf.nn.conv3d(x, weights, [1] * 5, "SAME"), x)
    with pytest.raises(ValueError, match=r"keep the number of channels"):
        i3d_utils.center_initializer()([3, 1, 1, 4, 5])


def test_a_separable_convolution_begins_as_the_one_over_space():
    def both(x):
        apart = i3d_utils.conv3d_spatiotemporal(x, 4, [3, 3, 3], separable=True, scope="conv")
        with slim.scope(v1.get_variable_scope(), reuse=True):
            space = slim.conv3d(x, 4, [1, 3, 3], activation_fn=None, scope="conv")
        return apart, space

    model = slim.Model(both)
    np.testing.assert_allclose(*model(video(1, 4, 5, 5, 3)), rtol=1e-5, atol=1e-6)
    assert [v.name.partition(":")[0] for v in model.variables] == [
        "conv/weights",
        "conv/biases",
        "conv/temporal/weights",
        "conv/temporal/biases",
    ]


def test_strides_are_shared_out():
    def unit(x):
        return i3d_utils.conv3d_spatiotemporal(
            x, 4, [3, 3, 3], stride=[2, 1, 3], separable=True, scope="conv"
        )

    assert slim.Model(unit)(video(1, 8, 6, 6, 3)).shape == [1, 4, 6, 2, 4]


@pytest.mark.parametrize("kernel_size", [3, [3, 3]])
def test_a_kernel_has_three_sizes(kernel_size):
    with pytest.raises(AssertionError, match=r"scope 'conv'.*\(frames, height, width\)"):
        i3d_utils.conv3d_spatiotemporal(video(1, 4, 5, 5, 3), 4, kernel_size, scope="conv")


def test_gates():
    x = video(2, 3, 4, 5, 6)
    model = slim.Model(s3dg.self_gating, scope="here")
    output = model(x)
    (weights,) = model.variables
    assert weights.name == "here/self_gating/transformer_W/weights:0"
    logits = x.mean(axis=(1, 2, 3)) @ weights.numpy()[0, 0, 0]
    gates = 1.0 / (1.0 + np.exp(-logits))
    np.testing.assert_allclose(output, x * gates[:, None, None, None], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("start", [None, "Mixed_4b", "Conv2d_2c_3x3"])
def test_where_time_and_gates_begin(start):
    with tf.Graph().as_default(), slim.arg_scope(s3dg.s3dg_arg_scope()):
        x = v1.placeholder(tf.float32, [1, 8, 32, 32, 3])
        s3dg.s3dg_base(x, 1, start, start, final_endpoint="Mixed_4b", depth_multiplier=0.25)
        names = [v.op.name for v in v1.global_variables() if v.op.name.endswith("weights")]
    temporal = [name for name in names if "/temporal/" in name]
    gates = [name for name in names if "/self_gating/" in name]
    modules = {None: 0, "Mixed_4b": 1, "Conv2d_2c_3x3": 3}[start]
    first = start == "Conv2d_2c_3x3"
    assert (len(temporal), len(gates)) == (2 * modules + first, 4 * modules + first)


@pytest.mark.parametrize(
    ("base", "arg_scope", "first_kernel", "separable"),
    [
        (i3d.i3d_base, i3d.i3d_arg_scope(separable_conv3d=False), [7, 7, 7], False),
        (i3d.i3d_base, i3d.i3d_arg_scope(separable_conv3d=True), [7, 7, 7], True),
        (s3dg.s3dg_base, s3dg.s3dg_arg_scope(), [3, 7, 7], True),
    ],
)
def test_the_first_kernel_is_never_taken_apart(base, arg_scope, first_kernel, separable):
    with tf.Graph().as_default(), slim.arg_scope(arg_scope):
        x = v1.placeholder(tf.float32, [1, 8, 32, 32, 3])
        base(x, final_endpoint="Conv2d_2c_3x3")
        shapes = {v.op.name: v.shape.as_list() for v in v1.global_variables()}
    assert shapes["InceptionV1/Conv2d_1a_7x7/weights"] == [*first_kernel, 3, 64]
    assert ("InceptionV1/Conv2d_2c_3x3/temporal/weights" in shapes) == separable


def test_channels_first():
    with tf.Graph().as_default(), slim.arg_scope(s3dg.s3dg_arg_scope()):
        last = v1.placeholder(tf.float32, [2, 8, 64, 32, 3])
        first = v1.placeholder(tf.float32, [2, 3, 8, 64, 32])
        logits, end_points = s3dg.s3dg(last, 5, depth_multiplier=0.25)
        variables = [(v.op.name, v.shape) for v in v1.global_variables()]
        same, others = s3dg.s3dg(first, 5, depth_multiplier=0.25, data_format="NCDHW", reuse=True)
        assert [(v.op.name, v.shape) for v in v1.global_variables()] == variables
    assert logits.shape.as_list() == same.shape.as_list() == [2, 5]
    for name, tensor in end_points.items():
        shape = tensor.shape.as_list()
        if len(shape) == 5:
            assert others[name].shape.as_list() == [shape[0], shape[4], *shape[1:4]], name


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"first_temporal_kernel_size": 2}, "1, 3, 5 or 7.*got 2"),
        ({"temporal_conv_startat": "Mixed_4a"}, "temporal_conv_startat.*Mixed_4b.*got 'Mixed_4a'"),
        ({"gating_startat": "MaxPool_3a_3x3"}, "gating_startat.*got 'MaxPool_3a_3x3'"),
        ({"data_format": "NHWC"}, "'NDHWC' or 'NCDHW'; got 'NHWC'"),
        ({"depth_multiplier": 0}, "not greater than zero"),
        ({"final_endpoint": "Mixed_6a"}, "no end point 'Mixed_6a'"),
    ],
)
def test_arguments_out_of_their_range(kwargs, message):
    with pytest.raises(ValueError, match=message):
        s3dg.s3dg(tf.zeros([1, 8, 32, 32, 3]), **kwargs)


def test_images_are_no_videos():
    with pytest.raises(ValueError, match=r"takes videos \[batch, frames.*videos\[tf.newaxis\]"):
        i3d.i3d(tf.zeros([1, 224, 224, 3]))


@pytest.mark.parametrize(
    ("name", "kwargs"), [("i3d", {}), ("s3dg", {"depth_multiplier": 0.1, "min_depth": 4})]
)
def test_gradients_are_finite(name, kwargs):
    model = slim.nets.create(name, 3, **kwargs).build([2, 2, 16, 16, 3])

    @tf.function
    def step(x):
        with tf.GradientTape() as tape:
            logits, _ = model(x, is_training=True)
            loss = tf.reduce_sum(tf.square(logits - 1.0))
        return logits, tape.gradient(loss, model.trainable_variables)

    logits, gradients = step(video(2, 2, 16, 16, 3))
    assert logits.shape == [2, 3]
    for variable, gradient in zip(model.trainable_variables, gradients, strict=True):
        assert gradient is not None and np.isfinite(gradient.numpy()).all(), variable.name
