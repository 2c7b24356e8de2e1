"""A worker that `tf-slim train --workers` has started: its line to the launcher.

The line is a socket of which each holds one end. The worker writes to it once a second, so that the
launcher knows a frozen one, and says there why it fails. That the line ends tells it that the
launcher is gone, however it went.
"""

from __future__ import annotations

import faulthandler
import functools
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import MutableMapping
from typing import Any

NAME = "TF_SLIM_LAUNCHER"

_BEAT_SECONDS = 1.0
_LEAVE_SECONDS = 60.0

# Errors of a worker that has lost another one: that of `fit`, and those of TensorFlow.
_FOLLOWING = {"WorkerError", "UnavailableError", "AbortedError", "DeadlineExceededError"}

_line: socket.socket | None = None
_flags = ""


def begin(environ: MutableMapping[str, str] = os.environ) -> None:
    """Takes up the line to the launcher, if there is one."""
    global _line, _flags
    text = environ.pop(NAME, None)
    if text is None:
        return
    given = json.loads(text)
    _flags = given["flags"]
    _line = socket.socket(fileno=given["line"])
    _line.set_inheritable(False)
    faulthandler.enable()  # into the log, before standard error becomes the terminal
    if given["terminal"] is not None:
        os.set_inheritable(given["terminal"], False)
        sys.stderr = os.fdopen(
            given["terminal"], "w", buffering=1, encoding="utf-8", errors="backslashreplace"
        )
    watch = functools.partial(_watch, serves=given["serves"])
    for action in (_beat, watch):
        threading.Thread(target=action, args=(_line,), daemon=True).start()


def is_one() -> bool:
    """Whether this process is such a worker."""
    return _line is not None


def flags() -> str:
    """What to add to a command that goes on where the workers have stopped."""
    return _flags


def failed(error: BaseException, text: str, *, expected: bool) -> None:
    """Tells the launcher why this worker ends; the whole traceback goes into the log.

    Args:
      error: why.
      text: the message for users.
      expected: whether that is all that a user needs.
    """
    trace = "".join(traceback.format_exception(error)).rstrip()
    print(f"{trace}\nerror: {text}", file=sys.__stderr__, flush=True)
    _tell(
        {"text": text, "expected": expected, "follows": _follows(error), "recurs": _recurs(error)}
    )


def _follows(error: BaseException) -> bool:
    """Whether it is the loss of another worker, which has a reason of its own."""
    cause = error.__cause__ or error.__context__
    return type(error).__name__ in _FOLLOWING or (cause is not None and _follows(cause))


def _recurs(error: BaseException) -> bool:
    """Whether it would be the same when all is started anew."""
    return isinstance(error, (ValueError, TypeError, ArithmeticError, LookupError, AttributeError))


def _tell(what: dict[str, Any]) -> None:
    if _line is not None:
        try:
            _line.sendall(json.dumps(what).encode() + b"\n")
        except OSError:
            return  # nobody listens any more


def _beat(line: socket.socket) -> None:
    while True:
        try:
            line.sendall(b"\n")
        except OSError:
            return
        time.sleep(_BEAT_SECONDS)


def _watch(line: socket.socket, serves: bool) -> None:
    """Ends this process when the launcher has ended: in order if it can, and a server at last."""
    try:
        while line.recv(1024):
            continue
    except OSError:
        pass
    print("The launcher is gone: ending.", file=sys.__stderr__, flush=True)
    if not serves:
        os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_LEAVE_SECONDS)
    os._exit(128 + signal.SIGTERM)
