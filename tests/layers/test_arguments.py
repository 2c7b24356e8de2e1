"""What real programs pass for sizes, strides, scopes and collections."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1
KEYS = v1.GraphKeys

IMAGES = np.random.RandomState(1).uniform(-1, 1, [2, 8, 6, 4]).astype(np.float32)


class Dimension:
    """Like a dimension of a TF 1 shape."""

    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value


@pytest.mark.parametrize("size", [4, 4.0, np.int64(4), np.float32(4), Dimension(4), np.array(4)])
def test_sizes_of_outputs(size):
    assert slim.conv2d(IMAGES, size, 3).shape[-1] == 4
    if not isinstance(size, (float, np.floating)):
        assert slim.fully_connected(IMAGES, size).shape[-1] == 4


@pytest.mark.parametrize(
    "kernel",
    [
        [3, 2],
        (3, 2),
        np.array([3, 2]),
        tf.TensorShape([3, 2]),
        [np.int32(3), Dimension(2)],
        tf.constant([3, 2]),
    ],
)
def test_kernels(kernel):
    slim.conv2d(IMAGES, 5, kernel, scope="c")
    assert slim.get_unique_variable("c/weights").shape == [3, 2, 4, 5]
    assert slim.max_pool2d(IMAGES, kernel, stride=kernel).shape == [2, 2, 3, 4]


def test_v1_dimensions():
    """In TF 1 programs `shape[3]` is an object and `shape[1:3]` a shape."""
    with tf.Graph().as_default():
        inputs = v1.placeholder(tf.float32, [None, 8, 6, 4])
        kernel, depth = inputs.get_shape()[1:3], v1.Dimension(4)
        outputs = slim.conv2d(inputs, depth, kernel, padding="valid")
        assert outputs.shape.as_list() == [None, 1, 1, 4]
        assert slim.fully_connected(inputs, v1.Dimension(7)).shape[-1] == 7


def test_all_by_keyword_and_by_scope():
    with slim.arg_scope([slim.conv2d], kernel_size=3, num_outputs=7):
        assert slim.conv2d(activation_fn=None, inputs=IMAGES).shape == [2, 8, 6, 7]
    assert slim.conv2d(IMAGES, 7, 3, 2, "valid").shape == [2, 3, 2, 7]


@pytest.mark.parametrize("format_of", [None, "NHWC", "NDHWC"])
def test_channels_last_by_any_name(format_of):
    assert slim.conv2d(IMAGES, 5, 3, data_format=format_of, stride=2).shape == [2, 4, 3, 5]


@pytest.mark.parametrize(
    ("layer", "shape", "data_format"),
    [
        (slim.conv1d, [2, 3, 9], "NCW"),
        (slim.conv2d, [2, 3, 9, 8], "NCHW"),
        (slim.conv3d, [2, 3, 5, 4, 6], "NCDHW"),
    ],
)
def test_channels_first_shapes(layer, shape, data_format):
    """Kernels for it are rare on CPUs, so this one builds only."""
    with tf.Graph().as_default():
        outputs = layer(v1.placeholder(tf.float32, shape), 7, 3, 2, data_format=data_format)
        assert outputs.shape.as_list() == [2, 7, *[-(-n // 2) for n in shape[2:]]]
        assert slim.get_variables_by_name("weights")[0].shape.as_list()[-2:] == [3, 7]


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (lambda x: slim.conv2d_transpose(x, 7, 3, 2, data_format="NCHW"), [2, 3, 9, 8], [18, 16]),
        (lambda x: slim.separable_conv2d(x, 7, 3, data_format="NCHW"), [2, 3, 9, 8], [9, 8]),
        (
            lambda x: slim.conv3d_transpose(x, 7, 3, data_format="NCDHW"),
            [2, 3, 4, 5, 6],
            [4, 5, 6],
        ),
    ],
)
def test_channels_first_shapes_of_the_others(layer, shape, expected):
    with tf.Graph().as_default():
        inputs = v1.placeholder(tf.float32, [None, *shape[1:]])
        assert layer(inputs).shape.as_list() == [None, 7, *expected]


def test_a_depthwise_layer_has_no_pointwise_weights():
    slim.separable_conv2d(IMAGES, None, 3, 2.0, scope="s")
    assert slim.get_unique_variable("s/depthwise_weights").shape == [3, 3, 4, 2]
    assert slim.get_unique_variable("s/biases").shape == [8]
    assert len(slim.get_variables("s/")) == 2


def test_pointwise_weights_may_have_an_initializer_of_their_own():
    slim.separable_conv2d(
        IMAGES, 5, 3, scope="s", pointwise_initializer=tf.constant_initializer(3.0)
    )
    assert np.all(slim.get_unique_variable("s/pointwise_weights").numpy() == 3.0)
    assert np.std(slim.get_unique_variable("s/depthwise_weights").numpy()) > 0


def op_types(tensor, until) -> list[str]:
    """The operations between two tensors, along the first input that leads there."""
    chain = []
    while tensor is not until:
        chain.insert(0, tensor.op.type)
        tensor = tensor.op.inputs[0]
    return chain


@pytest.mark.parametrize(
    ("kwargs", "chain"),
    [
        ({}, ["Conv2D", "BiasAdd", "Relu"]),
        ({"activation_fn": None}, ["Conv2D", "BiasAdd"]),
        ({"biases_initializer": None, "activation_fn": None}, ["Conv2D"]),
        ({"normalizer_fn": slim.batch_norm}, ["Conv2D", "FusedBatchNormV3", "Relu"]),
        (
            {"normalizer_fn": slim.batch_norm, "normalizer_params": {"is_training": False}},
            ["Conv2D", "FusedBatchNormV3", "Relu"],
        ),
    ],
)
def test_a_convolution_is_a_plain_chain(kwargs, chain):
    """Programs that walk graphs (pruning, quantization) match on this."""
    with tf.Graph().as_default():
        inputs = v1.placeholder(tf.float32, [1, 8, 8, 3])
        assert op_types(slim.conv2d(inputs, 4, 3, **kwargs), inputs) == chain

    traced = []
    model = slim.Model(lambda x: traced.append(slim.conv2d(x, 4, 3, **kwargs)))
    function = tf.function(lambda x: traced.append(x) or model(x))
    function.get_concrete_function(tf.TensorSpec([1, 8, 8, 3]))
    inputs, outputs = traced[-2:]
    assert op_types(outputs, inputs) == chain


def test_fully_connected_is_a_plain_chain():
    with tf.Graph().as_default():
        inputs = v1.placeholder(tf.float32, [1, 8])
        assert op_types(slim.fully_connected(inputs, 4), inputs) == ["MatMul", "BiasAdd", "Relu"]


def test_variables_collections():
    def build():
        slim.conv2d(IMAGES, 3, 1, scope="a", variables_collections=["all", "more"])
        slim.conv2d(IMAGES, 3, 1, scope="b", variables_collections={"weights": ["w"]})
        slim.conv2d(IMAGES, 3, 1, scope="c", variables_collections="all")
        slim.batch_norm(IMAGES, scope="d", variables_collections={"moving_mean": ["all"]})
        return {
            key: [v.name.removesuffix(":0") for v in slim.get_variables(collection=key)]
            for key in ("all", "more", "w")
        }

    expected = {
        "all": ["a/weights", "a/biases", "c/weights", "c/biases", "d/moving_mean"],
        "more": ["a/weights", "a/biases"],
        "w": ["b/weights"],
    }
    assert build() == expected
    with tf.Graph().as_default():
        assert build() == expected


def test_statistics_among_the_trainable_variables():
    with tf.Graph().as_default():
        slim.batch_norm(
            IMAGES, scope="b", variables_collections=[KEYS.TRAINABLE_VARIABLES], scale=True
        )
        names = [v.op.name for v in v1.trainable_variables()]
    assert names == ["b/gamma", "b/beta", "b/moving_mean", "b/moving_variance"]


def test_a_users_initializer():
    def constant(shape, dtype=None, partition_info=None):
        return tf.fill(shape, tf.cast(3.0, dtype))

    slim.conv2d(IMAGES, 2, 1, scope="c", weights_initializer=constant)
    slim.fully_connected(IMAGES, 2, scope="f", biases_initializer=tf.ones_initializer)
    assert np.all(slim.get_unique_variable("c/weights").numpy() == 3.0)
    assert np.all(slim.get_unique_variable("f/biases").numpy() == 1.0)


def test_a_users_activation_makes_variables_in_the_layers_scope():
    def prelu(inputs):
        alphas = v1.get_variable("alphas", [inputs.shape[-1]])
        return tf.nn.relu(inputs) - alphas * tf.nn.relu(-inputs)

    with tf.Graph().as_default():
        slim.conv2d(IMAGES, 2, 1, scope="conv1", activation_fn=prelu)
        assert [v.op.name for v in v1.global_variables()][-1] == "conv1/alphas"
    model = slim.Model(lambda x: slim.conv2d(x, 2, 1, scope="conv1", activation_fn=prelu))
    model(IMAGES)
    assert model.variables[-1].name == "conv1/alphas:0"


def test_partitioned_weights():
    with tf.Graph().as_default():
        with v1.variable_scope("p", partitioner=v1.fixed_size_partitioner(2)):
            outputs = slim.conv2d(tf.constant(IMAGES), 4, 3, normalizer_fn=slim.batch_norm)
        names = [v.op.name for v in v1.global_variables()]
        with v1.Session() as session:
            session.run(v1.global_variables_initializer())
            assert session.run(outputs).shape == (2, 8, 6, 4)
    assert names[:2] == ["p/Conv/weights/part_0", "p/Conv/weights/part_1"]
    assert names[-2:] == ["p/Conv/BatchNorm/moving_mean", "p/Conv/BatchNorm/moving_variance"]


def test_regularization():
    l1, l2 = slim.l1_regularizer(0.5), slim.l2_regularizer(0.25)

    def net():
        slim.conv2d(IMAGES, 2, 1, scope="c", weights_regularizer=l2, biases_regularizer=l1)
        slim.conv2d(IMAGES, 2, 1, scope="c", weights_regularizer=l2, reuse=True)
        slim.fully_connected(IMAGES, 2, scope="f", weights_regularizer=l2)
        slim.bias_add(IMAGES, scope="b", regularizer=l1, initializer=tf.ones_initializer())
        slim.conv2d(IMAGES, 2, 1, scope="z", weights_regularizer=slim.l2_regularizer(0.0))

    model = slim.Model(net)
    model()
    weights = {v.name.removesuffix(":0"): v.numpy() for v in model.variables}
    expected = [
        0.25 * np.sum(weights["c/weights"] ** 2) / 2,
        0.0,
        0.25 * np.sum(weights["f/weights"] ** 2) / 2,
        0.5 * 4,
    ]
    np.testing.assert_allclose([float(loss) for loss in model.losses], expected, rtol=1e-5)
    with tf.Graph().as_default():
        net()
        names = [loss.op.name for loss in v1.get_collection(KEYS.REGULARIZATION_LOSSES)]
    assert names == [
        "c/kernel/Regularizer/l2_regularizer",
        "c/bias/Regularizer/l1_regularizer",
        "f/kernel/Regularizer/l2_regularizer",
        "b/biases/Regularizer/l1_regularizer",
    ]


def test_parameters_of_normalization_are_regularized_on_every_path():
    for kwargs in (
        {},
        {"updates_collections": None},
        {"fused": False},
        {"fused": False, "updates_collections": None},
    ):
        model = slim.Model(
            lambda kwargs=kwargs: slim.batch_norm(
                IMAGES, scale=True, param_regularizers={"gamma": slim.l1_regularizer(0.5)}, **kwargs
            )
        )
        model()
        assert [float(loss) for loss in model.losses] == [2.0]


def test_legacy_module_names():
    assert slim.conv2d is slim.convolution2d is slim.layers.conv2d
    assert slim.conv2d.__name__ == "convolution2d"
    assert slim.layers.initializers.xavier_initializer is slim.xavier_initializer


def test_a_users_normalizer_makes_plain_variables_in_the_layers_scope():
    """`tf.Variable(1.0, name='w0')`, as programs write it in TF 1."""

    def normalizer(inputs, initial=1.0):
        return inputs * v1.Variable(initial, name="w0") + v1.get_variable("b0", [])

    with tf.Graph().as_default():
        slim.conv2d(
            IMAGES,
            2,
            1,
            scope="g_conv1",
            normalizer_fn=normalizer,
            normalizer_params={"initial": 2.0},
        )
        names = [v.op.name for v in v1.global_variables()]
    assert names == ["g_conv1/weights", "g_conv1/w0", "g_conv1/b0"]
