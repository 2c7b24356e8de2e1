"""`tf-slim eval`."""

from __future__ import annotations

import dataclasses
import os
from typing import Annotated

import typer

from tf_slim.cli import flags, machines, quiet, runs, targets, terminal
from tf_slim.cli.config import Config
from tf_slim.cli.options import ConfigError


def command(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run folder, of `train` or slim.learning.fit.")
    ],
    checkpoint: Annotated[
        str | None,
        flags.optional(
            "PATH",
            "A checkpoint: its path, or its name in RUN. Without: the best one, if validation has "
            "told, else the latest.",
        ),
    ] = None,
    split: Annotated[
        str | None,
        flags.optional("NAME", "The split of the data. Without: data.eval_split of the run."),
    ] = None,
    data: Annotated[
        list[str] | None,
        flags.repeatable(
            "SOURCE",
            "Other pictures to evaluate on: what `tf-slim train --data` takes. Of TFRecord files "
            "several, or a pattern.",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        flags.setting(
            "An option in place of the run's. A run that was made in Python has none: say "
            "its net, model.name=NET, and give --data."
        ),
    ] = None,
    report: Annotated[
        str | None,
        flags.optional(
            "HTML", "Write a page to look at: learning, classes, calibration, mistakes, data."
        ),
    ] = None,
    as_json: flags.Json = False,
    debug: flags.Debug = False,
) -> None:
    """Evaluate a checkpoint of a run over a whole split, once."""
    config = runs.config_to_evaluate(run, settings or [])
    if report is not None:
        targets.check("--report", report)
    machines.note_alone("tf-slim eval")
    quiet.import_tensorflow()
    import tf_slim as slim
    from tf_slim import checkpoints
    from tf_slim.cli import build, data_warnings, evaluating, run_data
    from tf_slim.cli.run_data import RunData
    from tf_slim.data.renumbering import of_classes
    from tf_slim.learning import agreement, description

    if runs.is_of_python(run) and not data and config.data.name not in slim.data.names():
        raise ConfigError(
            f"{run} was made in Python, on the data {config.data.name!r}, and does not say where "
            "these are: give --data SOURCE."
        )
    of_run = RunData(config, run)
    if data and not _says_its_data(run, config, settings or []):
        # Nobody knows what it was trained on: what it is to be evaluated on tells the classes.
        instead = run_data.others(config, data, split, config.data.channels)
        config = build.resolved(run_data.pointed_at(config, data), of_run, instead)
    else:
        config = build.resolved_once(config, of_run)
    if not (split or config.data.eval_split or data):
        raise ConfigError(f"{run} has no data.eval_split: give --split NAME or --data SOURCE.")
    reader = checkpoints.Reader(_checkpoint(run, checkpoint))
    spec = build.evaluated(config, of_run, split, data or ())
    known = description.read(run)
    spec = of_classes(spec, None if known is None else known.labels)
    pipeline = build.pipeline(config, spec, is_training=False)
    model = build.model(config, pipeline.element_spec[0])
    try:
        model.restore(reader.path, rename=checkpoints.averages)
    except checkpoints.CheckpointError as error:
        if error.report is None:
            raise
        raise ConfigError(
            f"{error.report.text({})}\nThe net of {run} is not the one that the checkpoint is of."
        ) from error
    step = int(reader.read("global_step")) if "global_step" in reader else None
    findings = None
    if report is not None:
        findings = evaluating.findings(config, multi_label=spec.multi_label)
    measured = evaluating.measure(config, model, pipeline, step=step, findings=findings)
    agreement.warn(model, *next(iter(pipeline.dataset())))
    if report is not None and findings is not None:
        evaluating.illustrate(findings, model, pipeline)
        evaluating.write_report(
            report,
            measured,
            findings,
            spec.labels_to_names,
            checkpoint=reader.path,
            warnings=data_warnings.warnings(config, of_run, spec),
        )
    if as_json:
        result = {"checkpoint": reader.path, **dataclasses.asdict(measured)}
        terminal.data(result if report is None else {**result, "report": report})
        return
    evaluating.show(measured)
    if report is not None:
        terminal.say(f"  {'report':<12} {report}")


def _says_its_data(run: str, config: Config, settings: list[str]) -> bool:
    """Whether a run, or who asks for it, says what it was trained on, or all that matters of it."""
    if not runs.is_of_python(run) or config.data.source or config.data.files:
        return True
    if any(one.partition("=")[0].strip() == "data.name" for one in settings):
        return True
    return bool(runs.description(run))


def _checkpoint(run: str, checkpoint: str | None) -> str:
    """The checkpoint that is meant: the name of one in the run folder will do."""
    from tf_slim import checkpoints

    if checkpoint is None:
        best = checkpoints.best(run)
        return run if best is None else best.path
    return checkpoint if os.path.dirname(checkpoint) else os.path.join(run, checkpoint)
