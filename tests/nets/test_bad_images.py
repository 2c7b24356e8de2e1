"""What a net cannot take is refused at its door, with a way out."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.nets.table import DEFINITIONS, NETS, image_shape

# net, shape of the images, further arguments -> parts of the message
BAD = [
    ("lenet", [1, 3, 3, 1], {}, ["LeNet", "4x4", "got 3x3", "Resize"]),
    ("lenet", [28, 28, 1], {}, ["LeNet", "(28, 28, 1)", "images[tf.newaxis]"]),
    ("lenet", [2, 784], {}, ["LeNet", "[batch, height, width, channels]", "(2, 784)"]),
    ("cifarnet", [1, 32, 3, 3], {}, ["CifarNet", "4x4", "got 32x3"]),
    ("cifarnet", [1, 1, 32, 32, 3], {}, ["CifarNet", "(1, 1, 32, 32, 3)"]),
    ("alexnet_v2", [1, 194, 224, 3], {}, ["alexnet_v2", "195x195", "got 194x224"]),
    (
        "alexnet_v2",
        [1, 256, 256, 3],
        {},
        ["alexnet_v2", "2x2 logits", "global_pool=True", "spatial_squeeze=False"],
    ),
    ("overfeat", [1, 224, 224, 3], {}, ["overfeat", "231x231", "got 224x224"]),
    ("overfeat", [1, 231, 263, 3], {}, ["overfeat", "1x2 logits", "global_pool=True"]),
    (
        "vgg_16",
        [1, 100, 100, 3],
        {},
        ["vgg_16", "224x224", "got 100x100", "fc_conv_padding='SAME'", "32x32"],
    ),
    ("vgg_a", [1, 223, 224, 3], {}, ["vgg_a", "224x224", "got 223x224"]),
    ("vgg_19", [1, 31, 31, 3], {"fc_conv_padding": "SAME"}, ["vgg_19", "32x32", "got 31x31"]),
    ("vgg_a", [1, 256, 224, 3], {}, ["vgg_a", "2x1 logits", "global_pool=True"]),
    ("vgg_16", [1, 64, 64, 3], {"fc_conv_padding": "SAME"}, ["vgg_16", "2x2 logits"]),
    (
        "inception_v3",
        [1, 106, 299, 3],
        {},
        ["InceptionV3", "107x107", "got 106x299", "create_aux_logits=False"],
    ),
    ("inception_v4", [1, 74, 74, 3], {"create_aux_logits": False}, ["75x75", "got 74x74"]),
    ("inception_v1", [1, 160, 160, 3], {}, ["InceptionV1", "193x193", "global_pool=True"]),
]


def _raises(call, parts):
    with pytest.raises(ValueError) as caught:
        call()
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize(("name", "shape", "kwargs", "parts"), BAD)
def test_in_a_v1_graph(name, shape, kwargs, parts):
    with tf.Graph().as_default():
        x = tf.compat.v1.placeholder(tf.float32, shape)
        _raises(lambda: slim.nets.spec(name).fn(x, **kwargs), parts)


@pytest.mark.usefixtures("thin")
@pytest.mark.parametrize(("name", "shape", "kwargs", "parts"), BAD)
@pytest.mark.parametrize("call", [tf.function, lambda model: model], ids=["function", "eager"])
def test_in_a_model(call, name, shape, kwargs, parts):
    model = call(slim.nets.create(name, **kwargs))
    _raises(lambda: model(tf.zeros(shape)), parts)


def test_nothing_is_made_for_images_that_are_too_small():
    model = slim.nets.create("vgg_16")
    with pytest.raises(ValueError, match="got 64x64"):
        model.build([None, 64, 64, 3])
    assert not model.variables


@pytest.mark.parametrize("name", sorted(NETS))
@pytest.mark.parametrize("dtype", [tf.uint8, tf.int64])
def test_integers_are_no_images(name, dtype):
    x = tf.zeros([1, *image_shape(name)], dtype)
    with pytest.raises(TypeError, match=f"got {dtype.name}.*convert_image_dtype"):
        slim.nets.create(name)(x)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_single_image_is_no_batch(name):
    with pytest.raises(ValueError, match=r"takes (images|videos) \[batch, .*tf.newaxis"):
        slim.nets.create(name)(tf.zeros(image_shape(name)))


def test_other_channels_than_those_of_the_weights():
    model = slim.nets.create("resnet_v1_18", 3).build([None, 32, 32, 3])
    with pytest.raises(ValueError) as caught:
        model(tf.zeros([1, 32, 32, 1]))
    for part in ("resnet_v1_18/conv1/weights", "shape (7, 7, 3, ", "shape (7, 7, 1, "):
        assert part in str(caught.value)


def test_arrays_are_images():
    model = slim.nets.create("lenet")
    logits, _ = model(np.zeros([2, 8, 8, 1], np.float32))
    assert logits.shape == [2, 10]


def test_the_message_gives_the_scope_in_use():
    with tf.Graph().as_default(), slim.scope("left"):
        x = tf.compat.v1.placeholder(tf.float32, [1, 3, 3, 1])
        with pytest.raises(ValueError, match="^left/eye takes images"):
            slim.nets.lenet.lenet(x, scope="eye")
