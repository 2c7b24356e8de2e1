"""Progress: a bar where there is a terminal, plain lines where there is none."""

from __future__ import annotations

import io
import re

import pytest
import tensorflow as tf

from tf_slim.cli import progress, terminal
from tf_slim.learning import Run
from tf_slim.learning.hooks import ProgressLines


class Terminal(io.StringIO):
    """A file that says that it is a terminal."""

    def isatty(self):
        return True


@pytest.fixture
def at_terminal(monkeypatch):
    """Makes standard error a terminal. In the test itself: pytest puts its own in before that."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")

    def switch():
        screen = Terminal()
        monkeypatch.setattr("sys.stderr", screen)
        return screen

    return switch


def _run(hook, steps=5):
    run = Run(None, None, number_of_steps=steps, step=2)
    hook.begin(run)
    while run.step < steps:
        run.step, run.loss = min(run.step + max(1, steps // 9), steps), tf.constant(0.25)
        hook.after_step(run)
    hook.end(run)


def test_a_bar_in_a_terminal(at_terminal):
    screen = at_terminal()
    hook = progress.training_hook()
    _run(hook)
    shown = screen.getvalue()
    assert "5/5" in shown
    assert "loss 0.2500" in shown
    assert "steps/s" in shown
    assert "\x1b[?25l" in shown and shown.rindex("\x1b[?25h") > shown.rindex("\x1b[?25l")


@pytest.mark.parametrize("width", [36, 44, 56, 72, 200])
def test_a_bar_in_a_narrow_terminal_cuts_nothing_short(at_terminal, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    screen = at_terminal()
    _run(progress.training_hook(), steps=100_000)
    last = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "\n", screen.getvalue()).split("training")[-1]
    shown = "".join(last.split("\n"))
    assert "100000/100000" in shown and "loss 0.2500" in shown and "…" not in shown
    assert ("steps/s" in shown) == (width >= 56)
    assert len(shown.rstrip()) <= width - len("training")


def test_the_bar_ends_well_before_the_first_step(at_terminal):
    screen = at_terminal()
    hook = progress.training_hook()
    hook.begin(Run(None, None, number_of_steps=5))
    hook.end(Run(None, None, number_of_steps=5))
    assert "0/5" in screen.getvalue()
    assert screen.getvalue().rstrip().endswith("\x1b[?25h")


def test_no_colour_where_none_is_wanted(at_terminal, monkeypatch):
    screen = at_terminal()
    monkeypatch.setenv("NO_COLOR", "1")
    terminal.note("careful")
    _run(progress.training_hook())
    shown = screen.getvalue()
    assert "careful" in shown
    assert "\x1b[3" not in shown  # colours are 30 to 38
    assert "5/5" in shown


def test_colour_where_it_is_possible(at_terminal):
    screen = at_terminal()
    terminal.note("careful")
    assert "\x1b[33mnote: careful" in screen.getvalue()


@pytest.mark.parametrize("term", ["dumb", "unknown"])
def test_lines_in_a_terminal_that_can_no_more(at_terminal, monkeypatch, term):
    screen = at_terminal()
    monkeypatch.setenv("TERM", term)
    hook = progress.training_hook(every_secs=0.0)
    assert isinstance(hook, ProgressLines)
    _run(hook)
    terminal.note("careful")
    shown = screen.getvalue()
    assert "step 5/5" in shown and "note: careful" in shown
    assert "\x1b" not in shown and "\r" not in shown


def test_lines_in_a_pipe_even_if_colour_is_forced(monkeypatch):
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "GITHUB_ACTIONS"):
        monkeypatch.setenv(name, "1")
    pipe = io.StringIO()
    monkeypatch.setattr("sys.stderr", pipe)
    _run(progress.training_hook(every_secs=0.0))
    terminal.note("careful")
    with progress.counting("evaluating", 3) as on_batch:
        assert on_batch is None
    assert "step 5/5  loss 0.2500" in pipe.getvalue()
    assert "\x1b" not in pipe.getvalue() and "\r" not in pipe.getvalue()


def test_the_bar_of_an_evaluation_disappears(at_terminal):
    screen = at_terminal()
    with progress.counting("evaluating", 3) as on_batch:
        on_batch(3)
    assert "evaluating" in screen.getvalue()
    assert screen.getvalue().endswith("\x1b[2K")  # the line is erased


def test_a_validation_is_a_line_above_the_bar(at_terminal):
    screen = at_terminal()
    hook = progress.training_hook()
    run = Run(None, None, number_of_steps=5, step=2)
    hook.begin(run)
    hook.after_validation(run, {"accuracy": 0.5, "matrix": [[1]]})
    hook.end(run)
    assert "step 2/5  validation: accuracy 0.5000" in screen.getvalue()
    assert "5/5" not in screen.getvalue()
