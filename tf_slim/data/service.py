"""Batches that a tf.data service makes: the same ones, in the same order, as without it.

See https://www.tensorflow.org/api_docs/python/tf/data/experimental/service. What comes from the
workers of a service comes in any order. So worker i of n makes the batches i, i + n, i + 2n and so
on, and each worker is read from by a job of its own, in which the others have nothing to do. Each
batch has its number with it, which shows that nothing is missing: the batches of a worker that was
lost are left out by the service without a word.
"""

from __future__ import annotations

import queue
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

from tf_slim.data.sources.protocol import RecordSource
from tf_slim.ops.arguments import describe
from tf_slim.ops.modes import do_not_convert

_SECONDS_TO_ANSWER = 5.0
_SECONDS_TO_GATHER = 20.0
_LOST = "tf_slim.data: the service left batches out"
# TensorFlow's words for a stream that is shorter than it should be.
_ENDED = "was expected to contain"

_ALL, _NONE = -1, 0

_HINT = tf.data.experimental.SHARD_HINT


class ServiceError(OSError):
    """A tf.data service that is not there, or has lost a worker."""


def _address(address: Any) -> str:
    """The address of a dispatcher, if it is one.

    Raises:
        TypeError: If it is no text.
        ValueError: If it is not written as one.
    """
    if not isinstance(address, str):
        raise TypeError(f"service must be a text, received {describe(address)}.")
    if not re.fullmatch(r"grpc://(\[[0-9a-fA-F:]+\]|[^/:\s]+):\d{1,5}", address):
        raise ValueError(
            "service must be the address of a dispatcher, as 'grpc://host:5050'; received "
            f"{address!r}."
        )
    return address


def check_service(address: Any, source: RecordSource) -> str:
    """The address of a dispatcher, if its workers can read a source.

    Raises:
        TypeError: If it is no text.
        ValueError: If it is none, or the source is in the memory of this process.
    """
    address = _address(address)
    if not source.portable:
        raise ValueError(
            f"service: {source.described()} cannot be read by the workers of a tf.data service, "
            "which are other processes. Write the pictures to files that they can open, by "
            "slim.data.convert."
        )
    return address


def count_workers(address: str, patience: float = _SECONDS_TO_GATHER) -> int:
    """Finds out how many workers a service has, when all of them are there.

    Args:
        address: Of the dispatcher.
        patience: Seconds to wait for workers.

    Raises:
        ServiceError: If the dispatcher does not answer, or not all of its workers are there.
    """
    _require_answer(address)
    end = time.monotonic() + patience
    expected = "one, at least"
    while True:
        found, count, failure = _asked(address, max(0.1, end - time.monotonic()))
        if count and found == set(range(count)):
            return count
        if failure is not None:
            raise ServiceError(
                f"The tf.data service at {address} cannot be read from: {failure}. A dispatcher "
                "must be given worker_addresses, the addresses of all of its workers."
            )
        if count:
            expected = f"{count}, by its worker_addresses"
        if time.monotonic() >= end:
            raise ServiceError(
                f"The tf.data service at {address} has not all of its workers after "
                f"{patience:.0f} s: expected {expected}, found {len(found)}. Start them, or see in "
                "their logs why they cannot reach the dispatcher."
            )
        time.sleep(0.2)


def _require_answer(address: str) -> None:
    host, _, port = address.removeprefix("grpc://").rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), _SECONDS_TO_ANSWER).close()
    except OSError as error:
        raise ServiceError(
            f"There is no tf.data service at {address} ({error}). Start its dispatcher first, and "
            "see that its port is open to this machine."
        ) from error


def _asked(address: str, seconds: float) -> tuple[set[int], int, str | None]:
    """The workers that answer in the first rounds, how many there are to be, and what failed."""
    found: list[int] = []
    counts: list[int] = []
    failures: list[str] = []

    def ask() -> None:
        # Worker i of n makes i and i + n first.
        numbers = tf.data.Dataset.range(2**62).shard(_HINT, _HINT).batch(2, drop_remainder=True)
        try:
            for one, other in _distributed(numbers.take(1), address).as_numpy_iterator():
                counts.append(int(other - one))
                found.append(int(one) % counts[0])
                if len(set(found)) == counts[0]:
                    return  # the end is heard of later
        except tf.errors.OpError as error:
            failures.append(error.message.partition("\n")[0])

    # Without a worker it would be waited for without end, and nothing ends such a call.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    return set(found), counts[0] if counts else 0, failures[0] if failures else None


def _distributed(dataset: tf.data.Dataset, address: str) -> tf.data.Dataset:
    return dataset.apply(
        tf.data.experimental.service.distribute(
            processing_mode=tf.data.experimental.service.ShardingPolicy.HINT,
            service=address,
            # There is a job for each worker: more would be memory for nothing.
            max_outstanding_requests=2,
        )
    )


def read(
    numbered: Callable[[], tf.data.Dataset],
    make: Callable[[tf.data.Dataset], tf.data.Dataset],
    start: int,
    count: int | None,
    address: str,
) -> tf.data.Dataset:
    """Has batches made by a service, and sees that nothing is missing.

    Args:
        numbered: Makes a data set of `(number, element)`, numbered from `start`.
        make: Turns the elements of one worker into batches, `(number, batch)`.
        start: The first number.
        count: How many elements there are; None if there is no end.
        address: Of the dispatcher.

    Returns:
        The batches, in order.

    Raises:
        ServiceError: If the service, or one of its workers, is not there.
    """
    workers = count_workers(address)

    def of_worker(worker: int) -> tf.data.Dataset:
        mine = do_not_convert(lambda number, *_: (number - start) % workers == worker)

        @do_not_convert
        def if_mine(place: tf.Tensor) -> tf.data.Dataset:
            count = tf.where(place == worker, tf.constant(_ALL, tf.int64), _NONE)
            return numbered().filter(mine).take(count)

        # Which worker it is that runs this is known by the hint alone.
        place = tf.data.Dataset.range(workers).shard(_HINT, _HINT).take(1)
        return _distributed(make(place.flat_map(if_mine)), address)

    batches = tf.data.Dataset.choose_from_datasets(
        [of_worker(worker) for worker in range(workers)], tf.data.Dataset.range(workers).repeat()
    )

    if count is not None:
        batches = batches.take(count)  # that it was the last one, the service says much later

    @do_not_convert
    def checked(expected: tf.Tensor, numbered: tuple) -> Any:
        number, batch = numbered
        complete = tf.debugging.Assert(number == expected, [_LOST, number, expected])
        with tf.control_dependencies([] if complete is None else [complete]):
            return tf.nest.map_structure(tf.identity, batch)

    return batches.enumerate(start).map(checked)


def watched(batches: Iterator, address: str | None) -> Iterator:
    """The same batches, of a service if there is an address."""
    return batches if address is None else Watched(batches, address)


class Watched(Iterator):
    """Batches that a service makes, or an error where it has lost a worker.

    TensorFlow waits without end for one that was killed, deaf to everything. So it waits in another
    thread, and where nothing comes for a while all workers are asked whether they are there.

    Attributes:
        silent_seconds: How long nothing has to come.
        patience: Seconds in which all have to answer.
    """

    silent_seconds = 20.0
    patience = 20.0

    def __init__(self, batches: Iterator, address: str):
        """Takes batches over.

        Args:
            batches: An iterator.
            address: Of the dispatcher.
        """
        self._address = address
        self._wanted: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._come: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        threading.Thread(
            target=_read_when_wanted, args=(batches, self._wanted, self._come), daemon=True
        ).start()

    def __next__(self) -> Any:
        """The next batch.

        Raises:
            ServiceError: If a worker is gone.
        """
        self._wanted.put(True)
        while True:
            try:
                batch, error = self._come.get(timeout=self.silent_seconds)
            except queue.Empty:
                count_workers(self._address, self.patience)
                continue
            if error is not None:
                raise error
            return batch

    def __del__(self):
        self._wanted.put(False)


def _read_when_wanted(
    batches: Iterator, wanted: queue.SimpleQueue, come: queue.SimpleQueue
) -> None:
    while wanted.get():
        try:
            come.put((next(batches), None))
        except BaseException as error:
            come.put((None, error))


def explained(error: BaseException, address: str) -> ServiceError | None:
    """The error in words, if it is one of the service."""
    if _LOST in str(error) or _ENDED in str(error):
        return ServiceError(
            f"The tf.data service at {address} has lost a worker, and with it batches: the next "
            "one was not the one whose turn it is. Start all of its workers anew, and go on from "
            "the last checkpoint: a stream that begins at that step has all batches."
        )
    return None


def nothing(spec: Any) -> tf.data.Dataset:
    """Elements of a kind without examples, and no end of them.

    Args:
        spec: Of an element, with the examples first.
    """

    def empty(one: tf.TensorSpec) -> tf.Tensor:
        return tf.zeros([0, *(size or 0 for size in one.shape.as_list()[1:])], one.dtype)

    return tf.data.Dataset.from_tensors(tf.nest.map_structure(empty, spec)).repeat()
