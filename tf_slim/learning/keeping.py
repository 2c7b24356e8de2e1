"""What `fit` leaves in a run folder: checkpoints when they are due, history, summaries."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.data import DatasetSpec, sources
from tf_slim.learning import description
from tf_slim.learning.history import VALIDATION
from tf_slim.learning.hooks import Hook, Rate
from tf_slim.learning.run import Run
from tf_slim.learning.run_folder import RunFolder, SeenFolder
from tf_slim.learning.together import means
from tf_slim.learning.together.workers import Workers
from tf_slim.ops import paths, summary_ops

_MANY = 10_000
_DAY = 86_400_000  # ms


class Saver:
    """Writes checkpoints when they are due.

    Args:
      folder: where to; None to write none.
      every_secs: seconds between them, or None.
      every_steps: steps between them, or None.
      hooks: to be told.
      workers: who train, of whom only the chief writes.
    """

    def __init__(
        self,
        folder: RunFolder | SeenFolder | None,
        every_secs: float | None,
        every_steps: int | None,
        hooks: Sequence[Hook],
        workers: Workers,
    ):
        self._folder = folder
        self._every_secs = every_secs
        self._every_steps = every_steps
        self._hooks = hooks
        self._workers = workers
        self._saved_at: int | None = None
        self.note: dict[str, Any] = {}
        self._next = time.monotonic() + (every_secs or 0.0)

    def save_if_due(self, run: Run, by_clock: bool = True) -> None:
        """Writes a checkpoint if the steps or the seconds are over."""
        by_steps = self._every_steps and run.step % self._every_steps == 0
        if by_steps or (by_clock and self.is_due_by_clock()):
            self.save(run)

    def is_due_by_clock(self) -> bool:
        """Whether the seconds are over."""
        return self._every_secs is not None and time.monotonic() >= self._next

    def save(self, run: Run, tell: bool = True) -> None:
        """Writes a checkpoint, if there is none of this step, and tells the hooks."""
        if self._folder is None or self._saved_at == run.step:
            return
        named = {**run.train_step.named_variables(), **self.note}
        if self._workers.count > 1:
            named = means.taken(named, run.train_step.strategy)
        run.checkpoint = self._workers.together(self._folder.save, run.step, named)
        self._saved_at = run.step
        self._next = time.monotonic() + (self._every_secs or 0.0)
        if tell:
            self._workers.together(self._tell, run)

    def _tell(self, run: Run) -> None:
        for hook in self._hooks:
            hook.after_save(run, run.checkpoint or "")

    def save_best(self, run: Run) -> None:
        """Writes a checkpoint of this step, and notes it as the best one of the run.

        Killed in between, a run finds in its history that this is the best one: see
        `Validation.resume`.
        """
        self.save(run)
        if self._folder is not None and run.best is not None:
            self._workers.together(self._folder.mark_best, run.best)


class Describer(Hook):
    """Keeps in the folder what `slim.load` makes the model of, and which pictures there are.

    Args:
      folder: the run folder.
      dataset: what is trained on.
      validation: what is validated on, or None.
    """

    def __init__(self, folder: RunFolder, dataset: Any, validation: Any):
        self._folder = folder
        self._dataset = dataset
        self._specs: dict[str, DatasetSpec] = {}
        for data in (dataset, validation):
            spec = getattr(data, "spec", None)
            if isinstance(spec, DatasetSpec) and spec.listing is not None:
                self._specs[spec.split] = spec

    def begin(self, run: Run) -> None:
        found = description.describe(run.train_step.model, self._dataset)
        description.write(self._folder.path, found)
        path = os.path.join(self._folder.path, sources.FILE_NAME)
        if not paths.exists(path):
            if self._specs:
                sources.write_rows(path, self._specs)
            return
        for split, before in sources.read_rows(path).items():
            now = self._specs.get(split)
            if now is not None and list(now.listing.rows) != list(before.listing.rows):
                warnings.warn(
                    f"The pictures of {split!r} are {len(now.listing)}, and others than the "
                    f"{len(before.listing)} that the run began with: it goes on, but not as if it "
                    "had never stopped. Those of then: "
                    f"slim.data.sources.read_rows({path!r})[{split!r}].",
                    stacklevel=8,
                )


class Recorder(Hook):
    """Writes the history and the summaries of a run.

    Args:
      folder: where to.
      log_every_steps: steps between rows of the history; 0 for none.
      summary_every_steps: steps between summaries; 0 for none.
      is_validated: whether a validation follows on a step; such a step has a row, too.
    """

    def __init__(
        self,
        folder: RunFolder,
        log_every_steps: int,
        summary_every_steps: int,
        is_validated: Callable[[Run], bool],
    ):
        self._folder = folder
        self._log_every = log_every_steps
        self._summary_every = summary_every_steps
        self._is_validated = is_validated
        self._noted_at: int | None = None
        self._rate = Rate()
        self._writer: Any = None
        self._in_file = 0
        self._is_far = paths.is_far(folder)

    def begin(self, run: Run) -> None:
        self._folder.open_history(run.step)
        self._rate.start(run.step)

    def after_step(self, run: Run) -> None:
        if (self._log_every and run.step % self._log_every == 0) or self._is_validated(run):
            self._note(run)
        if self._summary_every and run.step % self._summary_every == 0:
            self._summarize(run)

    def after_validation(self, run: Run, values: Mapping[str, Any]) -> None:
        if self._noted_at != run.step and run.loss is not None:
            self._note(run)
        numbers = {name: value for name, value in values.items() if isinstance(value, float)}
        self._folder.note({"step": run.step, VALIDATION: numbers})
        if self._summary_every:
            self._write(run, {f"validation/{name}": value for name, value in numbers.items()})

    def _note(self, run: Run) -> None:
        rate = round(self._rate.at(run.step), 3)
        self._folder.note({"step": run.step, "loss": run.loss_value, "steps_per_second": rate})
        self._noted_at = run.step

    def _summarize(self, run: Run) -> None:
        values = {"loss": run.loss_value, "steps_per_second": self._rate.at(run.step)}
        rate = run.train_step.learning_rate
        if rate is not None:
            values["learning_rate"] = rate
        self._write(run, values)

    def _write(self, run: Run, values: Mapping[str, Any]) -> None:
        if self._writer is None:
            # To add to a file in an object store is to write all of it again: at saves, here.
            seldom = {"max_queue": _MANY, "flush_millis": _DAY} if self._is_far else {}
            self._writer = tf.summary.create_file_writer(self._folder.path, **seldom)
        with self._writer.as_default(step=run.step):
            for tag, value in values.items():
                summary_ops.scalar(tag, value)
        self._in_file += len(values)

    def after_save(self, run: Run, path: str) -> None:
        del run, path
        if self._writer is None or not self._is_far:
            return
        if self._in_file >= _MANY:  # the next one goes into a new file
            self._close_writer()
        else:
            self._writer.flush()

    def _close_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer, self._in_file = None, 0

    def end(self, run: Run) -> None:
        self._folder.close_history()
        self._close_writer()
