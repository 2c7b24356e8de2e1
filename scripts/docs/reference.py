"""The pages of the reference, from the table of pages and the public names."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Mapping

from scripts.docs import made, public
from scripts.docs.pages import PAGES, Page, Section
from scripts.docs.public import Public
from tf_slim.ops import types


def placed() -> dict[Section, list[Public]]:
    """What stands in each section.

    Raises:
      LookupError: a public name has no place, or a section is empty.
    """
    sections = [section for page in PAGES for section in page.sections]
    found: dict[Section, list[Public]] = {section: [] for section in sections}
    lost = []
    for one in public.everything():
        section = next((each for each in sections if _fit(one, each) is not None), None)
        if section is None:
            lost.append(f"{one.path}, written in {one.home}")
        else:
            found[section].append(one)
    if lost:
        raise LookupError(
            "Public names without a place in the reference: "
            + "; ".join(lost)
            + ". Expected a pattern that fits each in PAGES of scripts/docs/pages.py; add one."
        )
    empty = [section.title for section in sections if not found[section]]
    if empty:
        raise LookupError(
            f"Sections of the reference without a name: {', '.join(empty)}. Expected one at least: "
            "take them out of PAGES of scripts/docs/pages.py, or mend their patterns."
        )
    return {
        section: sorted(ones, key=lambda one: (_fit(one, section), one.path.count("."), one.path))
        for section, ones in found.items()
    }


def _fit(one: Public, section: Section) -> int | None:
    """The first pattern of a section that fits: in this order things stand there."""
    for number, pattern in enumerate(section.patterns):
        if any(fnmatch.fnmatchcase(path, pattern) for path in (one.path, one.home)):
            return number
    return None


def written() -> dict[str, str]:
    """The text of each page by its name."""
    by_section = placed()
    return {page.name: _page(page, by_section) for page in PAGES}


def overview() -> str:
    """The first page of the reference: what stands where."""
    parts = [
        "# Reference",
        "Every public name once, by the shortest path that leads to it: `import tf_slim as slim`. "
        "Most of what a program needs is in `slim` itself; the search above finds the other names "
        "of a thing, too.",
    ]
    pages = [page for page in PAGES if page is not PAGES[0]] + [PAGES[0]]
    for page in pages:
        sections = ", ".join(
            f"[{section.title}]({page.name}.md#{_anchor(section.title)})"
            for section in page.sections
        )
        parts.append(f"**[{page.title}]({page.name}.md)**: {sections}.")
    parts += [
        "**[The command line](command-line.md)**: commands, their options, and the config file.",
        "**[Words of signatures](types.md)**: what lists of parameters call by one word.",
    ]
    return "\n\n".join(parts) + "\n"


def _anchor(title: str) -> str:
    return re.sub(r"\W+", "-", title.lower()).strip("-")


def words() -> str:
    """The page of the words that signatures use."""
    parts = [
        "# Words of signatures",
        "What the lists of parameters call by one word. They are for type checkers: no program "
        "needs them.",
    ]
    names = sorted(vars(types)["__annotations__"])
    parts += [_options(f"{types.__name__}.{name}", name, name) for name in names]
    return "\n\n".join(parts) + "\n"


def _page(page: Page, by_section: Mapping[Section, list[Public]]) -> str:
    parts = [f"# {page.title}", page.text]
    for section in page.sections:
        parts += [f"## {section.title}", section.text]
        parts += [_entry(one) for one in by_section[section]]
    return "\n\n".join(filter(None, parts)) + "\n"


def _entry(one: Public) -> str:
    return _options(one.path, one.name, one.path.rpartition(".")[2])


def _options(path: str, heading: str, label: str) -> str:
    """An object of mkdocstrings."""
    return f"::: {path}\n    options:\n      heading: {heading}\n      toc_label: {label}"


def names() -> str:
    """What `griffe_names.py` is told of the public names, as JSON."""
    rows = {
        one.path: {"home": one.home, "also": one.also, "made": made.described(one)}
        for one in public.everything()
    }
    return json.dumps(rows, indent=1) + "\n"
