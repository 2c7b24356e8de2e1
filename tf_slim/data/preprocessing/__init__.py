"""Preprocessing: from a decoded image to what a net is fed. One file each, found by name."""

from tf_slim.data.preprocessing import digits, lenet, none
from tf_slim.data.preprocessing.registry import get_preprocessing, names, register

__all__ = ["digits", "get_preprocessing", "lenet", "names", "none", "register"]
