"""Validation while training: when it is due, what is measured, and which checkpoint is the best.

The history is the one memory of it. All that is known of a step is noted there before the
checkpoint of the step is written, and a run that goes on drops what is noted beyond its checkpoint:
so the best so far, and how often in a row it has not been beaten, follow from the rows that are
left, whenever a run was killed. Killed between the checkpoint of the best and the note that it is
the best, a run makes up for the note. What is saved and not yet validated, as after an error, is
validated first.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim import checkpoints
from tf_slim import metrics as slim_metrics
from tf_slim.checkpoints import Best, notes
from tf_slim.evaluation.classification import usual_metrics
from tf_slim.evaluation.measure import Evaluation
from tf_slim.learning.history import VALIDATION, read_history
from tf_slim.learning.run import Run
from tf_slim.learning.run_folder import RunFolder, SeenFolder, checkpoint_path
from tf_slim.learning.step import placement
from tf_slim.learning.step.compiled_step import TrainStep
from tf_slim.learning.together import workers
from tf_slim.ops import collect, paths
from tf_slim.ops.arguments import describe
from tf_slim.ops.wording import did_you_mean

# Words in the names of metrics that say which values are good.
_GREATER = {
    *("accuracy", "acc", "auc", "precision", "recall", "sensitivity", "specificity", "f1", "iou"),
    *("kappa", "map", "ap", "correlation", "similarity", "dice", "jaccard", "score"),
}
_LESS = {
    *("loss", "losses", "error", "errors", "entropy", "mae", "mse", "rmse", "perplexity"),
    *("distance", "divergence"),
}


class Validation:
    """What is measured while a model is trained, and what follows from it.

    Args:
      step: what trains the model.
      data: as `slim.evaluation.evaluate` takes them.
      metrics: likewise, or None for what fits the net and the labels.
      every: steps between validations.
      best: the metric by which the best checkpoint is chosen; None for the usual one, if there is
        one among the metrics; False for none.
      greater_is_better: which way it is judged; None where its name tells.
      patience: how many validations in a row without a better one end the training, or None.
      restore_best: whether the model gets the best weights in the end.

    Raises:
      TypeError, ValueError: an argument is of another kind, or does not fit the others.
    """

    def __init__(
        self,
        step: TrainStep,
        data: Any,
        metrics: Any,
        every: int,
        best: str | bool | None,
        greater_is_better: bool | None,
        patience: int | None,
        restore_best: bool,
    ):
        self._step = step
        self._every = every
        self._patience = patience
        self._restore_best = restore_best
        self._is_multi_label = bool(getattr(getattr(data, "spec", None), "multi_label", False))
        with placement.scope_to_evaluate(step.strategy):
            self._evaluation = Evaluation(step.model, data, metrics, self._usual)
        names = list(self._evaluation.names)
        self._metric = _metric(best, names, greater_is_better)
        self._greater = False
        if self._metric is None:
            if patience is not None:
                raise ValueError(
                    "patience: training ends when a metric is no longer better, and there is none "
                    f"to go by. Name one: best='...'; measured are {', '.join(names)}."
                )
        else:
            known = _is_greater(self._metric) if greater_is_better is None else greater_is_better
            self._greater = bool(known)
        self._folder: RunFolder | SeenFolder | None = None
        self._last: int | None = None  # the step of the last validation
        self._since = 0  # validations since the best one
        self._held: list[np.ndarray] | None = None  # the best weights, without a run folder
        self.improved = False

    def due(self, run: Run) -> bool:
        """Whether a validation belongs to the step that the run is at, done or not."""
        return run.step > 0 and (run.step % self._every == 0 or run.step == run.number_of_steps)

    def pending(self, run: Run) -> bool:
        """Whether it is still to be done."""
        return self._last != run.step and self.due(run)

    def pending_at_the_end(self, run: Run) -> bool:
        """Likewise, after the last step of all."""
        return self._last != run.step and run.step > 0

    def resume(self, run: Run, folder: RunFolder | SeenFolder | None) -> None:
        """Finds in the history of a run what was known at the step where it goes on."""
        self._folder = folder
        if folder is None:
            return
        workers_of_run = workers.of(self._step.strategy)
        known = workers_of_run.of_chief(lambda: self._recalled(run, folder))
        if not workers_of_run.is_chief:
            self._take_over(run, known)
        if run.best is not None:
            self._end_if_patience_is_over(run)

    def _recalled(self, run: Run, folder: RunFolder | SeenFolder) -> list[Any]:
        """Finds it; of several workers the chief does."""
        for row in read_history(folder):
            if row["step"] <= run.step and isinstance(row.get(VALIDATION), dict):
                self._take(run, row["step"], row[VALIDATION])
        marked = notes.best_or_set_aside(folder)
        # Of a run whose history has been lost.
        if marked is not None and self._is_comparable(marked) and marked.step <= run.step:
            if run.best is None or run.best.gives_way_to(marked.value):
                run.best = marked
        self._require_best(run, folder)
        best = None if run.best is None else [run.best.step, run.best.value]
        return [dict(run.validation), self._last, self._since, best]

    def _take_over(self, run: Run, known: list[Any]) -> None:
        """What the chief has found."""
        run.validation, self._last, self._since, best = known
        if best is not None and self._metric is not None:
            path = checkpoint_path(self._folder, best[0])
            run.best = Best(path, best[1], self._metric, self._greater)

    def _require_best(self, run: Run, folder: RunFolder | SeenFolder) -> None:
        if run.best is None:
            return
        if not paths.exists(run.best.path + ".index"):
            warnings.warn(
                f"{run.best.path}, the best checkpoint by {run.best.metric}, is gone: the next one "
                "is compared with those that follow.",
                stacklevel=9,
            )
            run.best, self._since = None, 0
        else:
            folder.mark_best(run.best)

    def measure(self, run: Run) -> Mapping[str, Any]:
        """Measures the model as it is, and judges it.

        Returns:
          The results by name.
        """
        with placement.scope_to_evaluate(self._step.strategy), self._step.averaged_weights():
            values = self._evaluation.run()
            self.improved = self._take(run, run.step, values)
            if self.improved and self._folder is None and self._restore_best:
                self._held = [_value(variable) for variable in self._step.model.variables]
        self._end_if_patience_is_over(run)
        return values

    def conclude(self, run: Run) -> None:
        """Gives the model the best weights, averaged ones where these were measured."""
        if not self._restore_best or run.best is None:
            return
        model = self._step.model
        if self._held is not None:
            pairs = zip(model.named_variables.items(), self._held, strict=True)
            checkpoints.assign({name: (variable, value) for (name, variable), value in pairs})
        elif self._folder is not None:
            model.restore(run.best.path, rename=checkpoints.averages)
        else:
            return
        run.restored_best = True

    def _take(self, run: Run, step: int, values: Mapping[str, Any]) -> bool:
        """Adds a validation. Returns whether it is the best so far."""
        run.validation, self._last = values, step
        if self._metric is None or self._metric not in values:
            return False
        value = float(values[self._metric])
        if value != value or (run.best is not None and not run.best.gives_way_to(value)):
            self._since += 1
            return False
        path = checkpoint_path(self._folder, step)
        run.best = Best(path, value, self._metric, self._greater)
        self._since = 0
        return True

    def _end_if_patience_is_over(self, run: Run) -> None:
        if self._patience is not None and self._since >= self._patience and run.stop is None:
            run.stop = f"no better {self._metric} in {self._since} validations"

    def _is_comparable(self, best: Best) -> bool:
        return (best.metric, best.greater_is_better) == (self._metric, self._greater)

    def _usual(self, labels: Any) -> Mapping[str, Any]:
        """What fits the net and the labels; at least the loss."""
        found = usual_metrics(self._step.output_spec, labels, multi_label=self._is_multi_label)
        return found or {"loss": (slim_metrics.streaming_mean, self._loss)}

    def _loss(self, outputs: Any, labels: Any) -> tuple:
        """The loss of a batch, which counts by the number of its examples."""
        with collect.collect() as got:
            loss = self._step._loss(outputs, labels)
        loss = tf.cast(tf.add_n(got.losses) if loss is None else loss, tf.float32)
        return loss, tf.cast(tf.shape(tf.nest.flatten(labels)[0])[0], tf.float32)


def _value(variable: tf.Variable) -> np.ndarray:
    return tf.convert_to_tensor(variable).numpy()


def _metric(best: str | bool | None, names: list[str], greater: bool | None) -> str | None:
    """The metric to choose the best checkpoint by, if there is one."""
    if best is False:
        return None
    if best is None:
        known = [name for name in names if _is_greater(name) is not None]
        if greater is not None:
            known = names
        # Where a picture may be of several classes, "none of them" is right of nearly all.
        usual = ("mean_average_precision", "accuracy")
        return next((name for name in (*usual, *known) if name in names), None)
    if not isinstance(best, str):
        raise TypeError(
            f"best: expected the name of a metric, None or False; got {describe(best)}."
        )
    if best not in names:
        raise ValueError(
            f"best: {best!r} is not measured.{did_you_mean(best, names)} Measured are "
            f"{', '.join(names)}."
        )
    if greater is None and _is_greater(best) is None:
        raise ValueError(
            f"best: whether a greater {best!r} is better, its name does not tell. Say "
            "greater_is_better=True, or False."
        )
    return best


def _is_greater(metric: str) -> bool | None:
    """Whether a greater value is better, as far as the name tells."""
    words = set(re.findall("[a-z]+1?", metric.lower()))
    greater, less = bool(words & _GREATER), bool(words & _LESS)
    return greater if greater != less else None
