"""The commands that README.md and docs/ tell people to type exist."""

from __future__ import annotations

import json
import re

from tests.docs import pages
from tests.docs.reader import commands
from tests.house.sources import ROOT, run_python

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


# Runs every command line with --help behind it: the command line parses what stands before, so that
# a sub-command or an option it does not have is an error, and then shows the help only.
ASK = """
import contextlib, io, itertools, json, sys
from tf_slim.cli.main import run

refused = {}
for arguments in json.loads(sys.argv[1]):
    if arguments[:1] == ["run"]:  # What stands behind the program is for the program.
        options = itertools.takewhile(lambda word: word.startswith("-"), arguments[1:])
        arguments = ["run", *options]
    sys.argv = ["tf-slim", *arguments, "--help"]
    shown, status = io.StringIO(), 0
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        try:
            status = run()
        except SystemExit as end:
            status = end.code
    if status:
        refused[" ".join(arguments)] = shown.getvalue()
print(json.dumps(refused))
"""


def _refused(command_lines):
    result = run_python(ASK, json.dumps(command_lines))
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])


def test_tf_slim_commands_exist():
    command_lines = _all("tf-slim")
    assert command_lines, "no page names a tf-slim command"
    assert _refused(command_lines) == {}


def test_a_command_that_does_not_exist_is_refused():
    assert list(_refused([["no-such-command"]])) == ["no-such-command"]
