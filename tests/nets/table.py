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
      size: the smallest height and width, in pixels, that the net takes with `kwargs`.
      features: how many features it returns without classes.
      kwargs: of the net, chosen to make it cheap.
      frames: for a net of videos, a small number of images that it takes.
      computes: whether its numbers are computed here, in each mode. Those of all nets are compared
        with recorded ones in tests/goldens.
      large: whether its graph takes seconds to build. tests/nets/test_reference.py does so once.
      like: a net that is the same code with other numbers in it: what depends on the code alone is
        tried with that one.
    """

    size: int
    features: int
    kwargs: dict[str, Any] = dataclasses.field(default_factory=dict)
    frames: int | None = None
    computes: bool = False
    large: bool = False
    like: str | None = None


CLASSES = 3

_SAME = {"fc_conv_padding": "SAME"}

NETS = {
    "alexnet_v2": Row(195, 4096, computes=True),
    "cifarnet": Row(4, 192, computes=True),
    "i3d": Row(32, 1024, frames=16),
    "inception_resnet_v2": Row(107, 1536, large=True),
    "inception_v1": Row(33, 1024, {"global_pool": True}, computes=True),
    "inception_v2": Row(32, 1024),
    "inception_v3": Row(107, 2048),
    "inception_v4": Row(107, 1536, large=True),
    "lenet": Row(4, 1024, computes=True),
    "mobilenet_edgetpu": Row(32, 1280),
    "mobilenet_edgetpu_075": Row(32, 1280, like="mobilenet_edgetpu"),
    "mobilenet_v1": Row(32, 256, {"depth_multiplier": 0.25}, computes=True),
    "mobilenet_v1_025": Row(32, 256, like="mobilenet_v1"),
    "mobilenet_v1_050": Row(32, 512, like="mobilenet_v1"),
    "mobilenet_v1_075": Row(32, 768, like="mobilenet_v1"),
    "mobilenet_v2": Row(32, 1280),
    "mobilenet_v2_035": Row(32, 1280, like="mobilenet_v2"),
    "mobilenet_v2_050": Row(32, 1280, like="mobilenet_v2"),
    "mobilenet_v2_140": Row(32, 1792, like="mobilenet_v2"),
    "mobilenet_v3_large": Row(32, 1280, like="mobilenet_v3_small"),
    "mobilenet_v3_large_minimalistic": Row(32, 1280, like="mobilenet_v3_small"),
    "mobilenet_v3_small": Row(32, 1024),
    "mobilenet_v3_small_minimalistic": Row(32, 1024, like="mobilenet_v3_small"),
    "nasnet_cifar": Row(32, 768, like="nasnet_mobile"),
    "nasnet_large": Row(96, 4032, like="nasnet_mobile"),
    "nasnet_mobile": Row(96, 1056, large=True),
    "overfeat": Row(231, 4096, computes=True),
    "pnasnet_large": Row(96, 4320, like="pnasnet_mobile"),
    "pnasnet_mobile": Row(96, 1080, large=True),
    "resnet_v1_18": Row(32, 512, computes=True),
    "resnet_v1_34": Row(32, 512, like="resnet_v1_18"),
    "resnet_v1_50": Row(32, 2048),
    "resnet_v1_101": Row(32, 2048, like="resnet_v1_50"),
    "resnet_v1_152": Row(32, 2048, like="resnet_v1_50"),
    "resnet_v1_200": Row(32, 2048, like="resnet_v1_50"),
    "resnet_v2_50": Row(32, 2048),
    "resnet_v2_101": Row(32, 2048, like="resnet_v2_50"),
    "resnet_v2_152": Row(32, 2048, like="resnet_v2_50"),
    "resnet_v2_200": Row(32, 2048, like="resnet_v2_50"),
    "s3dg": Row(32, 1024, frames=16),
    "vgg_16": Row(32, 4096, _SAME, like="vgg_a"),
    "vgg_19": Row(32, 4096, _SAME, like="vgg_a"),
    "vgg_a": Row(32, 4096, _SAME, computes=True),
}

DEFINITIONS = tuple(sorted(name for name, row in NETS.items() if row.like is None))
"""One net of each piece of code."""

BUILT = tuple(name for name in DEFINITIONS if not NETS[name].large)
"""Those of them that are quickly built."""

COMPUTED = tuple(sorted(name for name, row in NETS.items() if row.computes))
"""The nets whose numbers are computed here."""


def image_shape(name: str, size: int | None = None) -> list[int]:
    """The shape of one input for a net, by default the smallest that the table knows."""
    row = NETS[name]
    size = row.size if size is None else size
    frames = [] if row.frames is None else [row.frames]
    return [*frames, size, size, slim.nets.spec(name).channels]


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
    """Builds a net in a v1 graph, in training, by calling its function in its own arg_scope."""
    return _in_graph(name, size, tuple(kwargs.items()), layers_in_use=slim.conv2d)


@functools.cache
def _in_graph(name, size, kwargs, layers_in_use) -> Built:
    del layers_in_use  # a key of the cache: the layers may be thin ones
    spec = slim.nets.spec(name)
    v1 = tf.compat.v1
    with tf.Graph().as_default(), slim.arg_scope(spec.arg_scope()):
        x = v1.placeholder(tf.float32, [None, *image_shape(name, size)])
        usual = {"num_classes": spec.num_classes, "is_training": True, **spec.defaults}
        options = {**usual, **NETS[name].kwargs, **dict(kwargs)}
        output, end_points = spec.fn(x, **options)
        return Built(
            output.shape.as_list(),
            {key: tensor.shape.as_list() for key, tensor in end_points.items()},
            {v.op.name: v.shape.as_list() for v in v1.global_variables()},
            len(v1.get_collection(v1.GraphKeys.REGULARIZATION_LOSSES)),
        )
