"""The body of `tf-slim train --find-rate`: learning rates are tried, and one is suggested."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import tf_slim as slim
from tf_slim.cli import (
    build,
    errors,
    progress,
    restoring,
    runs,
    starting_point,
    terminal,
    training,
)
from tf_slim.cli.config import Config
from tf_slim.cli.options import ConfigError
from tf_slim.cli.run_data import RunData
from tf_slim.learning.rate_finder import RateSearch

_STEPS = 100
_ROWS = 13


def find(config: Config, folder: str | None, strategy: tf.distribute.Strategy) -> int:
    """Tries rates on the data and the net of a run that has not begun, and leaves no trace.

    Args:
      config: the configuration.
      folder: its run folder; None for none.
      strategy: the devices to train on.

    Returns:
      The exit status: failure if the loss fell at no rate.

    Raises:
      ConfigError: the run in the folder has been trained.
    """
    taken = folder and runs.steps_taken(folder)
    if folder is not None and taken:
        raise ConfigError(
            f"The run in {folder} has taken {taken} steps, and a learning rate is looked for "
            "before the first one. For another such run: the same command with another --logdir."
        )
    training.seed(config)
    data = RunData(config, folder)
    if not data.is_kept:
        data = RunData(config)
    config = build.resolved(config, data)
    start = starting_point.fetched(config)
    data.check([config.data.train_split])
    parts = training.built(config, data, strategy, evaluates=False)
    restoring.restore(config, parts.model, start, parts.data.spec.labels_to_names)
    terminal.progress(
        f"{config.model.name} on {parts.data.spec.name}: trying learning rates in {_STEPS} steps "
        f"of {parts.data.batch_size} images"
    )
    with progress.stages() as tell:
        found = slim.learning.find_learning_rate(
            parts.step,
            parts.data,
            steps=_STEPS,
            on_step=lambda done: tell("trying rates", done, _STEPS),
        )
    data.say_skipped()
    _show(found)
    return _say(config, found)


def _show(found: RateSearch) -> None:
    """A table of some of the rates, with the one that is suggested among them."""
    places = set(np.linspace(0, len(found.rates) - 1, _ROWS).round().astype(int).tolist())
    best = None
    if found.suggestion is not None:
        best = int(np.argmin(np.abs(found.rates - found.suggestion)))
        places.add(best)
    rows = [
        (
            f"{found.rates[place]:.2g}",
            f"{found.losses[place]:.4g}",
            f"{found.smoothed[place]:.4g}",
            "falls the fastest" if place == best else "",
        )
        for place in sorted(places)
    ]
    columns = ("learning rate", "loss", "smoothed", "")
    terminal.show(columns, rows, numbers="learning rate, loss, smoothed")
    if found.diverged:
        terminal.say("There the loss went astray.")


def _say(config: Config, found: RateSearch) -> int:
    terminal.say()
    if found.suggestion is None:
        terminal.say(
            "The loss fell at no rate: there is none to suggest. Try a larger --batch-size."
        )
        return errors.FAILED
    rate = f"{found.suggestion:.2g}"
    terminal.say(f"Suggested learning rate: {rate}", style="bold")
    terminal.say(f"To train with it: the same command, --learning-rate {rate} for --find-rate.")
    highest = found.rates[int(np.argmin(found.smoothed))] / 10
    if highest > found.suggestion:
        terminal.say(
            f"A short training, or one whose rate falls, may learn more with up to {highest:.2g}, "
            "a tenth of where the loss was lowest."
        )
    if config.train.head_steps:
        factor = config.train.rate_after_head
        terminal.say(
            f"It is that of the head, which is trained alone for {config.train.head_steps} steps. "
            f"All layers then have {factor:g} times as much (train.rate_after_head)."
        )
    return 0
