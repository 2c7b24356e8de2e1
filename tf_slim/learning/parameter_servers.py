"""Steps of a run by the workers of a `tf.distribute.ParameterServerStrategy`, each for itself.

The coordinator, which is the process that calls `fit`, hands out steps and takes none. A worker
that is done with one begins the next, with the weights as they are then on the servers. What is
between steps, such as a checkpoint, needs a moment in which none is being taken: so they are handed
out in rounds, and `fit` goes on after a round when all of its steps have come back.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import tensorflow as tf

from tf_slim import checkpoints
from tf_slim.learning.hooks import Hook
from tf_slim.learning.run import Run
from tf_slim.learning.source import Source
from tf_slim.learning.step.compiled_step import TrainStep
from tf_slim.learning.taking import BeforeStep, Due, Taken, interval, not_finite
from tf_slim.learning.worker_data import WorkerData
from tf_slim.ops import sharding
from tf_slim.ops.modes import do_not_convert

# A round is about so long, and has so many calls for each worker at least: what waits at its end is
# then little beside it, and a signal to stop does not wait for long.
_SECONDS = 1.0
_FEWEST = 4
_GROWTH = 4

_SILENCE = 60.0
_SERVER = re.compile(r"/job:ps/(?:replica:\d+/)?task:(\d+)")
# What a server says that was started anew, and does not know what it is asked for.
_OF_ANOTHER_LIFE = ("context_id", "remote_handle", "unknown device", "was restarted")


class ParameterServerLostError(RuntimeError):
    """A parameter server does not answer: its part of the variables is lost."""


def intervals(hooks: Iterable[Hook], strategy: tf.distribute.Strategy) -> list[int | None]:
    """At which steps hooks have to find the model as it is after them.

    Where workers take steps side by side there is no such moment after each step. A hook that says
    nothing of `every_steps` does not ask for it.

    Args:
      hooks: of a run.
      strategy: of its step.
    """
    asks = _says_when if sharding.has_servers(strategy) else bool
    return [interval(hook) for hook in hooks if asks(hook)]


def _says_when(hook: Hook) -> bool:
    kinds = [kind for kind in type(hook).__mro__ if kind is not Hook]
    return any("every_steps" in vars(one) for one in (hook, *kinds) if hasattr(one, "__dict__"))


class Scheduled:
    """Hands out steps to the workers.

    Args:
      step: what takes one.
      source: the batches.
      due: after which steps there is work to do.

    Raises:
      ValueError: the step is one that such workers cannot take.
    """

    def __init__(self, step: TrainStep, source: Source, due: Due):
        _check(step)
        self._step, self.source, self._due = step, source, due
        self.before_step: BeforeStep | None = None
        self._coordinator = tf.distribute.coordinator.ClusterCoordinator(step.strategy)
        self._workers = len(_tasks("worker"))
        self._functions = [self._function(index) for index in range(len(step._phases))]
        self._size = self._workers * _FEWEST * due.most
        self._data: tuple[int, WorkerData] | None = None
        self._batches: Any = None
        self._end: int | None = None

    def prepare(self, step: int) -> None:
        """Makes all variables that a step needs; `step` is where the run will begin."""
        with _traced_here():
            self._step.prepare(*self.source.prepare_specs())
        self._open(step)

    def begin(self, run: Run) -> None:
        """Has each worker open its data."""
        data = self._open(run.step)
        if data.may_end and data.left is None and run.number_of_steps is None:
            raise ValueError(
                "dataset: how many batches there are it does not say, and each worker would find "
                "another end. Say number_of_steps=..., or how many there are: "
                "dataset.apply(tf.data.experimental.assert_cardinality(number_of_batches))."
            )
        self._batches = iter(self._coordinator.create_per_worker_dataset(data.make))
        self._end = None if data.left is None else run.step + data.left

    def _open(self, step: int) -> WorkerData:
        if self._data is None or self._data[0] != step:
            self._data = step, WorkerData(self.source.dataset, step, self._workers)
        return self._data[1]

    def take(self, run: Run) -> Taken:
        """Takes a round of them."""
        number = self._due.steps_from(run.step, self._size)
        if self._end is not None:
            number = min(number, self._end - run.step)
        if number <= 0:
            return Taken([])
        self._step._require_weights_in_place()
        function, most = self._functions[self._step._index], self._due.most
        sizes = [most] * (number // most) + [number % most] * bool(number % most)
        came: list[Any] = []
        error: Any = None
        began = time.monotonic()
        try:
            for size in sizes:
                arguments = (self._batches, tf.constant(size))
                came.append(self._coordinator.schedule(function, args=arguments))
            self._wait(number)
        except Exception as raised:  # TensorFlow wraps what went wrong while data were opened
            error = getattr(raised, "original_exception", raised)
        losses = [loss for value in came for loss in _come_back(value)]
        if error is not None and _lost_server(error) is not None:
            return Taken(losses, error)
        # A step whose worker died has been taken again, and both may have counted.
        taken = run.step + len(losses)
        if int(tf.convert_to_tensor(self._step.global_step)) != taken:
            self._step.global_step.assign(taken)
        if error is None:
            self._fit_size(number, time.monotonic() - began)
            return Taken(losses)
        if not isinstance(error, tf.errors.OpError):
            return Taken(losses, error)
        if "IteratorGetNext" in error.message or "Iterator::" in error.message:
            return Taken(losses, self.source.explained(error), error, keeps=True)
        return Taken(losses, not_finite(run, taken, error), error)

    def example(self) -> None:
        """There is none here: workers have them."""

    def _fit_size(self, number: int, seconds: float) -> None:
        least = self._workers * _FEWEST * self._due.most
        fitting = int(number * _SECONDS / max(seconds, 1e-6))
        self._size = max(least, min(fitting, _GROWTH * self._size))

    def _wait(self, number: int) -> None:
        """Waits until no step is being taken, as `join` does, but sees signals and silence."""
        began, warned = time.monotonic(), False
        while not self._coordinator.done():
            waited = time.monotonic() - began
            time.sleep(min(0.02, 0.001 + waited / 50))
            if waited > _SILENCE and not warned:
                warned = True
                warnings.warn(
                    f"{number} steps were handed to {self._workers} workers {waited:.0f} s ago, "
                    "and have not all come back: workers are gone, frozen or slow. Training waits, "
                    "and goes on with those that are started again.",
                    stacklevel=6,
                )

    def _function(self, index: int) -> Callable:
        phase, several = self._step._phases[index], self._due.most > 1

        @do_not_convert
        def take(batches, number):
            if not several:
                return self._step._step(phase, next(batches))[tf.newaxis]

            def turn(taken, losses):
                return taken + 1, losses.write(taken, self._step._step(phase, next(batches)))

            start = (tf.constant(0), tf.TensorArray(tf.float32, number))
            # No step begins before the last one is through, with all that it assigns.
            _, losses = tf.while_loop(
                lambda taken, _: taken < number, turn, start, parallel_iterations=1
            )
            return losses.stack()

        return tf.function(take, autograph=False)


@contextlib.contextmanager
def _traced_here() -> Iterator[None]:
    """Leaves out what TensorFlow warns of where a step is taken here: it is traced here alone."""

    def is_told(record: logging.LogRecord) -> bool:
        return "invoked without using `ClusterCoordinator.schedule`" not in record.getMessage()

    logger = tf.get_logger()
    logger.addFilter(is_told)
    try:
        yield
    finally:
        logger.removeFilter(is_told)


def _come_back(value: Any) -> list[tf.Tensor]:
    """The losses of a call that was taken; of one that was not, none."""
    try:
        return tf.unstack(value.get())
    except Exception:  # its own error, or that of another, because of which it was called off
        return []


@contextlib.contextmanager
def watched(strategy: tf.distribute.Strategy, folder: str | os.PathLike | None) -> Iterator[None]:
    """Says in words that a server is gone, whatever was being done when that was found.

    Args:
      strategy: of the step.
      folder: of the run, or None.

    Raises:
      ParameterServerLostError: it is.
    """
    try:
        yield
    except Exception as error:
        lost = _lost_server(error) if sharding.has_servers(strategy) else None
        if lost is None:
            raise
        kept = (None if folder is None else checkpoints.latest(folder)) or "none was written"
        raise ParameterServerLostError(
            f"Parameter server {lost} of {len(_tasks('ps'))} does not answer, or has been started "
            f"anew: the variables that it held are lost. Last checkpoint: {kept}. See to it that "
            "all servers run, then start this program again with the same logdir: it goes on from "
            "there."
        ) from error


def _lost_server(error: Any) -> int | None:
    """The number of the parameter server that an error says is gone."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, tf.errors.OpError):
            said = str(error.message)
            found = _SERVER.search(said)
            gone = isinstance(error, (tf.errors.UnavailableError, tf.errors.AbortedError))
            if found and (gone or any(words in said for words in _OF_ANOTHER_LIFE)):
                return int(found[1])
        error = error.__cause__ or error.__context__
    return None


def _tasks(job: str) -> set[int]:
    """The numbers of the tasks of a job in the cluster."""
    specs = [tf.DeviceSpec.from_string(one.name) for one in tf.config.list_logical_devices("CPU")]
    return {spec.task for spec in specs if spec.job == job}


def _check(step: TrainStep) -> None:
    if step.strategy.num_replicas_in_sync > 1:
        raise ValueError(
            f"train_step: each worker has {step.strategy.num_replicas_in_sync} GPUs, and a step of "
            "parameter servers is taken on one. Start a worker for each GPU, with "
            "CUDA_VISIBLE_DEVICES set."
        )
    if step._settings.jit_compile:
        raise ValueError(
            "train_step: jit_compile=True, and XLA cannot reach variables on parameter servers. "
            "Leave it out of make_train_step, or train under "
            "tf.distribute.MultiWorkerMirroredStrategy."
        )
