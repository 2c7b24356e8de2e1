"""Measuring a model, and showing the measurements."""

from __future__ import annotations

import dataclasses
import importlib.util
from typing import Any

import tf_slim as slim
from tf_slim.cli import progress, terminal
from tf_slim.cli.config import Config


@dataclasses.dataclass(frozen=True)
class Measured:
    """The result of an evaluation.

    Attributes:
      model: name of the net.
      data: name of the data.
      split: of the data.
      images: how many images there are in it.
      step: of training, or None.
      metrics: the results by name.
    """

    model: str
    data: str
    split: str
    images: int
    step: int | None
    metrics: dict[str, float]


def measure(
    config: Config, model: slim.Model, data: slim.data.Pipeline, *, step: int | None
) -> Measured:
    """Evaluates a model over all of the data, once."""
    with progress.evaluating(data.steps_per_epoch) as on_batch:
        metrics: dict[str, Any] = slim.evaluation.evaluate(
            model,
            data,
            slim.evaluation.classification_metrics(config.model.num_classes or 0),
            on_batch=on_batch,
        )
    return Measured(
        config.model.name, data.spec.name, data.spec.split, data.num_samples, step, metrics
    )


def show(measured: Measured) -> None:
    """Prints it as a small table."""
    after = "" if measured.step is None else f", after {measured.step} steps"
    terminal.say(
        f"{measured.model} on {measured.data}, {measured.split}: {measured.images} images{after}"
    )
    for name, value in measured.metrics.items():
        shown = f"{value:.4f}" if abs(value) < 1e4 else f"{value:.3e}"
        if name == "accuracy":
            right = round(value * measured.images)
            shown = f"{100 * value:.2f} %  ({right} of {measured.images})"
        terminal.say(f"  {name:<12} {shown}", style="bold" if name == "accuracy" else None)


def has_tensorboard() -> bool:
    """Whether TensorBoard is installed."""
    return importlib.util.find_spec("tensorboard") is not None
