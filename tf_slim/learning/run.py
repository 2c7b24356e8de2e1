"""`Run`: a training that is going on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from tf_slim.checkpoints import Best
from tf_slim.learning.step.compiled_step import TrainStep


@dataclasses.dataclass
class Run:
    """A training that is going on, as hooks see it.

    Attributes:
      train_step: what is run.
      logdir: the run folder, or None.
      number_of_steps: the global step to end at, or None.
      step: steps taken so far, those before a restart included.
      first_step: `step` when this process began.
      loss: of the last step, a scalar tensor; None before the first one.
      stop: set to a reason to end training.
      checkpoint: the last checkpoint written or restored, or None.
      changed: which hyperparameters are others than in the checkpoint restored, in one line, or
        None.
      validation: the results of the last validation by name; empty before the first one.
      best: the checkpoint with the best validation so far (`path`, `step`, `value`, `metric`), or
        None. After a better validation it is written at once. Without a run folder the path is
        only a name, and the weights are held in memory.
      is_chief: whether this process writes the run folder: of several workers (see `fit`) one does.
      restored_best: whether the model has been given the weights of `best`, at the end.

    Examples: see `slim.learning.fit`.
    """

    train_step: TrainStep
    logdir: str | None
    number_of_steps: int | None
    step: int = 0
    first_step: int = 0
    loss: tf.Tensor | None = None
    stop: str | None = None
    checkpoint: str | None = None
    changed: str | None = None
    validation: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    best: Best | None = None
    is_chief: bool = True
    restored_best: bool = False

    @property
    def loss_value(self) -> float:
        """`loss` as a number; reading it waits for the step to finish. NaN before the first one."""
        return float("nan") if self.loss is None else float(self.loss)
