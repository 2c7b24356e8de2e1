"""Nets: plain functions that build a model, one family a file, found by name."""

from tf_slim.nets._create import create, get_network_fn
from tf_slim.nets._fetch import checkpoint, fetch
from tf_slim.nets._published import Checkpoint
from tf_slim.nets._registry import NetSpec, names, register, spec

# isort: split
# Each of these registers its nets, with the `register` of this package.
from tf_slim.nets import (
    alexnet,
    blocks,
    cifarnet,
    cyclegan,
    dcgan,
    i3d,
    i3d_utils,
    inception,
    inception_resnet_v2,
    inception_utils,
    inception_v1,
    inception_v2,
    inception_v3,
    inception_v4,
    lenet,
    mobilenet,
    mobilenet_v1,
    nasnet,
    overfeat,
    pix2pix,
    resnet_utils,
    resnet_v1,
    resnet_v2,
    s3dg,
    vgg,
)

__all__ = [
    "Checkpoint",
    "NetSpec",
    "alexnet",
    "blocks",
    "checkpoint",
    "cifarnet",
    "create",
    "cyclegan",
    "dcgan",
    "fetch",
    "get_network_fn",
    "i3d",
    "i3d_utils",
    "inception",
    "inception_resnet_v2",
    "inception_utils",
    "inception_v1",
    "inception_v2",
    "inception_v3",
    "inception_v4",
    "lenet",
    "mobilenet",
    "mobilenet_v1",
    "names",
    "nasnet",
    "overfeat",
    "pix2pix",
    "register",
    "resnet_utils",
    "resnet_v1",
    "resnet_v2",
    "s3dg",
    "spec",
    "vgg",
]
