"""Commands without TensorFlow's greetings: they would stand between a user and the output."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Iterator

from tf_slim.cli import terminal

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
_TALKING = ("0", "1")
_LOGGERS = ("tensorflow", "absl")


def import_tensorflow() -> None:
    """Imports TensorFlow and looks for its devices, silently unless that fails.

    A user who has set TF_CPP_MIN_LOG_LEVEL to 0 or 1 wants to see what TensorFlow has to say, and
    does.
    """
    if "tensorflow" not in sys.modules:
        level = os.environ.setdefault(_LEVEL, "2")
        held = contextlib.nullcontext() if level in _TALKING else _held_stderr()
        with _waiting(), held, _kept():
            import tensorflow as tf

            tf.config.list_physical_devices()
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)


@contextlib.contextmanager
def _waiting() -> Iterator[None]:
    """Tells someone at a terminal what the first seconds are spent on, and takes it back."""
    shown = terminal.is_terminal(sys.stderr)
    if shown:
        print("starting TensorFlow ...", end="", file=sys.stderr, flush=True)
    try:
        yield
    finally:
        if shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@contextlib.contextmanager
def _kept() -> Iterator[None]:
    """Has what is loaded within it left alone by Python's collector of garbage, now and later.

    It would go through the growing heap again and again, and find nothing: a quarter of the time
    that it takes to import TensorFlow.
    """
    if not gc.isenabled():
        yield
        return
    gc.collect()  # what is garbage by now would be kept as well
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


@contextlib.contextmanager
def _held_stderr() -> Iterator[None]:
    """Holds back what the process writes to standard error, C++ included; lost unless it fails."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except Exception:
            sys.stderr.flush()
            held.seek(0)
            os.write(kept, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


@contextlib.contextmanager
def only_python() -> Iterator[None]:
    """Drops what libraries in C++ write to standard error; what Python writes is shown.

    Converters, engines and decoders of pictures tell of their own insides there, whatever they are
    asked.
    """
    if os.environ.get(_LEVEL) in _TALKING or not _is_descriptor(sys.stderr, 2):
        yield
        return
    shown = sys.stderr
    shown.flush()
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    sys.stderr = os.fdopen(
        kept, "w", encoding=shown.encoding, errors=shown.errors, buffering=1, closefd=False
    )
    try:
        yield
    finally:
        sys.stderr.flush()
        sys.stderr = shown
        os.dup2(kept, 2)
        os.close(kept)


def _is_descriptor(stream, number: int) -> bool:
    try:
        return stream.fileno() == number
    except (AttributeError, OSError, ValueError):
        return False


@contextlib.contextmanager
def command() -> Iterator[None]:
    """Shows Python warnings as one line each, `note: ...`, and gives log levels back at the end.

    A program that calls a command keeps its own logging.
    """

    def show(message, category, filename, lineno, file=None, line=None) -> None:
        del filename, lineno, file, line
        if issubclass(category, (UserWarning, RuntimeWarning)):
            terminal.note(str(message))

    levels = {name: logging.getLogger(name).level for name in _LOGGERS}
    try:
        with warnings.catch_warnings():
            warnings.showwarning = show
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
