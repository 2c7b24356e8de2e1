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
    lenet,
    overfeat,
    resnet_utils,
    resnet_v1,
    resnet_v2,
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
    "fetch",
    "get_network_fn",
    "lenet",
    "names",
    "overfeat",
    "register",
    "resnet_utils",
    "resnet_v1",
    "resnet_v2",
    "spec",
    "vgg",
]
