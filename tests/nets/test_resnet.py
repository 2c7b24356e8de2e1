"""ResNets: strides turned into dilation, units, conventions, errors."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.legacy.research_slim.nets import resnet_v1 as research_v1
from tf_slim.legacy.research_slim.nets import resnet_v2 as research_v2
from tf_slim.nets import resnet_utils, resnet_v1, resnet_v2

v1 = tf.compat.v1

SMALL = {
    "v1": (resnet_v1.resnet_v1, resnet_v1.resnet_v1_block),
    "lite": (resnet_v1.resnet_v1, resnet_v1.resnet_v1_lite_block),
    "v2": (resnet_v2.resnet_v2, resnet_v2.resnet_v2_block),
}
each_kind = pytest.mark.parametrize("kind", SMALL)


def small(kind, **kwargs):
    """A model of two short blocks with strides, and the images it is tried with."""
    net, block = SMALL[kind]
    blocks = [block("block1", 4, 2, 2), block("block2", 6, 2, 2), block("block3", 6, 1, 1)]
    model = slim.Model(
        net, resnet_utils.resnet_arg_scope(), blocks=blocks, is_training=False, **kwargs
    )
    images = np.random.RandomState(1).uniform(-1, 1, [1, 65, 65, 3]).astype(np.float32)
    return model, images


def outputs_with_the_weights_of(model, kind, **kwargs):
    other, images = small(kind, **kwargs)
    other.build(images.shape)
    for target, source in zip(other.variables, model.variables, strict=True):
        assert target.name == source.name
        target.assign(source)
    return other(images)


@each_kind
@pytest.mark.parametrize("output_stride", [4, 8])
def test_a_dense_map_has_the_usual_map_in_it(kind, output_stride):
    model, images = small(kind, global_pool=False)
    usual, _ = model(images)
    dense, _ = outputs_with_the_weights_of(
        model, kind, global_pool=False, output_stride=output_stride
    )
    step = 16 // output_stride
    assert usual.shape[1] == 5
    assert dense.shape[1] == 64 // output_stride + 1
    np.testing.assert_allclose(dense[:, ::step, ::step], usual, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", ["v1", "lite"])
def test_end_points_of_blocks_before_their_strides(kind):
    model, images = small(kind, scope="net")
    usual, end_points = model(images)
    output, before = outputs_with_the_weights_of(
        model, kind, scope="net", store_non_strided_activations=True
    )
    np.testing.assert_allclose(output, usual, rtol=1e-3, atol=1e-5)
    assert list(before) == list(end_points)
    assert end_points["net/block1"].shape[1] == 9
    assert before["net/block1"].shape[1] == 17
    np.testing.assert_allclose(
        before["net/block1"][:, ::2, ::2], end_points["net/block1"], rtol=1e-3, atol=1e-4
    )


@pytest.mark.parametrize("size", [8, 9])
@pytest.mark.parametrize("kernel", [3, 7])
def test_conv2d_same_subsamples(size, kernel):
    def both(images):
        strided = resnet_utils.conv2d_same(images, 2, kernel, stride=2, scope="conv")
        with slim.scope(v1.get_variable_scope(), reuse=True):
            whole = slim.conv2d(images, 2, kernel, scope="conv")
        return strided, resnet_utils.subsample(whole, 2)

    x = np.random.RandomState(0).normal(size=[1, size, size, 3]).astype(np.float32)
    strided, subsampled = slim.Model(both)(x)
    np.testing.assert_allclose(strided, subsampled, rtol=1e-5, atol=1e-6)


def test_bounded_activations():
    def unit(x):
        return resnet_v1.bottleneck(x, 8, 2, 1, use_bounded_activations=True)

    x = 100.0 * np.random.RandomState(0).normal(size=[1, 5, 5, 8]).astype(np.float32)
    output = slim.Model(unit)(x).numpy()
    assert output.min() >= 0.0 and output.max() == 6.0


@pytest.mark.parametrize(("layers", "parameters"), [(18, 11_689_512), (34, 21_797_672)])
def test_the_sizes_of_the_shallow_ones(layers, parameters):
    """As many parameters as the nets of the paper have in other frameworks."""
    name = f"resnet_v1_{layers}"
    with tf.Graph().as_default():
        slim.nets.create(name)(v1.placeholder(tf.float32, [None, 224, 224, 3]))
        trainable = v1.trainable_variables()
    assert sum(v.shape.num_elements() for v in trainable) == parameters
    convolutions = [v for v in trainable if v.op.name.endswith("weights")]
    assert len([v for v in convolutions if "shortcut" not in v.op.name]) == layers


def test_is_training_can_be_left_to_the_scope():
    net, block = SMALL["v1"]
    with tf.Graph().as_default(), slim.arg_scope(resnet_utils.resnet_arg_scope()):
        x = v1.placeholder(tf.float32, [1, 33, 33, 3])
        with slim.arg_scope([slim.batch_norm], is_training=False):
            net(x, [block("block1", 2, 1, 1)], is_training=None)
        assert not v1.get_collection(v1.GraphKeys.UPDATE_OPS)


class TestConventions:
    @pytest.mark.parametrize(
        ("name", "ours", "research"),
        [
            ("resnet_v1_50", resnet_v1.resnet_v1_50, research_v1.resnet_v1_50),
            ("resnet_v2_50", resnet_v2.resnet_v2_50, research_v2.resnet_v2_50),
        ],
    )
    def test_one_net_three_ways_to_call_it(self, name, ours, research):
        with tf.Graph().as_default():
            x = v1.placeholder(tf.float32, [2, 33, 33, 3])
            registered, points = slim.nets.create(name, 5)(x)
        with tf.Graph().as_default():
            x = v1.placeholder(tf.float32, [2, 33, 33, 3])
            contrib, contribs = ours(x, 5)
            other, others = research(x, 5, reuse=True)
        assert contrib.shape.as_list() == [2, 1, 1, 5]
        assert other.shape.as_list() == registered.shape.as_list() == [2, 5]
        assert len(others) == len(points) == len(contribs) + 2
        assert {"global_pool", f"{name}/spatial_squeeze"} <= set(points)

    def test_contrib_had_no_squeeze(self):
        with pytest.raises(TypeError, match="spatial_squeeze"):
            resnet_v1.resnet_v1_50(tf.zeros([1, 33, 33, 3]), 5, spatial_squeeze=True)

    def test_what_contrib_did_not_have_comes_last(self):
        contribs = list(inspect.signature(resnet_v1.resnet_v1_50).parameters)
        assert contribs[4:7] == ["output_stride", "reuse", "scope"]
        theirs = list(inspect.signature(research_v1.resnet_v1_50).parameters)
        assert theirs[-2:] == ["reuse", "scope"]


class TestErrors:
    def test_a_stride_that_cannot_be_reached(self):
        model, images = small("v1", output_stride=12)
        with pytest.raises(ValueError, match=r"cannot be reached.*1, 2, 4; got 3"):
            model(images)
        assert not model.variables[4:], "blocks were made first"

    @pytest.mark.parametrize("output_stride", [2, 6, 0])
    def test_a_stride_below_that_of_the_root(self, output_stride):
        model, images = small("v2", output_stride=output_stride)
        with pytest.raises(ValueError, match=f"multiple of 4.*resnet_v2; got {output_stride}"):
            model(images)

    def test_a_map_of_logits_is_not_squeezed(self):
        model = slim.nets.create("resnet_v1_18", 3, global_pool=False)
        with pytest.raises(ValueError) as caught:
            model(tf.zeros([1, 64, 96, 3]))
        for part in ("resnet_v1_18", "2x3 logits", "global_pool=True", "spatial_squeeze=False"):
            assert part in str(caught.value)
