"""Which command lines `tf-slim` does not have."""

from __future__ import annotations

import json
from collections.abc import Sequence

from tests.house.sources import run_python

# Runs every command line with --help behind it: the command line parses what stands before, so that
# a sub-command or an option it does not have is an error, and then shows the help only.
_ASK = """
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


def refused(command_lines: Sequence[Sequence[str]]) -> dict[str, str]:
    """What `tf-slim` says of each of them that is wrong, by the command line."""
    result = run_python(_ASK, json.dumps(command_lines))
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout.splitlines()[-1])
