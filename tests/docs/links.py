"""Finds the links within a built site that lead nowhere: those of its HTML, whoever wrote them."""

from __future__ import annotations

import html.parser
import urllib.parse
from pathlib import Path


class _Reader(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if name == "id" or (tag == "a" and name == "name"):
                self.ids.add(value)
            elif name == "src" or (name == "href" and tag in ("a", "link", "area")):
                self.targets.append(value)


def broken(site: Path) -> list[str]:
    """The links that lead to no file, or to no anchor of it.

    Returns:
      For each the page and the target.
    """
    pages = {}
    for path in sorted(site.rglob("*.html")):
        pages[path] = reader = _Reader()
        reader.feed(path.read_text(encoding="utf-8"))
    found = []
    for path, reader in pages.items():
        for target in dict.fromkeys(reader.targets):
            parts = urllib.parse.urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            name = urllib.parse.unquote(parts.path)
            to = site / name.lstrip("/") if name.startswith("/") else path.parent / name
            to = (to if name else path).resolve()
            to = to / "index.html" if to.is_dir() else to
            anchor = urllib.parse.unquote(parts.fragment)
            if not to.is_file() or (to in pages and anchor and anchor not in pages[to].ids):
                found.append(f"{path.relative_to(site)}: {target}")
    return found
