"""TensorFlow 1's API on today's TensorFlow: what a program sees as `import tensorflow as tf`.

It is `tf.compat.v1` with `tf.contrib`, with the parts that went away with Keras 2, and with the
version number that such programs look at.
"""

from __future__ import annotations

import functools
import importlib
import types
from collections.abc import Callable, Mapping
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


class _Api(Overlay):
    """A module of TensorFlow 1's API: `tf.compat.v1`'s, and what lies below its name today.

    `tensorflow.core`, `tensorflow.lite.python` and the like are no part of `tf.compat.v1`, and are
    there all the same.
    """

    def _from_base(self, name: str) -> Any:
        try:
            value = getattr(self._base, name)
        except AttributeError:
            module = None if name.startswith("__") else _todays(f"{self.__name__}.{name}")
            if module is None:
                raise
            return module
        if isinstance(value, types.ModuleType) and value.__name__.startswith(_PUBLIC):
            return self.__dict__.setdefault(name, _api(f"{self.__name__}.{name}", value))
        return value


_PUBLIC = f"{tf.compat.v1.__name__}."


def _todays(name: str) -> types.ModuleType | None:
    """Today's module of this name; None where there is none."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            return None
        raise


def _api(name: str, base: Any, own: Mapping[str, Callable[[], Any]] | None = None) -> _Api:
    return _Api(name, base, own or {}, _missing("tf" + name.removeprefix("tensorflow")))


@functools.cache
def tensorflow1() -> Overlay:
    """The module."""
    v1 = tf.compat.v1
    own: dict[str, Callable[[], Any]] = dict(
        contrib=_contrib,
        layers=_module("tf_slim.legacy.tensorflow1.layers"),
        python=_private_root,
        # Keras is loaded when it is used.
        keras=lambda: v1.keras,
        nn=lambda: _api(
            "tensorflow.nn", v1.nn, {"rnn_cell": _module("tf_slim.legacy.tensorflow1.rnn_cell")}
        ),
        compat=lambda: _api("tensorflow.compat", v1.compat, {"v1": tensorflow1, "v2": lambda: tf}),
        version=lambda: _api("tensorflow.version", v1.version, {"VERSION": lambda: VERSION}),
        VERSION=lambda: VERSION,
        GIT_VERSION=lambda: f"v{VERSION}",
        __version__=lambda: VERSION,
    )
    own.update({name: functools.partial(Absent, f"tf.{name}") for name in _ABSENT})
    facade = _api("tensorflow", v1, own)
    # Looked up without __getattr__ by `import` and by those who read vars().
    facade.__dict__["__version__"] = VERSION
    return facade


def _contrib() -> types.ModuleType:
    from tf_slim.legacy.contrib import namespaces

    return namespaces.find("contrib")


def _private_root() -> types.ModuleType:
    from tf_slim.legacy.tensorflow1 import moved

    return moved.private("tensorflow.python")
