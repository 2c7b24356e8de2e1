"""Preprocessing: from a decoded image to what a net is fed. One file each, found by name."""

from tf_slim.data.preprocessing import cifarnet, digits, inception, lenet, none, vgg
from tf_slim.data.preprocessing.registry import get_preprocessing, names, register

__all__ = [
    "cifarnet",
    "digits",
    "get_preprocessing",
    "inception",
    "lenet",
    "names",
    "none",
    "register",
    "vgg",
]
