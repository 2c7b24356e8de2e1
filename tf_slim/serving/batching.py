"""Batches of what several requests ask at the same time."""

from __future__ import annotations

import collections
import concurrent.futures
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple

import numpy as np

Values = Mapping[str, np.ndarray]
"""What was computed, by name."""


class _Job(NamedTuple):
    image: np.ndarray
    key: Hashable
    group: Hashable
    future: concurrent.futures.Future


class Batcher:
    """Gives a model, one batch at a time, all that came while it was busy.

    Nothing waits for a batch to fill: the first picture is computed at once, and those that come
    meanwhile are the next batch. So one client alone waits for nobody, and of many clients each
    waits for one batch of others at most before its own, as long as a batch holds them all.

    A picture whose batch fails is computed once more by itself: one that no model can take must
    not be the end of its neighbours.

    Args:
      compute: `fn(images, key)`: what is computed of a list of images of one shape, by name, each
        `[n, ...]`.
      batch_size: how many at a time.
      done: `fn(count, seconds)`, called after each batch.
    """

    def __init__(
        self,
        compute: Callable[[list[np.ndarray], Any], Values],
        batch_size: int,
        done: Callable[[int, float], None] = lambda count, seconds: None,
    ):
        self._compute, self._batch_size, self._done = compute, batch_size, done
        self._waiting: collections.deque[_Job] = collections.deque()
        self._changed = threading.Condition()
        self._is_open = True
        self._thread = threading.Thread(target=self._work, name="tf_slim-batches", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many wait for a batch."""
        return len(self._waiting)

    def submit(self, image: np.ndarray, key: Hashable = None) -> concurrent.futures.Future[Values]:
        """Lets one image be computed, with others of the same key and shape.

        Args:
          image: `[height, width, channels]`.
          key: what else to compute it with.

        Returns:
          What will be computed of it. One that is cancelled before its batch begins is left out.

        Raises:
          RuntimeError: it was closed.
        """
        job = _Job(image, key, (key, image.shape), concurrent.futures.Future())
        with self._changed:
            if not self._is_open:
                raise RuntimeError("The batcher was closed: nothing more is computed.")
            self._waiting.append(job)
            self._changed.notify()
        return job.future

    def close(self) -> None:
        """Computes what is there, takes nothing more, and comes to its end."""
        with self._changed:
            self._is_open = False
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or not self._is_open)
                if not self._waiting:
                    return
                batch = self._taken()
            batch = [job for job in batch if job.future.set_running_or_notify_cancel()]
            if batch:
                self._answer(batch)

    def _taken(self) -> list[_Job]:
        """The first that waits, and those that go with it; the others keep their order."""
        group, taken, others = self._waiting[0].group, [], []
        while self._waiting and len(taken) < self._batch_size:
            job = self._waiting.popleft()
            (taken if job.group == group else others).append(job)
        self._waiting.extendleft(reversed(others))
        return taken

    def _answer(self, batch: list[_Job]) -> None:
        begin = time.monotonic()
        try:
            values = self._compute([job.image for job in batch], batch[0].key)
        except Exception as error:
            if len(batch) > 1:
                for job in batch:
                    self._answer([job])
            else:
                batch[0].future.set_exception(error)
            return
        self._done(len(batch), time.monotonic() - begin)
        for i, job in enumerate(batch):
            job.future.set_result({name: value[i] for name, value in values.items()})
