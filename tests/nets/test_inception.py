"""Inception nets: end points and the images they can be had from, variants, errors."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.legacy.research_slim.nets import inception as research
from tf_slim.nets import inception
from tf_slim.nets.blocks import reduced_kernel
from tf_slim.nets.inception_utils import smallest_image

v1 = tf.compat.v1

# The first layers of each stage, which differ in the images that they can be had from.
STEM = ["Conv2d_1a_3x3", "Conv2d_2a_3x3"]
STAGES = {
    "v3": [*STEM, "MaxPool_3a_3x3", "Conv2d_4a_3x3", "MaxPool_5a_3x3", "Mixed_6a", "Mixed_7a"],
    "v4": [*STEM, "Mixed_3a", "Mixed_4a", "Mixed_5a", "Mixed_6a", "Mixed_7a"],
    "resnet_v2": [*STEM, "MaxPool_3a_3x3", "Conv2d_4a_3x3", "MaxPool_5a_3x3", "Mixed_6a"],
}


@pytest.mark.parametrize("version", STAGES)
def test_the_smallest_image_of_each_end_point(version):
    base = getattr(inception, f"inception_{version}_base")
    for end_point in STAGES[version]:
        size = smallest_image(end_point)
        with tf.Graph().as_default():
            net, _ = base(v1.placeholder(tf.float32, [1, size, size, 3]), end_point)
            assert net.shape[1:3] == [1, 1], end_point
            with pytest.raises(ValueError, match=f"{size}x{size} pixels and more; got {size - 1}x"):
                base(v1.placeholder(tf.float32, [1, size - 1, size, 3]), end_point, scope="less")


@pytest.mark.parametrize("version", ["v1", "v2", "v3", "v4", "resnet_v2"])
def test_an_unknown_end_point(version):
    base = getattr(inception, f"inception_{version}_base")
    with tf.Graph().as_default():
        x = v1.placeholder(tf.float32, [1, 299, 299, 3])
        with pytest.raises(ValueError, match=r"no end point 'Mixed_5x'.*Did you mean 'Mixed_5"):
            base(x, final_endpoint="Mixed_5x")
        assert not v1.global_variables()


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize("depth_multiplier", [0, -0.5])
def test_a_depth_multiplier_that_is_not_positive(version, depth_multiplier):
    with pytest.raises(ValueError, match=f"not greater than zero: got {depth_multiplier}"):
        slim.nets.create(f"inception_{version}", depth_multiplier=depth_multiplier)(
            tf.zeros([1, 299, 299, 3])
        )


def test_channels_first():
    with tf.Graph().as_default(), slim.arg_scope(inception.inception_v2_arg_scope()):
        x = v1.placeholder(tf.float32, [2, 3, 64, 96])
        net, end_points = inception.inception_v2_base(
            x, use_separable_conv=False, data_format="NCHW"
        )
        assert net.shape.as_list() == [2, 1024, 2, 3]
        assert end_points["Mixed_4a"].shape.as_list() == [2, 576, 4, 6]
        first = [v for v in v1.global_variables() if "Conv2d_1a_7x7" in v.op.name]
        assert [v.shape.as_list() for v in first] == [[7, 7, 3, 64], [64], [64], [64]]


def test_channels_first_and_other_formats_that_cannot_be():
    x = tf.zeros([1, 3, 64, 64])
    with pytest.raises(ValueError, match="use_separable_conv=False"):
        inception.inception_v2_base(x, data_format="NCHW")
    with pytest.raises(ValueError, match="'NHWC' or 'NCHW'; got 'NCW'"):
        inception.inception_v2_base(x, data_format="NCW")


def test_without_its_root():
    with tf.Graph().as_default():
        x = v1.placeholder(tf.float32, [1, 16, 16, 48])
        for base in (inception.inception_v1_base, inception.inception_v2_base):
            _, end_points = base(x, "Mixed_3c", include_root_block=False)
            assert list(end_points) == ["Mixed_3b", "Mixed_3c"]


class TestInceptionResnetV2:
    def test_a_dense_map(self):
        with tf.Graph().as_default():
            x = v1.placeholder(tf.float32, [1, 64, 64, 3])
            net, _ = inception.inception_resnet_v2_base(
                x, "PreAuxLogits", output_stride=8, align_feature_maps=True
            )
            assert net.shape.as_list() == [1, 8, 8, 1088]

    def test_strides_that_cannot_be(self):
        x = tf.zeros([1, 128, 128, 3])
        with pytest.raises(ValueError, match="must be 8 or 16.*got 32"):
            inception.inception_resnet_v2_base(x, output_stride=32)
        with pytest.raises(ValueError, match="up to the end point PreAuxLogits"):
            inception.inception_resnet_v2_base(x, output_stride=8)

    def test_bounded_activations(self):
        def block(x):
            return slim.nets.inception_resnet_v2.block8(x, activation_fn=tf.nn.relu6)

        x = 100.0 * np.random.RandomState(0).normal(size=[1, 2, 2, 16]).astype(np.float32)
        output = slim.Model(block)(x).numpy()
        assert output.min() == 0.0 and output.max() == 6.0


class TestHeads:
    @pytest.mark.parametrize("name", ["inception_v4", "inception_resnet_v2"])
    def test_an_auxiliary_head_needs_a_static_size(self, name):
        with tf.Graph().as_default():
            x = v1.placeholder(tf.float32, [None, None, None, 3])
            with pytest.raises(
                ValueError, match=r"AuxLogits.*static size.*create_aux_logits=False"
            ):
                slim.nets.create(name)(x)

    def test_other_heads_do_not(self):
        with tf.Graph().as_default():
            x = v1.placeholder(tf.float32, [None, None, None, 3])
            logits, _ = slim.nets.create("inception_v4", 7, create_aux_logits=False)(x)
            assert logits.shape.as_list() == [None, 7]

    def test_pooled_end_points_are_not_in_contrib(self):
        with tf.Graph().as_default():
            x = v1.placeholder(tf.float32, [2, 224, 224, 3])
            _, contribs = inception.inception_v2(x, 5)
            _, theirs = research.inception_v2(x, 5, reuse=True)
        assert set(theirs) - set(contribs) == {"AvgPool_1a", "PreLogits"}

    def test_larger_images(self):
        with tf.Graph().as_default():
            x = v1.placeholder(tf.float32, [2, 256, 256, 3])
            with pytest.raises(ValueError, match=r"InceptionV1/Logits.*2x2 logits.*global_pool"):
                inception.inception_v1(x, 5)
            logits, _ = inception.inception_v1(x, 5, spatial_squeeze=False, scope="map")
            assert logits.shape.as_list() == [2, 2, 2, 5]

    def test_moving_averages_have_a_collection_of_their_own_in_contrib(self):
        with tf.Graph().as_default(), slim.arg_scope(inception.inception_v1_arg_scope()):
            x = v1.placeholder(tf.float32, [1, 32, 32, 3])
            inception.inception_v1_base(x, "Conv2d_2c_3x3")
            assert len(v1.get_collection("moving_vars")) == 6

    def test_a_scope_without_batch_norm(self):
        scope = inception.inception_v1_arg_scope(use_batch_norm=False)
        with tf.Graph().as_default(), slim.arg_scope(scope):
            inception.inception_v1_base(v1.placeholder(tf.float32, [1, 32, 32, 3]), "Conv2d_2b_1x1")
            names = [v.op.name for v in v1.global_variables()]
        assert [name.rpartition("/")[2] for name in names] == ["weights", "biases"] * 2


def test_reduced_kernel():
    assert reduced_kernel(tf.zeros([1, 5, 9, 3]), [7, 7]) == [5, 7]
    assert reduced_kernel(tf.zeros([1, 3, 5, 9]), [7, 7], "NCHW") == [5, 7]
    with tf.Graph().as_default():
        assert reduced_kernel(v1.placeholder(tf.float32, [1, None, 4, 3]), [7, 7]) == [7, 4]
