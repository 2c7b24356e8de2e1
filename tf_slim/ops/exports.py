"""What a package offers is what its `__init__.pyi` says: one line a name, and nowhere again.

A type checker and an editor read that file as they read any stub. Here it is read as a table, and
a name is loaded when it is first asked for.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import lazy_loader

# Lines, not a syntax tree: the tree of the longest table would cost more than all of
# `import tf_slim`. A test holds what is read here against the tree.
_LINE = re.compile(r"^from \.([\w.]*) import (?:\(\s*)?([\w*]+)", re.MULTILINE)


def attach(package: str, file: str):
    """Makes a package serve the names of the stub beside it.

    Written in the package's `__init__.py` as
    `__getattr__, __dir__, __all__ = attach(__name__, __file__)`. In the stub, a line reads
    `from .conv import conv2d as conv2d`, `from . import utils as utils`, or, for all that a package
    below offers, `from .layers import *`. (The name stands twice in a line since this is how a stub
    says that it is offered, and not merely used in the stub.)

    Args:
        package: The package's `__name__`.
        file: Its `__file__`.

    Returns:
        The package's `__getattr__`, `__dir__` and `__all__`.
    """
    homes = table(Path(file).parent)
    by_home: dict[str, list[str]] = {}
    for name, home in homes.items():
        by_home.setdefault(home, []).append(name)
    return lazy_loader.attach(package, by_home.pop("", ()), by_home)


def load(package: str) -> None:
    """Loads all that a package offers, so that what registers itself on import is registered."""
    module = importlib.import_module(package)
    for name in module.__all__:
        getattr(module, name)


def table(folder: Path) -> dict[str, str]:
    """Each name that a package offers, and the module below it that has it ("" for a submodule)."""
    homes: dict[str, str] = {}
    for home, name in _LINE.findall(folder.joinpath("__init__.pyi").read_text(encoding="utf-8")):
        names = table(folder / home) if name == "*" else (name,)
        homes.update({name: home for name in names})
    return homes
