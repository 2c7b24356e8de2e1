"""MobileNets: tables of layers, their end points in every mode, scopes, widths, bad input."""

from __future__ import annotations

import importlib
import inspect

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.legacy.research_slim.nets import mobilenet_v1 as research_v1
from tf_slim.nets import mobilenet_v1
from tf_slim.nets.mobilenet import conv_blocks, mobilenet, mobilenet_v2, mobilenet_v3
from tf_slim.nets.mobilenet.mobilenet import op

v1 = tf.compat.v1

research_v2 = importlib.import_module("tf_slim.legacy.research_slim.nets.mobilenet.mobilenet_v2")

TABLE = {
    "defaults": {(slim.conv2d, conv_blocks.expanded_conv): {"normalizer_fn": slim.batch_norm}},
    "spec": [
        op(slim.conv2d, stride=2, num_outputs=16, kernel_size=[3, 3]),
        op(conv_blocks.expanded_conv, num_outputs=16, expansion_size=32, split_expansion=2),
        op(conv_blocks.expanded_conv, num_outputs=8, stride=2, depthwise_location="input"),
    ],
}
END_POINTS = [
    "layer_1",
    "layer_2",
    "layer_3",
    "layer_2/expand_part_0_output",
    "layer_2/expand_part_1_output",
    "layer_2/expansion_output",
    "layer_2/depthwise_output",
    "layer_2/output",
    "layer_3/depthwise_output",
    "layer_3/expansion_output",
    "layer_3/output",
]


def small_net(images, **kwargs):
    return mobilenet.mobilenet(images, 3, conv_defs=TABLE, **kwargs)


def images(*shape, seed=0):
    return tf.constant(np.random.RandomState(seed).uniform(-1, 1, shape), tf.float32)


def in_graph(net, shape, **kwargs):
    """(output, end points, names of variables, number of updates) in a v1 graph."""
    with tf.Graph().as_default():
        output, end_points = net(v1.placeholder(tf.float32, shape), **kwargs)
        names = [v.op.name for v in v1.global_variables()]
        return output, end_points, names, len(v1.get_collection(v1.GraphKeys.UPDATE_OPS))


class TestEndPoints:
    def test_in_a_v1_graph(self):
        _, end_points, _, _ = in_graph(small_net, [None, 8, 8, 3])
        assert list(end_points) == [*END_POINTS, "global_pool", "Logits", "Predictions"]
        assert end_points["layer_2/output"].op.name == "Mobilenet/expanded_conv/output"
        assert end_points["layer_2"] is end_points["layer_2/output"]

    @pytest.mark.parametrize("wrap", [tf.function, lambda net: net], ids=["function", "eager"])
    def test_elsewhere(self, wrap):
        model = slim.Model(small_net)
        _, end_points = wrap(model)(images(2, 8, 8, 3))
        assert sorted(end_points) == sorted([*END_POINTS, "global_pool", "Logits", "Predictions"])
        np.testing.assert_array_equal(end_points["layer_2"], end_points["layer_2/output"])
        assert end_points["layer_2/expansion_output"].shape == [2, 4, 4, 32]

    def test_in_eager_code_without_a_model(self):
        _, end_points = small_net(images(1, 8, 8, 3))
        assert list(end_points)[:-3] == END_POINTS

    def test_blocks_name_their_own_outputs_only(self):
        def twice(net, num_outputs):
            net = conv_blocks.expanded_conv(net, num_outputs, scope="first")
            return conv_blocks.expanded_conv(net, num_outputs, scope="second")

        table = {"spec": [op(twice, num_outputs=8)]}
        model = slim.Model(mobilenet.mobilenet_base, conv_defs=table)
        net, end_points = model(images(1, 4, 4, 8))
        assert len(end_points) == 4
        assert end_points["layer_1/output"] is net

    def test_endpoints_of_a_block(self):
        found = {}
        conv_blocks.expanded_conv(images(1, 4, 4, 8), 16, endpoints=found, scope="a")
        assert list(found) == ["expansion_output", "depthwise_output", "projection_output"]
        found = {}
        conv_blocks.split_separable_conv2d(images(1, 4, 4, 8), 16, endpoints=found, scope="b")
        assert list(found) == ["b_depthwise", "b_pointwise"]

    def test_it_stops_where_it_is_told(self):
        net, end_points, names, _ = in_graph(
            mobilenet.mobilenet_base, [1, 8, 8, 3], conv_defs=TABLE, final_endpoint="layer_2"
        )
        assert end_points["layer_2"] is net
        assert "layer_3" not in end_points
        assert not [name for name in names if "expanded_conv_1" in name]


class TestTraining:
    """The nets train where a call or a scope says so, and only there."""

    def updates(self, scope, **kwargs):
        with slim.arg_scope(scope):
            return in_graph(small_net, [1, 8, 8, 3], **kwargs)[3]

    def test_our_scope_leaves_it_to_the_call(self):
        assert self.updates(mobilenet.training_scope()) == 0
        assert self.updates(mobilenet.training_scope(), is_training=True) == 16
        assert self.updates(mobilenet.training_scope(is_training=True)) == 16
        assert self.updates(mobilenet.training_scope(is_training=True), is_training=False) == 0

    def test_that_of_research_slim_trains_unless_told_otherwise(self):
        assert self.updates(research_v2.training_scope()) == 16
        assert self.updates(research_v2.training_scope(is_training=False)) == 0
        first = inspect.signature(research_v2.training_scope).parameters["is_training"]
        assert first.default is True
        key = slim.arg_scope_func_key(slim.batch_norm)
        assert research_v1.mobilenet_v1_arg_scope()[key]["is_training"] is True
        assert "is_training" not in mobilenet_v1.mobilenet_v1_arg_scope()[key]

    def test_a_created_model_evaluates_unless_it_trains(self):
        model = slim.nets.create("mobilenet_v2", 3, depth_multiplier=0.1)
        x = images(2, 32, 32, 3)
        model.build(x)
        before = [v.numpy() for v in model.non_trainable_variables]
        np.testing.assert_array_equal(model(x)[0], model(x)[0])
        for old, variable in zip(before, model.non_trainable_variables, strict=True):
            np.testing.assert_array_equal(old, variable)

    @pytest.mark.parametrize("stddev", [-1.0, 0.5])
    def test_initial_weights(self, stddev):
        with slim.arg_scope(mobilenet.training_scope(stddev=stddev)):
            model = slim.Model(lambda x: slim.conv2d(x, 256, 1, scope="c")).build([1, 1, 1, 256])
        expected = np.sqrt(2 / 512) if stddev < 0 else 0.88 * stddev
        np.testing.assert_allclose(np.std(model.variables[0]), expected, rtol=0.03)

    def test_dropout_is_that_of_the_scope(self):
        table = {"spec": [op(slim.conv2d, num_outputs=64, kernel_size=[1, 1])]}
        net = slim.Model(
            mobilenet.mobilenet,
            mobilenet.training_scope(dropout_keep_prob=0.25),
            num_classes=1,
            conv_defs=table,
        )
        x = images(512, 2, 2, 3)
        outputs = [net(x, is_training=True)[0].numpy() for _ in range(2)]
        assert np.any(outputs[0] != outputs[1])


class TestWidths:
    @pytest.mark.parametrize(
        ("net", "multiplier", "depth"),
        [
            (mobilenet_v2.mobilenet_v2, 0.35, 448),
            (mobilenet_v2.mobilenet_v2_035, 0.35, 1280),
            (mobilenet_v3.mobilenet_edgetpu_075, 0.75, 1280),
            (mobilenet_v3.large, 0.75, 960),
        ],
    )
    def test_the_last_layer(self, net, multiplier, depth):
        kwargs = {"base_only": True, "depth_multiplier": multiplier}
        output, _, _, _ = in_graph(net, [1, 32, 32, 3], **kwargs)
        assert output.shape[-1] == depth

    @pytest.mark.parametrize(
        ("value", "divisor", "least", "expected"),
        [(32, 8, None, 32), (11, 8, None, 16), (10, 8, None, 16), (1, 8, None, 8), (5, 4, 16, 16)],
    )
    def test_numbers_of_channels_are_rounded(self, value, divisor, least, expected):
        assert conv_blocks.make_divisible(value, divisor, least) == expected

    def test_activation(self):
        with slim.arg_scope([slim.batch_norm], scale=True):
            model = slim.Model(
                mobilenet_v2.mobilenet_base,
                activation_fn=tf.math.negative,
                final_endpoint="layer_1",
                depth_multiplier=0.25,
            )
        assert model(images(1, 8, 8, 3))[0].numpy().min() < 0
        assert (
            mobilenet_v2.V2_DEF["defaults"][
                slim.conv2d, slim.fully_connected, slim.separable_conv2d
            ]["activation_fn"]
            is tf.nn.relu6
        )

    @pytest.mark.parametrize(
        ("net", "kwargs"),
        [
            (mobilenet_v2.mobilenet_base_group_norm, {}),
            (mobilenet_v3.mobilenet_base, {"use_groupnorm": True}),
        ],
    )
    def test_group_norm(self, net, kwargs):
        _, _, names, _ = in_graph(net, [1, 32, 32, 3], final_endpoint="layer_3", **kwargs)
        assert any(name.endswith("GroupNorm/gamma") for name in names)
        assert not any("BatchNorm" in name for name in names)

    @pytest.mark.parametrize(
        ("net", "kwargs", "usual"),
        [
            (mobilenet_v2.mobilenet_base_group_norm, {}, 4),
            (mobilenet_v3.mobilenet_base, {"use_groupnorm": True}, 8),
            (mobilenet_v3.small, {"use_groupnorm": True, "base_only": True}, 8),
        ],
    )
    def test_the_groups_of_group_norm(self, net, kwargs, usual):
        """The groups are seen in the shape that each normalized map is taken apart to."""

        def found(**more):
            with tf.Graph().as_default() as graph:
                net(tf.zeros([1, 32, 32, 3]), final_endpoint="layer_3", **kwargs, **more)
            maps = [
                op.outputs[0].shape.as_list()
                for op in graph.get_operations()
                if op.type == "Reshape" and "GroupNorm" in op.name
            ]
            return {shape[3] for shape in maps if len(shape) == 5 and shape[1] > 1}

        assert found() == {usual}
        assert found(groups=2) == {2}
        with pytest.raises(ValueError, match="groups=3 to divide the channels"):
            found(groups=3)

    def test_groups_without_group_norm_are_refused(self):
        with pytest.raises(ValueError, match="use_groupnorm=True; got groups=4"):
            mobilenet_v3.large(tf.zeros([1, 32, 32, 3]), groups=4)

    def test_detectors_have_half_the_channels_at_the_end(self):
        for whole, halved, last in (
            (mobilenet_v3.V3_LARGE, mobilenet_v3.V3_LARGE_DETECTION, 17),
            (mobilenet_v3.V3_SMALL, mobilenet_v3.V3_SMALL_DETECTION, 13),
        ):
            depths = [
                [layer.params.get("num_outputs") for layer in table["spec"]]
                for table in (whole, halved)
            ]
            assert depths[0][: last - 4] == depths[1][: last - 4]
            assert [d // 2 for d in depths[0][last - 4 : last]] == depths[1][last - 4 : last]
            assert depths[0][last:] == depths[1][last:]

    def test_a_variant_has_its_own_defaults_and_the_scope_of_its_net(self):
        parameters = inspect.signature(mobilenet_v2.mobilenet_v2_140).parameters
        assert parameters["depth_multiplier"].default == 1.4
        assert mobilenet_v2.mobilenet_v2_140.__name__ == "mobilenet_v2_140"
        with slim.arg_scope([mobilenet_v2.mobilenet], scope="other", base_only=True):
            _, _, names, _ = in_graph(mobilenet_v2.mobilenet_v2_050, [1, 32, 32, 3])
        assert {name.partition("/")[0] for name in names} == {"other"}


class TestPaddingAndStride:
    def test_explicit_padding_is_that_of_same_for_odd_sizes(self):
        x = images(1, 33, 33, 3)
        nets = [
            slim.Model(mobilenet_v2.mobilenet_base, depth_multiplier=0.1, use_explicit_padding=pad)
            for pad in (False, True)
        ]
        same, _ = nets[0](x)
        nets[1].build(x)
        for old, new in zip(nets[0].variables, nets[1].variables, strict=True):
            new.assign(old)
        np.testing.assert_allclose(nets[1](x)[0], same, rtol=1e-4, atol=1e-6)

    @pytest.mark.parametrize(("output_stride", "size"), [(8, 8), (16, 4), (None, 2)])
    @pytest.mark.parametrize(
        "net",
        [mobilenet_v1.mobilenet_v1_base, mobilenet_v2.mobilenet_base],
        ids=["v1", "v2"],
    )
    def test_output_stride(self, net, output_stride, size):
        output, _, names, _ = in_graph(net, [1, 64, 64, 3], output_stride=output_stride)
        assert output.shape[1:3] == [size, size]
        assert names == in_graph(net, [1, 64, 64, 3])[2]

    def test_an_unknown_size_is_left_to_run_time(self):
        model = slim.nets.create("mobilenet_v2", 3, depth_multiplier=0.1)
        predict = tf.function(model, input_signature=[tf.TensorSpec([None, None, None, 3])])
        for shape in ([1, 32, 48, 3], [2, 40, 32, 3]):
            assert predict(tf.zeros(shape))[0].shape == [shape[0], 3]

    @pytest.mark.parametrize("by_mean", [False, True])
    def test_global_pool(self, by_mean):
        x = images(2, 3, 5, 4)
        pooled = mobilenet.global_pool(x, use_reduce_mean_for_pooling=by_mean)
        np.testing.assert_allclose(pooled, np.mean(x, (1, 2), keepdims=True), atol=1e-6)

    def test_a_table_of_ones_own_in_v1(self):
        rows = [
            mobilenet_v1.Conv(kernel=[3, 3], stride=2, depth=8),
            mobilenet_v1.DepthSepConv(kernel=[3, 3], stride=2, depth=16),
        ]
        _, end_points, _, _ = in_graph(
            mobilenet_v1.mobilenet_v1, [1, 16, 16, 3], num_classes=3, conv_defs=rows
        )
        assert list(end_points)[:4] == [
            "Conv2d_0",
            "Conv2d_1_depthwise",
            "Conv2d_1_pointwise",
            "AvgPool_1a",
        ]


BAD = {
    "rank": (mobilenet_v2.mobilenet, [32, 32, 3], {}, ValueError, ["MobilenetV2", "tf.newaxis"]),
    "rank in v1": (mobilenet_v1.mobilenet_v1, [2, 9], {}, ValueError, ["MobilenetV1", "(2, 9)"]),
    "large images in v1": (
        mobilenet_v1.mobilenet_v1,
        [1, 288, 288, 3],
        {},
        ValueError,
        ["2x2 logits", "global_pool=True"],
    ),
    "images that are not square": (
        mobilenet_v3.small,
        [1, 96, 192, 3],
        {},
        ValueError,
        ["7x7", "3x6", "square", "193"],
    ),
    "multiplier": (
        mobilenet_v3.large,
        [1, 32, 32, 3],
        {"multiplier": 2.0},
        ValueError,
        ["MobilenetV3", "depth_multiplier", "multiplier=2.0"],
    ),
    "no width": (
        mobilenet_v2.mobilenet,
        [1, 32, 32, 3],
        {"depth_multiplier": 0},
        ValueError,
        ["positive", "got 0"],
    ),
    "output_stride": (
        mobilenet_v2.mobilenet,
        [1, 32, 32, 3],
        {"output_stride": 7},
        ValueError,
        ["even", "got 7"],
    ),
    "output_stride of v1": (
        mobilenet_v1.mobilenet_v1_base,
        [1, 32, 32, 3],
        {"output_stride": 4},
        ValueError,
        ["8, 16 or 32", "got 4"],
    ),
    "end point": (
        mobilenet_v2.mobilenet,
        [1, 32, 32, 3],
        {"final_endpoint": "layer_20"},
        ValueError,
        ["'layer_20'", "layer_1 to layer_19"],
    ),
    "end point of v1": (
        mobilenet_v1.mobilenet_v1_base,
        [1, 32, 32, 3],
        {"final_endpoint": "Conv2d_14"},
        ValueError,
        ["'Conv2d_14'", "Conv2d_13_pointwise"],
    ),
    "row": (
        mobilenet_v1.mobilenet_v1_base,
        [1, 32, 32, 3],
        {"conv_defs": [(3, 3)]},
        TypeError,
        ["row 0", "(3, 3)", "DepthSepConv"],
    ),
    "location": (
        conv_blocks.expanded_conv,
        [1, 4, 4, 8],
        {"num_outputs": 8, "depthwise_location": "x"},
        TypeError,
        ["depthwise_location", "'x'"],
    ),
    "two paddings": (
        conv_blocks.expanded_conv,
        [1, 4, 4, 8],
        {"num_outputs": 8, "use_explicit_padding": True, "padding": "VALID"},
        TypeError,
        ["use_explicit_padding", "'VALID'"],
    ),
    "split": (
        conv_blocks.split_conv,
        [1, 4, 4, 36],
        {"num_outputs": 32, "num_ways": 2, "scope": "s"},
        ValueError,
        ["36 channels", "2 parts", "multiples of 8"],
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    net, shape, kwargs, kind, parts = BAD[case]
    with pytest.raises(kind) as caught:
        in_graph(net, shape, **kwargs)
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize(
    "name", ["mobilenet_v1", "mobilenet_v2", "mobilenet_v3_small", "mobilenet_edgetpu"]
)
def test_a_gradient_step_is_finite(name):
    model = slim.nets.create(name, 3, depth_multiplier=0.1).build([2, 32, 32, 3])
    step = slim.learning.make_train_step(
        model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.SGD(0.01)
    )
    before = [v.numpy() for v in model.trainable_variables]
    assert np.isfinite(step(images(2, 32, 32, 3), tf.constant([0, 2])))
    for variable in model.trainable_variables:
        assert np.isfinite(variable.numpy()).all(), variable.name
    assert np.any(before[0] != model.trainable_variables[0].numpy())
