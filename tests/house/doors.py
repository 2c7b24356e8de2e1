"""The doors of the package: its public functions, and its public classes with their methods."""

from __future__ import annotations

import ast
import doctest
import functools
import inspect
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import tests.house.public as public
import tf_slim

_SEE = re.compile(r"^Examples: see `([\w.]+)`\.$", re.M)


class Door(NamedTuple):
    """What a reader of the reference looks up: a function, or a class with all its methods."""

    name: str
    thing: Any
    functions: tuple[public.Public, ...]

    @property
    def room(self) -> str:
        return self.functions[0].room

    @property
    def docstrings(self) -> tuple[str, ...]:
        """Its own one, and those of its methods."""
        own = (self.thing, *(one.function for one in self.functions if not self.is_function))
        return tuple(inspect.cleandoc(one.__doc__ or "") for one in own)

    @property
    def is_function(self) -> bool:
        return not inspect.isclass(self.thing)

    @property
    def examples(self) -> list[doctest.Example]:
        parser = doctest.DocTestParser()
        return [one for text in self.docstrings for one in parser.get_examples(text)]

    @property
    def neighbour(self) -> str | None:
        """The name of the door whose examples serve here, too."""
        found = [one for text in self.docstrings for one in _SEE.findall(text)]
        return found[0] if found else None


@cache
def doors() -> tuple[Door, ...]:
    """All of them, each by the first name that it is found by."""
    found: dict[str, list[public.Public]] = {}
    for one in public.everything():
        owner = one.name.rpartition(".")[0]
        found.setdefault(owner if inspect.isclass(at(owner)) else one.name, []).append(one)
    return tuple(Door(name, at(name), tuple(functions)) for name, functions in found.items())


@cache
def at(name: str) -> Any:
    """What is found by a dotted name that begins with `slim`; None if there is nothing."""
    first, *parts = name.split(".")
    if first != "slim":
        return None
    return functools.reduce(lambda thing, part: getattr(thing, part, None), parts, tf_slim)


def docstring(one: public.Public) -> str:
    """That of a function; of an `__init__`, that of its class besides."""
    text = inspect.cleandoc(one.function.__doc__ or "")
    owner, _, name = one.name.rpartition(".")
    if name == "__init__":
        text = f"{inspect.cleandoc(at(owner).__doc__ or '')}\n\n{text}"
    return text


def definition(one: public.Public) -> ast.FunctionDef | None:
    """Its syntax tree; None for what a decorator has written, as `dataclass` does."""
    try:
        source = textwrap.dedent(inspect.getsource(inspect.unwrap(one.function)))
    except OSError:
        return None
    found = ast.parse(source).body[0]
    return found if isinstance(found, ast.FunctionDef) else None


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """What is in a function, without the functions and classes inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            yield child
            yield from own_nodes(child)
