"""Every block of README.md and docs/ runs, and prints what the page says; see reader.py.

README.md is run by its sections, each other page as a whole, in a process and a folder of its own.
A page in Chinese is run where its blocks are not those of the English one.
"""

from __future__ import annotations

import pytest

from tests.docs import pages
from tests.house.sources import ROOT


def _same_blocks(name: str, other: str | None) -> bool:
    if other is None or not (ROOT / other).exists():
        return False
    own, others = pages.read(name).blocks, pages.read(other).blocks
    return [(one.kind, one.text, one.prints) for one in own] == [
        (one.kind, one.text, one.prints) for one in others
    ]


def _runs():
    for name in pages.names():
        if _same_blocks(name, pages.english(name)):
            continue
        page = pages.read(name)
        whole = [pytest.param([name], id=name)] if any(one.kind for one in page.blocks) else []
        yield from whole if name.startswith("docs/") else _sections(page)


def _sections(page):
    for index, section in enumerate(page.sections):
        if any(block.kind for block in section.blocks):
            yield pytest.param([page.name, str(index)], id=f"{page.name}-{index}-{section.title}")


@pytest.mark.parametrize("words", _runs())
def test_blocks_run(words, start, page_folder):
    result = start(["page", *words], page_folder)
    assert result.returncode == 0, result.stdout


def test_there_are_pages():
    assert {"README.md", "docs/index.md"} <= set(pages.names())
