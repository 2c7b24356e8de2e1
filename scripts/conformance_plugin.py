"""Read by pytest in each process of conformance.py: puts back what the old tests need of others.

The names are listed, with the reasons, in tests/conformance_exceptions.toml. None of them is ours,
but for what is gone: a test that calls it fails.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
import types
from pathlib import Path
from typing import Any

from scripts.conformance import read_exceptions


def put_back(name: str, replacement: str) -> None:
    """Sets the global `name`, with a module of that name where there is none.

    Args:
      name: such as "package.module.name".
      replacement: "package.module:name", or a file that becomes the module `name`.
    """
    home, _, last = name.rpartition(".")
    if replacement.endswith(".py"):
        spec: Any = importlib.util.spec_from_file_location(name, Path(replacement).resolve())
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
        return
    setattr(_module(home), last, pkgutil.resolve_name(replacement))


def _module(name: str) -> types.ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        home, _, last = name.rpartition(".")
        sys.modules[name] = types.ModuleType(name)
        if home:
            setattr(_module(home), last, sys.modules[name])
        return sys.modules[name]


def not_a_test(fn):
    """Marks a function whose name begins with "test", but which is none."""
    fn.__test__ = False
    return fn


def gone(*unused_args, **unused_kwargs):
    """Stands in for a private function of the original that a file of tests imports."""
    raise NotImplementedError("a private function of the original")


def pytest_configure() -> None:
    """Puts back all that is listed, before a test is imported."""
    for mend in read_exceptions()["mend"]:
        for name, replacement in mend["names"].items():
            put_back(name, replacement)
