"""Doing many things in threads, to be stopped at any moment, and saying how far they are."""

from __future__ import annotations

import concurrent.futures
import os
import threading
import time
from collections.abc import Callable, Iterable

Progress = Callable[[str, int, int], None]
"""Called now and then with what is being done, how much of it is, and how much there is."""

_SECONDS_BETWEEN_UPDATES = 0.1


class Stopped(Exception):
    """Another thread has failed, or somebody has pressed Ctrl-C."""


class Together:
    """Threads that end together."""

    def __init__(self, workers: int | None):
        """Starts nothing yet.

        Args:
            workers: Number of threads; None for one a core.
        """
        self._workers = workers or os.cpu_count() or 1
        self._stop = threading.Event()

    def check(self) -> None:
        """To be called by the threads now and then.

        Raises:
            Stopped: If they are to end.
        """
        if self._stop.is_set():
            raise Stopped

    def run(self, tasks: Iterable[Callable[[], object]]) -> None:
        """Does all of them. When one fails, or the caller is interrupted, the others end early.

        Args:
            tasks: What to do.

        Raises:
            Exception: That of the first task that failed.
        """
        pool = concurrent.futures.ThreadPoolExecutor(self._workers)
        try:
            running = [pool.submit(task) for task in tasks]
            for one in concurrent.futures.as_completed(running):
                one.result()
        finally:
            self._stop.set()
            pool.shutdown(wait=True, cancel_futures=True)


class Counter:
    """Counts what all threads have done, and tells somebody now and then."""

    def __init__(self, what: str, total: int, progress: Progress | None, done: int = 0):
        """Tells that it begins.

        Args:
            what: What is being done.
            total: How much there is.
            progress: Whom to tell, or None.
            done: How much of it was done before.
        """
        self._what, self._total, self._progress = what, total, progress
        self._count = done
        self._guard = threading.Lock()
        self._next = 0.0
        self.add(0)

    def add(self, count: int) -> None:
        """Counts some more."""
        with self._guard:
            self._count += count
            now = time.monotonic()
            if self._progress is None or (now < self._next and self._count < self._total):
                return
            self._next = now + _SECONDS_BETWEEN_UPDATES
            self._progress(self._what, self._count, self._total)
