"""NASNet and PNASNet: hyperparameters, drop path, scopes, end points, sizes."""

from __future__ import annotations

import importlib
import warnings

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.legacy.contrib.hparams import HParams
from tf_slim.nets.nasnet import NasNetConfig, nasnet, nasnet_utils, pnasnet

v1 = tf.compat.v1

TINY = {"num_conv_filters": 4, "num_cells": 3, "skip_reduction_layer_input": 1}
"""A cell of each size."""


def config(**kwargs) -> NasNetConfig:
    return NasNetConfig(**{**TINY, **kwargs})


def images(size, seed=0, batch=2):
    values = np.random.RandomState(seed).uniform(-1, 1, [batch, size, size, 3])
    return tf.constant(values, tf.float32)


def in_graph(net, size, *args, **kwargs):
    """(output, end points, names of variables) in a v1 graph."""
    with tf.Graph().as_default():
        x = v1.placeholder(tf.float32, [None, size, size, 3])
        output, end_points = net(x, 3, *args, **kwargs)
        return output, end_points, [v.op.name for v in v1.global_variables()]


class TestConfig:
    def test_parse(self):
        found = nasnet.mobile_imagenet_config().parse(
            "num_cells=6, drop_path_keep_prob=0.5,use_bounded_activation=True,data_format=NCHW"
        )
        assert found.num_cells == 6
        assert found.drop_path_keep_prob == 0.5
        assert found.use_bounded_activation is True
        assert found.data_format == "NCHW"
        assert found.num_conv_filters == 44

    def test_it_is_used_like_hparams(self):
        found = pnasnet.large_imagenet_config()
        found.set_hparam("use_aux_head", 0)
        found.dense_dropout_keep_prob = 1.0
        assert found.override_from_dict({"num_cells": 9}) is found
        assert (found.use_aux_head, found.get("num_cells"), found.get("x", 5)) == (0, 9, 5)
        assert "num_cells" in found and "cells" not in found
        assert NasNetConfig(**found.values()) == found

    @pytest.mark.parametrize("text", ["cells=3", "num_cells", "num_cells=x", "num_cells=1.5"])
    def test_what_cannot_be_read(self, text):
        with pytest.raises(ValueError, match="NasNetConfig"):
            config().parse(text)

    def test_a_misspelt_name_is_an_error(self):
        with pytest.raises(AttributeError, match="'num_cell'.*num_cells"):
            config().num_cell = 3
        with pytest.raises(AttributeError, match="There are: num_conv_filters"):
            config().set_hparam("cells", 3)

    def test_a_net_takes_hparams_and_leaves_them_alone(self):
        given = HParams(**config(drop_path_keep_prob=0.5).values())
        before = given.values()
        _, _, names = in_graph(nasnet.nasnet_cifar, 8, False, config=given)
        assert names == in_graph(nasnet.nasnet_cifar, 8, False, config=config())[2]
        assert given.values() == before

    @pytest.mark.parametrize(("cells", "reductions"), [(18, [6, 12]), (12, [4, 8]), (9, [3, 6])])
    def test_where_to_reduce(self, cells, reductions):
        assert nasnet_utils.calc_reduction_layers(cells, 2) == reductions


NETS = {
    "nasnet_cifar": (nasnet.nasnet_cifar, 9),
    "nasnet_mobile": (nasnet.nasnet_mobile, 67),
    "pnasnet_mobile": (pnasnet.pnasnet_mobile, 67),
}


@pytest.mark.parametrize("name", NETS)
def test_the_smallest_images_and_a_gradient_step(name):
    """Training with all that there is: drop path, dropout and the auxiliary head."""
    net, size = NETS[name]
    model = slim.Model(
        net, nasnet.nasnet_mobile_arg_scope(), num_classes=3, config=config(drop_path_keep_prob=0.6)
    ).build([2, size, size, 3])

    def loss(logits, labels):
        slim.losses.sparse_softmax_cross_entropy(logits, labels)
        slim.losses.sparse_softmax_cross_entropy(model.end_points["AuxLogits"], labels, weights=0.4)

    step = slim.learning.make_train_step(model, loss, tf.keras.optimizers.SGD(0.01))
    assert np.isfinite(step(images(size), tf.constant([0, 2])))
    for variable in model.variables:
        assert np.isfinite(variable.numpy()).all(), variable.name
    assert not any("global_step" in name for name in model.named_variables)

    smaller = {9: 8, 67: 66}[size]
    with pytest.raises(ValueError, match=rf"{size}x{size}.*got {smaller}.*use_aux_head=0"):
        in_graph(net, smaller, config=config())
    least = {9: 3, 67: 19}[size]
    in_graph(net, least, False, config=config())
    with pytest.raises(ValueError, match=f"{least}x{least} pixels and more"):
        in_graph(net, least - 1, False, config=config())


class TestDropPath:
    def test_whole_examples_are_dropped_and_the_others_scaled(self):
        net = nasnet_utils.drop_path(tf.ones([4000, 2, 2, 3]), 0.8)
        each = net.numpy().reshape(4000, -1)
        assert set(np.unique(each)) == {0.0, np.float32(1.25)}
        assert (each == each[:, :1]).all()
        np.testing.assert_allclose(np.mean(each[:, 0] > 0), 0.8, atol=0.03)

    def test_not_in_evaluation(self):
        x = tf.ones([2, 1, 1, 1])
        assert nasnet_utils.drop_path(x, 0.5, is_training=False) is x

    @pytest.mark.parametrize("run", [tf.function, lambda f: f], ids=["function", "eager"])
    def test_a_training_can_be_resumed(self, run):
        @run
        def draw(step):
            with slim.random_scope(tf.stack([7, step])):
                return nasnet_utils.drop_path(tf.ones([64, 1, 1, 1]), tf.constant(0.5))

        first, second = draw(tf.constant(1)), draw(tf.constant(2))
        np.testing.assert_array_equal(draw(tf.constant(1)), first)
        assert np.any(first.numpy() != second.numpy())

    @pytest.mark.parametrize(
        ("step", "kept"), [(0, 1.0), (50, 1 - 0.5 * 0.3), (100, 0.7), (1000, 0.7), (None, 0.7)]
    )
    def test_the_schedule(self, step, kept):
        """The second of four cells drops half of what the last one does."""
        cell = nasnet_utils.NasNetANormalCell(4, 0.4, 4, 100)
        np.testing.assert_allclose(cell._kept(1, step), kept, rtol=1e-6)
        if step is not None:
            np.testing.assert_allclose(cell._kept(1, lambda: step), kept, rtol=1e-6)

    def test_the_step_is_that_of_the_training_loop(self):
        cell = nasnet_utils.NasNetANormalCell(4, 0.4, 1, 100)

        def net(x):
            keep = tf.convert_to_tensor(cell._kept(0, None))
            return slim.fully_connected(x, 1) * 0.0 + keep, {}

        model = slim.Model(net).build([1, 1])
        step = slim.learning.make_train_step(
            model, lambda y, _: tf.reduce_mean(y), tf.keras.optimizers.SGD(0.0)
        )
        losses = [float(step(tf.ones([1, 1]), tf.ones([1]))) for _ in range(3)]
        np.testing.assert_allclose(losses, [1.0, 1 - 0.006, 1 - 0.012], rtol=1e-5)

    def test_in_a_v1_graph_it_is_the_global_step(self):
        kwargs = {"config": config(drop_path_keep_prob=0.5)}
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with tf.Graph().as_default():
                slim.get_or_create_global_step()
                nasnet.nasnet_cifar(v1.placeholder(tf.float32, [2, 9, 9, 3]), 3, **kwargs)
                names = [v.op.name for v in v1.global_variables()]
        assert [name for name in names if "global_step" in name] == ["global_step"]

    def test_without_one_a_warning_says_under_which_name_it_is_made(self):
        kwargs = {"config": config(drop_path_keep_prob=0.5)}
        with pytest.warns(UserWarning, match="cell_0/comb_iter_0/left/global_step"):
            _, _, names = in_graph(nasnet.nasnet_cifar, 9, **kwargs)
        assert "cell_0/comb_iter_0/left/global_step" in names

    def test_a_step_that_is_given_is_used_everywhere(self):
        kwargs = {"config": config(drop_path_keep_prob=0.5), "current_step": 3}
        _, _, names = in_graph(nasnet.nasnet_mobile, 67, **kwargs)
        assert not [name for name in names if "global_step" in name]


class TestEndPoints:
    @pytest.mark.parametrize(
        ("last", "expected"),
        [
            ("Stem", ["Stem"]),
            ("Cell_0", ["Stem", "Cell_0"]),
            ("Reduction_Cell_0", ["Stem", "Cell_0", "Reduction_Cell_0"]),
        ],
    )
    def test_it_stops_where_it_is_told(self, last, expected):
        output, end_points, _ = in_graph(
            nasnet.nasnet_mobile, 19, False, config=config(), final_endpoint=last
        )
        assert list(end_points) == expected
        assert output is end_points[last]

    @pytest.mark.parametrize("last", ["global_pool", "Logits", "Predictions"])
    def test_the_last_ones(self, last):
        output, end_points, _ = in_graph(
            pnasnet.pnasnet_mobile, 19, False, config=config(), final_endpoint=last
        )
        assert list(end_points)[-1] == last
        assert output is end_points[last]

    def test_an_unknown_one(self):
        with pytest.raises(ValueError, match="'Cell_3'.*Cell_2, global_pool"):
            in_graph(pnasnet.pnasnet_mobile, 19, False, config=config(), final_endpoint="Cell_3")


def test_two_nets_in_one_graph_need_scopes():
    with tf.Graph().as_default():
        x = v1.placeholder(tf.float32, [1, 8, 8, 3])
        kwargs = {"is_training": False, "config": config()}
        nasnet.nasnet_cifar(x, 3, **kwargs)
        count = len(v1.global_variables())
        nasnet.nasnet_cifar(x, 3, reuse=True, **kwargs)
        assert len(v1.global_variables()) == count
        with pytest.raises(ValueError, match="already exists"):
            nasnet.nasnet_cifar(x, 3, **kwargs)
        nasnet.nasnet_cifar(x, 3, scope="second", **kwargs)
        names = [v.op.name for v in v1.global_variables()]
    assert names[count:] == [f"second/{name}" for name in names[:count]]


def test_bounded_activations():
    model = slim.Model(
        nasnet.nasnet_cifar,
        num_classes=3,
        config=config(use_bounded_activation=True, use_aux_head=0),
    ).build([2, 8, 8, 3])
    for variable in model.trainable_variables:
        if variable.name.endswith("weights:0"):
            variable.assign(100.0 * variable)
    _, end_points = model(images(8), is_training=False)
    # The first cell joins sums that are bounded; what it does not use is normalized.
    assert end_points["Cell_0"].numpy()[..., 4:].max() <= 6.0
    assert end_points["Stem"].numpy().max() > 6.0


def test_channels_first():
    _, end_points, names = in_graph(
        nasnet.nasnet_mobile, 67, config=config(data_format="NCHW", dense_dropout_keep_prob=1.0)
    )
    last, _, same = in_graph(nasnet.nasnet_mobile, 67, config=config())
    assert names == same
    assert last.shape == end_points["Logits"].shape
    assert end_points["Reduction_Cell_1"].shape.as_list() == [None, 64, 3, 3]


@pytest.mark.parametrize("shape", [[None, None, None, 3], [1, 19, None, 3]])
def test_images_of_unknown_size(shape):
    with tf.Graph().as_default():
        x = v1.placeholder(tf.float32, shape)
        with pytest.raises(ValueError, match=r"known height and width.*tf\.ensure_shape"):
            nasnet.nasnet_mobile(x, 3, False, config=config())


def test_an_unknown_operation():
    cell = nasnet_utils.NasNetABaseCell(4, ["conv_3x3"] * 10, [1] * 6 + [0], [0] * 10, 1.0, 1, 1)
    with (
        slim.arg_scope([nasnet_utils.get_channel_dim], data_format="NHWC"),
        pytest.raises(ValueError, match="c/comb_iter_0/left.*'conv_3x3'.*separable_<k>x<k>"),
    ):
        cell(tf.ones([1, 4, 4, 4]), scope="c")


@pytest.mark.parametrize("function", ["get_channel_index", "factorized_reduction"])
def test_outside_a_net_the_data_format_must_be_given(function):
    args = [] if function == "get_channel_index" else [tf.ones([1, 4, 4, 4]), 4, 2]
    with pytest.raises(AssertionError, match=f"{function} needs data_format.*'null'"):
        getattr(nasnet_utils, function)(*args)


def test_the_builders_of_research_slim_want_the_number_of_classes():
    module = "tf_slim.legacy.research_slim.nets.nasnet.nasnet"
    build = importlib.import_module(module).build_nasnet_mobile
    with pytest.raises(TypeError, match="num_classes"):
        build(tf.zeros([1, 19, 19, 3]))
    with pytest.raises(TypeError, match="scope"):
        build(tf.zeros([1, 19, 19, 3]), 3, scope="x")
