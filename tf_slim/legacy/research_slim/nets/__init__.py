"""The package `nets` of research/slim: its modules are those of `slim.nets`, in its dialect.

There is no file for each of them. `nets.vgg` holds what `slim.nets.vgg` offers, as `dialect` says
that research/slim calls it, and so for every module of nets, old or new.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types


class _Modules(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds and makes the modules of this package."""

    def find_spec(self, fullname, path=None, target=None):
        package, _, name = fullname.partition(f"{__name__}.")
        if package or not name or name.startswith("_"):
            return None
        ours = importlib.util.find_spec(f"tf_slim.nets.{name}")
        if ours is None:
            return None
        is_package = ours.submodule_search_locations is not None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=is_package)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        # This module is part of the package itself.
        from tf_slim.legacy.research_slim.nets import dialect

        if not hasattr(module, "__path__"):
            vars(module).update(dialect.names_of(module.__name__.removeprefix(f"{__name__}.")))


sys.meta_path.append(_Modules())


def __getattr__(name: str) -> types.ModuleType:
    """The modules, to those who write `nets.vgg` without having imported it."""
    try:
        return importlib.import_module(f"{__name__}.{name}")
    except ModuleNotFoundError as error:
        raise AttributeError(f"research/slim's package nets has no module {name!r}.") from error
