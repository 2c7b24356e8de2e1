"""A learning rate for a training, found by trying: the learning rate range test.

L. Smith, "Cyclical Learning Rates for Training Neural Networks", 2017, arXiv:1506.01186.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.learning import snapshot
from tf_slim.learning.source import Source
from tf_slim.learning.step import finite, optimizers
from tf_slim.learning.step.compiled_step import TrainStep
from tf_slim.ops.arguments import checked, describe

# A loss of so many times the lowest one so far is one that has gone astray.
_ASTRAY = 4.0
_SMOOTHING = 0.9
# The share of all rates that a slope is taken over: losses of single batches are noisy.
_WINDOW = 0.2
# So many standard deviations a slope may have where nothing falls: it is the least of several.
_BY_CHANCE = 3.5


@dataclasses.dataclass(frozen=True)
class RateSearch:
    """What `find_learning_rate` found.

    Attributes:
      rates: the learning rates that were tried, rising, `[steps]`.
      losses: of the batch of each step, `[steps]`, before the step at that rate was taken.
      smoothed: the losses as their moving averages, `[steps]`.
      suggestion: the rate at which the loss falls the fastest, over a fifth of the rates, a good
        one to begin with; None if it fell at none, or by chance.
      diverged: whether the loss went astray before the highest rate.

    Examples: see `slim.learning.find_learning_rate`.
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    suggestion: float | None
    diverged: bool


@checked
def find_learning_rate(
    train_step: TrainStep,
    dataset: Any,
    *,
    lowest: float = 1e-6,
    highest: float = 10.0,
    steps: int = 100,
    on_step: Callable[[int], None] | None = None,
) -> RateSearch:
    """Tries learning rates, from low to high, and suggests one.

    Takes steps at rates that rise by the same factor each time, until the loss is four times the
    lowest so far or there are no rates left. All is then as it was before: the weights, moving
    averages, the optimizer and the count of steps; also after an error or Ctrl-C.

    Args:
      train_step: from `make_train_step`, of a Keras optimizer; one that trains a head first is
        tried in the phase in which it is.
      dataset: as `fit` takes it. One that ends is begun anew.
      lowest: the first rate.
      highest: the last rate.
      steps: how many to take.
      on_step: called after each step with the number of steps done.

    Returns:
      A `RateSearch`. A schedule is to have the suggestion as its highest rate.

    Raises:
      TypeError: the optimizer is none of Keras, or cannot be made anew from its configuration.
      ValueError: the rates do not rise, there are too few steps, or the dataset is empty.

    Examples:
      >>> model = slim.Model(slim.linear, num_outputs=2).build(tf.TensorSpec([None, 3]))
      >>> loss = slim.losses.sparse_softmax_cross_entropy
      >>> step = slim.learning.make_train_step(model, loss, tf.keras.optimizers.SGD(0.1))
      >>> data = tf.data.Dataset.from_tensors((tf.ones([8, 3]), tf.zeros([8], tf.int64)))
      >>> found = slim.learning.find_learning_rate(step, data, steps=20)
      >>> step.optimizer.learning_rate = found.suggestion
      >>> found.rates.shape, 1e-6 < found.suggestion < 10
      ((20,), True)
    """
    if not isinstance(train_step, TrainStep):
        raise TypeError(
            "train_step: expected what slim.learning.make_train_step returns; got "
            f"{describe(train_step)}."
        )
    if not 0 < lowest < highest < math.inf:
        raise ValueError(
            f"lowest and highest: expected 0 < lowest < highest; got {lowest} and {highest}."
        )
    if steps < 10:
        raise ValueError(f"steps must be at least 10, to see where the loss falls; got {steps}.")
    source = Source(dataset, train_step.strategy, weighted=True)
    rates = np.geomspace(lowest, highest, steps)
    model = train_step.model
    with train_step.strategy.scope():
        optimizer = _at_rate(train_step.current_optimizer, lowest)
        trial = train_step.by_other(optimizer)
        trained = [v for v in model.variables if v.trainable]
        before = snapshot.Snapshot(model.non_trainable_variables, train_step.strategy)
    weights = [tf.identity(variable) for variable in trained]
    try:
        losses = _losses(trial, optimizer, source, rates, on_step)
    finally:
        for variable, value in zip(trained, weights, strict=True):
            variable.assign(value)
        with train_step.strategy.scope():
            before.restore()
    return _judged(rates, losses)


def _losses(
    trial: TrainStep,
    optimizer: Any,
    source: Source,
    rates: np.ndarray,
    on_step: Callable[[int], None] | None,
) -> list[float]:
    batches = _endless(source)
    losses: list[float] = []
    for rate in rates:
        optimizer.learning_rate.assign(rate)
        try:
            losses.append(float(trial(*next(batches))))
        except tf.errors.InvalidArgumentError as error:
            if finite.said(error) is None:
                raise
            losses.append(math.inf)
        if on_step is not None:
            on_step(len(losses))
        smoothed = _smoothed(losses)
        if not smoothed[-1] <= _ASTRAY * max(smoothed.min(), 1e-12):
            break
    return losses


def _endless(source: Source) -> Iterator:
    while True:
        empty = True
        for batch in source.batches():
            empty = False
            yield batch
        if empty:
            raise ValueError("The dataset is empty: it has not a single batch.")


def _smoothed(losses: list[float]) -> np.ndarray:
    """Moving averages, without the bias to their beginning."""
    average, values = 0.0, []
    for number, loss in enumerate(losses, 1):
        average = _SMOOTHING * average + (1 - _SMOOTHING) * loss
        values.append(average / (1 - _SMOOTHING**number))
    return np.asarray(values)


def _judged(rates: np.ndarray, losses: list[float]) -> RateSearch:
    smoothed = _smoothed(losses)
    tried = rates[: len(losses)]
    lowest = int(np.argmin(smoothed))
    width = max(3, round(_WINDOW * len(rates)))
    steepest = _steepest(np.asarray(losses[: lowest + 1]), width)
    suggestion = None if steepest is None else float(tried[steepest])
    diverged = not smoothed[-1] <= _ASTRAY * max(smoothed.min(), 1e-12)
    return RateSearch(tried, np.asarray(losses), smoothed, suggestion, diverged)


def _steepest(losses: np.ndarray, width: int) -> int | None:
    """Where losses fall the fastest: the middle of the steepest of straight lines through some.

    Args:
      losses: at rates that rise by the same factor each time.
      width: how many to draw a line through.

    Returns:
      Its place; None if they fall nowhere, or no more than losses of batches differ by chance.
    """
    width = min(width, len(losses))
    if width < 3:
        return None
    along = np.arange(width) - (width - 1) / 2
    slopes = np.lib.stride_tricks.sliding_window_view(losses, width) @ along / (along @ along)
    place = int(np.argmin(slopes))
    # The difference of two neighbours has twice the variance of one.
    deviation = np.sqrt(np.mean(np.diff(losses) ** 2) / 2) / np.sqrt(along @ along)
    return place + width // 2 if slopes[place] < -_BY_CHANCE * deviation else None


def _at_rate(optimizer: Any, rate: float) -> Any:
    """An optimizer of the same kind and options that has taken no step, at a constant rate."""
    if optimizers.is_v1(optimizer):
        raise TypeError(
            f"find_learning_rate takes a Keras optimizer; got {describe(optimizer)}, whose rate "
            "cannot be set from outside. Try with tf.keras.optimizers.SGD(0.1, momentum=0.9)."
        )
    try:
        return type(optimizer).from_config({**optimizer.get_config(), "learning_rate": rate})
    except Exception as error:
        raise TypeError(
            f"optimizer: {describe(optimizer)} cannot be made anew from its get_config(), to try "
            f"rates with ({error})."
        ) from error
