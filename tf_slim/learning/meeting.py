"""What ends a training, or saves it, between two steps: decided alone, or by all workers together.

What may differ between workers is kept while they take a step: a signal, an error of a hook or of
the data, a hook that stops, the chief's clock. Before another step they tell each other in one
number each, and all do the same.
"""

from __future__ import annotations

import functools
import operator
import signal
import warnings

from tf_slim.learning import alike
from tf_slim.learning.keeping import Saver
from tf_slim.learning.run import Run
from tf_slim.learning.run_lock import RunLostError
from tf_slim.learning.signals import StopRequest
from tf_slim.learning.source import Source
from tf_slim.learning.taking import Due, Taken, Taker
from tf_slim.learning.together.workers import Several, Workers, is_of_workers

# The bits of what a worker says; the number of a signal stands above them.
_SAVE, _STOP, _ENDED, _FAILED, _LOST = 1, 2, 4, 8, 16
_SIGNAL = 32

_FIRST_BATCH = "the first batch (a shuffle needs a seed, the same on all)"


class Alone:
    """Decides at once.

    Args:
      request: what the process is asked by signals.
      saver: writes checkpoints.
    """

    def __init__(self, request: StopRequest, saver: Saver):
        self._request, self._saver = request, saver

    def failed(self, run: Run, error: Exception) -> None:
        """An error beside training: it does not cost what was trained."""
        if not isinstance(error, RunLostError):
            self._saver.save(run, tell=False)
        raise error

    def asked_to_stop(self) -> bool:
        """Whether there was a signal."""
        return self._request.signum is not None

    def after_step(self, run: Run) -> None:
        """Ends the run if it is to end."""
        if self._request.signum is not None and run.step != run.number_of_steps:
            run.stop = self._request.name
        self._saver.save_if_due(run)

    def begin(self, run: Run, steps: Taker) -> None:
        """Before the first step."""
        steps.begin(run)

    def close(self, run: Run) -> bool:
        """After the last step: the last checkpoint.

        Returns:
          Whether there was a signal.
        """
        self._saver.save(run)
        return self.asked_to_stop()


class Meeting:
    """Decides with all workers.

    Args:
      request: what this process is asked by signals.
      saver: writes checkpoints.
      workers: all of them.
      due: the steps after which there is work.
    """

    def __init__(self, request: StopRequest, saver: Saver, workers: Several, due: Due):
        self._request, self._saver, self._workers, self._due = request, saver, workers, due
        self._error: Exception | None = None
        self._stop: str | None = None
        self._source: Source | None = None

    def failed(self, run: Run, error: Exception) -> None:
        """An error beside training, kept until all know of it."""
        if is_of_workers(error):
            raise error
        self._error = self._error or error

    def asked_to_stop(self) -> bool:
        """Whether there was a signal to any worker; all ask."""
        return any(self._workers.words(self._request.signum or 0))

    def after_step(self, run: Run) -> None:
        """Keeps what a hook has decided here until all know of it."""
        if run.stop is not None and run.step != run.number_of_steps:
            self._stop, run.stop = run.stop, None
        if self._source is not None:  # once, when all have read a batch
            source, self._source = self._source, None
            alike.require(self._workers, {_FIRST_BATCH: source.first_batch})
        self._saver.save_if_due(run, by_clock=False)

    def begin(self, run: Run, steps: Taker) -> None:
        """Before the first step."""
        steps.before_step, self._source = self.before_step, steps.source
        self._told, self._hears = run.train_step.told, False
        self._workers.together(steps.begin, run)

    def before_step(self, run: Run, missing: Taken | None, ahead: Taken | None) -> Taken | None:
        """Does what all have said, and says more with the step.

        They meet for it alone where hooks may have decided something; elsewhere it comes with the
        loss of a step, which costs nothing, and so one step later.

        Args:
          run: at the end of a step.
          missing: what came instead of the batch for the step, or None.
          ahead: likewise for the step after it.

        Returns:
          What to do instead of the step, or None to take it.
        """
        cause = None
        if missing is not None and missing.error is not None:
            self._error, cause = self._error or missing.error, missing.cause
        if self._hears and not self._due.is_at(run.step):
            words = self._told.heard()
        else:
            words = self._workers.words(self._word(missing))
        instead = self._decided(run, words, cause)
        if instead is None:
            self._told.say(self._word(ahead))
            self._hears = True
        return instead

    def _decided(self, run: Run, words: list[int], cause: Exception | None) -> Taken | None:
        said = functools.reduce(operator.or_, words)
        if said & _FAILED:
            error = self._workers.failure(self._error)
            return Taken([], error, cause, keeps=not said & _LOST)
        if said & _SAVE:
            self._saver.save(run)
        if number := max(words) // _SIGNAL:
            self._request.signum = number  # here, too, once what was begun is done
            return Taken([], stop=signal.Signals(number).name)
        if said & _STOP:
            reasons = self._workers.texts(self._stop or "")
            return Taken([], stop=next(filter(None, reasons)))
        if said & _ENDED:
            self._warn_of_others(words, run)
            return Taken([])
        return None

    def close(self, run: Run) -> bool:
        """After the last step: the last checkpoint, and what was kept is raised.

        Returns:
          Whether there was a signal to any worker. Then they may not meet any more: it ends one of
          them at once.
        """
        words = self._workers.words(self._word(None))
        said = functools.reduce(operator.or_, words)
        if said & _FAILED:
            error = self._workers.failure(self._error)
            if not said & _LOST:
                self._saver.save(run, tell=False)
            raise error
        self._saver.save(run)
        self._workers.part()  # before a signal ends one of them
        return max(words) >= _SIGNAL

    def _word(self, missing: Taken | None) -> int:
        """What there is to say now."""
        word = _SIGNAL * (self._request.signum or 0)
        error = self._error or (None if missing is None else missing.error)
        if error is not None:
            word |= _FAILED | _LOST * isinstance(error, RunLostError)
        if self._stop is not None:
            word |= _STOP
        if missing is not None:
            word |= _ENDED
        if self._workers.is_chief and self._saver.is_due_by_clock():
            word |= _SAVE
        return word

    def _warn_of_others(self, words: list[int], run: Run) -> None:
        on = [name for word, name in zip(words, self._workers.names) if not word & _ENDED]
        if on:
            warnings.warn(
                f"After step {run.step} the data have ended on some workers, and not on "
                f"{', '.join(on)}: they do not read the same data. Training ends on all.",
                stacklevel=2,
            )


def of(request: StopRequest, saver: Saver, workers: Workers, due: Due) -> Alone | Meeting:
    """Who decides in a training by these workers."""
    if isinstance(workers, Several):
        return Meeting(request, saver, workers, due)
    return Alone(request, saver)
