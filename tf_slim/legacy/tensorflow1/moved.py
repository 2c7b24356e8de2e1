"""Private modules of TensorFlow, mended for programs that import names which have moved since.

Only what a program itself imports is touched, and only as that program sees it.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import types
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from tf_slim.legacy.absent import not_provided
from tf_slim.legacy.overlay import Overlay, exported

__all__ = ["OURS", "private", "public_home"]

_PREFIX = "tensorflow.python"
_KERAS = f"{_PREFIX}.keras"

# Modules that are ours first: what they were built on went with Keras 2.
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

# The same, without `tensorflow.`; the longest names first.
OURS = sorted(
    ((name.removeprefix("tensorflow."), ours) for name, ours in _OURS.items()), reverse=True
)

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
# The same for tf.keras: what had a module of its own in Keras 2 stands in one of these.
_PUBLIC_KERAS = ("", "layers", "models", "utils", "backend", "optimizers", "callbacks")


class _Private(Overlay):
    """A private module with what has moved out of it.

    Args:
      name: its name.
      bases: the modules that have its names, the first one first.
    """

    def __init__(self, name: str, bases: list[types.ModuleType]):
        self._bases = bases
        super().__init__(
            name,
            bases[-1] if bases else types.ModuleType(name),
            {},
            lambda attribute: not_provided(f"{name}.{attribute}"),
        )

    def _from_base(self, name: str) -> Any:
        full_name = f"{self.__name__}.{name}"
        if full_name in _OURS:
            return private(full_name)
        for base in self._bases:
            try:
                value = getattr(base, name)
            except AttributeError:
                continue
            if isinstance(value, types.ModuleType) and value.__name__.startswith(_PREFIX):
                return private(value.__name__)
            return value
        if name.startswith("__"):
            raise AttributeError(name)
        if _exists(full_name):
            return private(full_name)
        return _public(self.__name__, name)

    def _exported(self) -> list[str]:
        return sorted({name for base in self._bases for name in exported(base)})


def _exists(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _public(module: str, name: str) -> Any:
    for _, place in _public_places(module):
        if hasattr(place, name):
            return getattr(place, name)
    raise AttributeError(name)


def public_home(module: str, name: str) -> tuple[str, str] | None:
    """The public module that has what has gone from the private one, and its name there."""
    for path, place in _public_places(module):
        if hasattr(place, name):
            return path, name
    return None


def _public_places(module: str) -> Iterator[tuple[str, Any]]:
    if module == _KERAS or module.startswith(f"{_KERAS}."):
        keras: Any = tf.compat.v1.keras
        places = [("tensorflow.keras", keras)]
        for part in module.removeprefix(_KERAS).split(".")[1:]:
            path, found = places[0]
            if not hasattr(found, part):
                break
            places.insert(0, (f"{path}.{part}", getattr(found, part)))
        yield from places
        yield from _inner("tensorflow.keras", keras, _PUBLIC_KERAS)
    else:
        yield from _inner("tensorflow.compat.v1", tf.compat.v1, _PUBLIC)


def _inner(path: str, module: Any, names: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for name in names:
        if not name:
            yield path, module
        elif hasattr(module, name):
            yield f"{path}.{name}", getattr(module, name)


@functools.cache
def private(name: str) -> types.ModuleType:
    """The private module `name`, mended.

    Names that have gone from it are served from the public API, where most of them are now. A
    module that has gone altogether can be imported; what is taken from it fails when it is used,
    unless the public API has it.

    Raises:
      ImportError: the module is there, and fails to load.
    """
    bases = [importlib.import_module(_OURS[name])] if name in _OURS else []
    try:
        bases.append(importlib.import_module(name))
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
    module = _Private(name, bases)
    if not bases:
        # `import tensorflow.python.gone as x` walks down from the package.
        package, _, last = name.rpartition(".")
        vars(private(package)).setdefault(last, module)
    return module
