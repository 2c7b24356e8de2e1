"""The body of `tf-slim train` and `tf-slim demo`: from a configuration to a trained model."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

import tf_slim as slim
from tf_slim import checkpoints
from tf_slim.cli import (
    build,
    errors,
    evaluating,
    machines,
    progress,
    restoring,
    runs,
    starting_point,
    supervised,
    terminal,
    training_step,
)
from tf_slim.cli import config as configs
from tf_slim.cli.config import Config
from tf_slim.cli.run_data import RunData
from tf_slim.learning import alike
from tf_slim.learning.hooks import Hook
from tf_slim.learning.run_folder import RunFolder
from tf_slim.learning.together import workers
from tf_slim.ops import files, paths

_SIGNALS = {
    name: int(getattr(signal, name))
    for name in ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
    if hasattr(signal, name)
}


@dataclasses.dataclass
class Parts:
    """What a run is made of."""

    data: slim.data.Pipeline
    eval_data: slim.data.Pipeline | None
    model: slim.Model
    step: slim.learning.TrainStep
    best: checkpoints.Best | None = None
    """Whose weights the model has in the end; None for the last ones."""


class _Bookkeeping(Hook):
    """Keeps the run at hand for when it is interrupted, and its configuration in its folder."""

    def __init__(self, config: Config, folder: str, *, writes: bool):
        self.run: slim.learning.Run | None = None
        self._config = config
        self._folder = folder
        self._writes = writes

    def begin(self, run: slim.learning.Run) -> None:
        # Only now is it certain that the run in the folder goes on.
        if self._writes:
            _keep_config(self._folder, self._config)
        self.run = run


def train(
    config: Config,
    folder: str | None,
    *,
    name: str | None = None,
    strategy: tf.distribute.Strategy | None = None,
    leads: bool = True,
) -> int:
    """Trains, evaluates, and says how it went.

    Args:
      config: the configuration.
      folder: the run folder; None for one in runs/, new or of the same configuration.
      name: what to call that one; None to call it after the net and the data.
      strategy: the devices or workers to train on; None for one device.
      leads: whether this process writes, and tells of it all; one of several workers does.

    Returns:
      The exit status.
    """
    seed(config)
    data = RunData(config, folder)
    config = build.resolved(config, data)
    if folder is None:
        folder = runs.free_for(name or runs.name_for(config), config)
        data = RunData(config, folder)
    strategy = strategy or tf.distribute.get_strategy()
    alike.require(workers.of(strategy), configs.settled(config))
    # Held until the end of it all: nobody else changes what is about to be built on.
    with contextlib.ExitStack() as held:
        run_folder: RunFolder | str = folder
        if leads:
            run_folder = held.enter_context(RunFolder(folder, config.train.keep_checkpoints))
        runs.require_no_conflict(folder, config)
        begins = not runs.steps_taken(folder)
        # Before anything is built: there may be no network, or a picture that cannot be read.
        start = starting_point.fetched(config) if begins else ""
        if begins:
            data.check(_splits(config))
        parts = built(config, data, strategy)
        taken = _begin(run_folder, config) if isinstance(run_folder, RunFolder) else None
        if taken is None and begins:
            restoring.restore(config, parts.model, start, parts.data.spec.labels_to_names)
        if taken is None and leads:
            _set_aside_foreign_config(folder)
            _keep_config(folder, config)
            data.keep(folder)
        if leads:
            _announce(config, folder, parts, taken)
        with _terminable():
            status = _fitted(config, run_folder, parts)
        status = status or _closed(config, folder, parts, leads)
        if leads:
            data.say_skipped()
        return status


def _splits(config: Config) -> list[str]:
    wanted = [config.data.train_split]
    if build.has_eval_data(config):
        wanted.append(config.data.eval_split or "")
    return wanted


def seed(config: Config) -> None:
    """Seeds what is drawn, and makes it the same each time if asked."""
    if config.train.deterministic:
        tf.config.experimental.enable_op_determinism()
    tf.random.set_seed(config.train.seed)


def folder_for(config: Config) -> str:
    """The run folder of a configuration for which nobody chose one.

    Raises:
      ConfigError: the configuration cannot be used.
    """
    config = build.resolved(config, RunData(config))
    return runs.free_for(runs.name_for(config), config)


def built(
    config: Config, data: RunData, strategy: tf.distribute.Strategy, *, evaluates: bool = True
) -> Parts:
    """What a run of a resolved configuration is made of; with data to evaluate on, if wanted."""
    machines.require_share(config.data.batch_size, strategy.num_replicas_in_sync)
    train_data = build.pipeline(config, data.spec(config.data.train_split), is_training=True)
    eval_data = None
    if evaluates and build.has_eval_data(config):
        # Made now, so that a wrong name fails before hours of training and not after them.
        eval_data = build.pipeline(config, build.evaluated(config, data, None), is_training=False)
    with strategy.scope():
        model = build.model(config, train_data.element_spec[0])
        step = training_step.train_step(config, model, multi_label=train_data.spec.multi_label)
    return Parts(train_data, eval_data, model, step)


def _begin(run_folder: RunFolder, config: Config) -> int | None:
    """Returns the steps taken in the folder before."""
    folder = run_folder.path
    taken = runs.steps_taken(folder)
    if taken == 0 and runs.conflicts(folder, config):
        run_folder.discard()
        terminal.note(f"the run in {folder} had not taken a step: it begins anew, as asked.")
        return runs.steps_taken(folder)
    if taken is not None and taken < config.train.steps:
        _note_new_end(folder, config)
    return taken


def _keep_config(folder: str, config: Config) -> None:
    files.replace_text(configs.path_in(folder), configs.dumped(config))


def _set_aside_foreign_config(folder: str) -> None:
    """A file of that name in a folder without a run is somebody's own, with his comments in it."""
    path = configs.path_in(folder)
    if paths.exists(path) and not runs.is_written(path):
        files.set_aside(path, "the run keeps its configuration under this name")


def _note_new_end(folder: str, config: Config) -> None:
    """Says what more steps mean for a learning rate that falls until the last one."""
    if not paths.exists(configs.path_in(folder)):
        return
    before, now = runs.config_of(folder).train.steps, config.train.steps
    schedule = config.optimizer.schedule
    falls_to_the_end = schedule in ("cosine", "linear") and config.optimizer.decay_steps is None
    if before != now and falls_to_the_end:
        terminal.note(
            f"train.steps was {before} and is {now}: the {schedule} schedule of the learning rate "
            "is stretched to the new end."
        )


def _announce(config: Config, folder: str, parts: Parts, taken: int | None) -> None:
    data = parts.data
    terminal.progress(
        f"{config.model.name} on {data.spec.name}: {data.num_samples} images to train on, "
        f"{data.batch_size} a step, {data.steps_per_epoch} steps an epoch"
    )
    replicas = parts.step.strategy.num_replicas_in_sync
    if replicas > 1:
        share = data.batch_size // replicas
        terminal.progress(f"{replicas} devices share each batch: {share} images each")
    how = "new" if taken is None else f"at step {taken} of {config.train.steps}"
    terminal.progress(f"run folder: {folder} ({how})")
    decay = float(sum(parts.model.losses))
    if taken is None and decay >= 0.01:
        terminal.progress(
            f"the loss of training includes weight decay, {decay:.2f} at first; that of validation "
            "does not"
        )


def _fitted(config: Config, run_folder: RunFolder | str, parts: Parts) -> int:
    """Trains. Returns an exit status other than 0 if it was stopped."""
    options, began, folder = config.train, time.monotonic(), os.fspath(run_folder)
    seen = _Bookkeeping(config, folder, writes=isinstance(run_folder, RunFolder))
    try:
        run = slim.learning.fit(
            parts.step,
            parts.data,
            run_folder,
            options.steps,
            hooks=[seen, progress.training_hook()],
            save_every_secs=options.save_every_secs,
            save_every_steps=options.save_every_steps,
            keep_checkpoints=options.keep_checkpoints,
            log_every_steps=options.log_every_steps,
            summary_every_steps=options.summary_every_steps,
            steps_per_call=options.steps_per_call,
            **_validation(config, parts),
        )
    except slim.learning.NonFiniteLossError as error:
        lower = config.optimizer.learning_rate / 10
        raise slim.learning.NonFiniteLossError(
            f"{error}\nHere: --set optimizer.learning_rate={lower:g}, or "
            "--set train.clip_gradient_norm=1, with another --logdir."
        ) from error
    except KeyboardInterrupt:
        return _stopped(folder, seen.run, errors.INTERRUPTED)
    except errors.Terminated as end:
        return _stopped(folder, seen.run, end.status)
    if run.stop in _SIGNALS:  # of another worker, or ignored by whoever started us
        return _stopped(folder, run, 128 + _SIGNALS[run.stop])
    if run.step == run.first_step:
        terminal.progress(f"already complete: {run.step} steps taken, {options.steps} asked for")
    else:
        seconds = time.monotonic() - began
        early = "" if run.step == options.steps else f"; {run.stop}"
        terminal.progress(f"{run.step - run.first_step} steps in {seconds:.0f} s{early}")
    parts.best = run.best if run.restored_best else None
    return 0


def _validation(config: Config, parts: Parts) -> dict[str, Any]:
    """What `fit` is told of validation while it trains."""
    options = config.validation
    if not options.while_training or parts.eval_data is None:
        return {}
    return {
        "validation": parts.eval_data,
        "validate_every": options.every_steps or parts.data.steps_per_epoch,
        "best": options.metric,
        "patience": options.patience,
        "restore_best": options.restore_best,
    }


def _stopped(folder: str, run: slim.learning.Run | None, status: int) -> int:
    go_on = f"go on with: tf-slim train {terminal.quoted(folder)}{supervised.flags()}"
    if run is None:
        terminal.progress(f"stopped before the first step; {go_on}")
        return status
    saved = None if run.checkpoint is None else checkpoints.step_of(run.checkpoint)
    where = f"saved in {folder}" if saved == run.step else f"saved at step {saved} in {folder}"
    terminal.progress(f"stopped at step {run.step}, {where}; {go_on}")
    return status


def _closed(config: Config, folder: str, parts: Parts, leads: bool) -> int:
    step = int(tf.convert_to_tensor(parts.step.global_step))
    if parts.eval_data is None:
        if leads:
            terminal.note("there are no data to evaluate on (data.eval_split, data.files).")
            terminal.say(f"{config.model.name} is trained: {step} steps.")
    else:
        # By all workers: each measures a share.
        if parts.best is not None:
            step = parts.best.step
            measured = evaluating.measure(config, parts.model, parts.eval_data, step=step)
        else:
            with parts.step.averaged_weights():
                measured = evaluating.measure(config, parts.model, parts.eval_data, step=step)
        if leads:
            evaluating.show(measured)
    if leads:
        _next(config, folder, step)
    return 0


def _next(config: Config, folder: str, step: int) -> None:
    terminal.say()
    terminal.say(f"The run is in {folder}. What to try next:")
    more = f"--steps {2 * max(step, config.train.steps)}"
    if config.train.epochs is not None:
        more = f"--epochs {2 * config.train.epochs}"
    run, parent = (terminal.quoted(path) for path in (folder, os.path.dirname(folder) or folder))
    suggestions = [
        (f"tf-slim predict {run} PICTURE", "use it"),
        (f"tf-slim eval {run} --report page.html", "look at what it gets wrong"),
        (f"tf-slim train {run} {more}{supervised.flags()}", "train it further"),
        (f"tensorboard --logdir {parent}", "look at its curves"),
    ]
    if not evaluating.has_tensorboard():
        suggestions[-1] = (suggestions[-1][0], "look at its curves, after pip install tensorboard")
    width = max(len(command) for command, _ in suggestions)
    for command, purpose in suggestions:
        terminal.say(f"  {command:<{width}}  {purpose}")


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    """Lets SIGTERM and SIGHUP raise, so that there is time to say how to go on."""

    def terminate(number, _frame) -> None:
        raise errors.Terminated(number)

    before = {}
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
            before[number] = signal.signal(number, terminate)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
