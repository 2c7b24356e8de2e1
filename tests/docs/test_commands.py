"""The commands that README.md and docs/ tell people to type exist."""

from __future__ import annotations

import re

from tests.docs import pages
from tests.docs.command_lines import refused
from tests.docs.reader import commands
from tests.house.sources import ROOT

PAGES = [pages.read(name) for name in pages.names()]


def _all(name: str) -> list[list[str]]:
    return [arguments for page in PAGES for arguments in commands(page, name)]


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][\w-]*):", makefile, re.MULTILINE))
    named = {
        word
        for arguments in _all("make")
        for word in arguments
        if re.fullmatch(r"[a-z][\w-]*", word)
    }
    assert named, "no page names a target of make"
    assert named <= targets


def test_tf_slim_commands_exist():
    command_lines = _all("tf-slim")
    assert command_lines, "no page names a tf-slim command"
    assert refused(command_lines) == {}


def test_a_command_that_does_not_exist_is_refused():
    assert list(refused([["no-such-command"]])) == ["no-such-command"]
