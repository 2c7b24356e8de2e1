"""Teaches griffe, which reads the package for mkdocstrings, the public names.

They stand in `__init__.pyi` and are loaded on demand, several are aliases, and some functions are
made at run time: what griffe cannot read, `python -m scripts.docs` has written into a file.
"""

from __future__ import annotations

import ast
import inspect
import json
import pathlib
import re
from typing import Any

import griffe

_NAMES = pathlib.Path(__file__).parents[2] / "build" / "docs" / "names.json"
_CODE = re.compile(r"(?<![`\[\w])`(slim\.[\w.]+)(\(\))?`(?![`\]])")
_ANOTHER = re.compile(r"\b((?:see|those of|as in|as for) (?:that of )?)`(\w+)`")


class PublicNames(griffe.Extension):
    """Gives each public thing its public path, and the other paths that lead to it."""

    def on_package(self, *, pkg: griffe.Module, loader: griffe.GriffeLoader, **kwargs: Any) -> None:
        if pkg.name != "tf_slim":
            return
        if not _NAMES.is_file():
            raise FileNotFoundError(
                f"{_NAMES} is not there: expected the public names, which `python -m scripts.docs` "
                "writes. Run it before the build, or `make docs`, which does."
            )
        rows = json.loads(_NAMES.read_text(encoding="utf-8"))
        # All are looked up before any is put in its place: some places are those of modules.
        found = {path: _object(pkg, path, row) for path, row in rows.items()}
        links = {path: path for path in rows}
        links |= {also: path for path, row in rows.items() for also in row["also"]}
        for path, thing in found.items():
            _put(pkg, path, thing)
            for also in {*rows[path]["also"], rows[path]["home"]} - {path}:
                _lead(thing, also)
            _link(thing, path, links)
            _tell_other_names(thing, path, rows[path]["also"])


def _object(pkg: griffe.Module, path: str, row: dict[str, Any]) -> griffe.Object:
    if row["made"] is None:
        return _found(pkg, row["home"])
    home = row["home"].rpartition(".")[0]
    return _function(path, row["made"], _found(pkg, home))


def _found(pkg: griffe.Module, path: str) -> Any:
    thing: Any = pkg
    for name in path.split(".")[1:]:
        thing = thing.members[name]
    return thing.final_target if thing.is_alias else thing


def _function(path: str, row: dict[str, Any], home: griffe.Module) -> griffe.Function:
    def read(text: str | None) -> Any:
        if text is None:
            return None
        try:
            node = ast.parse(text, mode="eval").body
        except SyntaxError:
            return text
        return griffe.safe_get_expression(node, parent=home)

    parameters = [
        griffe.Parameter(
            one["name"],
            kind=griffe.ParameterKind(one["kind"]),
            annotation=read(one["annotation"]),
            default=read(one["default"]) or _DEFAULTS.get(one["kind"]),
        )
        for one in row["parameters"]
    ]
    function = griffe.Function(
        path.rpartition(".")[2],
        parameters=griffe.Parameters(*parameters),
        returns=read(row["returns"]),
        parent=home,
    )
    if row["doc"]:
        function.docstring = griffe.Docstring(inspect.cleandoc(row["doc"]), parent=function)
    return function


# As griffe has them for what it reads itself.
_DEFAULTS = {
    "variadic positional": "()",
    "variadic keyword": "{}",
}


def _put(pkg: griffe.Module, path: str, thing: griffe.Object) -> None:
    *above, name = path.split(".")[1:]
    parent: Any = pkg
    for one in above:
        if one not in parent.members:
            parent.members[one] = griffe.Module(one, parent=parent)
        parent = parent.members[one]
    is_at_home = thing.path == path
    parent.members[name] = thing if is_at_home else griffe.Alias(name, target=thing, parent=parent)


def _lead(thing: griffe.Object, also: str) -> None:
    """A reference to `also`, or to a member of it, is one to the thing."""
    parent, _, name = also.rpartition(".")
    way = griffe.Alias(name, target=parent)
    thing.aliases[also] = way
    for member in thing.members.values():
        if not member.is_alias:
            member.aliases[f"{also}.{member.name}"] = way


def _link(thing: griffe.Object, path: str, links: dict[str, str]) -> None:
    """Makes links of the names in docstrings that the reference has."""
    room = path.rpartition(".")[0]

    def public(match: re.Match) -> str:
        target = links.get(match[1].replace("slim", "tf_slim", 1))
        return f"[{match[0]}][{target}]" if target and target != path else match[0]

    def another(match: re.Match) -> str:
        target = links.get(f"{room}.{match[2]}")
        return f"{match[1]}[`{match[2]}`][{target}]" if target else match[0]

    for one in [thing, *thing.members.values()]:
        if not one.is_alias and one.docstring is not None:
            text = _CODE.sub(public, one.docstring.value)
            one.docstring.value = _ANOTHER.sub(another, text)


def _tell_other_names(thing: griffe.Object, path: str, also: list[str]) -> None:
    own = path.rpartition(".")[2]
    others = sorted({one.replace("tf_slim", "slim", 1) for one in also if _last(one) != own})
    shortest = {_last(one): one for one in sorted(others, key=len, reverse=True)}
    if shortest and thing.docstring is not None:
        text = ", ".join(f"`{one}`" for one in sorted(shortest.values()))
        first, _, rest = thing.docstring.value.partition("\n\n")
        thing.docstring.value = "\n\n".join(filter(None, [first, f"Also called {text}.", rest]))


def _last(path: str) -> str:
    return path.rpartition(".")[2]
