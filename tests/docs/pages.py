"""Which pages there are."""

from __future__ import annotations

from tests.docs import reader
from tests.house.sources import ROOT, tracked_text_files

CHINESE = {"README.zh.md": "README.md"}


def names() -> list[str]:
    """The READMEs and the pages of docs/ that are written by hand, as paths from the root."""
    found = [path.relative_to(ROOT).as_posix() for path, _ in tracked_text_files()]
    return [
        name
        for name in found
        if name.endswith(".md") and (name.startswith("docs/") or name in ("README.md", *CHINESE))
    ]


def read(name: str) -> reader.Page:
    """Reads one of them."""
    return reader.read(ROOT / name, ROOT)


def english(name: str) -> str | None:
    """The page that one in Chinese is the translation of; None for one that is not in Chinese."""
    if name.startswith("docs/zh/"):
        return name.replace("docs/zh/", "docs/", 1)
    return CHINESE.get(name)
