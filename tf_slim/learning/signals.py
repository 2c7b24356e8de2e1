"""Stopping at a good moment when the process is told to stop."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from typing import Any

_STOPPING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class StopRequest:
    """Whether, and by which signal, the process has been asked to stop."""

    signum: int | None = None

    @property
    def name(self) -> str | None:
        """The name of the signal, such as "SIGTERM", or None."""
        return None if self.signum is None else signal.Signals(self.signum).name


@contextlib.contextmanager
def deferred() -> Iterator[StopRequest]:
    """Holds SIGINT (Ctrl-C), SIGTERM and SIGHUP back, so that the code inside can end its step.

    A second signal of the same kind acts at once. After the block a signal held back is delivered
    as if it came then. A SIGHUP that is ignored, as under `nohup`, stays so. Only the main thread
    can do this; elsewhere nothing changes.
    """
    request = StopRequest()
    if threading.current_thread() is not threading.main_thread():
        yield request
        return
    before: dict[int, Any] = {number: signal.getsignal(number) for number in _STOPPING}
    for number in _STOPPING[2:]:
        if before[number] == signal.SIG_IGN:
            del before[number]

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)

    def hold_back(number: int, _frame) -> None:
        request.signum = number
        signal.signal(number, before[number] or signal.SIG_DFL)

    for number in before:
        signal.signal(number, hold_back)
    try:
        yield request
    finally:
        restore()
    if request.signum is not None:
        signal.raise_signal(request.signum)
