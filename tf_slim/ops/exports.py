"""What a package offers is what its `__init__.pyi` says: one line a name, and nowhere again.

A type checker and an editor read that file as they read any stub. Here it is read as a table, and
a name is loaded when it is first asked for. Modules that were once in the package and have moved
are served beside them; see `moved`.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Callable

import lazy_loader

from tf_slim.ops import moved

# Lines, not a syntax tree: the tree of the longest table would cost more than all of
# `import tf_slim`. A test holds what is read here against the tree.
_LINE = re.compile(r"^from \.(\.?[\w.]*) import (?:\(\s*)?([\w*]+)", re.MULTILINE)


def attach(package: str, file: str):
    """Makes a package serve the names of the stub beside it.

    Written in the package's `__init__.py` as
    `__getattr__, __dir__, __all__ = attach(__name__, __file__)`. In the stub, a line reads
    `from .conv import conv2d as conv2d`, `from . import utils as utils`, or, for all that a package
    below offers, `from .layers import *`. `from ..v1.train_loop import train as train` offers what
    a room on a lower floor has. (The name stands twice in a line since this is how a stub says that
    it is offered, and not merely used in the stub.)

    Args:
        package: The package's `__name__`.
        file: Its `__file__`.

    Returns:
        The package's `__getattr__`, `__dir__` and `__all__`.
    """
    by_home: dict[str, list[str]] = {}
    outside: dict[str, str] = {}
    for name, home in table(os.path.dirname(file), package).items():
        if home.startswith("."):
            outside[name] = home
        else:
            by_home.setdefault(home, []).append(name)
    inside, _, names = lazy_loader.attach(package, by_home.pop("", ()), by_home)
    offered = sorted([*names, *outside])
    return _also(package, outside, inside), lambda: list(offered), offered


def _also(package: str, homes: dict[str, str], inside: Callable) -> Callable:
    """`inside`, or what is to be found elsewhere in the house."""
    if not homes:
        return inside

    def __getattr__(name: str):
        if name not in homes:
            return inside(name)
        value = getattr(importlib.import_module(f".{homes[name]}", package), name)
        setattr(sys.modules[package], name, value)
        return value

    return __getattr__


def load(package: str) -> None:
    """Loads all that a package offers, so that what registers itself on import is registered."""
    module = importlib.import_module(package)
    for name in module.__all__:
        getattr(module, name)


def table(folder: str | os.PathLike[str], package: str = "") -> dict[str, str]:
    """Each name that a package offers, and the module that has it.

    Args:
        folder: The package's.
        package: Its name, to have the modules listed that have moved out of it, too.

    Returns:
        By name: "" for a submodule, `conv` for what a submodule has, and with a dot before it,
        `.v1.train_loop`, for what lies beside the package.
    """
    homes = dict.fromkeys(moved.below(package), "")
    with open(os.path.join(folder, "__init__.pyi"), encoding="utf-8") as stub:
        lines = _LINE.findall(stub.read())
    for home, name in lines:
        below = os.path.join(folder, home)
        names = table(below, f"{package}.{home}") if name == "*" else (name,)
        homes.update({name: home for name in names})
    return homes
