"""What a GPU gains by layouts, XLA, short types, and images that wait on it. `make bench-gpu`.

A training step of the convolutions of ResNet-50, with channels last and first, compiled by XLA or
not, in float32 with and without TensorFloat-32, and in 16 bits; and the same step on images that
come from the host, or that were put on the device ahead. Whole nets are measured by
`bench_nets.py`.

It was written on a machine without a GPU: nothing in the package's documents was measured by it.
"""

from __future__ import annotations

import pytest
import tensorflow as tf

import tf_slim as slim
from benchmarks import settings
from benchmarks.peers import compare

DEVICES = tf.config.list_physical_devices("GPU")
BATCH, PIXELS = settings.sized(32, 128), 224
# Channels, blocks, stride of the first: K. He et al., "Deep Residual Learning for Image
# Recognition", 2016, table 1, the net of 50 layers.
BLOCKS = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
LAYOUTS = ("NHWC", "NCHW")
# Name -> precision of the model, whether products in float32 may be done in TensorFloat-32.
PRECISIONS = {
    "float32": ("float32", False),
    "TF32": ("float32", True),
    "float16": ("mixed_float16", True),
    "bfloat16": ("mixed_bfloat16", True),
}

pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(not DEVICES, reason="TensorFlow sees no GPU"),
]


def trunk(images: tf.Tensor, layout: str, is_training: bool = True, blocks=BLOCKS) -> tf.Tensor:
    """The convolutions of ResNet-50 in a layout, which its images are in already."""
    layers = [slim.conv2d, slim.batch_norm, slim.max_pool2d]
    with slim.arg_scope(layers, data_format=layout):
        with slim.arg_scope([slim.conv2d], normalizer_fn=slim.batch_norm):
            with slim.arg_scope([slim.batch_norm], is_training=is_training):
                net = slim.conv2d(images, 64, 7, stride=2)
                net = slim.max_pool2d(net, 3, stride=2)
                for channels, repeats, first in blocks:
                    for repeat in range(repeats):
                        net = _bottleneck(net, channels, first if repeat == 0 else 1, repeat == 0)
    return tf.reduce_mean(net, [1, 2] if layout == "NHWC" else [2, 3])


def _bottleneck(net: tf.Tensor, channels: int, stride: int, widens: bool) -> tf.Tensor:
    beside = net
    if widens:
        beside = slim.conv2d(net, 4 * channels, 1, stride=stride, activation_fn=None)
    net = slim.conv2d(net, channels, 1)
    net = slim.conv2d(net, channels, 3, stride=stride)
    net = slim.conv2d(net, 4 * channels, 1, activation_fn=None)
    return tf.nn.relu(net + beside)


def shape_of(layout: str, batch: int = BATCH, pixels: int = PIXELS) -> list[int]:
    """The shape of images in a layout."""
    return [batch, pixels, pixels, 3] if layout == "NHWC" else [batch, 3, pixels, pixels]


def step_of(layout: str, precision: str, jit: bool, shape: list[int], blocks=BLOCKS):
    """A training step of the trunk."""
    model = slim.Model(trunk, precision=precision, layout=layout, blocks=blocks)
    model.build(tf.TensorSpec(shape))
    return slim.learning.make_train_step(
        model,
        lambda outputs, labels: tf.reduce_mean(tf.square(tf.cast(outputs, tf.float32) - labels)),
        tf.compat.v1.train.MomentumOptimizer(0.001, 0.9),
        jit_compile=jit,
    )


def labels_of(batch: int, blocks=BLOCKS) -> tf.Tensor:
    """What the outputs are to become."""
    return tf.zeros([batch, 4 * blocks[-1][0]])


@pytest.fixture
def tensor_float_32():
    """Sets it as it was."""
    before = tf.config.experimental.tensor_float_32_execution_enabled()
    yield tf.config.experimental.enable_tensor_float_32_execution
    tf.config.experimental.enable_tensor_float_32_execution(before)


@pytest.mark.parametrize("name", PRECISIONS)
def test_layouts(name, tensor_float_32, capsys):
    precision, short = PRECISIONS[name]
    tensor_float_32(short)
    runs = {}
    for layout in LAYOUTS:
        images = tf.random.stateless_normal(shape_of(layout), [1, 2])
        for jit in (False, True):
            step = step_of(layout, precision, jit, shape_of(layout))
            runs[f"slim {layout}{' XLA' if jit else ''}"] = lambda step=step, images=images: step(
                images, labels_of(BATCH)
            ).numpy()
    with capsys.disabled():
        compare(f"a step of ResNet-50's trunk b{BATCH}, {name}", runs, rounds=5, calls=5)


def from_host(pixels: int, batch: int) -> tf.data.Dataset:
    """Images that a host has ready: sending them is all that there is to do."""
    images = tf.random.stateless_normal(shape_of("NHWC", 2 * batch, pixels), [1, 2])
    return tf.data.Dataset.from_tensor_slices(images).batch(batch).cache().repeat().prefetch(2)


def test_input(capsys):
    step = step_of("NHWC", "mixed_float16", False, shape_of("NHWC"))
    host = from_host(PIXELS, BATCH)
    device = DEVICES[0].name.replace("physical_device:", "/")
    ahead = iter(host.apply(tf.data.experimental.prefetch_to_device(device, 2)))
    with tf.device("/cpu:0"):
        waiting = iter(host)
    labels = labels_of(BATCH)
    with capsys.disabled():
        compare(
            f"a step of ResNet-50's trunk b{BATCH}, float16, with its input",
            {
                "slim, images sent when needed": lambda: step(next(waiting), labels).numpy(),
                "slim, images sent ahead": lambda: step(next(ahead), labels).numpy(),
            },
            rounds=5,
            calls=10,
        )
