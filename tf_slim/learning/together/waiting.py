"""Calls that wait for other processes: what they wait for is told, and signals are heeded.

Not so the constructor of `MultiWorkerMirroredStrategy`, which holds Python's lock until all are
there.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

_T = TypeVar("_T")

_TOLD_AFTER_SECONDS = 5.0
_TOLD_AGAIN_SECONDS = 60.0


def wait_for(function: Callable[[], _T], what: str, seconds: float) -> _T:
    """Calls a function that may wait for others in an operation of TensorFlow.

    There Python handles no signal. And TensorFlow takes SIGTERM for itself as soon as it works with
    other processes, after which that ends nothing any more. So the function is called in another
    thread, and afterwards SIGTERM does what it did before. Where there can be no such thread, as
    outside of the main one, it is just called.

    Args:
      function: what waits.
      what: told on standard error when it takes long: "worker 1 waits for worker 0 (host:port)".
      seconds: how long at most.

    Returns:
      What it returns.

    Raises:
      TimeoutError: the time is over. The thread goes on waiting.
      Exception: what the function raises.
    """
    if threading.current_thread() is not threading.main_thread():
        return function()
    outcome: list[Any] = []
    thread = threading.Thread(target=_call, args=(function, outcome), daemon=True)
    before = signal.getsignal(signal.SIGTERM)
    started = time.monotonic()
    tell_at = started + _TOLD_AFTER_SECONDS
    thread.start()
    try:
        while thread.is_alive():
            if before == signal.SIG_DFL:
                signal.signal(signal.SIGTERM, _end)  # again and again, since it is taken meanwhile
            thread.join(0.1)
            now = time.monotonic()
            if not thread.is_alive():
                break
            if now > tell_at:
                tell_at = now + _TOLD_AGAIN_SECONDS
                left = f"{now - started:.0f} s so far, at most {seconds:.0f} s"
                print(f"{what} ({left})", file=sys.stderr, flush=True)
            if now > started + seconds:
                raise TimeoutError(f"{what}: not there after {seconds:.0f} s.")
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)
    result, error = outcome
    if error is not None:
        raise error
    return result


def _call(function: Callable[[], Any], outcome: list[Any]) -> None:
    try:
        result = function()
    except BaseException as error:
        outcome[:] = None, error
    else:
        outcome[:] = result, None


def _end(number: int, _frame: Any) -> None:
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
