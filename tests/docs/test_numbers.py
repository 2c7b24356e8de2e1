"""What is said of numbers and differences stands in one place, and elsewhere as it is there."""

from __future__ import annotations

import re

import pytest

from scripts.docs import differs
from scripts.docs.writing import ROOT

README = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
NUMBERS = (ROOT / "docs" / "numbers.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("mode", "said"), [("train", "train on"), ("infer", "infer")])
def test_the_readme_says_what_the_table_says(mode, said):
    ratios = re.findall(rf"^\| \w+ b\d+ {mode} \w+ \|.* (\d\.\d\d)x \|", NUMBERS, re.MULTILINE)
    assert len(ratios) == 8
    assert f"{said} {min(ratios)} to {max(ratios)} times as many" in README


def test_each_command_is_of_a_benchmark_that_is_there():
    files = re.findall(r"ARGS=(benchmarks/\w+\.py)", NUMBERS)
    assert len(files) >= 10
    assert [file for file in files if not (ROOT / file).is_file()] == []
    assert len(files) == len(set(files))


def test_what_differs_is_what_the_change_log_says():
    page = differs.written()
    assert page.startswith("# What differs from the original\n")
    assert "\n## Layers\n" in page and "\n## Losses and metrics\n" in page
    assert "- [`fully_connected`][tf_slim.fully_connected] takes numpy integers" in page
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    points = re.findall(r"^- .*$", changes.partition("### For those who come")[2], re.MULTILINE)
    assert page.count("\n- ") == len(points) > 30


def test_a_change_log_without_that_part_is_told(tmp_path, monkeypatch):
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n", encoding="utf-8")
    monkeypatch.setattr(differs, "_CHANGES", tmp_path / "CHANGELOG.md")
    with pytest.raises(LookupError, match="expected the part '### For those who come from"):
        differs.written()
