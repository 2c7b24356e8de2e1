"""`fit`: training from the first step to the last, through crashes and restarts."""

from __future__ import annotations

import contextlib
import operator
import os
import time
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim import checkpoints
from tf_slim.learning import agreement, description, finite, hyperparameters, optimizers, signals
from tf_slim.learning.compiled_step import TrainStep
from tf_slim.learning.hooks import Hook, ProgressLines, Rate
from tf_slim.learning.run import Run
from tf_slim.learning.run_folder import RunFolder
from tf_slim.learning.run_lock import RunLostError
from tf_slim.learning.source import Source
from tf_slim.ops import summary_ops
from tf_slim.ops.arguments import checked, describe

_DATA_ENDED = "the data ended"


class NonFiniteLossError(ArithmeticError):
    """The loss, or the gradient of a variable, became NaN or infinite."""


@checked
def fit(
    train_step: TrainStep,
    dataset: Any,
    logdir: str | os.PathLike | None,
    number_of_steps: int | None = None,
    *,
    hooks: Sequence[Hook] | None = None,
    save_every_secs: float | None = 600.0,
    save_every_steps: int | None = None,
    keep_checkpoints: int = 5,
    log_every_steps: int = 10,
    summary_every_steps: int = 100,
) -> Run:
    """Trains until `number_of_steps` steps have been taken in all.

    Started again with the same `logdir`, it goes on where it was, exactly: weights, optimizer,
    step, position in the data, dropout. Ctrl-C, SIGTERM and SIGHUP let the step finish and write
    a checkpoint first, and so does an error of the data or of a hook; after a crash it goes on from
    the last checkpoint, and takes the same steps again with the same losses. A `logdir` is one
    training's at a time. At the end there is a warning if the net does far worse in evaluation than
    in training on the last batch: its moving averages have then not followed its weights.

    Args:
      train_step: from `make_train_step`.
      dataset: a `slim.data.Pipeline`, or a `tf.data.Dataset`, of `(inputs, labels)` batches. To
        resume, a Dataset skips the batches already seen, so its order must be reproducible
        (seeded shuffles). Under a strategy with several replicas the batches are global ones.
      logdir: folder for checkpoints (`model.ckpt-<step>`), `history.jsonl`, TensorBoard summaries
        and `run.json`, which `slim.load` reads; None to write nothing.
      number_of_steps: the global step to end at; None to train until the data end.
      hooks: see `slim.hooks`; by default progress lines on standard error.
      save_every_secs: seconds between checkpoints, or None. There is always one at the start and
        one at the end.
      save_every_steps: steps between checkpoints, or None.
      keep_checkpoints: how many to keep.
      log_every_steps: steps between rows of `history.jsonl`.
      summary_every_steps: steps between summaries.

    Returns:
      The `Run` at its end; `run.stop` says why it ended.

    Raises:
      NonFiniteLossError: the loss is NaN or infinite; weights and checkpoints are those before.
      RunInUseError: another training is going on in `logdir`.
      RunLostError: `logdir` was removed or moved while training went on.
      slim.checkpoints.CheckpointError: the checkpoint in `logdir` is damaged or of another model,
        or a new one cannot be written.
      OSError: `logdir` cannot be written.
      TypeError, ValueError: the dataset is empty, has no `(inputs, labels)`, or an argument is of
        another kind or out of range.
    """
    if not isinstance(train_step, TrainStep):
        raise TypeError(
            f"train_step: expected what slim.learning.make_train_step returns; got "
            f"{describe(train_step)}."
        )
    number_of_steps = _count("number_of_steps", number_of_steps)
    save_every_steps = _count("save_every_steps", save_every_steps)
    keep_checkpoints = _count("keep_checkpoints", keep_checkpoints) or 1
    log_every_steps = _count("log_every_steps", log_every_steps, least=0) or 0
    summary_every_steps = _count("summary_every_steps", summary_every_steps, least=0) or 0
    if save_every_secs is not None and not _is_seconds(save_every_secs):
        received = describe(save_every_secs)
        raise ValueError(f"save_every_secs: expected seconds, or None; got {received}.")
    _check_hooks(hooks)
    source = Source(dataset, train_step.strategy)
    with contextlib.ExitStack() as held:
        if logdir is None or isinstance(logdir, RunFolder):
            folder = logdir  # held by whoever opened it
        else:
            folder = held.enter_context(RunFolder(logdir, keep_checkpoints))
        watchers = [
            *([] if folder is None else [_Describer(folder, dataset)]),
            *([] if folder is None else [_Recorder(folder, log_every_steps, summary_every_steps)]),
            *([ProgressLines()] if hooks is None else hooks),
        ]
        saver = _Saver(folder, save_every_secs, save_every_steps, watchers)
        return _train(train_step, source, folder, number_of_steps, watchers, saver)


def _train(
    train_step: TrainStep,
    source: Source,
    folder: RunFolder | None,
    number_of_steps: int | None,
    watchers: Sequence[Hook],
    saver: _Saver,
) -> Run:
    train_step.prepare(*source.prepare_specs())
    run = Run(train_step, None if folder is None else folder.path, number_of_steps)
    saver.note = hyperparameters.note(train_step.optimizer)
    if folder is not None:
        _resume(run, folder)
    run.step = run.first_step = int(tf.convert_to_tensor(train_step.global_step))
    if number_of_steps is not None and run.step >= number_of_steps:
        run.stop = "all steps were taken before"
        return run
    _warn_of_an_early_end(run, source.length(), source.how_to_repeat)
    with signals.deferred() as request:
        if run.checkpoint is None:
            saver.save(run)
        try:
            for hook in watchers:
                hook.begin(run)
            _loop(run, source, watchers, saver, request)
        finally:
            for hook in watchers:
                hook.end(run)
    if run.stop == _DATA_ENDED and source.length() is None:
        _warn_of_an_early_end(run, run.step, source.how_to_repeat)
    return run


def _loop(run: Run, source: Source, watchers, saver: _Saver, request) -> None:
    batches = source.batches(run.step)
    batch = None
    while run.stop is None:
        following = _next_batch(run, source, batches, saver)
        if following is None:
            break
        batch = following
        _take_step(run, batch)
        _tell(run, watchers, saver)
        if run.step == run.number_of_steps:
            run.stop = "all steps taken"
        elif request.signum is not None:
            run.stop = request.name
        saver.save_if_due(run)
    saver.save(run)
    if batch is not None and request.signum is None:
        step, (inputs, labels) = run.train_step, batch
        agreement.warn(step.model, inputs, labels, step._loss, strategy=step.strategy)


def _next_batch(run: Run, source: Source, batches: Iterator, saver: _Saver) -> tuple | None:
    """None at the end of the data, which is the reason to stop then."""
    try:
        inputs, labels = next(batches)
    except StopIteration:
        if run.step == 0:
            raise ValueError("The dataset is empty: it has not a single batch.") from None
        run.stop = _DATA_ENDED
        return None
    except (tf.errors.OpError, ValueError) as error:
        saver.save(run)
        raise source.explained(error) from error
    return inputs, labels


def _take_step(run: Run, batch: tuple) -> None:
    try:
        run.loss = run.train_step(*batch)
    except tf.errors.InvalidArgumentError as error:
        reason = finite.said(error)
        if reason is None:
            raise
        raise NonFiniteLossError(_not_finite(run, reason)) from error
    run.step += 1


def _tell(run: Run, watchers: Sequence[Hook], saver: _Saver) -> None:
    """Of a step, to all hooks; the error of one does not cost what was trained."""
    try:
        for hook in watchers:
            hook.after_step(run)
    except RunLostError:
        raise
    except Exception:
        saver.save(run, tell=False)
        raise


def _count(name: str, value: Any, least: int = 1) -> int | None:
    """A whole number, which may come as 1e4, or None."""
    if value is None:
        return None
    try:
        count = int(value) if getattr(value, "is_integer", bool)() else operator.index(value)
    except (TypeError, ValueError, OverflowError, AttributeError):
        count = None
    if count is None or isinstance(value, bool):
        raise TypeError(f"{name}: expected a whole number; got {describe(value)}.")
    if count < least:
        raise ValueError(f"{name} must be at least {least}; got {value}.")
    return count


def _is_seconds(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and bool(value >= 0)


def _check_hooks(hooks: Any) -> None:
    if hooks is None:
        return
    given = hooks if isinstance(hooks, (list, tuple)) else [hooks]
    events = ("begin", "after_step", "after_save", "end")
    for hook in given:
        if isinstance(hook, type) or not all(callable(getattr(hook, e, None)) for e in events):
            raise TypeError(
                f"hooks: expected a list of slim.hooks.Hook objects; got {describe(hook)}. Write a "
                "class of your own: `class Mine(slim.hooks.Hook): def after_step(self, run): ...`; "
                "callbacks of Keras and functions do not know what a run is."
            )
    if given is not hooks:
        raise TypeError(f"hooks: expected a list; got {describe(hooks)}. Write hooks=[...].")


def _warn_of_an_early_end(run: Run, length: int | None, remedy: str) -> None:
    """`length`: how many batches there are, if that is known."""
    if run.number_of_steps is None or not length or length >= run.number_of_steps:
        return
    warnings.warn(
        f"The dataset ends after {length} batches, before number_of_steps = {run.number_of_steps}: "
        f"training ends at step {max(length, run.step)}, and so it will when it is started again. "
        f"For more than one epoch: {remedy}.",
        stacklevel=5,
    )


def _resume(run: Run, folder: RunFolder) -> None:
    path = folder.latest()
    if path is None:
        return
    try:
        step = run.train_step
        run.changed = hyperparameters.restore(path, step.named_variables(), step.optimizer)
    except checkpoints.CheckpointError as error:
        what = str(error) if error.report is None else error.report.text({})
        remedy = (
            "A damaged checkpoint can be deleted: training goes on from the one before. To begin "
            "anew, choose another logdir."
            if error.report is None
            else "Build the net and the optimizer as they were there. To begin anew, choose another"
            " logdir; before fit, model.restore takes what fits of the checkpoint."
        )
        raise checkpoints.CheckpointError(
            f"Cannot go on from the run in {folder.path}: {what}\n{remedy}", error.report
        ) from error
    run.checkpoint = path


def _not_finite(run: Run, reason: str) -> str:
    kept = run.checkpoint or "none was written"
    return (
        f"{reason} in step {run.step + 1} (NaN or infinite). The step was not applied; last "
        f"checkpoint: {kept}. Usual remedies: a lower learning rate, clip_gradient_norm in "
        "make_train_step, a look at the data (labels out of range, inputs not scaled)."
    )


class _Saver:
    """Writes checkpoints when they are due."""

    def __init__(self, folder, every_secs, every_steps, hooks):
        self._folder = folder
        self._every_secs = every_secs
        self._every_steps = every_steps
        self._hooks = hooks
        self._saved_at: int | None = None
        self.note: dict[str, Any] = {}
        self._next = time.monotonic() + (every_secs or 0.0)

    def save_if_due(self, run: Run) -> None:
        by_steps = self._every_steps and run.step % self._every_steps == 0
        by_secs = self._every_secs is not None and time.monotonic() >= self._next
        if by_steps or by_secs:
            self.save(run)

    def save(self, run: Run, tell: bool = True) -> None:
        """Writes a checkpoint, if there is none of this step, and tells the hooks."""
        if self._folder is None or self._saved_at == run.step:
            return
        named = {**run.train_step.named_variables(), **self.note}
        run.checkpoint = self._folder.save(run.step, named)
        self._saved_at = run.step
        self._next = time.monotonic() + (self._every_secs or 0.0)
        for hook in self._hooks if tell else ():
            hook.after_save(run, run.checkpoint)


class _Describer(Hook):
    """Keeps in the folder what `slim.load` makes the model of."""

    def __init__(self, folder: RunFolder, dataset: Any):
        self._folder = folder
        self._dataset = dataset

    def begin(self, run: Run) -> None:
        found = description.describe(run.train_step.model, self._dataset)
        description.write(self._folder.path, found)


class _Recorder(Hook):
    """Writes the history and the summaries of a run."""

    def __init__(self, folder: RunFolder, log_every_steps: int, summary_every_steps: int):
        self._folder = folder
        self._log_every = log_every_steps
        self._summary_every = summary_every_steps
        self._rate = Rate()
        self._writer: Any = None

    def begin(self, run: Run) -> None:
        self._folder.open_history(run.step)
        self._rate.start(run.step)

    def after_step(self, run: Run) -> None:
        if self._log_every and run.step % self._log_every == 0:
            rate = round(self._rate.at(run.step), 3)
            row = {"step": run.step, "loss": run.loss_value, "steps_per_second": rate}
            self._folder.note(row)
        if self._summary_every and run.step % self._summary_every == 0:
            self._summarize(run)

    def _summarize(self, run: Run) -> None:
        values = {"loss": run.loss_value, "steps_per_second": self._rate.at(run.step)}
        rate = optimizers.learning_rate(run.train_step.optimizer)
        if rate is not None:
            values["learning_rate"] = rate
        if self._writer is None:
            self._writer = tf.summary.create_file_writer(self._folder.path)
        with self._writer.as_default(step=run.step):
            for tag, value in values.items():
                summary_ops.scalar(tag, value)

    def end(self, run: Run) -> None:
        self._folder.close_history()
        if self._writer is not None:
            self._writer.close()
