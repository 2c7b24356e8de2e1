"""Only TensorFlow's public API, and no Keras 2: neither in the package nor in its tests.

`tf_slim/legacy/` may write the forbidden names in texts, since old programs spell them and its
import shim answers to them. It may not import them either.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.sources import PACKAGE, ROOT, parse, python_files, run_python, where

# Put together here, so that this file does not contain what it looks for.
OLD_KERAS = "tf_" + "keras"
NEEDLES = ("tensorflow" + ".python", OLD_KERAS, "TF_USE_" + "LEGACY_KERAS")
# Parts of the installed package that are not its API.
PRIVATE_PARTS = {"python", "core", "compiler"}

FILES = python_files(PACKAGE) + python_files(ROOT / "tests")


def _is_private(module: str) -> bool:
    head, *parts = module.split(".")
    if head == OLD_KERAS:
        return True
    if head != "tensorflow" or parts[:1] == ["contrib"]:  # contrib is the shim's, which is ours
        return False
    return any(part in PRIVATE_PARTS or part.startswith("_") for part in parts)


def _chain(node: ast.Attribute) -> tuple[str | None, list[str]]:
    names: list[str] = []
    value: ast.expr = node
    while isinstance(value, ast.Attribute):
        names.insert(0, value.attr)
        value = value.value
    return (value.id if isinstance(value, ast.Name) else None), names


def _aliases(tree: ast.Module) -> dict[str, str]:
    """The names under which a file knows TensorFlow: `tf` -> `tensorflow`."""
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "tensorflow":
                    name = alias.asname or "tensorflow"
                    aliases[name] = alias.name if alias.asname else "tensorflow"
    return aliases


def private_uses(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Imports of, and attribute chains into, what is not TensorFlow's public API."""
    aliases = _aliases(tree)
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Attribute):
            root, attributes = _chain(node)
            # The dunder names (__version__) are public.
            if root in aliases and not attributes[-1].startswith("__"):
                names = [".".join([aliases[root], *attributes])]
        for name in names:
            if _is_private(name):
                yield node, name


def test_no_private_import():
    found = [
        f"{where(path, node)}: {name}" for path in FILES for node, name in private_uses(parse(path))
    ]
    assert not found, "\n".join(found)


def test_no_private_name_in_any_text():
    legacy = PACKAGE / "legacy"
    found = [
        f"{where(path)}: mentions {needle}"
        for path in FILES
        if legacy not in path.parents
        for needle in NEEDLES
        if needle in path.read_text(encoding="utf-8")
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "source",
    [
        "import {tf}.python.ops.math_ops",
        "from {tf}.python import ops",
        "from {tf} import python",
        "from {tf}.core.framework import graph_pb2",
        "import {tf}._api.v2",
        "import tensorflow as tf\ntf.python.ops",
        "import tensorflow as tf\ntf.compat.v1._something(1)",
        "import tensorflow.compat.v1 as tf\ntf.python",
        "import {keras}",
        "def late():\n    from {keras}.layers import Dense",
    ],
)
def test_the_check_catches(source):
    source = source.format(tf="tensorflow", keras=OLD_KERAS)
    assert list(private_uses(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "import tensorflow as tf\ntf.compat.v1.layers\ntf.raw_ops.Conv2D\ntf.__version__",
        "import tensorflow.compat.v1 as tf",
        "from tensorflow.contrib.framework.python.ops import arg_scope",
        "import python, core",
        "from . import python",
    ],
)
def test_the_check_lets_pass(source):
    assert not list(private_uses(ast.parse(source)))


def test_the_files_are_found():
    assert Path(__file__).resolve() in FILES


def test_keras_2_is_not_imported_even_where_it_is_installed(tmp_path):
    decoy = tmp_path / OLD_KERAS
    decoy.mkdir()
    (decoy / "__init__.py").write_text("")
    code = f"import sys, tensorflow, tf_slim; print({OLD_KERAS!r} in sys.modules)"
    result = run_python(code, path=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["False"]
