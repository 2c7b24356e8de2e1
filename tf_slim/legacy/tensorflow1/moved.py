"""Private modules of TensorFlow, mended for programs that import names which have moved since.

Only what a program itself imports is touched, and only as that program sees it.
"""

from __future__ import annotations

import functools
import importlib
import types
from typing import Any

import tensorflow as tf

from tf_slim.legacy.absent import not_provided
from tf_slim.legacy.overlay import Overlay

__all__ = ["private"]

_PREFIX = "tensorflow.python"

# Modules that are ours: what they were built on went with Keras 2.
_OURS = {
    "tensorflow.python.layers": "tf_slim.legacy.tensorflow1.layers",
    "tensorflow.python.layers.base": "tf_slim.legacy.tensorflow1.layers",
    "tensorflow.python.layers.convolutional": "tf_slim.legacy.tensorflow1.layers",
    "tensorflow.python.layers.core": "tf_slim.legacy.tensorflow1.layers",
    "tensorflow.python.layers.layers": "tf_slim.legacy.tensorflow1.layers",
    "tensorflow.python.layers.normalization": "tf_slim.legacy.tensorflow1.layers",
    "tensorflow.python.layers.pooling": "tf_slim.legacy.tensorflow1.layers",
    "tensorflow.python.ops.rnn_cell": "tf_slim.legacy.tensorflow1.rnn_cell",
    "tensorflow.python.ops.rnn_cell_impl": "tf_slim.legacy.tensorflow1.rnn_cell",
}

# Where tf.compat.v1 may have what a private module no longer has, in the order of searching.
_PUBLIC = (
    "",
    "nn",
    "math",
    "train",
    "image",
    "graph_util",
    "strings",
    "io",
    "linalg",
    "losses",
    "summary",
    "initializers",
    "random",
    "data",
    "saved_model",
    "sets",
    "sparse",
    "debugging",
)


class _Private(Overlay):
    """A private module with what has moved out of it."""

    def _from_base(self, name: str) -> Any:
        try:
            value = getattr(self._base, name)
        except AttributeError:
            full_name = f"{self.__name__}.{name}"
            if full_name in _OURS or _exists(full_name):
                return private(full_name)
            return _public(name)
        if isinstance(value, types.ModuleType) and value.__name__.startswith(_PREFIX):
            return private(value.__name__)
        return value


def _exists(name: str) -> bool:
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def _public(name: str) -> Any:
    for place in _PUBLIC:
        module = getattr(tf.compat.v1, place) if place else tf.compat.v1
        if hasattr(module, name):
            return getattr(module, name)
    raise AttributeError(name)


@functools.cache
def private(name: str) -> types.ModuleType:
    """The private module `name`, mended.

    Names that have gone from it are served from the public API, where most of them are now. A
    module that has gone altogether can be imported; what is taken from it fails when it is used,
    unless the public API has it.
    """
    if name in _OURS:
        return importlib.import_module(_OURS[name])
    try:
        base: Any = importlib.import_module(name)
    except ImportError:
        base = Overlay(name, types.ModuleType(name), {})
    return _Private(name, base, {}, lambda attribute: not_provided(f"{name}.{attribute}"))
