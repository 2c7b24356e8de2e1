"""The steps of a run: one by one, or several a call, up to the next one after which work is due."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol

import tensorflow as tf

from tf_slim.learning.hooks import Hook
from tf_slim.learning.run import Run
from tf_slim.learning.source import Source
from tf_slim.learning.step import finite
from tf_slim.learning.step.compiled_step import TrainStep
from tf_slim.learning.step.several_steps import of
from tf_slim.learning.together.workers import is_of_workers


class NonFiniteLossError(ArithmeticError):
    """The loss, or the gradient of a variable, became NaN or infinite."""


@dataclasses.dataclass
class Taken:
    """What a call came to.

    Attributes:
      losses: of the steps taken, each a scalar; fewer than asked for where the data ended.
      error: to be raised for the step after these, or None.
      cause: what it comes from.
      keeps: whether to save what was trained before it is raised.
      stop: why to end before the next step, or None.
    """

    losses: Sequence[tf.Tensor]
    error: Exception | None = None
    cause: Exception | None = None
    keeps: bool = False
    stop: str | None = None


BeforeStep = Callable[[Run, Taken | None, Taken | None], Taken | None]


class Due:
    """Tells how many steps may be taken together.

    Args:
      most: how many at all.
      every: numbers of steps; work is due after all multiples of each. None for none.
      at: steps after which work is due, or None.
    """

    def __init__(self, most: int, every: Iterable[int | None], at: Iterable[int | None]):
        self.most = most
        self._every = {steps for steps in every if steps}
        self._at = {step for step in at if step}

    def __str__(self) -> str:
        return f"{self.most} a call at most, work after each {sorted(self._every)}"

    def is_at(self, step: int) -> bool:
        """Whether work is due after `step`."""
        return step in self._at or any(step % every == 0 for every in self._every)

    def steps_from(self, step: int, most: int | None = None) -> int:
        """The number of steps from `step` on to the next after which work is due.

        Args:
          step: how many have been taken.
          most: how many at all, in place of the usual number.
        """
        left = [every - step % every for every in self._every]
        left += [at - step for at in self._at if at > step]
        return min([self.most if most is None else most, *left])


class Taker(Protocol):
    """What takes the steps of a run.

    Attributes:
      source: the batches.
      before_step: what several workers agree by, see `Meeting.before_step`; None of one process.
    """

    source: Source
    before_step: BeforeStep | None

    def prepare(self, step: int) -> None:
        """Makes all variables that a step needs; `step` is where the run will begin."""

    def begin(self, run: Run) -> None:
        """Goes to the batch of the next step."""

    def take(self, run: Run) -> Taken:
        """Takes steps, as many as there may be together."""
        ...

    def example(self) -> tuple | None:
        """A batch such as was trained on; None where there is none at hand."""


class OneByOne:
    """Takes one step a call, on a batch that was read before.

    Args:
      step: what takes it.
      source: the batches.
    """

    def __init__(self, step: TrainStep, source: Source):
        self._step, self.source = step, source
        self._batches: Iterator = iter(())
        self._batch: tuple | None = None
        self._ahead: tuple[Any, Taken | None] | None = None
        self.before_step: BeforeStep | None = None

    def prepare(self, step: int) -> None:
        """Makes all variables that a step needs."""
        self._step.prepare(*self.source.prepare_specs())

    def begin(self, run: Run) -> None:
        """Goes to the batch of the next step."""
        self._batches = self.source.batches(run.step)

    def take(self, run: Run) -> Taken:
        """Takes it."""
        batch, missing = self._read() if self._ahead is None else self._ahead
        if self.before_step is not None:
            # Of what they have for the next step all are told with this one.
            is_last = run.step + 1 == run.number_of_steps
            self._ahead = None if is_last else self._read()
            ahead = None if self._ahead is None else self._ahead[1]
            missing = self.before_step(run, missing, ahead)
        if missing is not None:
            return missing
        self._batch = batch
        try:
            return Taken([self._step(*batch)])
        except tf.errors.InvalidArgumentError as error:
            return Taken([], not_finite(run, run.step, error), error)

    def _read(self) -> tuple[Any, Taken | None]:
        """The next batch, and what there is instead of one."""
        try:
            return next(self._batches), None
        except StopIteration:
            return (), Taken([])
        except (tf.errors.OpError, OSError, ValueError) as error:
            return (), Taken([], self.source.explained(error), error, keeps=True)

    def example(self) -> tuple | None:
        """A batch that was trained on."""
        return self._batch


class SeveralAtOnce:
    """Takes several steps a call.

    Args:
      step: what takes one.
      source: the batches.
      due: how many there may be.
    """

    def __init__(self, step: TrainStep, source: Source, due: Due):
        self.source, self._due = source, due
        self._several = of(step, due.most)
        self._batches: Iterator = iter(())
        self._from: int | None = None
        self.before_step: BeforeStep | None = None

    def prepare(self, step: int) -> None:
        """Makes all variables that a step needs; `step` is where the run will begin."""
        self._open(step)
        self._several.prepare(tf.type_spec_from_value(self._batches))

    def begin(self, run: Run) -> None:
        """Goes to the batch of the next step."""
        if self._from != run.step:
            self._open(run.step)

    def _open(self, step: int) -> None:
        # Once only: a shuffle may have another order each time that a data set is begun.
        self._batches, self._from = self.source.iterator(step), step

    def take(self, run: Run) -> Taken:
        """Takes as many as there may be."""
        instead = None if self.before_step is None else self.before_step(run, None, None)
        if instead is not None:
            return instead
        number = self._due.steps_from(run.step)
        try:
            return Taken(tf.unstack(self._several(self._batches, number)))
        except tf.errors.OpError as error:
            is_alone = self.before_step is None
            if not is_alone and is_of_workers(error):
                raise
            losses = self._several.losses_since(run.step)
            if "IteratorGetNext" in error.message:
                # Of several workers the others have been left in the midst of a step.
                return Taken(losses, self.source.explained(error), error, keeps=is_alone)
            return Taken(losses, not_finite(run, run.step + len(losses), error), error)

    def example(self) -> tuple | None:
        """A batch such as was trained on."""
        try:
            return next(self._batches, None) or next(self.source.batches(), None)
        except tf.errors.OpError:
            return None


def taker(step: TrainStep, source: Source, due: Due) -> Taker:
    """What takes the steps of a run."""
    if due.most == 1 or source.is_served:
        return OneByOne(step, source)
    return SeveralAtOnce(step, source, due)


def interval(hook: Hook) -> int | None:
    """At which steps a hook has to find the model as it is after them; None for whenever."""
    after_step = getattr(hook.after_step, "__func__", hook.after_step)
    return None if after_step is Hook.after_step else getattr(hook, "every_steps", 1)


def not_finite(run: Run, step: int, error: tf.errors.OpError) -> Exception:
    """What to raise where the step after `step` could not be taken."""
    reason = finite.said(error)
    if reason is None:
        return error
    kept = run.checkpoint or "none was written"
    return NonFiniteLossError(
        f"{reason} in step {step + 1} (NaN or infinite). The step was not applied; last "
        f"checkpoint: {kept}. Usual remedies: a lower learning rate, clip_gradient_norm in "
        "make_train_step, a look at the data (labels out of range, inputs not scaled)."
    )
