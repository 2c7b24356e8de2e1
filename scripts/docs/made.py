"""Functions that are made when the package is loaded, which no reader of its text finds.

`conv2d` is `_convolution(2, "conv2d")`, `relu` is a `functools.partial`. What mkdocstrings would
have read in a `def` is asked of the function; how a default is written, of the text that made it.
"""

from __future__ import annotations

import ast
import functools
import inspect
import pathlib
import re
from typing import Any

from scripts.docs.public import Public, everything


def described(public: Public) -> dict[str, Any] | None:
    """What the reference needs to know of a function; None for a class or a constant."""
    function = public.function
    if function is None:
        return None
    signature = inspect.signature(public.value)
    fixed = _fixed(public)
    written = {**_written(function, signature), **fixed}
    return {
        "parameters": [
            {
                "name": one.name,
                "kind": one.kind.description,
                "annotation": _text(one.annotation, one.empty),
                "default": None
                if one.default is one.empty
                else written.get(one.name) or _named(one.default),
            }
            for one in signature.parameters.values()
        ],
        "returns": _text(signature.return_annotation, signature.empty),
        "doc": _docstring(public, function, signature, fixed),
    }


def _docstring(
    public: Public, function: Any, signature: inspect.Signature, fixed: dict[str, str]
) -> str:
    if not fixed:
        hidden = set(inspect.signature(inspect.unwrap(function)).parameters)
        return _without(inspect.getdoc(public.value) or "", hidden - set(signature.parameters))
    inner = f"slim.{function.__name__}"
    values = ", ".join(f"`{name}={value}`" for name, value in fixed.items())
    return f"`{inner}` with {values}.\n\nArguments, return value and errors: see `{inner}`."


def _without(docstring: str, names: set[str]) -> str:
    """Leaves out arguments that a decorator hides, such as those of a net in contrib's dialect."""
    for name in names:
        argument = rf"^( +){name}:.*\n(\1 +.*\n)*"
        docstring = re.sub(argument, "", f"{docstring}\n", flags=re.MULTILINE).rstrip("\n")
    return docstring


def _fixed(public: Public) -> dict[str, str]:
    """The arguments that a `functools.partial` fixes, as they are written."""
    if not isinstance(public.value, functools.partial):
        return {}
    module, _, name = public.home.rpartition(".")
    for node in _tree(_file(module)).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            if any(isinstance(one, ast.Name) and one.id == name for one in node.targets):
                return {one.arg: ast.unparse(one.value) for one in node.value.keywords if one.arg}
    raise LookupError(
        f"{public.path}: expected an assignment of a functools.partial in {module}, found none. "
        f"Write `{name} = functools.partial(...)` there, or a def."
    )


def _file(module: str) -> str:
    import importlib

    return str(importlib.import_module(module).__file__)


@functools.cache
def _tree(file: str) -> ast.Module:
    return ast.parse(pathlib.Path(file).read_text(encoding="utf-8"))


def _definition(function: Any) -> ast.FunctionDef | None:
    """The `def` that a function comes from."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return None
    for node in ast.walk(_tree(code.co_filename)):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            first = min([node.lineno, *(one.lineno for one in node.decorator_list)])
            if first == code.co_firstlineno:
                return node
    return None


def _written(function: Any, signature: inspect.Signature) -> dict[str, str]:
    """How defaults are written, where a decorator has put no others in their place."""
    definition = _definition(function)
    if definition is None:
        return {}
    inner = inspect.signature(inspect.unwrap(function)).parameters
    outer = signature.parameters
    return {
        name: text
        for name, text in _defaults(definition).items()
        if name in inner and name in outer and inner[name].default is outer[name].default
    }


def _defaults(definition: ast.FunctionDef) -> dict[str, str]:
    arguments = definition.args
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [
        *zip(reversed(positional), reversed(arguments.defaults)),
        *zip(arguments.kwonlyargs, arguments.kw_defaults),
    ]
    return {one.arg: ast.unparse(value) for one, value in pairs if value is not None}


def _named(value: Any) -> str:
    """A value in words: tables of nets, and functions, have names."""
    return _names().get(id(value)) or repr(value)


@functools.cache
def _names() -> dict[int, str]:
    named = (one for one in everything() if not isinstance(one.value, (str, int, float)))
    return {id(one.value): one.path.rpartition(".")[2] for one in named}


def _text(annotation: Any, empty: Any) -> str | None:
    if annotation is empty:
        return None
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
