"""`tf.layers`: names, shapes and order of variables; values beside TensorFlow's operations."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tf_slim.legacy.tensorflow1 import layers

v1 = tf.compat.v1
RNG = np.random.RandomState(0)
IMAGES = RNG.randn(2, 7, 6, 3).astype(np.float32)
VECTORS = RNG.randn(4, 5).astype(np.float32)
CLIPS = RNG.randn(2, 4, 5, 4, 2).astype(np.float32)
SOUNDS = RNG.randn(2, 9, 3).astype(np.float32)


def relu(x):
    return np.maximum(x, 0)


# function, inputs, arguments, the names and shapes of its variables, what it computes from them
WITH_VARIABLES = {
    "dense": (
        lambda x: layers.dense(x, 3, activation=tf.nn.relu),
        VECTORS,
        {"dense/kernel": [5, 3], "dense/bias": [3]},
        lambda x, kernel, bias: relu(x @ kernel + bias),
    ),
    "dense_rank4": (
        lambda x: layers.dense(x, 4, use_bias=False, name="d"),
        IMAGES,
        {"d/kernel": [3, 4]},
        lambda x, kernel: x @ kernel,
    ),
    "conv1d": (
        lambda x: layers.conv1d(x, 4, 3, padding="same"),
        SOUNDS,
        {"conv1d/kernel": [3, 3, 4], "conv1d/bias": [4]},
        lambda x, kernel, bias: tf.nn.conv1d(x, kernel, 1, "SAME") + bias,
    ),
    "conv2d": (
        lambda x: layers.conv2d(x, 4, [3, 2], strides=(2, 1), activation=tf.nn.relu),
        IMAGES,
        {"conv2d/kernel": [3, 2, 3, 4], "conv2d/bias": [4]},
        lambda x, kernel, bias: tf.nn.relu(tf.nn.conv2d(x, kernel, [2, 1], "VALID") + bias),
    ),
    "conv2d_dilated": (
        lambda x: layers.conv2d(x, 4, 3, padding="same", dilation_rate=2, name="c"),
        IMAGES,
        {"c/kernel": [3, 3, 3, 4], "c/bias": [4]},
        lambda x, kernel, bias: tf.nn.conv2d(x, kernel, 1, "SAME", dilations=2) + bias,
    ),
    "conv3d": (
        lambda x: layers.conv3d(x, 3, 2),
        CLIPS,
        {"conv3d/kernel": [2, 2, 2, 2, 3], "conv3d/bias": [3]},
        lambda x, kernel, bias: tf.nn.conv3d(x, kernel, [1] * 5, "VALID") + bias,
    ),
    "conv2d_transpose": (
        lambda x: layers.conv2d_transpose(x, 4, 3, 2, padding="same"),
        IMAGES,
        {"conv2d_transpose/kernel": [3, 3, 4, 3], "conv2d_transpose/bias": [4]},
        lambda x, kernel, bias: tf.nn.conv2d_transpose(x, kernel, [2, 14, 12, 4], 2) + bias,
    ),
    "conv3d_transpose": (
        lambda x: layers.conv3d_transpose(x, 3, 2, 2),
        CLIPS,
        {"conv3d_transpose/kernel": [2, 2, 2, 3, 2], "conv3d_transpose/bias": [3]},
        lambda x, k, bias: tf.nn.conv3d_transpose(x, k, [2, 8, 10, 8, 3], 2, "VALID") + bias,
    ),
    "separable_conv2d": (
        lambda x: layers.separable_conv2d(x, 4, 3, depth_multiplier=2),
        IMAGES,
        {
            "separable_conv2d/depthwise_kernel": [3, 3, 3, 2],
            "separable_conv2d/pointwise_kernel": [1, 1, 6, 4],
            "separable_conv2d/bias": [4],
        },
        lambda x, d, p, bias: tf.nn.separable_conv2d(x, d, p, [1] * 4, "VALID") + bias,
    ),
    "batch_normalization": (
        lambda x: layers.batch_normalization(x),
        IMAGES,
        {
            f"batch_normalization/{name}": [3]
            for name in ("gamma", "beta", "moving_mean", "moving_variance")
        },
        lambda x, gamma, beta, mean, var: (x - mean) / np.sqrt(var + 1e-3) * gamma + beta,
    ),
    "batch_normalization_training": (
        lambda x: layers.batch_normalization(x, training=True, name="bn"),
        VECTORS,
        {f"bn/{name}": [5] for name in ("gamma", "beta", "moving_mean", "moving_variance")},
        lambda x, gamma, beta, *_: (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-3) * gamma + beta,
    ),
}


@pytest.mark.parametrize("row", WITH_VARIABLES)
def test_variables_and_values(row):
    build, inputs, shapes, expected = WITH_VARIABLES[row]
    with tf.Graph().as_default():
        outputs = build(tf.constant(inputs))
        variables = v1.global_variables()
        assert {v.op.name: v.shape.as_list() for v in variables} == shapes
        assert [v.op.name for v in variables] == list(shapes)
        assert not v1.get_collection(v1.GraphKeys.MODEL_VARIABLES)
        values = [np.abs(RNG.randn(*shape)).astype(np.float32) for shape in shapes.values()]
        with v1.Session() as session:
            for variable, value in zip(variables, values, strict=True):
                variable.load(value, session)
            got = session.run(outputs)
    np.testing.assert_allclose(got, np.asarray(expected(inputs, *values)), rtol=1e-4, atol=1e-5)


WITHOUT_VARIABLES = {
    "max_pooling1d": (lambda x: layers.max_pooling1d(x, 2, 2), SOUNDS, ([2], "MAX", [2], "VALID")),
    "max_pooling2d": (
        lambda x: layers.max_pooling2d(x, (3, 2), 2, "same"),
        IMAGES,
        ([3, 2], "MAX", [2, 2], "SAME"),
    ),
    "average_pooling2d": (
        lambda x: layers.average_pooling2d(x, 2, 1),
        IMAGES,
        ([2, 2], "AVG", [1, 1], "VALID"),
    ),
    "max_pooling3d": (
        lambda x: layers.max_pooling3d(x, 2, 2),
        CLIPS,
        ([2] * 3, "MAX", [2] * 3, "VALID"),
    ),
    "average_pooling3d": (
        lambda x: layers.AveragePooling3D(2, 2)(x),
        CLIPS,
        ([2] * 3, "AVG", [2] * 3, "VALID"),
    ),
}


@pytest.mark.parametrize("row", WITHOUT_VARIABLES)
def test_pooling(row):
    build, inputs, (window, kind, strides, padding) = WITHOUT_VARIABLES[row]
    with tf.Graph().as_default(), v1.Session() as session:
        got = session.run(build(tf.constant(inputs)))
        assert not v1.global_variables()
    np.testing.assert_allclose(got, tf.nn.pool(inputs, window, kind, strides, padding), rtol=1e-6)


def test_names_are_made_unique_and_can_be_shared():
    with tf.Graph().as_default():
        x = tf.constant(VECTORS)
        layers.dense(x, 2)
        layers.dense(x, 2)
        with v1.variable_scope("outer"):
            layers.dense(x, 2)
            layers.dense(x, 2, name="named")
        with v1.variable_scope("outer", reuse=True):
            layers.dense(x, 2, name="named")
        layers.dense(x, 2, name="dense", reuse=True)
        kernels = [v.op.name for v in v1.global_variables() if v.op.name.endswith("kernel")]
        assert kernels == [
            "dense/kernel",
            "dense_1/kernel",
            "outer/dense/kernel",
            "outer/named/kernel",
        ]
        with pytest.raises(ValueError, match="already exists"):
            layers.dense(x, 2, name="dense")


def test_a_layer_finds_its_variables_again():
    with tf.Graph().as_default():
        layer = layers.Dense(2, kernel_regularizer=lambda w: tf.reduce_sum(w * w))
        with v1.variable_scope("first"):
            one = layer(tf.constant(VECTORS))
        with v1.variable_scope("second"):
            two = layer(tf.constant(VECTORS))
        assert [v.op.name for v in layer.variables] == ["first/dense/kernel", "first/dense/bias"]
        assert layer.kernel is layer.trainable_variables[0]
        assert len(layer.losses) == 1
        assert layer.count_params() == 12
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            np.testing.assert_array_equal(*session.run([one, two]))


def test_batch_normalization_moves_its_averages():
    with tf.Graph().as_default(), v1.Session() as session:
        training = v1.placeholder_with_default(True, [])
        layers.batch_normalization(tf.constant(IMAGES), momentum=0.9, training=training, name="bn")
        updates = v1.get_collection(v1.GraphKeys.UPDATE_OPS)
        assert len(updates) == 2
        mean, variance = (v for v in v1.global_variables() if "moving" in v.name)
        session.run(v1.global_variables_initializer())
        session.run(updates, {training: False})
        np.testing.assert_array_equal(session.run(mean), 0)
        session.run(updates)
        np.testing.assert_allclose(
            session.run(mean), 0.1 * IMAGES.mean((0, 1, 2)), rtol=1e-4, atol=1e-7
        )
        count = IMAGES[..., 0].size
        np.testing.assert_allclose(
            session.run(variance),
            0.9 + 0.1 * IMAGES.var((0, 1, 2)) * count / (count - 1),
            rtol=1e-4,
        )


def test_dropout_and_flatten():
    with tf.Graph().as_default(), v1.Session() as session:
        x = tf.ones([100, 4, 5])
        kept, dropped, flat = session.run(
            [
                layers.dropout(x, 0.25),
                layers.dropout(x, 0.25, training=True),
                layers.flatten(v1.placeholder_with_default(x, [None, 4, 5])),
            ]
        )
    np.testing.assert_array_equal(kept, 1)
    assert set(np.unique(dropped)) == {0, np.float32(1 / 0.75)}
    assert abs((dropped > 0).mean() - 0.75) < 0.05
    assert flat.shape == (100, 20)


def test_what_a_program_derives():
    class Scaled(layers.Layer):
        def build(self, input_shape):
            self.factor = self.add_variable("factor", [input_shape[-1]], initializer=tf.ones)
            self.built = True

        def call(self, inputs, times=1.0):
            return inputs * self.factor * times

    with tf.Graph().as_default(), v1.Session() as session:
        layer = Scaled(name="mine")
        outputs = layer(tf.constant(VECTORS), times=2.0)
        layer(tf.constant(VECTORS))
        assert [v.op.name for v in v1.global_variables()] == ["mine/factor"]
        session.run(v1.global_variables_initializer())
        np.testing.assert_allclose(session.run(outputs), 2 * VECTORS)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda x: layers.conv2d(x, 3, 3, data_format="NHWC"), "channels_last"),
        (lambda x: layers.batch_normalization(x, axis=4), "from -4 to 3; got axis=4"),
        (lambda x: layers.batch_normalization(x, axis=(1, 3)), "several axes"),
        (lambda x: layers.dense(x, 3, "rectify"), "no activation 'rectify'.*relu"),
        (lambda x: layers.dense(x, 3, kernel_initializer="she_normal"), "no initializer.*he_nor"),
        (lambda x: layers.dense(x, 3, kernel_regularizer="l3"), "no regularizer 'l3'.*l1, l1_l2"),
        (lambda x: layers.batch_normalization(x, virtual_batch_size=2), "virtual_batch_size"),
        (lambda x: layers.conv2d(x, 3, 3, padding="half"), "padding"),
    ],
)
def test_bad_arguments(build, message):
    with tf.Graph().as_default(), pytest.raises(ValueError, match=message):
        build(tf.constant(IMAGES))


def test_a_layer_knows_what_it_was_given():
    with tf.Graph().as_default():
        conv = layers.Conv2D(4, 3, strides=(2, 1), kernel_regularizer="l1", activation="relu")
        assert (conv.filters, conv.kernel_size, conv.strides) == (4, (3, 3), (2, 1))
        assert (conv.padding, conv.data_format, conv.use_bias) == ("valid", "channels_last", True)
        assert layers.MaxPooling2D(2, [1, 3]).strides == (1, 3)
        norm = layers.BatchNormalization(momentum=0.5)
        norm(tf.constant(VECTORS), training=True)
        assert norm.momentum == 0.5
        assert norm.moving_variance.op.name == "batch_normalization/moving_variance"
        separable = layers.SeparableConv2D(4, 3)
        separable(tf.constant(IMAGES))
        assert separable.pointwise_kernel.shape == [1, 1, 3, 4]


def test_variables_of_the_dtype_that_was_asked_for():
    with tf.Graph().as_default(), v1.Session() as session:
        dense = layers.Dense(2, dtype="float64", bias_initializer=None)
        outputs = dense(tf.constant(VECTORS))
        assert outputs.dtype == dense.kernel.dtype.base_dtype == tf.float64
        session.run(v1.global_variables_initializer())
        got, kernel, bias = session.run([outputs, dense.kernel, dense.bias])
    assert np.any(bias != 0)  # None is TensorFlow's own initializer, not "no biases"
    np.testing.assert_allclose(got, VECTORS @ kernel + bias, rtol=1e-6)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("layer", [layers.conv1d, layers.separable_conv1d, layers.max_pooling1d])
def test_sounds_with_either_order_of_axes(layer, data_format):
    """The channels first are the same as the channels last, turned before and after."""
    arguments = (2, 2) if layer is layers.max_pooling1d else (4, 3)
    turned = data_format == "channels_first"
    with tf.Graph().as_default(), v1.Session() as session:
        x = tf.constant(SOUNDS)
        usual = layer(x, *arguments, name="one")
        x = tf.transpose(x, [0, 2, 1]) if turned else x
        reuse = {} if layer is layers.max_pooling1d else {"reuse": True}
        other = layer(x, *arguments, data_format=data_format, name="one", **reuse)
        session.run(v1.global_variables_initializer())
        usual, other = session.run([usual, other])
    other = other.transpose([0, 2, 1]) if turned else other
    np.testing.assert_allclose(usual, other, rtol=1e-5, atol=1e-6)


def test_unknown_argument():
    with pytest.raises(TypeError, match="colour"):
        layers.Dense(3, colour="red")
