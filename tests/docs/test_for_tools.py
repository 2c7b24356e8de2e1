"""`llms.txt` and the reference as one file are whole."""

from __future__ import annotations

import ast
import re

import pytest

from scripts.docs import for_tools, public, writing


@pytest.fixture(scope="module")
def whole():
    return for_tools.whole()


@pytest.fixture(scope="module")
def index():
    return writing.generated()["llms.txt"]


def test_each_public_name_is_in_the_one_file_once(whole):
    names = re.findall(r"^### (\S+)$", whole, re.MULTILINE)
    assert sorted(names) == sorted(one.name for one in public.everything())


def test_signatures_are_python(whole):
    blocks = re.findall(r"^### (\S+)\n\n```python\n(.+)\n```$", whole, re.MULTILINE)
    assert len(blocks) > 600
    assert dict(blocks)["slim.conv2d"].startswith("slim.conv2d(inputs, num_outputs, kernel_size, ")
    for name, text in blocks:
        assert text.startswith(name)
        # What stands before `=` are names of parameters; a default may be no expression.
        if "<" not in text:
            ast.parse(f"def f{text.removeprefix(name) or '()'}: ...")


def test_methods_and_properties_are_there(whole):
    model = whole.partition("\n### slim.Model\n")[2].partition("\n### ")[0]
    assert re.search(r"^`slim\.Model\.restore\(path.*\)`$", model, re.MULTILINE)
    assert "`slim.Model.losses` (property)" in model


def test_the_index_has_a_line_for_each_page(index):
    project = for_tools.settings()
    pages = [page for _, below in for_tools.sections(project["nav"]) for page in below]
    lines = re.findall(r"^- \[.+\]\(\S+\): .+$", index, re.MULTILINE)
    assert len(lines) == len(pages) == index.count("\n- ")
    assert "- [Layers](reference/layers/): Every layer is a function" in index
    assert index.startswith("# TF-Slim 2\n\n> ")


@pytest.mark.parametrize(
    ("page", "line"),
    [
        ("# One { #one }\n\nFirst. Second.\n", "- [One](a/b/): First."),
        (
            "# One\n\n```python\nx = 1\n```\n\n[`x`](x.md) is\none. Not two.\n",
            "- [One](a/b/): `x` is one.",
        ),
        ("# 一\n\n这是第一句。这是第二句。\n", "- [一](a/b/): 这是第一句。"),
        ("# One\n\n<!-- no -->\nDo this:\n\n- it\n", "- [One](a/b/): Do this"),
    ],
)
def test_a_page_is_described_by_its_first_sentence(page, line):
    assert for_tools._line("a/b.md", page) == line


def test_a_page_without_a_paragraph_is_told():
    with pytest.raises(LookupError, match=r"docs/b\.md: expected a title"):
        for_tools._line("b.md", "# Title\n")
