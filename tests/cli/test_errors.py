"""Errors on one screen, with the exit status that goes with them."""

from __future__ import annotations

import contextlib
import io

import pytest
import tensorflow as tf

from tf_slim.cli import errors


def guarded(error, *, debug=False):
    def fail():
        raise error

    shown = io.StringIO()
    with contextlib.redirect_stderr(shown):
        status = errors.guarded(fail, debug=lambda: debug)
    return status, shown.getvalue()


def test_a_command_that_ends_well():
    assert errors.guarded(lambda: None, debug=lambda: False) == 0
    assert errors.guarded(lambda: 3, debug=lambda: False) == 3


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (ValueError("bad [value]"), 1, "error: bad [value]\n"),
        (
            FileNotFoundError(2, "No such file or directory", "x.txt"),
            1,
            "error: No such file or directory: x.txt.\n",
        ),
        (ArithmeticError("not finite"), 1, "error: not finite\n"),
        (KeyboardInterrupt(), 130, "stopped\n"),
        (errors.Terminated(), 143, "stopped\n"),
        (errors.Exit(7), 7, ""),
    ],
)
def test_status_and_text(error, status, text):
    assert guarded(error) == (status, text)


def test_an_unexpected_error_says_how_to_see_more():
    status, text = guarded(KeyError("weights"))
    assert status == 1
    assert text.startswith("error: unexpected KeyError: 'weights'\n")
    assert "--debug" in text
    assert "Traceback" not in text


def test_debug_shows_the_traceback():
    status, text = guarded(ValueError("bad"), debug=True)
    assert status == 1
    assert "Traceback (most recent call last)" in text
    assert text.endswith("error: bad\n")


def test_a_long_message_is_cut_to_a_screen():
    _, text = guarded(ValueError("\n".join(f"line {n}" for n in range(300))))
    assert text.count("\n") <= 24
    assert text.endswith("...\n")
    _, text = guarded(ValueError("x" * 100_000))
    assert len(text) < 3000


def test_an_error_of_tensorflow_loses_its_graph():
    @tf.function
    def fails(x):
        tf.debugging.assert_less(x, 1.0, message="x is too large")
        return x + tf.random.uniform([])

    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        fails(tf.constant(3.0))
    _, text = guarded(caught.value)
    assert "x is too large" in text
    assert "Detected at node" not in text
    assert "{{node" not in text
    assert "site-packages" not in text


def test_too_little_memory_has_a_remedy():
    _, text = guarded(tf.errors.ResourceExhaustedError(None, None, "OOM when allocating"))
    assert "OOM when allocating" in text
    assert "data.batch_size" in text
