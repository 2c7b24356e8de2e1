"""README.md tells the truth: its Python runs, and its commands exist.

The Python blocks under one heading (`#` or `##`) run in order, in one process and an empty folder.
A block that cannot run has `<!-- run: skip because ... -->` on a line of its own before it.
"""

from __future__ import annotations

import json
import re

import pytest

from tests.house.readme import commands, program, sections
from tests.house.sources import ROOT, run_python

README = ROOT / "README.md"


def _text() -> str:
    return README.read_text(encoding="utf-8") if README.exists() else ""


def _runnable():
    for index, section in enumerate(sections(_text())):
        if any(block.language == "python" and not block.skipped for block in section.blocks):
            yield pytest.param(section, id=f"{index}-{section.title or 'top'}")


def test_there_is_a_readme_with_python_in_it():
    assert README.exists(), "README.md is missing"
    assert list(_runnable()), "README.md shows no Python that runs"


@pytest.mark.parametrize("section", _runnable())
def test_python_blocks_run(section, tmp_path):
    result = run_python(program(section), cwd=tmp_path)
    assert result.returncode == 0, f"{result.stdout}\n{result.stderr}"


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][\w-]*):", makefile, re.MULTILINE))
    named = {
        word
        for arguments in commands(_text(), "make")
        for word in arguments
        if re.fullmatch(r"[a-z][\w-]*", word)
    }
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
    command_lines = commands(_text(), "tf-slim")
    assert command_lines, "README.md names no tf-slim command"
    assert _refused(command_lines) == {}


def test_a_command_that_does_not_exist_is_refused():
    assert list(_refused([["no-such-command"]])) == ["no-such-command"]


MADE_UP = """\
# Title

Type `make demo` and make sure; see `tf-slim nets`.

```python
x = 1
```

### Deeper

```python
print(x + 1)
```

## Other

<!-- run: skip because it needs a GPU -->
```python
nonsense(
```

```bash
$ make test ARGS="-k x" && tf-slim train lenet \\
    --steps 3 | tee log  # make coffee
VENV=a make lint; .venv/bin/tf-slim nets
```
"""


def test_sections_share_a_namespace_and_skip_with_a_reason():
    top, title, other = sections(MADE_UP)
    assert (top.title, title.title, other.title) == ("", "Title", "Other")
    assert [block.skipped for block in other.blocks] == ["skip because it needs a GPU", None]
    assert run_python(program(title)).stdout == "2\n"
    assert run_python(program(other)).returncode == 0


def test_an_error_points_into_the_readme():
    (_, section) = sections("# Title\n\ntext\n\n```python\nx = 1\nx.gone\n```\n")
    result = run_python(program(section))
    assert result.returncode == 1
    assert 'File "README.md", line 7' in result.stderr


def test_commands_are_found():
    assert commands(MADE_UP, "make") == [["demo"], ["test", "ARGS=-k x"], ["lint"]]
    assert commands(MADE_UP, "tf-slim") == [["nets"], ["train", "lenet", "--steps", "3"]]


@pytest.mark.parametrize(
    "text",
    [
        "<!-- run: skip -->\n```python\n```\n",
        "<!-- run: skip because -->\n```python\n```\n",
        "<!-- run: skip because of the weather -->\n```bash\n```\n",
        "<!-- run: skip because of the weather -->\ntext\n",
        "```python\nx = 1\n",
    ],
)
def test_a_slip_in_the_readme_is_an_error(text):
    with pytest.raises(ValueError, match="README"):
        sections(text)
