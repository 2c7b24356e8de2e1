"""The table of nets under test. A new net gets a row."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np
import tensorflow as tf

import tf_slim as slim


@dataclasses.dataclass(frozen=True)
class Row:
    """How a net is run here.

    Attributes:
      size: a small height and width, in pixels, that the net takes with `kwargs`.
      features: how many features it returns without classes.
      kwargs: of the net, chosen to make it cheap.
      frames: for a net of videos, a small number of frames.
    """

    size: int
    features: int
    kwargs: dict[str, Any] = dataclasses.field(default_factory=dict)
    frames: int | None = None


CLASSES = 3

NETS = {
    "alexnet_v2": Row(195, 4096),
    "cifarnet": Row(4, 192),
    "lenet": Row(4, 1024),
    "overfeat": Row(231, 4096),
    "resnet_v1_18": Row(33, 512),
    "resnet_v1_50": Row(33, 2048),
    "resnet_v2_50": Row(33, 2048),
    "vgg_16": Row(32, 4096, {"fc_conv_padding": "SAME"}),
    "vgg_19": Row(32, 4096, {"fc_conv_padding": "SAME"}),
    "vgg_a": Row(32, 4096, {"fc_conv_padding": "SAME"}),
}

DEEPER = {
    "resnet_v1_101": "resnet_v1_50",
    "resnet_v1_152": "resnet_v1_50",
    "resnet_v1_200": "resnet_v1_50",
    "resnet_v1_34": "resnet_v1_18",
    "resnet_v2_101": "resnet_v2_50",
    "resnet_v2_152": "resnet_v2_50",
    "resnet_v2_200": "resnet_v2_50",
}
"""Nets that repeat more often, or widen, what one of the table does. The tests of names, shapes and
goldens have them too; they need not be run in each mode."""


def image_shape(name: str, size: int | None = None) -> list[int]:
    """The shape of one image (or video) for a net, by default the one of the table."""
    row = NETS[name]
    size = row.size if size is None else size
    clip = [] if row.frames is None else [row.frames]
    return [*clip, size, size, slim.nets.spec(name).channels]


def images(name: str, batch: int = 2) -> tf.Tensor:
    """A batch of random images, the same at every call."""
    shape = [batch, *image_shape(name)]
    return tf.constant(np.random.RandomState(0).uniform(-1, 1, shape), tf.float32)


@dataclasses.dataclass(frozen=True)
class Built:
    """A net in a v1 graph: cheap, since its variables are never given values."""

    output: list[int | None]
    end_points: dict[str, list[int | None]]
    variables: dict[str, list[int]]
    regularized: int


def in_graph(name: str, size: int | None = None, **kwargs) -> Built:
    """Builds a net in a v1 graph, by calling its plain function in its own arg_scope."""
    kwargs = {"num_classes": slim.nets.spec(name).num_classes, **NETS[name].kwargs, **kwargs}
    return _in_graph(name, size, tuple(kwargs.items()), layers_in_use=slim.conv2d)


@functools.cache
def _in_graph(name, size, kwargs, layers_in_use) -> Built:
    del layers_in_use  # a key of the cache: the layers may be thin ones
    spec = slim.nets.spec(name)
    v1 = tf.compat.v1
    with tf.Graph().as_default(), slim.arg_scope(spec.arg_scope()):
        x = v1.placeholder(tf.float32, [None, *image_shape(name, size)])
        output, end_points = spec.fn(x, **{**spec.defaults, **dict(kwargs)})
        return Built(
            output.shape.as_list(),
            {key: tensor.shape.as_list() for key, tensor in end_points.items()},
            {v.op.name: v.shape.as_list() for v in v1.global_variables()},
            len(v1.get_collection(v1.GraphKeys.REGULARIZATION_LOSSES)),
        )
