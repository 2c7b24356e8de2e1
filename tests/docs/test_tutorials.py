"""Each file of docs/tutorials/ runs whole, and its sections, which the page shows, cover it.

A page that shows all sections of its file in order, and no other Python, has run the file: it is
not run again.
"""

from __future__ import annotations

import ast

import pytest

from tests.docs import pages
from tests.docs.reader import parts_of
from tests.house.sources import ROOT

FOLDER = ROOT / "docs" / "tutorials"
FILES = sorted(FOLDER.glob("*.py"))


def _outside(path) -> list[str]:
    """The lines that no section has, but for comments, empty ones and the docstring."""
    lines = path.read_text(encoding="utf-8").splitlines()
    inside = {
        number for first, last in parts_of(lines).values() for number in range(first, last + 1)
    }
    first = ast.parse("\n".join(lines)).body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        inside.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return [
        f"{number}: {line}"
        for number, line in enumerate(lines, start=1)
        if number not in inside and line.strip() and not line.lstrip().startswith("#")
    ]


def _page_runs_all(path) -> bool:
    page = pages.read(path.with_suffix(".md").relative_to(ROOT).as_posix())
    parts = parts_of(path.read_text(encoding="utf-8").splitlines())
    wanted = [(f"tutorials/{path.name}", name) for name in parts]
    return [block.include for block in page.blocks if block.kind == "python"] == wanted


def test_there_are_tutorials():
    assert FILES


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_page_shows_every_section(path):
    page = pages.read(path.with_suffix(".md").relative_to(ROOT).as_posix())
    shown = {block.include for block in page.blocks}
    parts = parts_of(path.read_text(encoding="utf-8").splitlines())
    assert {(f"tutorials/{path.name}", name) for name in parts} <= shown


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_its_sections_cover_it(path):
    assert _outside(path) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_runs_whole(path, start, page_folder):
    if not _page_runs_all(path):
        result = start(["python", str(path)], page_folder)
        assert result.returncode == 0, result.stdout


def test_a_line_outside_is_found(tmp_path):
    path = tmp_path / "x.py"
    path.write_text('"""What."""\n\n# --8<-- [start:a]\nx = 1\n# --8<-- [end:a]\nx = 2\n')
    assert _outside(path) == ["6: x = 2"]
