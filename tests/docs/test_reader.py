"""The reader of pages, and what runs them, tried on made-up pages."""

from __future__ import annotations

import textwrap

import pytest

from tests.docs.reader import commands, console, parse, parts_of
from tests.docs.running import Failed, run

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
```text
2
```

## Other

<!-- run: skip because it needs a GPU -->
```python
nonsense(
```

<!-- run: skip because it is made up -->
```bash
$ make test ARGS="-k x" && tf-slim train lenet \\
    --steps 3 | tee log  # make coffee
VENV=a make lint; .venv/bin/tf-slim nets
```
"""


def test_sections_blocks_and_what_is_said_of_them():
    page = parse(MADE_UP, "README.md")
    assert [section.title for section in page.sections] == ["", "Title", "Other"]
    assert page.headings == [(1, "Title"), (3, "Deeper"), (2, "Other")]
    assert [block.skip for block in page.sections[2].blocks] == [
        "skip because it needs a GPU",
        "skip because it is made up",
    ]
    assert [block.kind for block in page.blocks] == ["python", "python", None, None, None]
    assert [block.prints for block in page.blocks] == [None, "2\n", None, None, None]


def test_commands_are_found():
    page = parse(MADE_UP, "README.md")
    assert commands(page, "make") == [["demo"], ["test", "ARGS=-k x"], ["lint"]]
    assert commands(page, "tf-slim") == [["nets"], ["train", "lenet", "--steps", "3"]]


def test_a_text_that_does_not_follow_at_once_is_no_output():
    page = parse("```python\n1\n```\n\nLike this:\n\n```text\n2\n```\n", "x.md")
    assert page.blocks[0].prints is None


def test_blocks_in_a_tab_are_read_without_their_indent():
    (block,) = parse('=== "now"\n\n    ```python\n    if 1:\n        x\n    ```\n', "x.md").blocks
    assert (block.text, block.line) == ("if 1:\n    x\n", 4)


def test_console():
    assert console("$ a \\\n  b\nsaid\n$ c\n") == [("a \\\n  b", "said\n", 0), ("c", "", 3)]


def test_parts_of_a_file():
    lines = ["# --8<-- [start:one]", "x", "# --8<-- [end:one]", "y"]
    assert parts_of(lines) == {"one": (2, 2)}


@pytest.mark.parametrize(
    "text",
    [
        "<!-- run: skip -->\n```python\n```\n",
        "<!-- run: skip because -->\n```python\n```\n",
        "<!-- run: skip because of the weather -->\n```text\n```\n",
        "<!-- run: skip because of the weather -->\ntext\n",
        "<!-- run: raises -->\n```python\n```\n",
        "<!-- run: raises ValueError -->\n```bash\n```\n",
        "<!-- run: status 1 -->\n```python\n```\n",
        "```python\nx = 1\n",
    ],
)
def test_a_slip_in_a_page_is_an_error(text):
    with pytest.raises(ValueError, match="README"):
        parse(text, "README.md")


def _run(text: str) -> None:
    run("made.md", parse(textwrap.dedent(text), "made.md").blocks)


GOOD = {
    "a number that is elided": "```python\nprint('took', 1.25)\n```\n```text\ntook ...\n```\n",
    "lines that may be there": "```console\n$ echo '  a'; echo b\n...\n  a\n...\nb\n...\n```\n",
    "progress": "```console\n$ echo 'reading: 1 of 1,072'; echo a\na\n```\n",
    "spaces": "```python\nprint('a   b')\n```\n```text\na b\n```\n",
    "what is said on the way": """
        ```python
        import sys
        print("begun", file=sys.stderr)
        print("done")
        ```
        ```text
        begun
        done
        ```
        """,
    "an error that is meant": """
        <!-- run: raises ValueError -->
        ```python
        int("x")
        ```
        ```text
        ValueError: invalid literal ...
        ```
        """,
    "commands": """
        ```console
        $ echo a; cd /
        a
        $ pwd
        /
        ```
        ```bash
        test ! -e made.txt
        echo b > made.txt
        ```
        ```python
        print(open("made.txt").read())
        ```
        ```text
        b
        ```
        """,
    "a status": "<!-- run: status 3 -->\n```console\n$ echo a\na\n$ echo b; exit 3\nb\n```\n",
    "a file": '```toml title="a/b.toml"\nx = 1\n```\n```bash\ngrep "x = 1" a/b.toml\n```\n',
    "old code": '```python title="then"\nimport there_is_none\n```\n',
    "a function whose code is read": """
        ```python
        import inspect
        def f():
            return 1
        print(inspect.getsource(f))
        ```
        ```text
        def f():
            return 1
        ```
        """,
}


@pytest.fixture
def empty_folder(tmp_path, monkeypatch):
    import sys

    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
def test_what_a_page_may_say(text, empty_folder):
    _run(text)


BAD = {
    "another output": ("```python\nprint(1)\n```\n```text\n2\n```\n", 'made.md", line 2'),
    "an error": ("\n\n```python\nx = 1\nx.gone\n```\n", r'made.md", line 5(.|\n)*x\.gone'),
    "no error": ("<!-- run: raises ValueError -->\n```python\n1\n```\n", "does not raise"),
    "another error": ("<!-- run: raises ValueError -->\n```python\n{}[1]\n```\n", "KeyError"),
    "no Python": ("```python\n\nx = = 1\n```\n", 'made.md", line 3'),
    "old code that is none": ('```python title="then"\nx = = 1\n```\n', "SyntaxError"),
    "a command": (
        "```console\n$ true\n$ false\n$ true\n```\n",
        "line 3: the status is 1(.|\n)*false",
    ),
    "what a command prints": ("```console\n$ echo 1\n1\n$ echo 2\n3\n```\n", "line 4: Expected"),
    "what a block prints": ("```bash\necho 1\n```\n```text\n2\n```\n", "Expected"),
    "dots for one line": ("```console\n$ echo a; echo b\n...\nb\nc\n```\n", "Expected"),
    "a status that is not": ("<!-- run: status 1 -->\n```bash\ntrue\n```\n", "expected 1"),
    "a pipe": ("```bash\nfalse | cat\n```\n", "status is 1"),
    "an exit": ("```python\nraise SystemExit(0)\n```\n", "SystemExit"),
}


@pytest.mark.parametrize("text,told", BAD.values(), ids=BAD)
def test_what_fails_is_told(text, told, empty_folder):
    with pytest.raises(Failed, match=told):
        _run(text)


def test_a_program_of_the_forge_has_the_streams_and_status_of_one_of_its_own(start, tmp_path):
    (tmp_path / "p.py").write_text("import sys; print(sys.argv, __name__); sys.exit(3)")
    result = start(["python", "p.py", "a b"], tmp_path)
    assert (result.returncode, result.stdout) == (3, "['p.py', 'a b'] __main__\n")
    assert start(["tf-slim", "no-such-command"], tmp_path).returncode == 2
    assert start(["python", "-c", "raise SystemExit(4)"], tmp_path).returncode == 4
