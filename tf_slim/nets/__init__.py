"""Nets: plain functions that build a model, one family a file, found by name."""

from tf_slim.nets._registry import NetSpec, create, get_network_fn, names, register, spec

# isort: split
# Each of these registers its nets, with the `register` of this package.
from tf_slim.nets import alexnet, blocks, cifarnet, lenet, overfeat, vgg

__all__ = [
    "NetSpec",
    "alexnet",
    "blocks",
    "cifarnet",
    "create",
    "get_network_fn",
    "lenet",
    "names",
    "overfeat",
    "register",
    "spec",
    "vgg",
]
