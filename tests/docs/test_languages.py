"""What is there in Chinese is what is there in English: the same headings, blocks and links."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from pathlib import PurePosixPath

import pytest

from tests.docs import pages
from tests.docs.reader import Page, parse
from tests.house.sources import ROOT

TRANSLATED = ("docs/start/", "docs/tutorials/", "docs/migrating/")
LINK = re.compile(r"\]\(([^)\s]+)[^)]*\)|\]\[([^\]\s]+)\]")
PAIRS = [(name, english) for name in pages.names() if (english := pages.english(name))]


def blocks(page: Page) -> list[tuple[str, ...]]:
    """What both languages share of the blocks: all but the title, a reason, and drawn text."""
    return [
        (block.language, block.text, str(block.kind), block.prints or "")
        for block in page.blocks
        if block.language != "text" or block.text in {other.prints for other in page.blocks}
    ]


def links(page: Page) -> list[str]:
    """Where its links go, without what is known to differ: the language, and anchors."""
    found = []
    for path, reference in LINK.findall(page.prose):
        target = path.partition("#")[0]
        if reference or "://" in path:
            found.append(reference or path)
        elif target:
            joined = posixpath.normpath(posixpath.join(PurePosixPath(page.name).parent, target))
            found.append(pages.english(joined) or joined)
    return sorted(set(found))


def levels(page: Page) -> list[int]:
    """The levels of its headings."""
    return [level for level, _ in page.headings]


def without_chinese(names: Iterable[str], exists: Callable[[str], bool]) -> list[str]:
    """The English pages that are missing in Chinese."""
    of_readme = {english: chinese for chinese, english in pages.CHINESE.items()}
    return [
        name
        for name in names
        if name in of_readme or name.startswith(TRANSLATED)
        if not exists(of_readme.get(name) or name.replace("docs/", "docs/zh/", 1))
    ]


@pytest.mark.parametrize("what", [levels, blocks, links])
def test_both_languages_have_the_same(what):
    for chinese, english in PAIRS:
        assert (ROOT / english).exists(), f"{chinese} is the translation of no page"
        assert what(pages.read(chinese)) == what(pages.read(english)), chinese


def test_every_page_of_these_folders_is_there_in_chinese():
    missing = without_chinese(pages.names(), lambda name: (ROOT / name).exists())
    assert missing == [], f"in English only: {', '.join(missing)}"


def test_a_difference_is_found():
    english = parse("# A\n\n[b](b.md) [c](../c.md#x)\n\n```python\n1\n```\n", "docs/start/a.md")
    same = "# 甲\n\n[乙](b.md) [丙](../../c.md#y)\n\n```python\n1\n```\n"
    for text, kind in {
        same: None,
        same.replace("# 甲", "## 甲"): levels,
        same.replace("b.md", "d.md"): links,
        same.replace("\n1\n", "\n2\n"): blocks,
    }.items():
        chinese = parse(text, "docs/zh/start/a.md")
        for what in (levels, links, blocks):
            assert (what(chinese) == what(english)) == (what is not kind), (text, what)
    assert without_chinese(["docs/start/a.md"], lambda name: False) == ["docs/start/a.md"]
