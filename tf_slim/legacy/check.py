"""Finds, without running it, what a program of TensorFlow 1 uses and is not provided."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import importlib.util
import os
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from tf_slim.legacy import absent, imports, numpy1, source
from tf_slim.legacy.absent import Absent, NotProvidedError
from tf_slim.legacy.numpy1.functions import FUNCTIONS
from tf_slim.legacy.programs import Membership

__all__ = ["Finding", "check"]

_ROOTS = ("tensorflow", "tf_slim", "numpy")


@dataclasses.dataclass(frozen=True)
class Finding:
    """One use of something that is not provided.

    Attributes:
      path: the file.
      line: the line in it.
      symbol: what is used, as "tf.contrib.gan.gan_model".
      alternative: what to use instead; empty where nothing is known.
    """

    path: str
    line: int
    symbol: str
    alternative: str

    def __str__(self) -> str:
        use = f"; use {self.alternative}" if self.alternative else ""
        return f"{self.path}:{self.line}: {self.symbol} is not provided{use}"


def check(
    script: str | os.PathLike, *, research_slim: bool = False, allow_pickle: bool = False
) -> list[Finding]:
    """Looks through a program and the modules of its own that it imports.

    Args:
      script: path of the program.
      research_slim: see `imports.install`.
      allow_pickle: see `imports.install`.

    Returns:
      What was found, by file and line.

    Raises:
      FileNotFoundError: there is no such file.
      SyntaxError: it, or a module that it imports, is no Python 3.
    """
    script = os.fspath(script)
    places = [os.path.dirname(os.path.abspath(script)), *sys.path]
    waiting, seen, findings = [script], set(), []
    while waiting:
        path = waiting.pop(0)
        if os.path.realpath(path) in seen:
            continue
        seen.add(os.path.realpath(path))
        tree = ast.parse(source.read(path)[0], path)
        with warnings.catch_warnings():
            # The program is told of old names when it runs.
            warnings.simplefilter("ignore")
            found = _findings(tree, path, allow_pickle)
        if not research_slim:
            found += _packages_of_research_slim(tree, path, places)
        findings += sorted(found, key=lambda finding: (finding.line, finding.symbol))
        waiting += _own_modules(tree, path, places)
    return findings


def _packages_of_research_slim(tree: ast.Module, path: str, places: list[str]) -> Iterator[Finding]:
    here = [*places, os.path.dirname(os.path.abspath(path))]
    for node in ast.walk(tree):
        wanted: list[str] = []
        if isinstance(node, ast.Import):
            wanted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            wanted = [node.module or ""]
        for root in {name.partition(".")[0] for name in wanted} & set(imports.RESEARCH_SLIM):
            if _file_of(root, here) or any(os.path.isdir(os.path.join(x, root)) for x in here):
                continue
            if importlib.util.find_spec(root) is None:
                yield Finding(path, getattr(node, "lineno", 0), root, "--research-slim")


def _findings(tree: ast.Module, path: str, allow_pickle: bool) -> list[Finding]:
    names = _Names()
    found: dict[tuple[int, str], Finding] = {}

    def add(node: ast.AST, symbol: str, alternative: str | None = None) -> None:
        line = getattr(node, "lineno", 0)
        use = _alternative(symbol) if alternative is None else alternative
        found.setdefault((line, symbol), Finding(path, line, symbol, use))

    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for symbol in names.bind(node):
                add(node, symbol)
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        is_chain = isinstance(node, ast.Attribute) and id(node) not in inner
        is_name = isinstance(node, ast.Name) and id(node) not in inner
        if (is_chain or is_name) and isinstance(getattr(node, "ctx", None), ast.Load):
            symbol = names.missing(node)
            if symbol:
                add(node, symbol)
        if not allow_pickle and isinstance(node, ast.Attribute) and node.attr == "item":
            if names.loads_by_default(node.value):
                add(node, "np.load(...).item(), which reads a pickle,", "--allow-pickle")
    return list(found.values())


def _alternative(symbol: str) -> str:
    root, _, name = symbol.partition(".")
    return numpy1.alternative(name) if root == "np" else absent.alternative(symbol)


class _Names:
    """What the names of a file stand for, as far as they come from TensorFlow or Slim."""

    def __init__(self) -> None:
        self._objects: dict[str, tuple[str, Any]] = {}

    def bind(self, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        """Takes note of an import; yields what cannot be imported."""
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.partition(".")[0] not in _ROOTS:
                    continue
                try:
                    module = _module(alias.name)
                except ImportError:
                    yield _shown(alias.name)
                    continue
                if alias.asname:
                    self._objects[alias.asname] = (_shown(alias.name), module)
                else:
                    root = alias.name.partition(".")[0]
                    self._objects[root] = (_shown(root), _module(root))
            return
        module_name = node.module or ""
        if node.level or module_name.partition(".")[0] not in _ROOTS:
            return
        try:
            module = _module(module_name)
        except ImportError:
            yield _shown(module_name)
            return
        for alias in node.names:
            if alias.name == "*":
                continue
            symbol = f"{_shown(module_name)}.{alias.name}"
            try:
                value = imports.member(module, alias.name)
            except ImportError:
                yield symbol
                continue
            self._objects[alias.asname or alias.name] = (symbol, value)

    def loads_by_default(self, node: ast.AST) -> bool:
        """Whether `node` is a call of `np.load` that leaves open whether it may read pickles."""
        if not isinstance(node, ast.Call) or len(node.args) > 2:
            return False
        function = node.func
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            _, module = self._objects.get(function.value.id, ("", None))
            value = getattr(module, function.attr, None) if function.attr == "load" else None
        else:
            _, value = self._objects.get(getattr(function, "id", ""), ("", None))
        by_default = all(keyword.arg != "allow_pickle" for keyword in node.keywords)
        return value is FUNCTIONS["load"] and by_default

    def missing(self, node: ast.AST) -> str | None:
        """The full name of what `node` means, if that is not provided."""
        attributes: list[str] = []
        while isinstance(node, ast.Attribute):
            attributes.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self._objects:
            return None
        symbol, value = self._objects[node.id]
        left = len(attributes)
        for attribute in attributes:
            if isinstance(value, Absent):
                break
            left -= 1
            try:
                value = getattr(value, attribute)
            except NotProvidedError:
                return f"{symbol}.{attribute}"
            except AttributeError:
                is_module = isinstance(value, type(ast))
                return f"{symbol}.{attribute}" if is_module else None
            except Exception:  # a lazy value that needs more than a look
                return None
            symbol = f"{symbol}.{attribute}"
        if isinstance(value, Absent):
            rest = attributes[len(attributes) - left :]
            return ".".join([value.__name__, *rest])
        return None


def _module(name: str) -> Any:
    if name.partition(".")[0] == "tf_slim":
        return importlib.import_module(name)
    return imports.old_module(name)


def _shown(name: str) -> str:
    root, dot, rest = name.partition(".")
    return {"tensorflow": "tf", "numpy": "np"}.get(root, root) + dot + rest


def _own_modules(tree: ast.Module, path: str, places: list[str]) -> Iterator[str]:
    members = Membership()
    for node in ast.walk(tree):
        wanted: list[str] = []
        # As in Python 2, `import b` beside b.py may mean that one.
        here = [*places, os.path.dirname(os.path.abspath(path))]
        if isinstance(node, ast.Import):
            wanted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            wanted = [base, *(f"{base}.{alias.name}".strip(".") for alias in node.names)]
            if node.level:
                folder = os.path.dirname(os.path.abspath(path))
                for _ in range(node.level - 1):
                    folder = os.path.dirname(folder)
                here = [folder]
        for name in filter(None, wanted):
            if name.partition(".")[0] in (*_ROOTS, *sys.stdlib_module_names):
                continue
            found = _file_of(name, here)
            if found and members.has_file(found, name.partition(".")[0]):
                yield found


def _file_of(name: str, places: list[str]) -> str | None:
    for place in places:
        stem = os.path.join(place, *name.split("."))
        for path in (stem + ".py", os.path.join(stem, "__init__.py")):
            if os.path.isfile(path):
                return path
    return None
