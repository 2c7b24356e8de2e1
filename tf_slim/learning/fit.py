"""`fit`: training from the first step to the last, through crashes and restarts."""

from __future__ import annotations

import contextlib
import operator
import os
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim import checkpoints
from tf_slim.learning import agreement, alike, meeting, parameter_servers, signals
from tf_slim.learning.hooks import Hook, KeepBest, ProgressLines
from tf_slim.learning.keeping import Describer, Recorder, Saver
from tf_slim.learning.meeting import Alone, Meeting
from tf_slim.learning.run import Run
from tf_slim.learning.run_folder import RunFolder, SeenFolder, agreed_checkpoint, shared
from tf_slim.learning.source import Source
from tf_slim.learning.step import hyperparameters
from tf_slim.learning.step.compiled_step import TrainStep
from tf_slim.learning.taking import Due, Taker, taker
from tf_slim.learning.together import workers
from tf_slim.learning.validation import Validation
from tf_slim.ops import sharding
from tf_slim.ops.arguments import checked, describe

_DATA_ENDED = "the data ended"


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
    epochs: int | None = None,
    validation: Any = None,
    metrics: Any = None,
    validate_every: int | None = None,
    best: str | bool | None = None,
    greater_is_better: bool | None = None,
    patience: int | None = None,
    restore_best: bool = True,
    steps_per_call: int = 1,
) -> Run:
    """Trains until `number_of_steps` steps, or `epochs`, have been taken in all.

    Started again with the same `logdir`, it goes on where it was, exactly: weights, optimizer,
    step, position in the data, dropout. Ctrl-C, SIGTERM and SIGHUP let the step finish and write
    a checkpoint first, and so does an error of the data or of a hook; after a crash it goes on from
    the last checkpoint, and takes the same steps again with the same losses. A `logdir` is one
    training's at a time.

    With `validation` the model is measured as `slim.evaluation.evaluate` does it, with its averaged
    weights where the step keeps these. The results are in the progress lines, in `history.jsonl`,
    in TensorBoard and in the `Run`. The checkpoint with the best validation is kept apart from the
    latest ones (`slim.checkpoints.best(logdir)`), and at the end the model gets its weights. Killed
    at any moment and started again, a run has the same best checkpoint, history and weights in the
    end as one that was not.

    Under a `tf.distribute.ParameterServerStrategy` this process, the coordinator, hands the steps
    to the workers. Each takes the next one whenever it is done with the last, with the weights as
    it then finds them on the servers. `number_of_steps` is of all together. A checkpoint is of a
    moment between steps, and has whole variables under their own names, however the strategy
    divides those that are trained, so one process can go on with the run, and the reverse; it
    passes through the memory of the coordinator. Validation is measured here. A worker that dies
    holds nobody up, and is taken back when it is started again; the step that it was taking is
    taken once more. A run that goes on has its weights, optimizer and step,
    but not each batch exactly once: losses depend on who was faster, each time. Of a Pipeline in
    training each worker reads a shuffle of its own. Of another data set they are dealt the batches
    in turn, for which each reads all; with `AutoShardPolicy.OFF` in its options each is given all,
    as one of the tf.data service needs it. Hooks are told of steps about once a second; the model
    stands still for those alone that set `every_steps`.

    At the end there is a warning if the net does far worse in evaluation than
    in training on the last batch: its moving averages have then not followed its weights. (Not
    with several workers, who would have to compute it together.)

    Under a `tf.distribute.MultiWorkerMirroredStrategy` all workers call `fit` alike, with the same
    dataset and one `logdir` that all of them see. Each takes its share of every global batch: steps
    and losses are those of one process (of a net with `slim.batch_norm`, where this is
    `synchronized`; with dropout the losses are others, for each replica draws random numbers of
    its own), and a run may go on with another number of workers. The first worker, the
    chief, writes what is in the folder. What stops one (a signal, an error, a hook, patience) stops
    all at the same step, with a checkpoint. Before the first step they compare their programs,
    settings, models and data. If one is killed or frozen, or cut off, the others notice it within
    about 15 seconds, and end by a `WorkerError`; all of them started again go on from the last
    checkpoint, as after a crash.

    Args:
      train_step: from `make_train_step`.
      dataset: a `slim.data.Pipeline`, or a `tf.data.Dataset`, of `(inputs, labels)` batches, or
        of `(inputs, labels, weights)` with a weight for each example. To resume, a Dataset skips
        the batches already seen, so its order must be reproducible (seeded shuffles). Under a
        strategy with several replicas the batches are global ones. Each of several workers reads
        all of a Dataset and computes on its share, so the order must be the same on all.
      logdir: folder, on a disk or in an object store (`gs://...`), for checkpoints
        (`model.ckpt-<step>`), `history.jsonl`, TensorBoard summaries and `run.json`, which
        `slim.load` reads; None to write nothing.
      number_of_steps: the global step to end at; None to train until the data end.
      hooks: see `slim.hooks`; by default progress lines on standard error. Each worker calls its
        own.
      save_every_secs: seconds between checkpoints, or None. There is always one at the start and
        one at the end.
      save_every_steps: steps between checkpoints, or None.
      keep_checkpoints: how many to keep.
      log_every_steps: steps between rows of `history.jsonl`.
      summary_every_steps: steps between summaries.
      epochs: passes over the data after which to end, in place of `number_of_steps`. A Dataset is
        repeated; a Pipeline in training has `steps_per_epoch` steps in each.
      validation: a `slim.data.Pipeline` that is not for training, a finite `tf.data.Dataset`, or a
        pair of arrays `(inputs, labels)`.
      metrics: what to measure, as `slim.evaluation.evaluate` takes it; by default
        `slim.evaluation.classification_metrics` for a classifier, and the loss for other nets.
      validate_every: steps between validations, by default those of an epoch. The last step is
        followed by one, too.
      best: the metric that the best checkpoint is chosen by, by default "mean_average_precision"
        or else "accuracy" if it is measured, else the first that tells by its name what is good,
        as a loss does; False for none.
      greater_is_better: whether a greater value of `best` is better, if its name does not tell.
      patience: after how many validations in a row without a better one to end, or None.
      restore_best: whether the model has the best weights at the end (averaged ones, if these were
        measured), and not the last ones. Training that goes on does so from the last ones.
      steps_per_call: how many steps to take in one call of a compiled function, which pays where a
        step takes a few milliseconds. Nothing else changes, not a bit of the result: a call is cut
        short at the next step after which there is work to do, be it a checkpoint, a validation, a
        summary or a hook (see `slim.hooks.Hook.every_steps`). A signal waits for the call to end.
        Batches of a tf.data service are taken one by one. Where several workers train, data that
        one of them cannot read end a call on all, with the last checkpoint before it.

    Returns:
      The `Run` at its end; `run.stop` says why it ended.

    Raises:
      NonFiniteLossError: the loss is NaN or infinite; weights and checkpoints are those before.
      ParameterServerLostError: a server does not answer. Checkpoints are those before.
      RunInUseError: another training is going on in `logdir`.
      WorkerError: another worker failed, is gone, or is not alike.
      RunLostError: `logdir` was removed or moved while training went on.
      slim.checkpoints.CheckpointError: the checkpoint in `logdir` is damaged or of another model,
        or a new one cannot be written.
      OSError: `logdir` cannot be written.
      TypeError, ValueError: the dataset is empty, has no `(inputs, labels)`, or an argument is of
        another kind or out of range, or workers of parameter servers cannot do it.

    Examples:
      >>> spec = slim.data.get_dataset("digits", "train")
      >>> model = slim.nets.create("cifarnet", 10).build(tf.TensorSpec([None, 8, 8, 1]))
      >>> loss = slim.losses.sparse_softmax_cross_entropy
      >>> step = slim.learning.make_train_step(model, loss, tf.keras.optimizers.Adam(0.003))
      >>> train = slim.data.Pipeline(spec, 64, preprocess="digits", is_training=True)
      >>> spec = slim.data.get_dataset("digits", "test")
      >>> test = slim.data.Pipeline(spec, 100, preprocess="digits")
      >>> run = slim.learning.fit(step, train, "run", 30, hooks=[], validation=test)
      >>> run.step, run.best.metric, run.best.path
      (30, 'accuracy', 'run/model.ckpt-30')
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
    epochs = _count("epochs", epochs)
    validate_every = _count("validate_every", validate_every)
    patience = _count("patience", patience)
    steps_per_call = _count("steps_per_call", steps_per_call) or 1
    if save_every_secs is not None and not _is_seconds(save_every_secs):
        received = describe(save_every_secs)
        raise ValueError(f"save_every_secs: expected seconds, or None; got {received}.")
    _check_hooks(hooks)
    all_workers = workers.of(train_step.strategy)
    has_servers = sharding.has_servers(train_step.strategy)
    source = Source(dataset, train_step.strategy, weighted=True)
    if validation is not None and validate_every is None:
        validate_every = _known(source.epoch_length(), "validation", "validate_every=...")
    if epochs is not None:
        if number_of_steps is not None:
            raise ValueError("number_of_steps and epochs: give one of the two.")
        number_of_steps = epochs * _known(source.epoch_length(), "epochs", "number_of_steps=...")
        source.repeat(epochs)
    if validation is None:
        _require_unused(
            metrics=metrics,
            validate_every=validate_every,
            best=best,
            greater_is_better=greater_is_better,
            patience=patience,
        )
    elif best is None and any(isinstance(hook, KeepBest) for hook in hooks or ()):
        best = False  # it is the hook that chooses
    watchers = [ProgressLines()] if hooks is None else list(hooks)
    in_folder = [] if logdir is None else [save_every_steps, summary_every_steps]
    due = Due(
        steps_per_call,
        every=[
            validate_every,
            *in_folder,
            *parameter_servers.intervals(watchers, train_step.strategy),
        ],
        at=[number_of_steps, *(phase.until for phase in train_step._phases)],
    )
    with contextlib.ExitStack() as held:
        held.enter_context(all_workers.explaining(logdir))
        if all_workers.count > 1:
            settings = {
                "number_of_steps": number_of_steps,
                "save_every_steps": save_every_steps,
                "validate_every": validate_every,
                "best": best,
                "patience": patience,
                "restore_best": restore_best,
                "logdir": "None" if logdir is None else "a folder",
                "steps": due,
            }
            facts = {**alike.of_program(), **settings, **alike.of_step(train_step)}
            alike.require(all_workers, {**facts, **source.facts()})
        folder = None
        if logdir is not None:
            folder = shared(logdir, keep_checkpoints, all_workers, held)
        take: Callable = parameter_servers.Scheduled if has_servers else taker
        steps: Taker = take(train_step, source, due)
        steps.prepare(_steps_taken(train_step, folder))
        judge = None
        if validation is not None:
            judge = Validation(
                train_step,
                validation,
                metrics,
                validate_every or 1,
                best,
                greater_is_better,
                patience,
                restore_best,
            )
        if isinstance(folder, RunFolder):
            is_validated = (lambda run: False) if judge is None else judge.due
            recorder = Recorder(folder, log_every_steps, summary_every_steps, is_validated)
            watchers = [Describer(folder, dataset, validation), recorder, *watchers]
        saver = Saver(folder, save_every_secs, save_every_steps, watchers, all_workers)
        held.enter_context(parameter_servers.watched(train_step.strategy, folder))
        return _train(
            train_step, source, steps, due, folder, number_of_steps, watchers, saver, judge
        )


def _train(
    train_step: TrainStep,
    source: Source,
    steps: Taker,
    due: Due,
    folder: RunFolder | SeenFolder | None,
    number_of_steps: int | None,
    watchers: Sequence[Hook],
    saver: Saver,
    validation: Validation | None,
) -> Run:
    run = Run(train_step, None if folder is None else folder.path, number_of_steps)
    all_workers = workers.of(train_step.strategy)
    run.is_chief = all_workers.is_chief
    saver.note = hyperparameters.note(train_step.optimizer)
    if folder is not None:
        path = agreed_checkpoint(folder, all_workers)
        all_workers.together(_resume, run, folder, path)
    if all_workers.count > 1:
        alike.require(all_workers, alike.of_values(train_step))
    run.step = run.first_step = int(tf.convert_to_tensor(train_step.global_step))
    if validation is not None:
        validation.resume(run, folder)
    if number_of_steps is not None and run.step >= number_of_steps:
        run.stop = "all steps were taken before"
    if run.stop is not None and (validation is None or not validation.pending(run)):
        if validation is not None:
            validation.conclude(run)
        return run
    _warn_of_an_early_end(run, source.length(), source.how_to_repeat)
    with signals.deferred() as request:
        if run.checkpoint is None:
            saver.save(run)
        try:
            all_workers.together(_begin, watchers, run)
            turn = meeting.of(request, saver, all_workers, due)
            _loop(run, steps, watchers, saver, turn, validation)
            if validation is not None and request.signum is None:
                validation.conclude(run)
        finally:
            for hook in watchers:
                hook.end(run)
    if run.stop == _DATA_ENDED and source.length() is None:
        _warn_of_an_early_end(run, run.step, source.how_to_repeat)
    return run


def _loop(
    run: Run,
    steps: Taker,
    watchers: Sequence[Hook],
    saver: Saver,
    turn: Alone | Meeting,
    validation: Validation | None,
) -> None:
    if validation is not None and validation.pending(run):  # saved, and stopped before it
        _validate(run, validation, watchers, saver, turn)
    began = run.step
    if run.stop is None:
        turn.begin(run, steps)
    while run.stop is None:
        taken = steps.take(run)
        _tell_of_steps(run, turn, watchers, taken.losses)
        if taken.error is not None:
            if taken.keeps:
                saver.save(run)
            raise taken.error from taken.cause
        if taken.stop is not None:
            run.stop = taken.stop
            break
        if not taken.losses:
            if run.step == 0:
                raise ValueError("The dataset is empty: it has not a single batch.")
            run.stop = _DATA_ENDED
            break
        if run.step == run.number_of_steps:
            run.stop = "all steps taken"
        if validation is not None and validation.pending(run) and not turn.asked_to_stop():
            _validate(run, validation, watchers, saver, turn)
        turn.after_step(run)
    if run.stop == _DATA_ENDED and validation is not None and validation.pending_at_the_end(run):
        _validate(run, validation, watchers, saver, turn)
    is_stopped = turn.close(run)
    if run.step > began and not is_stopped:
        step, batch = run.train_step, steps.example()
        if batch is not None:
            inputs, labels, *_ = batch
            with step.frozen_variables():
                agreement.warn(step.model, inputs, labels, step._loss, strategy=step.strategy)


def _validate(
    run: Run, validation: Validation, watchers: Sequence[Hook], saver: Saver, turn: Alone | Meeting
) -> None:
    """Measures, tells all hooks, the one that writes the history first, and keeps the best."""
    try:
        validation.measure(run)
    except Exception as error:
        turn.failed(run, error)
        return
    try:
        for hook in watchers:
            if hasattr(hook, "after_validation"):
                hook.after_validation(run, run.validation)
    except Exception as error:
        turn.failed(run, error)
    if validation.improved:
        saver.save_best(run)


def _begin(watchers: Sequence[Hook], run: Run) -> None:
    for hook in watchers:
        hook.begin(run)


def _tell_of_steps(
    run: Run, turn: Alone | Meeting, watchers: Sequence[Hook], losses: Sequence
) -> None:
    """Tells all hooks of each step that was taken."""
    end = run.step + len(losses)
    for loss in losses:
        run.step, run.loss = run.step + 1, loss
        try:
            for hook in watchers:
                hook.after_step(run)
        except Exception as error:
            run.step, run.loss = end, losses[-1]  # where the model is
            turn.failed(run, error)
            return


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


def _known(length: int | None, argument: str, instead: str) -> int:
    if length is None:
        raise ValueError(
            f"{argument}: how many batches an epoch has is not known of this dataset, which never "
            f"ends or does not say how many there are. Say it in steps: {instead}, or say how many "
            "there are: dataset.apply(tf.data.experimental.assert_cardinality(number_of_batches))."
        )
    return length


def _require_unused(**arguments: Any) -> None:
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(
                f"{name} says how to validate, and there is nothing to validate on. Give "
                "validation=...: a Pipeline, a Dataset, or arrays (inputs, labels)."
            )


def _is_seconds(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and bool(value >= 0)


def _check_hooks(hooks: Any) -> None:
    if hooks is None:
        return
    given = hooks if isinstance(hooks, (list, tuple)) else [hooks]
    events = ("begin", "after_step", "after_save", "end")
    for hook in given:
        if not isinstance(hook, type) and callable(getattr(hook, "on_epoch_end", None)):
            raise TypeError(
                f"hooks: expected slim.hooks.Hook objects; got {describe(hook)}, a callback of "
                "Keras. Write hooks=[slim.hooks.from_keras(callback)]; early stopping and the best "
                "checkpoint are arguments of fit: validation=..., patience=...; a schedule of the "
                "learning rate is one of the optimizer."
            )
        if isinstance(hook, type) or not all(callable(getattr(hook, e, None)) for e in events):
            raise TypeError(
                f"hooks: expected a list of slim.hooks.Hook objects; got {describe(hook)}. Write a "
                "class of your own: `class Mine(slim.hooks.Hook): def after_step(self, run): ...`; "
                "functions do not know what a run is."
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


def _steps_taken(train_step: TrainStep, folder: RunFolder | SeenFolder | None) -> int:
    """Where a run will begin, as far as is known before its checkpoint is restored."""
    path = None if folder is None else folder.latest()
    taken = None if path is None else checkpoints.step_of(path)
    return int(tf.convert_to_tensor(train_step.global_step)) if taken is None else taken


def _resume(run: Run, folder: RunFolder | SeenFolder, path: str | None) -> None:
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
