"""The processes that train one model together: which of them is the chief, and how they agree.

Under `tf.distribute.MultiWorkerMirroredStrategy` each process runs the same program, and what one
of them does alone, while the others wait for it in an all-reduce, is a hang. So whatever may differ
between them (a signal, a clock, an error) is told to all before any of them acts on it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim import checkpoints
from tf_slim.learning.together import waiting
from tf_slim.ops.wording import without_nodes

# What TensorFlow says of operations that do not fit each other.
_DIFFERENT = re.compile("[Mm]ismatch in the collective|Collective instance .* expected")

_ARRIVAL_SECONDS = 1800.0
_CHIEF, _WORKER = "chief", "worker"


class WorkerError(RuntimeError):
    """Training has ended here because of another worker: it failed, is gone, or is not alike."""


class Workers:
    """The workers of a training, as one of them sees them. This one is alone: it asks nobody.

    Attributes:
      count: how many there are.
      index: which of them this is.
    """

    count = 1
    index = 0

    @property
    def is_chief(self) -> bool:
        """Whether this is the one that writes."""
        return self.index == 0

    @property
    def names(self) -> list[str]:
        """What each is called in messages."""
        return ["this process"]

    def words(self, word: int) -> list[int]:
        """The number that each worker gives, in the order of the workers."""
        return [word]

    def texts(self, text: str) -> list[str]:
        """The text that each worker gives."""
        return [text]

    def arrival(self, text: str) -> list[str]:
        """As `texts`, where others may still be busy with what comes before a training.

        Raises:
          WorkerError: they have not come within half an hour.
        """
        return self.texts(text)

    def of_chief(self, make: Callable[[], Any]) -> Any:
        """What a function returns on the chief, which alone calls it: what JSON can hold."""
        return make()

    def together(self, function: Callable, *args: Any) -> Any:
        """Calls a function that may fail on some workers: then all fail.

        Returns:
          What it returns here.

        Raises:
          WorkerError: it failed on another worker, and not here.
          Exception: what it raised here.
        """
        return function(*args)

    @contextlib.contextmanager
    def explaining(self, folder: str | os.PathLike | None) -> Iterator[None]:
        """Turns the error of an operation that lacks a worker into a `WorkerError`.

        Args:
          folder: where the checkpoints are, or None.
        """
        yield

    def agreed(self, message: str) -> WorkerError:
        """An error that all workers raise now."""
        return WorkerError(message)

    def part(self) -> None:
        """Waits until all are here: who ends before has not given the others all that they need."""


class Several(Workers):
    """More than one worker.

    Args:
      strategy: under which they train.
    """

    def __init__(self, strategy: tf.distribute.Strategy):
        resolver = strategy.cluster_resolver
        tasks = resolver.cluster_spec().as_dict()
        self._strategy = strategy
        self.addresses = [*tasks.get(_CHIEF, ()), *tasks.get(_WORKER, ())]
        self.count = len(self.addresses)
        self.index = resolver.task_id
        if resolver.task_type == _WORKER:
            self.index += len(tasks.get(_CHIEF, ()))
        self._have_agreed = False  # that all end now
        self._sum = tf.function(self._summed, autograph=False)

    @property
    def names(self) -> list[str]:
        return [f"worker {index} ({at})" for index, at in enumerate(self.addresses)]

    def words(self, word: int) -> list[int]:
        return self._all(np.array([word])).reshape(-1).tolist()

    def texts(self, text: str) -> list[str]:
        encoded = np.frombuffer(text.encode(), np.uint8)
        longest = max(self.words(len(encoded)))
        # Few lengths, since each is traced for itself.
        padded = np.zeros(1 << longest.bit_length(), np.int32)
        padded[: len(encoded)] = encoded
        # No text has a character 0 in it.
        return [bytes(row.astype(np.uint8)).rstrip(b"\0").decode() for row in self._all(padded)]

    def arrival(self, text: str) -> list[str]:
        others = [name for index, name in enumerate(self.names) if index != self.index]
        what = f"{self.names[self.index]} waits for {', '.join(others)} to begin training"
        try:
            return waiting.wait_for(lambda: self.texts(text), what, _ARRIVAL_SECONDS)
        except TimeoutError as error:
            raise WorkerError(str(error)) from None

    def of_chief(self, make: Callable[[], Any]) -> Any:
        def text():
            return json.dumps(make()) if self.is_chief else ""

        return json.loads(self.texts(self.together(text))[0])

    def together(self, function: Callable, *args: Any) -> Any:
        result = error = None
        try:
            result = function(*args)
        except Exception as raised:
            if is_of_workers(raised):
                raise
            error = raised
        if any(self.words(int(error is not None))):
            raise self.failure(error)
        return result

    def agreed(self, message: str) -> WorkerError:
        self._have_agreed = True
        return super().agreed(message)

    def failure(self, error: Exception | None) -> Exception:
        """What to raise here when some workers have failed; all of them ask.

        Args:
          error: what was raised here, or None.
        """
        said = self.texts("" if error is None else f"{type(error).__name__}: {error}")
        self._have_agreed = True
        if error is not None:
            return error
        failed = [f"{name}: {what}" for name, what in zip(self.names, said) if what]
        return WorkerError(
            "Training has ended on all workers, since it failed on another one. Its own output "
            "tells more.\n" + "\n".join(failed)
        )

    @contextlib.contextmanager
    def explaining(self, folder: str | os.PathLike | None) -> Iterator[None]:
        self._have_agreed = False
        try:
            yield
        except tf.errors.OpError as error:
            if not is_of_workers(error):
                self._part_if_agreed()
                raise
            path = None if folder is None else checkpoints.latest(folder)
            raise WorkerError(self._lost(error, path)) from error
        except BaseException:
            self._part_if_agreed()
            raise
        self.part()

    def _part_if_agreed(self) -> None:
        if self._have_agreed:
            self.part()

    def part(self) -> None:
        # Who fails here does so because another one has gone on already.
        with contextlib.suppress(tf.errors.OpError):
            self.words(0)

    def _lost(self, error: tf.errors.OpError, checkpoint: str | None) -> str:
        if _DIFFERENT.search(error.message):
            return (
                "The workers do not run the same program: an operation that takes all of them is "
                "another one here than there. Build the same net, optimizer and data on all, and "
                f"call the same functions of the model on all. TensorFlow says: {_said(error)}"
            )
        others = [name for index, name in enumerate(self.names) if index != self.index]
        known = [name for name in others if _is_named(name, error.message)]
        known = known or (others if len(others) == 1 else [f"one of {', '.join(others)}"])
        who = ", ".join(known)
        goes_on = f"{checkpoint}. Start all workers again by the same commands: they go on from it"
        if checkpoint is None:
            goes_on = "none was written. Started again, training begins anew"
        return (
            f"{who} does not answer any more: its process has ended, its machine is frozen, or the "
            f"network between them is cut. {self.names[self.index].capitalize()} cannot go on "
            f"without it and has ended. Last checkpoint: {goes_on}. TensorFlow says: "
            f"{_said(error)}"
        )

    def _all(self, row: np.ndarray) -> np.ndarray:
        """The rows that all workers give, one below the other."""
        rows = np.zeros([self.count, len(row)], np.int32)
        rows[self.index] = row
        return self._sum(tf.constant(rows)).numpy()

    def _summed(self, rows: tf.Tensor) -> tf.Tensor:
        return self._strategy.reduce(tf.distribute.ReduceOp.SUM, rows, axis=None)


def of(strategy: tf.distribute.Strategy) -> Workers:
    """The workers that train under a strategy: the same object each time."""
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
        return _ALONE
    if strategy not in _known:
        tasks = strategy.cluster_resolver.cluster_spec().as_dict()
        number = sum(len(tasks.get(kind, ())) for kind in (_CHIEF, _WORKER))
        _known[strategy] = Several(strategy) if number > 1 else _ALONE
    return _known[strategy]


_ALONE = Workers()
_known: weakref.WeakKeyDictionary[tf.distribute.Strategy, Workers] = weakref.WeakKeyDictionary()


def is_of_workers(error: BaseException) -> bool:
    """Whether an operation has failed because another worker does not take part in it."""
    lost = (tf.errors.UnavailableError, tf.errors.DeadlineExceededError, tf.errors.AbortedError)
    if isinstance(error, lost):
        return True
    return isinstance(error, tf.errors.OpError) and "Collective ops is aborted" in str(error)


def _said(error: tf.errors.OpError) -> str:
    """What an operation says, after where it was made."""
    lines = without_nodes(error.message).removeprefix("Graph execution error:").strip()
    lines = lines.removeprefix("Collective ops is aborted by: ")
    return next(iter(lines.splitlines()), "")[:300]


def _is_named(name: str, message: str) -> bool:
    index, address = name.removeprefix("worker ").rstrip(")").split(" (")
    return address in message or f"/task:{index}" in message
