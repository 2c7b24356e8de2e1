"""The learning rate as a function of the step."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tf_slim.cli.config import OptimizerOptions
from tf_slim.cli.options import ConfigError


def learning_rate(options: OptimizerOptions, number_of_steps: int) -> Any:
    """The learning rate that the options describe: a number, or a Keras schedule.

    Args:
      options: the section `[optimizer]`.
      number_of_steps: how many steps training takes in all.

    Raises:
      ConfigError: an option that the schedule needs is missing.
    """
    schedules = tf.keras.optimizers.schedules
    highest, last = options.learning_rate, options.end_learning_rate
    rise = options.warmup_steps
    if options.warmup_share is not None:
        rise = round(options.warmup_share * number_of_steps)
    warmup = min(rise, number_of_steps - 1)
    steps = options.decay_steps or max(1, number_of_steps - warmup)
    rate: Any = highest
    if options.schedule in ("cosine", "linear") and last > highest:
        raise ConfigError(
            f"optimizer.end_learning_rate is {last}, above optimizer.learning_rate, {highest}."
        )
    if options.schedule == "cosine":
        rate = schedules.CosineDecay(highest, steps, alpha=last / highest)
    elif options.schedule == "linear":
        rate = schedules.PolynomialDecay(highest, steps, end_learning_rate=last)
    elif options.schedule == "exponential":
        if options.decay_steps is None:
            raise ConfigError(
                "The schedule 'exponential' multiplies the learning rate by optimizer.decay_rate "
                "once every optimizer.decay_steps: give optimizer.decay_steps."
            )
        rate = schedules.ExponentialDecay(
            highest, steps, options.decay_rate, staircase=options.staircase
        )
    elif options.schedule == "piecewise":
        rate = _piecewise(options)
    return WarmUp(rate, warmup) if warmup else rate


def _piecewise(options: OptimizerOptions) -> Any:
    boundaries = options.boundaries
    if not boundaries or sorted(set(boundaries)) != boundaries:
        raise ConfigError(
            "The schedule 'piecewise' multiplies the learning rate by optimizer.decay_rate at each "
            f"of optimizer.boundaries, which must be rising steps; got {boundaries}."
        )
    values = [
        options.learning_rate * options.decay_rate**index for index in range(len(boundaries) + 1)
    ]
    return tf.keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, values)


class WarmUp(tf.keras.optimizers.schedules.LearningRateSchedule):
    """A linear rise from 0, and then another schedule, from its beginning.

    P. Goyal et al., "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour",
    arXiv:1706.02677, 2017.

    Args:
      then: the schedule after the rise, or a constant.
      steps: of the rise.
    """

    def __init__(self, then: Any, steps: int):
        self._then = then
        self._steps = steps

    def __call__(self, step):
        step = tf.cast(step, tf.float32)
        after = step - self._steps
        rate = self._then(tf.maximum(after, 0.0)) if callable(self._then) else self._then
        rate = tf.cast(rate, tf.float32)
        return rate * tf.minimum((step + 1.0) / self._steps, 1.0)

    def get_config(self):
        """The arguments."""
        return {"then": self._then, "steps": self._steps}
