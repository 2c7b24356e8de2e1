"""Which modules belong to the program that is run, and which to installed libraries."""

from __future__ import annotations

import functools
import importlib.metadata
import os
import site
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["Membership"]


@functools.cache
def _installed_folders() -> tuple[str, ...]:
    paths = [sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")]
    paths += site.getsitepackages() if hasattr(site, "getsitepackages") else []
    paths.append(site.getusersitepackages())
    return tuple({os.path.realpath(path) + os.sep for path in paths if path})


@functools.cache
def _editable_packages() -> frozenset[str]:
    """Top-level packages of distributions that are installed by a link to their sources."""
    names = set()
    for distribution in importlib.metadata.distributions():
        if '"editable": true' in (distribution.read_text("direct_url.json") or ""):
            top_level = distribution.read_text("top_level.txt") or ""
            names.update(top_level.split())
    return frozenset(names)


class Membership:
    """Tells which modules see TensorFlow 1.

    These are the program and every module that comes neither from an installed distribution nor
    from the standard library, wherever on `sys.path` it lies.

    Args:
      treat_as_tf1: names of installed packages that are programs of TensorFlow 1 themselves.
    """

    def __init__(self, treat_as_tf1: Iterable[str] = ()):
        self._named = frozenset(treat_as_tf1)
        self._files: dict[str, bool] = {}

    def has(self, module_globals: Mapping[str, Any] | None) -> bool:
        """Whether the module with these globals belongs to the program."""
        if not module_globals:
            return False
        name = module_globals.get("__name__") or ""
        package = name.partition(".")[0]
        if package in self._named:
            return True
        if package == "tf_slim":
            return False
        path = module_globals.get("__file__")
        if path is None:
            return name == "__main__"
        known = self._files.get(path)
        if known is None:
            known = self._files[path] = name == "__main__" or self.has_file(path, package)
        return known

    def has_file(self, path: str, package: str) -> bool:
        """Whether a module of `package` in this file belongs to the program."""
        if package in self._named:
            return True
        if package == "tf_slim" or package in _editable_packages():
            return False
        if package in sys.stdlib_module_names or path.startswith("<"):
            return False
        # realpath of the folder: in a virtual environment the file itself may be a link.
        folder = os.path.realpath(os.path.dirname(os.path.abspath(path))) + os.sep
        return not folder.startswith(_installed_folders())
