"""A small net of every kind of layer, whose weights tell images apart, as a source of exports."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import tf_slim as slim
from tf_slim.export import finding
from tf_slim.export.formats import Options

LABELS = ("a rose", "tulpe", "žluťásek", "d", "e")
SIZE = (12, 10)


def net(images, num_classes=5, is_training=False):
    """Convolutions, one of them depthwise, batch norms, a product."""
    with (
        slim.arg_scope([slim.batch_norm], is_training=is_training, scale=True),
        slim.arg_scope([slim.conv2d, slim.separable_conv2d], normalizer_fn=slim.batch_norm),
    ):
        hidden = slim.conv2d(images, 8, 3, scope="conv1", activation_fn=tf.nn.relu6)
        hidden = slim.separable_conv2d(hidden, None, 3, 1, scope="depthwise")
        hidden = slim.conv2d(hidden, 16, 1, scope="conv2")
        hidden = slim.flatten(slim.max_pool2d(hidden, 2))
        return slim.fully_connected(hidden, num_classes, activation_fn=None, scope="logits")


def source(fn=net, **known):
    """What is exported of the net: of (12, 10) images, with labels and a preprocessing."""
    model = slim.Model(fn, name=fn.__name__).build(tf.TensorSpec([None, *SIZE, 3]))
    random = np.random.RandomState(0)
    for variable in model.variables:
        if "moving_variance" not in variable.name and "gamma" not in variable.name:
            scale = 0.1 if len(variable.shape) == 1 else 0.3
            variable.assign(random.normal(0, scale, variable.shape))
    made = {"labels": LABELS, "preprocess": "inception", "image_size": SIZE, **known}
    return finding.of_model(model, **made)


def images(count):
    """Images as the preprocessing gives them."""
    return np.random.RandomState(1).uniform(-1, 1, [count, *SIZE, 3]).astype(np.float32)


def options(source, quantize=None, precision=None, samples=None, **known):
    """What is asked of a format, with images of the kind above to quantize by."""
    return Options(
        quantize=quantize,
        precision=precision,
        samples=samples or images,
        metadata=source.metadata(quantize=quantize, precision=precision, verified=True, **known),
    )
