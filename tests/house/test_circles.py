"""No file needs, by way of others, itself: not at the top, nor within a function.

What a package serves on first use is followed to the file that has it. Only what a type checker
alone reads (`if TYPE_CHECKING`) is left out.
"""

from __future__ import annotations

import ast
import graphlib

import pytest

from tests.house.sources import PACKAGE, parse, python_files
from tests.house.test_floors import imported_modules, module_of
from tf_slim.ops.exports import table


def _without_type_checking(tree: ast.Module) -> ast.Module:
    class Drop(ast.NodeTransformer):
        def visit_If(self, node: ast.If):
            if ast.unparse(node.test).endswith("TYPE_CHECKING"):
                return None
            return self.generic_visit(node)

    return Drop().visit(ast.parse(ast.unparse(tree)))


def _home(target: str, modules: set[str], served: dict[str, dict[str, str]]) -> str | None:
    """The file that an imported dotted name comes from."""
    if target in modules:
        return target
    package, _, name = target.rpartition(".")
    if name in served.get(package, {}):
        home = served[package][name]
        base = package.rpartition(".")[0] if home.startswith(".") else package
        return _home(f"{base}.{home.lstrip('.')}" if home else f"{package}.{name}", modules, served)
    return package if package in modules else None


def needs(sources: dict[str, ast.Module], served: dict[str, dict[str, str]]) -> dict[str, set[str]]:
    """By module, the modules that it imports; of a package, what is written in its file."""
    modules = set(sources)
    found: dict[str, set[str]] = {}
    for module, tree in sources.items():
        is_package = any(other.startswith(f"{module}.") for other in modules)
        path = PACKAGE.parent.joinpath(*module.split("."))
        path = path / "__init__.py" if is_package else path.with_suffix(".py")
        targets = imported_modules(_without_type_checking(tree), path.relative_to(PACKAGE.parent))
        homes = {_home(target, modules, served) for _, target in targets}
        found[module] = {home for home in homes if home is not None} - {module}
    return found


def circle(graph: dict[str, set[str]]) -> list[str]:
    """One of the circles, or nothing."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def test_no_circle():
    short = {path: path.relative_to(PACKAGE.parent) for path in python_files()}
    sources = {module_of(short[path]): parse(path) for path in python_files()}
    stubs = {module_of(stub.relative_to(PACKAGE.parent)): stub for stub in PACKAGE.rglob("*.pyi")}
    served = {package: table(stub.parent, package) for package, stub in stubs.items()}
    graph = needs(sources, served)
    assert len(graph["tf_slim.layers.conv"]) > 3
    # The package itself is what programs in it use: research/slim's nets, the command line.
    del graph["tf_slim"]
    assert circle(graph) == []


@pytest.mark.parametrize(
    ("a", "is_one"),
    [
        ("from tf_slim import b", True),
        ("def f():\n    from tf_slim.b import g", True),
        ("from tf_slim.p import g", True),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import tf_slim.b", False),
        ("import json", False),
    ],
)
def test_the_check_sees_it(a, is_one):
    sources = {
        "tf_slim.a": ast.parse(a),
        "tf_slim.b": ast.parse("from tf_slim.a import f"),
        "tf_slim.p": ast.parse(""),
    }
    assert bool(circle(needs(sources, {"tf_slim.p": {"g": ".b"}}))) == is_one
