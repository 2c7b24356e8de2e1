"""Things that happen beside training: progress, measurements, early stopping."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TextIO

import tensorflow as tf

from tf_slim import checkpoints
from tf_slim.learning.run import Run
from tf_slim.ops.arguments import checked, describe


class Hook:
    """Called by `slim.learning.fit` as training goes on. Override what you need.

    `run` is the running `Run`: its `step`, `number_of_steps`, `loss` (of the last step, a
    tensor; `loss_value` is the number), `train_step`, `logdir`, `validation`, `best`. Set
    `run.stop = "reason"` to end training after this step.

    Of several workers (see `fit`) each calls its own hooks, and ends when a hook of any of them
    stops training or fails. One that writes where others do, too, asks `run.is_chief`; one that
    lets the model compute does so on all of them.

    Attributes:
      every_steps: where `fit` takes several steps a call: `after_step` finds the model as it is
        after the step, and may end training there, at the multiples of this number. It is called
        after each step in any case, with the loss of the step. None for a hook that looks at the
        losses alone. Without `after_step` it does not count. Where workers take steps side by side,
        on parameter servers, a class has to set it to be asked for.

    Examples:
      >>> class Stop(slim.hooks.Hook):
      ...     def after_step(self, run):
      ...         if run.loss_value < 0.5:
      ...             run.stop = "good enough"
      >>> model = slim.Model(slim.linear, num_outputs=2).build(tf.TensorSpec([None, 3]))
      >>> loss = slim.losses.sparse_softmax_cross_entropy
      >>> step = slim.learning.make_train_step(model, loss, tf.keras.optimizers.SGD(0.1))
      >>> data = tf.data.Dataset.from_tensors((tf.ones([8, 3]), tf.zeros([8], tf.int64))).repeat()
      >>> slim.learning.fit(step, data, None, 100, hooks=[Stop()]).stop
      'good enough'
    """

    every_steps: int | None = 1

    def begin(self, run: Run) -> None:
        """Before the first step, after restoring."""

    def after_step(self, run: Run) -> None:
        """After each step. Reading `run.loss_value` waits for the step to finish."""

    def after_save(self, run: Run, path: str) -> None:
        """After a checkpoint has been written to `path`."""

    def after_validation(self, run: Run, values: Mapping[str, Any]) -> None:
        """After each validation: its results by name, and `run.best`. Before the checkpoint."""

    def end(self, run: Run) -> None:
        """After the last step, also when training ends by an error."""


class KeepBest(Hook):
    """Judges each checkpoint after it was written; the run folder then keeps the best one.

    Args:
      score: a function without arguments that judges the model as it is.
      metric: a name for what it returns. The best one by another name is forgotten.
      greater_is_better: False for a loss.

    Raises:
      TypeError: `score` is no function, or `metric` no text.

    Examples:
      >>> model = slim.Model(slim.linear, num_outputs=2).build(tf.TensorSpec([None, 3]))
      >>> loss = slim.losses.sparse_softmax_cross_entropy
      >>> step = slim.learning.make_train_step(model, loss, tf.keras.optimizers.SGD(0.1))
      >>> data = tf.data.Dataset.from_tensors((tf.ones([8, 3]), tf.zeros([8], tf.int64))).repeat()
      >>> best = slim.hooks.KeepBest(lambda: float(model(tf.ones([1, 3]))[0, 0]))
      >>> run = slim.learning.fit(step, data, "run", 20, hooks=[best], save_every_steps=10)
      >>> slim.checkpoints.best("run").path
      'run/model.ckpt-20'
    """

    @checked
    def __init__(
        self, score: Callable[[], float], metric: str = "score", greater_is_better: bool = True
    ):
        self._score = score
        self._metric = metric
        self._greater_is_better = greater_is_better

    def after_save(self, run: Run, path: str) -> None:
        score = float(self._score())  # on all workers, which may have to measure together
        if run.is_chief:
            checkpoints.mark_best(path, score, self._metric, self._greater_is_better)


class ProgressLines(Hook):
    """Prints a line with step, loss, steps per second and time left, now and then.

    Args:
      every_secs: seconds between lines; the first one comes after a second at most.
      out: where to print, standard error by default.

    Raises:
      ValueError: `every_secs` is no finite number.

    Examples:
      >>> import sys
      >>> model = slim.Model(slim.linear, num_outputs=2).build(tf.TensorSpec([None, 3]))
      >>> loss = slim.losses.sparse_softmax_cross_entropy
      >>> step = slim.learning.make_train_step(model, loss, tf.keras.optimizers.SGD(0.1))
      >>> data = tf.data.Dataset.from_tensors((tf.ones([8, 3]), tf.zeros([8], tf.int64))).repeat()
      >>> lines = slim.hooks.ProgressLines(every_secs=0.0, out=sys.stdout)
      >>> run = slim.learning.fit(step, data, None, 2, hooks=[lines])
      step 1/2  loss ...  ... steps/s  0:00 left
      step 2/2  loss ...  ... steps/s  0:00 left
    """

    every_steps = None

    @checked
    def __init__(self, every_secs: float = 5.0, out: TextIO | None = None):
        self._every_secs = every_secs
        self._out = out
        self._next = 0.0
        self._rate = Rate()
        self._is_silent = False

    def _print(self, text: str) -> None:
        if self._is_silent:
            return
        # Whoever read them may have left: a terminal that was closed, a pipe. Training goes on.
        with contextlib.suppress(OSError):
            print(text, file=self._out or sys.stderr, flush=True)

    def begin(self, run: Run) -> None:
        self._is_silent = not run.is_chief
        self._rate.start(run.step)
        self._next = time.monotonic() + min(self._every_secs, 1.0)
        if run.step:
            end = f" of {run.number_of_steps}" if run.number_of_steps else ""
            changed = f"; {run.changed}" if run.changed else ""
            self._print(f"resuming at step {run.step}{end}{changed}")

    def after_step(self, run: Run) -> None:
        if self._is_silent or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._every_secs
        rate = self._rate.at(run.step)
        left = self._rate.time_left(run.step, run.number_of_steps)
        goal = f"/{run.number_of_steps}" if run.number_of_steps else ""
        self._print(
            f"step {run.step}{goal}  loss {run.loss_value:.4f}  {rate:.1f} steps/s"
            + (f"  {left} left" if left else "")
        )

    def after_validation(self, run: Run, values: Mapping[str, Any]) -> None:
        self._print(validation_line(run, values))

    def end(self, run: Run) -> None:
        if run.best is not None and run.validation:
            what = f"best {run.best.metric}: {run.best.value:.4f} at step {run.best.step}"
            self._print(what + (", restored" if run.restored_best else ""))


def validation_line(run: Run, values: Mapping[str, Any]) -> str:
    """The numbers among the results of a validation, on one line.

    Examples: see `slim.hooks.ProgressLines`.
    """
    goal = f"/{run.number_of_steps}" if run.number_of_steps else ""
    numbers = {name: value for name, value in values.items() if isinstance(value, float)}
    said = "  ".join(f"{name} {value:.4f}" for name, value in numbers.items())
    best = "  (best)" if run.best is not None and run.best.step == run.step else ""
    return f"step {run.step}{goal}  validation: {said}{best}"


class Rate:
    """Steps per second since the first step of this process.

    Examples:
      >>> import time
      >>> rate = slim.hooks.Rate()
      >>> rate.start(step=100)
      >>> time.sleep(0.1)
      >>> 0 < rate.at(110) <= 100
      True
    """

    def __init__(self) -> None:
        self._step, self._time = 0, time.monotonic()

    def start(self, step: int) -> None:
        """Begins counting at `step`."""
        self._step, self._time = step, time.monotonic()

    def at(self, step: int) -> float:
        """Steps per second up to `step`."""
        return (step - self._step) / max(time.monotonic() - self._time, 1e-9)

    def time_left(self, step: int, number_of_steps: int | None) -> str:
        """As h:mm:ss or m:ss; empty if the number of steps is not known."""
        rate = self.at(step)
        if number_of_steps is None or not rate:
            return ""
        seconds = int((number_of_steps - step) / rate)
        hours, minutes = seconds // 3600, seconds // 60 % 60
        short = f"{minutes}:{seconds % 60:02d}"
        return f"{hours}:{minutes:02d}:{seconds % 60:02d}" if hours else short


def from_keras(callback: Any) -> Hook:
    """A callback of Keras as a hook: `hooks=[slim.hooks.from_keras(callback)]`.

    What is between two validations is an epoch to it; its logs have the results of the validation
    as `val_accuracy` and so on, and as `loss` that of the last step. It may read and set the
    learning rate, the weights and `stop_training`. What it remembers is not kept in checkpoints: a
    run that is started again begins with a new callback. `fit` itself keeps the best checkpoint and
    ends by patience, and remembers both.

    Args:
      callback: a `tf.keras.callbacks.Callback`.

    Raises:
      TypeError: it is of another kind.

    Examples:
      >>> model = slim.Model(slim.linear, num_outputs=2).build(tf.TensorSpec([None, 3]))
      >>> loss = slim.losses.sparse_softmax_cross_entropy
      >>> step = slim.learning.make_train_step(model, loss, tf.keras.optimizers.SGD(0.1))
      >>> data = tf.data.Dataset.from_tensors((tf.ones([8, 3]), tf.zeros([8], tf.int64))).repeat()
      >>> end = tf.keras.callbacks.LambdaCallback(on_train_end=lambda logs=None: print("end"))
      >>> run = slim.learning.fit(step, data, None, 20, hooks=[slim.hooks.from_keras(end)])
      end
    """
    if isinstance(callback, type) or not _is_of_keras(callback):
        raise TypeError(
            f"callback: expected a tf.keras.callbacks.Callback object; got {describe(callback)}."
        )
    return _OfKeras(callback)


def _is_of_keras(callback: Any) -> bool:
    return all(callable(getattr(callback, name, None)) for name in ("set_model", "on_epoch_end"))


def _overrides(callback: Any, *events: str) -> bool:
    """Whether it does something at one of these events, by a method or a function that it has."""
    plain = tf.keras.callbacks.Callback
    handlers = [(getattr(callback, event, None), getattr(plain, event)) for event in events]
    return any(getattr(own, "__func__", own) not in (None, other) for own, other in handlers)


class _OfKeras(Hook):
    """Calls a callback of Keras."""

    def __init__(self, callback: Any):
        self._callback = callback
        self._sees_steps = _overrides(callback, "on_train_batch_end", "on_batch_end")
        self.every_steps = 1 if self._sees_steps else None
        self._epoch = 0
        self._model: Any = None

    def begin(self, run: Run) -> None:
        self._model = _Trained(run, type(self._callback).__name__)
        self._callback.set_params({"verbose": 0, "epochs": None, "steps": run.number_of_steps})
        self._callback.set_model(self._model)
        self._callback.on_train_begin()
        self._callback.on_epoch_begin(self._epoch)

    def after_step(self, run: Run) -> None:
        if self._sees_steps:  # to read the loss is to wait for the step
            self._callback.on_train_batch_end(run.step - 1, {"loss": run.loss_value})
        self._stop(run)

    def after_validation(self, run: Run, values: Mapping[str, Any]) -> None:
        logs = {"loss": run.loss_value, **{f"val_{name}": value for name, value in values.items()}}
        self._callback.on_epoch_end(self._epoch, logs)
        self._epoch += 1
        self._callback.on_epoch_begin(self._epoch)
        self._stop(run)

    def end(self, run: Run) -> None:
        self._callback.on_train_end()

    def _stop(self, run: Run) -> None:
        if self._model.stop_training and run.stop is None:
            run.stop = f"{type(self._callback).__name__} stopped it"


class _Trained:
    """What a callback of Keras may know of the model."""

    def __init__(self, run: Run, callback: str):
        self.stop_training = False
        self.optimizer = run.train_step.optimizer
        self._model = run.train_step.model
        self._callback = callback

    def get_weights(self) -> list:
        return [variable.numpy() for variable in self._model.variables]

    def set_weights(self, weights: Sequence) -> None:
        for variable, value in zip(self._model.variables, weights, strict=True):
            variable.assign(value)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"{self._callback} asks for {name!r} of the model, which is a slim.Model and none of "
            "Keras. Write a hook: `class Mine(slim.hooks.Hook): def after_validation(self, run, "
            "values): ...`, where run.train_step.model is the model. The best checkpoint is kept "
            "by slim.learning.fit(..., validation=...)."
        )
