"""Measuring a model, and showing the measurements."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

import tf_slim as slim
from tf_slim.cli import progress, terminal
from tf_slim.cli.config import Config
from tf_slim.cli.options import ConfigError


@dataclasses.dataclass(frozen=True)
class Measured:
    """The result of an evaluation.

    Attributes:
      model: name of the net.
      data: name of the data.
      split: of the data.
      images: how many images there are in it.
      step: of training, or None.
      answers: what the accuracy is a share of: one an image, or where an image may be of several
        classes one an image and class.
      metrics: the results by name.
    """

    model: str
    data: str
    split: str
    images: int
    step: int | None
    answers: int
    metrics: dict[str, float]


def measure(
    config: Config,
    model: slim.Model,
    data: slim.data.Pipeline,
    *,
    step: int | None,
    findings: slim.report.Findings | None = None,
) -> Measured:
    """Evaluates a model over all of the data, once; what there is for a report joins `findings`."""
    with progress.counting("evaluating", data.steps_per_epoch) as on_batch:
        metrics: dict[str, Any] = slim.evaluation.evaluate(
            model,
            data,
            slim.evaluation.classification_metrics(
                config.model.num_classes or 0, multi_label=data.spec.multi_label
            ),
            on_batch=on_batch,
            observe=None if findings is None else findings.add,
        )
    classes = config.model.num_classes or 0
    return Measured(
        config.model.name,
        data.spec.name,
        data.spec.split,
        data.num_samples,
        step,
        data.num_samples * (classes if data.spec.multi_label else 1),
        metrics,
    )


def show(measured: Measured) -> None:
    """Prints it as a small table."""
    terminal.say(f"{_title(measured)}: {_subtitle(measured)}")
    width = max([12, *map(len, measured.metrics)])
    for name, value in measured.metrics.items():
        shown = _figure(value)
        if name == "accuracy":
            right = round(value * measured.answers)
            of = "" if measured.answers == measured.images else " answers, one a class"
            shown = f"{100 * value:.2f} %  ({right} of {measured.answers}{of})"
        terminal.say(f"  {name:<{width}} {shown}", style="bold" if name == "accuracy" else None)


def findings(config: Config, *, multi_label: bool) -> slim.report.Findings:
    """Room for what a report is made of.

    Raises:
      ConfigError: there is nothing to tell apart.
    """
    classes, least = config.model.num_classes or 0, 1 if multi_label else 2
    if classes < least:
        raise ConfigError(f"--report compares classes, at least {least}; the model has {classes}.")
    return slim.report.Findings(classes, multi_label=multi_label)


def illustrate(findings: slim.report.Findings, model: slim.Model, data: slim.data.Pipeline) -> None:
    """Adds to the worst mistakes where the net looked, and the names of their files."""

    def heat_maps(images, classes):
        return slim.evaluation.grad_cam(model, images, classes)

    try:
        findings.illustrate(heat_maps, data.filenames)
    except ValueError as error:
        terminal.note(f"the report has no heat maps: {error}")
        findings.illustrate(filenames=data.filenames)


def write_report(
    path: str,
    measured: Measured,
    findings: slim.report.Findings,
    class_names: Mapping[int, str] | None,
    *,
    checkpoint: str,
    warnings: Sequence[str] = (),
) -> None:
    """Writes the page of an evaluation, with the learning curves of the run of the checkpoint."""
    figures = {n: _figure(v) for n, v in measured.metrics.items() if n != "accuracy"}
    slim.report.write(
        path,
        findings,
        title=_title(measured),
        subtitle=_subtitle(measured),
        class_names=class_names,
        figures=figures,
        history=slim.learning.read_history(os.path.dirname(checkpoint)),
        warnings=warnings,
        footer=(
            f"Checkpoint {checkpoint}. TF-Slim {slim.__version__}, TensorFlow {tf.__version__}."
        ),
    )


def _title(measured: Measured) -> str:
    return f"{measured.model} on {measured.data}, {measured.split}"


def _subtitle(measured: Measured) -> str:
    after = "" if measured.step is None else f", after {measured.step} steps"
    return f"{measured.images} images{after}"


def _figure(value: float) -> str:
    return f"{value:.4f}" if abs(value) < 1e4 else f"{value:.3e}"


def has_tensorboard() -> bool:
    """Whether TensorBoard is installed."""
    return importlib.util.find_spec("tensorboard") is not None
