"""TensorFlow 1's API on today's TensorFlow: what a program sees as `import tensorflow as tf`.

It is `tf.compat.v1` with `tf.contrib`, with the parts that went away with Keras 2, and with the
version number that such programs look at.
"""

from __future__ import annotations

import functools
import importlib
import types
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_slim.legacy.absent import Absent, not_provided
from tf_slim.legacy.overlay import Overlay

__all__ = ["VERSION", "tensorflow1"]

VERSION = "1.15.5"

_ABSENT = ("estimator", "examples")


def _module(name: str) -> Callable[[], Any]:
    return functools.partial(importlib.import_module, name)


def _missing(prefix: str) -> Callable[[str], Exception]:
    return lambda name: not_provided(f"{prefix}.{name}")


@functools.cache
def tensorflow1() -> Overlay:
    """The module."""
    v1 = tf.compat.v1
    own: dict[str, Callable[[], Any]] = dict(
        contrib=_contrib,
        layers=_module("tf_slim.legacy.tensorflow1.layers"),
        python=_private_root,
        nn=lambda: Overlay(
            "tensorflow.nn",
            v1.nn,
            {"rnn_cell": _module("tf_slim.legacy.tensorflow1.rnn_cell")},
            _missing("tf.nn"),
        ),
        compat=lambda: Overlay(
            "tensorflow.compat",
            v1.compat,
            {"v1": tensorflow1, "v2": lambda: tf},
            _missing("tf.compat"),
        ),
        version=lambda: Overlay("tensorflow.version", v1.version, {"VERSION": lambda: VERSION}),
        VERSION=lambda: VERSION,
        GIT_VERSION=lambda: f"v{VERSION}",
        __version__=lambda: VERSION,
    )
    own.update({name: functools.partial(Absent, f"tf.{name}") for name in _ABSENT})
    facade = Overlay("tensorflow", v1, own, _missing("tf"))
    # Looked up without __getattr__ by `import` and by those who read vars().
    facade.__dict__["__version__"] = VERSION
    return facade


def _contrib() -> types.ModuleType:
    from tf_slim.legacy.contrib import namespaces

    return namespaces.find("contrib")


def _private_root() -> types.ModuleType:
    from tf_slim.legacy.tensorflow1 import moved

    return moved.private("tensorflow.python")
