"""The options that the page of research/slim's flags names are those of `tf-slim`."""

from __future__ import annotations

import re

import pytest

from tests.docs import pages
from tests.docs.command_lines import refused
from tests.house.sources import ROOT
from tf_slim.cli.config import SECTIONS
from tf_slim.cli.options import fields

PAGES = [name for name in pages.names() if name.endswith("migrating/research-slim.md")]
COMMANDS = {"train_image_classifier": "train", "eval_image_classifier": "eval"}
KEY = re.compile(rf"`({'|'.join(SECTIONS)})\.(\w+)")
FLAG = re.compile(r"`(--[a-z][a-z-]*)")


def _rows(name: str):
    """(the script, the old flags, what is written now) of each row of a table."""
    script = ""
    for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            script = line.removeprefix("## ").partition(".py")[0]
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| `--"):
            yield script, cells[0], cells[1]


@pytest.mark.parametrize("name", PAGES)
def test_keys_of_the_configuration(name):
    named = KEY.findall((ROOT / name).read_text(encoding="utf-8"))
    assert len(named) > 30
    assert [
        f"{section}.{key}" for section, key in named if key not in fields(SECTIONS[section])
    ] == []


@pytest.mark.parametrize("name", PAGES)
def test_flags(name):
    named = {
        (COMMANDS[script], flag)
        for script, _, now in _rows(name)
        if script in COMMANDS
        for flag in FLAG.findall(now)
    }
    assert len(named) > 10
    told = refused([[command, flag, "1"] for command, flag in sorted(named)])
    assert [text for text in told.values() if "No such option" in text] == []


@pytest.mark.parametrize("name", PAGES)
def test_each_old_flag_stands_there_once(name):
    old = [
        (script, flag)
        for script, flags, _ in _rows(name)
        for flag in re.findall(r"`--(\w+)", flags)
    ]
    assert len(old) == len(set(old))
    assert sum(script == "train_image_classifier" for script, _ in old) == 51
