"""DCGAN, CycleGAN and pix2pix: what they return, gradients, sizes, what is drawn at random."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.nets import cyclegan, dcgan, pix2pix
from tf_slim.nets.pix2pix import Block

BLOCKS = [Block(4, 0.5), Block(8, 0)]


def random(*shape, seed=0):
    return tf.constant(np.random.RandomState(seed).uniform(-1, 1, shape), tf.float32)


# name -> (net, its input, keyword arguments, shape of the output, end points)
NETS = {
    "dcgan generator": (
        dcgan.generator,
        [2, 5],
        {"depth": 2, "final_size": 16},
        [2, 16, 16, 3],
        ["deconv1", "deconv2", "deconv3", "logits"],
    ),
    "dcgan discriminator": (
        dcgan.discriminator,
        [2, 8, 8, 3],
        {"depth": 2},
        [2, 1],
        ["conv1", "conv2", "conv3", "logits"],
    ),
    "cyclegan": (
        cyclegan.cyclegan_generator_resnet,
        [2, 8, 8, 3],
        {"num_filters": 2, "num_resnet_blocks": 1},
        [2, 8, 8, 3],
        [
            *("encoder_0", "encoder_1", "encoder_2", "resnet_block_0"),
            *("decoder1", "decoder2", "logits", "predictions"),
        ],
    ),
    "pix2pix generator": (
        pix2pix.pix2pix_generator,
        [2, 8, 4, 3],
        {"num_outputs": 1, "blocks": BLOCKS},
        [2, 8, 4, 1],
        [
            *("encoder0", "encoder1", "decoder0", "decoder1"),
            *("logits", "predictions"),
        ],
    ),
    "pix2pix discriminator": (
        pix2pix.pix2pix_discriminator,
        [2, 8, 8, 3],
        {"num_filters": [4, 8]},
        [2, 7, 7, 1],
        ["conv0", "conv1", "logits", "predictions"],
    ),
}


@pytest.mark.parametrize("name", NETS)
def test_outputs_and_gradients(name):
    net, shape, kwargs, expected, names = NETS[name]
    model = slim.Model(net, **kwargs)
    x = random(*shape)
    outputs, end_points = model(x)
    assert outputs.shape == expected
    assert list(end_points) == names

    @tf.function
    def gradients(x):
        with tf.GradientTape() as tape:
            outputs, _ = model(x, is_training=True)
            loss = tf.reduce_mean(tf.square(outputs - 0.5))
        return tape.gradient(loss, model.trainable_variables)

    found = gradients(x)
    for variable, gradient in zip(model.trainable_variables, found, strict=True):
        assert np.isfinite(gradient.numpy()).all(), variable.name
    assert np.any(found[0].numpy() != 0)


def test_the_batch_may_be_unknown():
    for net, shape, kwargs, expected, _ in NETS.values():
        model = slim.Model(net, **kwargs)
        spec = tf.TensorSpec([None, *shape[1:]])
        concrete = tf.function(model).get_concrete_function(spec)
        assert concrete.output_shapes[0].as_list()[1:] == expected[1:]


class TestUpsampling:
    @pytest.mark.parametrize(
        "method", ["conv2d_transpose", "nn_upsample_conv", "bilinear_upsample_conv"]
    )
    def test_cyclegan(self, method):
        def generator(x):
            def up(net, num_outputs, stride):
                return cyclegan.cyclegan_upsample(net, num_outputs, stride, method)

            return cyclegan.cyclegan_generator_resnet(
                x, num_resnet_blocks=0, num_filters=2, upsample_fn=up
            )

        predict = tf.function(
            slim.Model(generator), input_signature=[tf.TensorSpec([None, None, None, 3])]
        )
        predictions, _ = predict(random(1, 8, 12, 3))
        assert predictions.shape == [1, 8, 12, 3]
        assert np.abs(predictions).max() <= 1.0

    @pytest.mark.parametrize("method", ["nn_upsample_conv", "conv2d_transpose"])
    def test_pix2pix(self, method):
        net = slim.Model(pix2pix.upsample, num_outputs=5, kernel_size=[2, 3], method=method)
        assert net(random(1, 4, 5, 2)).shape == [1, 8, 15, 5]

    def test_weight_decay_of_cyclegan(self):
        scope = cyclegan.cyclegan_arg_scope(weight_decay=0.1)
        model = slim.Model(lambda x: slim.conv2d(x, 2, 1), scope).build([1, 4, 4, 1])
        weights = model.variables[0].numpy()
        np.testing.assert_allclose(model.losses, [0.05 * np.sum(weights**2)], rtol=1e-5)


def test_the_noise_of_pix2pix_is_there_after_training_and_can_be_drawn_again():
    model = slim.Model(
        pix2pix.pix2pix_generator, pix2pix.pix2pix_arg_scope(), num_outputs=1, blocks=BLOCKS
    )
    x = random(1, 8, 8, 3)
    outputs = []
    for seed in ([0, 1], [0, 2], [0, 1]):
        with slim.random_scope(seed):
            outputs.append(model(x, is_training=False)[0].numpy())
    assert np.any(outputs[0] != outputs[1])
    np.testing.assert_array_equal(outputs[0], outputs[2])


BAD = {
    "noise": (dcgan.generator, [2, 4, 4, 3], {}, ["Generator", "[batch, z]", "(2, 4, 4, 3)"]),
    "final_size": (dcgan.generator, [2, 4], {"final_size": 24}, ["power of 2", "got 24"]),
    "small final_size": (dcgan.generator, [2, 4], {"final_size": 4}, ["8 or more", "got 4"]),
    "rank": (dcgan.discriminator, [8, 8, 3], {}, ["Discriminator", "tf.newaxis"]),
    "not square": (dcgan.discriminator, [1, 8, 16, 3], {}, ["square", "(1, 8, 16, 3)"]),
    "no power of 2": (dcgan.discriminator, [1, 48, 48, 3], {}, ["power of 2", "64x64"]),
    "no multiple of 4": (
        cyclegan.cyclegan_generator_resnet,
        [1, 10, 12, 3],
        {},
        ["multiples of 4", "(1, 10, 12, 3)"],
    ),
    "small for cyclegan": (
        cyclegan.cyclegan_generator_resnet,
        [1, 8, 12, 3],
        {"kernel_size": 5},
        ["12x12", "got 8x12"],
    ),
    "no multiple of 128": (
        pix2pix.pix2pix_generator,
        [1, 64, 128, 3],
        {"num_outputs": 3},
        ["128", "(1, 64, 128, 3)", "fewer blocks"],
    ),
    "small for pix2pix": (
        pix2pix.pix2pix_discriminator,
        [1, 4, 4, 3],
        {"num_filters": [4, 8, 8], "padding": 1},
        ["12x12", "got 4x4"],
    ),
    "one layer": (pix2pix.pix2pix_discriminator, [1, 8, 8, 3], {"num_filters": [4]}, ["[4]"]),
    "method": (
        pix2pix.pix2pix_generator,
        [1, 4, 4, 3],
        {"num_outputs": 1, "blocks": BLOCKS, "upsample_method": "zzz"},
        ["'zzz'", "conv2d_transpose"],
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    net, shape, kwargs, parts = BAD[case]
    with pytest.raises(ValueError) as caught:
        slim.Model(net, **kwargs)(tf.zeros(shape))
    for part in parts:
        assert part in str(caught.value)


def test_the_smallest_images_of_the_patch_discriminator():
    for padding in (0, 1, 2):
        size = pix2pix._least_size([2, 2, 1, 1], padding, "REFLECT")
        model = slim.Model(pix2pix.pix2pix_discriminator, num_filters=[2, 2, 2], padding=padding)
        assert model(tf.zeros([1, size, size, 3]))[0].shape[1] >= 1
        with pytest.raises(ValueError, match=f"{size}x{size}"):
            model(tf.zeros([1, size - 1, size - 1, 3]))
