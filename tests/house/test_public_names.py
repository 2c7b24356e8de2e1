"""`__all__` is the namespace: a namespace offers what it lists, and all of it is documented.

Looked at in a process of its own, where nobody but `import tf_slim` has imported a submodule.
"""

from __future__ import annotations

import ast
import importlib
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.house.sources import PACKAGE, run_python, where
from tf_slim.ops import moved
from tf_slim.ops.exports import table

# Runs in the other process, and in the tests of itself further down.
LISTER = '''
import __future__
import inspect
import json
import types


def ours(value, root):
    return (getattr(value, "__module__", None) or "").split(".")[0] == root


def described(value):
    """Whether someone wrote a docstring: those that Python makes up begin with `Name(`."""
    text = vars(value).get("__doc__") if isinstance(value, type) else value.__doc__
    return bool(text and text.strip()) and not text.startswith(value.__name__ + "(")


def public(module, top):
    """What a namespace holds for its users.

    At the top that is everything. Below, submodules and what a file imports for its own use are no
    part of the offer unless they are listed.
    """
    is_package = hasattr(module, "__path__")
    names = set()
    for name, value in vars(module).items():
        if name.startswith("_") or isinstance(value, __future__._Feature):
            continue
        if not top:
            if isinstance(value, types.ModuleType):
                continue
            if not is_package and getattr(value, "__module__", None) != module.__name__:
                continue
        names.add(name)
    return names


def survey(module, root, top, seen):
    """A row for a module, and for each module of ours that it lists and that lists names itself."""
    listed = list(getattr(module, "__all__", ()))
    namespace = public(module, top)
    row = {
        "twice": sorted({name for name in listed if listed.count(name) > 1}),
        "missing": sorted(name for name in listed if not hasattr(module, name)),
        "unlisted": sorted(namespace - set(listed)),
        "undocumented": [],
        "private": sorted(name for name in listed if name[0] == "_" and name != "__version__"),
    }
    seen[module.__name__] = row
    for name in listed:
        value = getattr(module, name, None)
        if isinstance(value, types.ModuleType):
            inside = value.__name__.split(".")[0] == root
            if inside and hasattr(value, "__all__") and value.__name__ not in seen:
                survey(value, root, False, seen)
        elif (inspect.isroutine(value) or isinstance(value, type)) and ours(value, root):
            if not described(value):
                row["undocumented"].append(name)
    return seen
'''


@cache
def _process():
    code = LISTER + "\nimport tf_slim\nprint(json.dumps(survey(tf_slim, 'tf_slim', True, {})))"
    return run_python(code)


def _survey() -> dict[str, dict[str, list[str]]]:
    result = _process()
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def _found(problem: str) -> dict[str, list[str]]:
    return {module: row[problem] for module, row in _survey().items() if row[problem]}


def test_every_listed_name_is_there():
    assert _found("missing") == {}


def test_every_name_there_is_listed():
    assert _found("unlisted") == {}, "list these in __all__, or begin them with an underscore"


def test_no_name_is_listed_twice():
    assert _found("twice") == {}


def test_no_private_name_is_listed():
    assert _found("private") == {}


def test_public_functions_and_classes_have_docstrings():
    assert _found("undocumented") == {}


@pytest.mark.parametrize(
    "namespace",
    [
        "losses",
        "metrics",
        "nets",
        "data",
        "learning",
        "evaluation",
        "summaries",
        "queues",
        "training",
    ],
)
def test_the_namespaces_list_their_names(namespace):
    name = f"tf_slim.{namespace}"
    name = moved.MOVED.get(name, name)
    assert name in _survey(), "it has no __all__, or tf_slim does not list it"


STUBS = sorted(PACKAGE.rglob("__init__.pyi"))
each_stub = pytest.mark.parametrize("stub", STUBS, ids=[where(stub.parent) for stub in STUBS])


def _lines(stub: Path) -> Iterator[tuple[str, ast.alias]]:
    """Each name that a stub takes from elsewhere, as Python and type checkers read it."""
    for node in ast.parse(stub.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            home = "." * (node.level - 1) + (node.module or "")
            yield from ((home, alias) for alias in node.names)


@each_stub
def test_what_editors_see_is_what_is_served(stub):
    name = ".".join(stub.parent.relative_to(PACKAGE.parent).parts)
    seen = {}
    for home, alias in _lines(stub):
        starred = alias.name == "*"
        seen |= dict.fromkeys(
            table(stub.parent / home, f"{name}.{home}") if starred else [alias.name], home
        )
    # What has moved out of a package is served as well, and is no editor's business.
    seen = {**dict.fromkeys(moved.below(name), ""), **seen}
    assert table(stub.parent, name) == seen
    package = importlib.import_module(name)
    assert package.__all__ == sorted(seen)
    assert set(seen) <= set(dir(package))


@each_stub
def test_a_stub_says_of_each_name_that_it_is_offered_and_says_it_once(stub):
    names = [alias.name for _, alias in _lines(stub) if alias.name != "*"]
    assert len(names) == len(set(names))
    hidden = [alias.name for _, alias in _lines(stub) if alias.asname != alias.name != "*"]
    assert hidden == [], "write `from .conv import conv2d as conv2d`"


@each_stub
def test_a_name_is_never_replaced_by_a_submodule_that_somebody_imports(stub):
    """Importing `a.b` sets `b` in `a`: `b` may come from nowhere but `a.b` then."""
    below = {path.stem for path in stub.parent.glob("*.py")}
    below |= {path.parent.name for path in stub.parent.glob("*/__init__.py")}
    homes = table(stub.parent)
    assert {name: homes[name] for name in below & set(homes) if homes[name] not in ("", name)} == {}


def test_a_line_in_a_stub_is_an_offer(tmp_path):
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "__init__.pyi").write_text("from .thing import one as one\n")
    (tmp_path / "__init__.pyi").write_text(
        "# A remark.\nfrom .part import *\nfrom . import part as part\n"
        "from .deep.down import (\n    two as two,\n)\n\n__version__: str\n"
        "from ..beside.it import three as three\n"
    )
    found = {"one": "part", "part": "", "two": "deep.down", "three": ".beside.it"}
    assert table(tmp_path) == found


MADE_UP = {
    "__init__.py": (
        "from __future__ import annotations\n"
        "import os\n"
        "from made_up import part\n"
        "from made_up.part import described, silent\n"
        "__all__ = ['part', 'described', 'described', 'silent', 'gone', '_hidden']\n"
        "_hidden = 1\n"
    ),
    "part.py": (
        "import os\n"
        "from dataclasses import dataclass\n"
        "__all__ = ['described', 'Silent']\n"
        "def described():\n    '''Is described.'''\n"
        "def silent():\n    pass\n"
        "@dataclass\nclass Silent:\n    x: int\n"
    ),
}


def test_the_survey_finds_each_kind_of_slip(tmp_path):
    package = tmp_path / "made_up"
    package.mkdir()
    for name, text in MADE_UP.items():
        (package / name).write_text(text)
    code = LISTER + "\nimport made_up\nprint(json.dumps(survey(made_up, 'made_up', True, {})))"
    result = run_python(code, path=tmp_path)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == {
        "made_up": {
            "twice": ["described"],
            "missing": ["gone"],
            "unlisted": ["os"],
            "undocumented": ["silent"],
            "private": ["_hidden"],
        },
        "made_up.part": {
            "twice": [],
            "missing": [],
            "unlisted": ["silent"],
            "undocumented": ["Silent"],
            "private": [],
        },
    }
