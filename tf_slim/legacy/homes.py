"""Where today's code finds what a program of TensorFlow 1 calls by an old name."""

from __future__ import annotations

import importlib
import types
from typing import Any

from tf_slim.legacy.absent import Absent
from tf_slim.legacy.contrib import namespaces
from tf_slim.legacy.tensorflow1 import moved

__all__ = ["home_of", "import_home"]

_MODULES = {
    "contrib.framework": "tf_slim",
    "contrib.layers": "tf_slim.layers",
    "contrib.losses": "tf_slim.losses",
    "contrib.metrics": "tf_slim.metrics",
    "contrib.rnn": "tf_slim.legacy.tensorflow1.rnn_cell",
}
_MOVED = {
    "layers": "tf_slim.legacy.tensorflow1.layers",
    "nn.rnn_cell": "tf_slim.legacy.tensorflow1.rnn_cell",
}


def home_of(old: str) -> tuple[str, str] | None:
    """The module that has it now, and its name there.

    Args:
      old: a name in TensorFlow 1's `tf`, such as "contrib.framework.arg_scope" or "layers.dense".

    Returns:
      Such as `("tf_slim", "arg_scope")`; the name is empty for a module itself. None where nothing
      has moved, or nothing is provided.
    """
    for place, module in _MOVED.items():
        if old == place:
            return module, ""
        if old.startswith(place + "."):
            return module, old.removeprefix(place + ".")
    if old in _MODULES:
        return _MODULES[old], ""
    if old == "contrib" or not old.startswith("contrib."):
        return None
    path, _, name = old.rpartition(".")
    try:
        found = _lookup(old)
    except (AttributeError, ImportError):
        return None
    if isinstance(found, Absent):
        return None
    if isinstance(found, namespaces.Namespace):
        module = _MODULES.get(namespaces.public(old))
        return (module, "") if module else None
    if isinstance(found, types.ModuleType):
        return (found.__name__, "") if found.__name__.startswith("tf_slim") else None
    for module in ("tf_slim", *namespaces.providers(path)):
        if getattr(_module(module), name, None) is found:
            return module, name
    return None


def import_home(old: str) -> tuple[str, str] | None:
    """Where an import of today finds what one of TensorFlow 1 did.

    Args:
      old: what is imported, below `tensorflow`: "nn.relu", "contrib.slim", "core.framework".

    Returns:
      As `home_of`; None where it cannot be imported any more.
    """
    found = home_of(old)
    if found is not None or old.partition(".")[0] == "contrib":
        return found
    path, _, name = f"tensorflow.{old}".rpartition(".")
    if old.partition(".")[0] == "keras":
        return path, name
    if old.partition(".")[0] == "python":
        for place, module in moved.OURS:
            if old == place:
                return module, ""
            if path == f"tensorflow.{place}" and hasattr(importlib.import_module(module), name):
                return module, name
        return (path, name) if _can_be_imported(path, name) else moved.public_home(path, name)
    new = path.replace("tensorflow", "tensorflow.compat.v1", 1)
    for home in (new, path):
        if _can_be_imported(home, name):
            return home, name
    return None


def _can_be_imported(module: str, name: str) -> bool:
    try:
        if hasattr(importlib.import_module(module), name):
            return True
        importlib.import_module(f"{module}.{name}")
    except ImportError:
        return False
    return True


def _lookup(old: str) -> Any:
    found: Any = namespaces.find("contrib")
    for part in old.split(".")[1:]:
        found = getattr(found, part)
    return found


def _module(name: str) -> Any:
    return importlib.import_module(name) if name.startswith("tf_slim") else None
