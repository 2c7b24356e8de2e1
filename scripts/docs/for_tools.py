"""What programs read in place of the site: `llms.txt`, its index, and the reference as one file.

The form of the index is that of https://llmstxt.org: a title, a summary, links with a line each.
"""

from __future__ import annotations

import inspect
import pathlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from scripts.docs import made, reference
from scripts.docs.pages import PAGES
from scripts.docs.public import Public

try:
    import tomllib
except ImportError:  # before Python 3.11
    import tomli as tomllib

ROOT = pathlib.Path(__file__).parents[2]
WHOLE = "llms-full.txt"

_SHOWN = ("__call__", "__enter__", "__exit__")


def index(generated: Mapping[str, str]) -> str:
    """The text of `llms.txt`.

    Args:
      generated: the texts of pages that are not written by hand, by their paths in docs/.

    Raises:
      LookupError: a page has no title, or no paragraph to be described by.
    """
    project = settings()
    parts = [f"# {project['site_name']}", f"> {project['site_description']}"]
    parts.append(
        f"Every public name with its signature and docstring, in one file: [{WHOLE}]({WHOLE})"
    )
    for title, pages in sections(project["nav"]):
        lines = (_line(page, generated.get(page) or _read(page)) for page in pages)
        parts += [f"## {title}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def settings() -> dict[str, Any]:
    """Those of the site."""
    return tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]


def sections(nav: list[dict[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    """The sections of the navigation, each with its pages."""
    for entry in nav:
        for title, below in entry.items():
            yield title, list(_pages(below))


def _pages(entry: Any) -> Iterator[str]:
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, Mapping):
        for below in entry.values():
            yield from _pages(below)
    else:
        for below in entry:
            yield from _pages(below)


def _read(page: str) -> str:
    return (ROOT / "docs" / page).read_text(encoding="utf-8")


def _line(page: str, text: str) -> str:
    text = _prose(text)
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    paragraph = re.search(r"^# .+\n+(?:##.+\n+)*(?![#|>])(\S(?:.|\n(?!\n))+)", text, re.MULTILINE)
    if title is None or paragraph is None:
        raise LookupError(
            f"docs/{page}: expected a title (`# ...`) and a paragraph below it, by which the index "
            "for tools describes the page; write them."
        )
    address = re.sub(r"(^|/)index\.md$", r"\1", page).replace(".md", "/") or "./"
    return f"- [{_plain(title[1])}]({address}): {_first_sentence(_plain(paragraph[1]))}"


def _prose(text: str) -> str:
    """A page without code, comments and elements of HTML."""
    text = re.sub(r"^(`{3,}).*?^\1", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"<!--.*?-->|<style>.*?</style>", "", text, flags=re.DOTALL)


def _plain(text: str) -> str:
    text = re.sub(r"\[([^\]]+)\](\([^)]*\)|\[[^\]]*\])", r"\1", text)
    return " ".join(re.sub(r"\s*\{[^}]*\}\s*$", "", text).split())


def _first_sentence(text: str) -> str:
    """Up to a full stop, question mark or colon, Chinese ones included."""
    return re.split(r"(?<=[.!?:])\s|(?<=[。！？：])", text)[0].rstrip(":：")


def whole() -> str:
    """The reference as one file of Markdown."""
    parts = ["# The reference of TF-Slim 2", "`import tf_slim as slim`"]
    by_section = reference.placed()
    for page in PAGES:
        parts.append(f"# {page.title}")
        for section in page.sections:
            parts.append(f"## {section.title}")
            for one in by_section[section]:
                parts += _entry(one)
    return "\n\n".join(parts) + "\n"


def _entry(one: Public) -> Iterator[str]:
    yield f"### {one.name}"
    row = made.described(one)
    if row is not None:
        yield _code(one.name, row)
        yield row["doc"]
    elif inspect.isclass(one.value):
        yield from _class(one.name, one.value)
    else:
        yield f"A constant, `{type(one.value).__name__}`."


def _class(name: str, own: type) -> Iterator[str]:
    try:
        yield f"```python\n{name}{_signature(own)}\n```"
    except (TypeError, ValueError):
        yield f"```python\n{name}\n```"
    yield inspect.getdoc(own) or ""
    for member, value in vars(own).items():
        if member.startswith("_") and member not in _SHOWN:
            continue
        method = getattr(value, "__func__", value)
        described = inspect.getdoc(method) if not isinstance(method, type) else None
        if isinstance(method, property):
            yield f"`{name}.{member}` (property)"
        elif inspect.isfunction(method):
            yield f"`{name}.{member}{_signature(getattr(own, member))}`"
        else:
            continue
        yield described or ""


def _signature(value: Any) -> str:
    signature = inspect.signature(value)
    bare = [
        one.replace(annotation=one.empty)
        for one in signature.parameters.values()
        if one.name != "self"
    ]
    return str(inspect.Signature(bare))


def _code(name: str, row: dict[str, Any]) -> str:
    parts = []
    for one in row["parameters"]:
        kind, text = one["kind"], one["name"]
        if kind == "variadic positional":
            text = f"*{text}"
        elif kind == "variadic keyword":
            text = f"**{text}"
        elif kind == "keyword-only" and not any(part.startswith("*") for part in parts):
            parts.append("*")
        if one["default"] is not None:
            text += f"={one['default']}"
        parts.append(text)
    return f"```python\n{name}({', '.join(parts)})\n```"
