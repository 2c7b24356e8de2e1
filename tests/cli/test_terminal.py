"""Text in a terminal: whole, and nothing that a terminal would obey."""

from __future__ import annotations

import io
import json

import hypothesis
import pytest
from hypothesis import strategies as st

from tf_slim.cli import terminal
from tf_slim.cli.options import ConfigError

NASTY = [
    "net/[/x]/w",
    "[bold]w[/]",
    "[link=x]w",
    ":smile:",
    "\x1b[2J",
    "a\rb",
    "\x07",
    "\x9b1m",
    "\u202e",
    "\udc80",
    "日本",
    "é",
]
WIDE = "InceptionResnetV2/Repeat_1/block17_1/Branch_1/Conv2d_0b_1x7/BatchNorm/moving_variance"


class Stream(io.TextIOWrapper):
    """A file or terminal of an encoding."""

    def __init__(self, encoding="utf-8", tty=False):
        super().__init__(io.BytesIO(), encoding=encoding, newline="")
        self.tty = tty

    def isatty(self):
        return self.tty

    @property
    def text(self):
        self.flush()
        return self.buffer.getvalue().decode(self.encoding)


@pytest.fixture
def stream(monkeypatch):
    def make(**kwargs):
        made = Stream(**kwargs)
        monkeypatch.setattr("sys.stdout", made)
        monkeypatch.setattr("sys.stderr", made)
        return made

    monkeypatch.setenv("TERM", "xterm")
    return make


WRITERS = {
    "say": terminal.say,
    "note": terminal.note,
    "error": terminal.error,
    "progress": terminal.progress,
    "table": lambda text: terminal.show(["*name"], [[text]]),
    "json": terminal.data,
}


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("text", NASTY)
def test_text_is_shown_as_it_is_and_not_obeyed(text, writer, encoding, stream):
    out = stream(encoding=encoding)
    WRITERS[writer](text)
    shown = out.text
    assert not terminal._OBEYED.search(shown.replace("\n", ""))
    if writer == "json":
        assert json.loads(shown) == text
    elif text.isascii() and text.isprintable():
        assert text in shown
    else:
        assert any(
            whole in shown
            for whole in (text, text.encode("unicode_escape").decode(), ascii(text)[1:-1])
        )


@hypothesis.given(st.text(st.characters()), st.sampled_from(["ascii", "utf-8", "cp1252"]))
def test_any_text_can_be_shown(text, encoding):
    shown = terminal.plain(text, Stream(encoding))
    shown.encode(encoding)
    assert not terminal._OBEYED.search(shown)
    if text.isascii() and text.isprintable():
        assert shown == text


@pytest.mark.parametrize("width", [20, 60, 80, 200])
def test_a_table_in_a_terminal_is_whole_at_any_width(width, stream, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    out = stream(tty=True)
    rows = [[WIDE, "32x32x17x17", "float32", "123,456,789"], ["w", "scalar", "float32", "1"]]
    terminal.show(["*variable", "shape", "dtype", "elements"], rows, numbers="elements")
    assert "…" not in out.text
    for cell in rows[0][1:]:
        assert cell in out.text
    first = [line[:24].strip() for line in out.text.splitlines()]
    assert WIDE in "".join(line.split("  ")[0].strip() for line in out.text.splitlines()), first


def test_a_table_in_a_file_has_a_line_a_row(stream):
    out = stream()
    terminal.show(["*variable", "n"], [[WIDE * 5, "1"]], numbers="n")
    assert out.text.splitlines()[1] == f"{WIDE * 5}  1"


class Gone(io.StringIO):
    """A terminal that was closed, or a pipe that nobody reads."""

    def write(self, text):
        raise BrokenPipeError(32, "Broken pipe")

    def flush(self):
        raise BrokenPipeError(32, "Broken pipe")


@pytest.mark.parametrize("writer", ["note", "error", "progress"])
def test_messages_that_nobody_reads_end_nothing(writer, monkeypatch):
    monkeypatch.setattr("sys.stderr", Gone())
    WRITERS[writer]("hello")


@pytest.mark.parametrize("path", ["runs/a", "runs/my run", "a'b", "$HOME", "-x y", "a;b"])
def test_a_path_in_a_suggestion_is_one_word_of_a_shell(path):
    import shlex

    assert shlex.split(f"tf-slim train {terminal.quoted(path)}")[2] == path


def test_an_error_shows_its_names(cli, tmp_path):
    (tmp_path / "x.toml").write_text('[model]\nname = "[red]\\u001b[2J"\n')
    result = cli("train", "x.toml")
    assert result.status == 1
    assert r"[red]\x1b[2J" in result.err and "\x1b" not in result.err
    assert issubclass(ConfigError, ValueError)
