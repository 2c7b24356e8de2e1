"""The public names, each thing by one of them: what `__all__` lists, from `tf_slim` downwards.

A thing may be reached by several paths (`slim.conv2d`, `slim.layers.conv2d`, `slim.convolution2d`).
The reference has it once, by the shortest; the others lead there.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import pathlib
import re
import sys
import types
from collections.abc import Callable, Iterator
from typing import Any

import tf_slim
from tf_slim.cli import net_statistics

ROOT = "tf_slim"

# Of paths that are equally long, that in the room where people look for it.
_ROOMS_LAST = ("training", "queues", "train_eval", "arg_scope_lib", "embedding_ops", "ops")


@dataclasses.dataclass(frozen=True)
class Public:
    """A function, class or constant that the package offers."""

    path: str
    """By which the reference has it: `tf_slim.conv2d`."""
    also: tuple[str, ...]
    """The other paths that lead to it."""
    value: Any
    home: str
    """Where it is written: `tf_slim.layers.conv.conv2d`."""

    @property
    def name(self) -> str:
        """As a program writes it: `slim.conv2d`."""
        return self.path.replace(ROOT, "slim", 1)

    @property
    def function(self) -> Callable | None:
        """The function that it is, or calls with some arguments fixed; None for other things."""
        inner = self.value
        while isinstance(inner, functools.partial):
            inner = inner.func
        return inner if inspect.isroutine(inner) else None


@functools.cache
def everything() -> tuple[Public, ...]:
    """All of them, sorted by path."""
    found: dict[Any, list[tuple[str, str, Any]]] = {}
    for path, home, value in _below(tf_slim, ROOT, {}):
        # Strings and numbers of one value may be one object: they are told apart by their paths.
        key = path if isinstance(value, (str, int, float)) else id(value)
        found.setdefault(key, []).append((path, home, value))
    rows = []
    for paths in found.values():
        paths.sort(key=lambda row: _rank(row[0]))
        (path, home, value), *others = paths
        rows.append(Public(path, tuple(other for other, _, _ in others), value, home))
    return tuple(sorted(rows, key=lambda one: one.path))


def _rank(path: str) -> tuple:
    parts = path.split(".")
    # A net goes by the name that it has in the registry: vgg_16, not vgg_d.
    is_other_name = parts[1] == "nets" and parts[-1] not in net_statistics.known()
    return len(parts), parts[1] in _ROOMS_LAST, is_other_name, len(parts[-1]), path


def _below(
    module: types.ModuleType, path: str, above: dict[int, None]
) -> Iterator[tuple[str, str, Any]]:
    above = {**above, id(module): None}
    for name in getattr(module, "__all__", None) or _own(module):
        value = getattr(module, name)
        if inspect.ismodule(value):
            if _is_ours(value.__name__) and id(value) not in above:
                yield from _below(value, f"{path}.{name}", above)
        elif not name.startswith("_") and not _is_foreign(value):
            yield f"{path}.{name}", _home(value, name, module), value


def _is_foreign(value: Any) -> bool:
    """Whether it is another package's class or function that is only passed on."""
    return (inspect.isclass(value) or inspect.isroutine(value)) and not _is_ours(value.__module__)


def _own(module: types.ModuleType) -> list[str]:
    """What a module without `__all__` offers: what is written there."""
    here = (
        name
        for name, one in vars(module).items()
        if getattr(one, "__module__", None) == module.__name__
    )
    return [name for name in here if not name.startswith("_")]


def _home(value: Any, name: str, module: types.ModuleType) -> str:
    home = getattr(value, "__module__", None)
    if isinstance(home, str) and _is_ours(home) and hasattr(value, "__qualname__"):
        return f"{home}.{value.__qualname__}"
    # A constant, or a function with some arguments fixed: neither knows where it was written.
    written = re.compile(rf"^{name}\b.*=", re.MULTILINE)
    for at, other in sorted(sys.modules.items()):
        if _is_ours(at) and vars(other).get(name) is value and written.search(_source(other)):
            return f"{at}.{name}"
    return f"{module.__name__}.{name}"


@functools.cache
def _source(module: types.ModuleType) -> str:
    path = getattr(module, "__file__", None)
    return pathlib.Path(path).read_text(encoding="utf-8") if path else ""


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] == ROOT
