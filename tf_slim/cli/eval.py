"""`tf-slim eval`."""

from __future__ import annotations

import dataclasses
import os
from typing import Annotated

import typer

from tf_slim.cli import flags, quiet, runs, targets, terminal
from tf_slim.cli.options import ConfigError


def command(
    run: Annotated[
        str, typer.Argument(metavar="RUN", help="A run folder, of `train` or slim.learning.fit.")
    ],
    checkpoint: Annotated[
        str | None,
        flags.optional(
            "PATH", "A checkpoint: its path, or its name in RUN. Without: the latest one."
        ),
    ] = None,
    split: Annotated[
        str | None,
        flags.optional("NAME", "The split of the data. Without: data.eval_split of the run."),
    ] = None,
    data: Annotated[
        list[str] | None,
        flags.repeatable("FILES", "TFRecord files, or a pattern, to evaluate on instead."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        flags.setting(
            "An option in place of the run's. A run that was made in Python has none: say "
            "its net, model.name=NET, and data.name=DATA."
        ),
    ] = None,
    report: Annotated[
        str | None,
        flags.optional(
            "HTML", "Write a page to look at: classes, curves, calibration, the worst mistakes."
        ),
    ] = None,
    as_json: flags.Json = False,
    debug: flags.Debug = False,
) -> None:
    """Evaluate a checkpoint of a run over a whole split, once."""
    if data and split:
        raise ConfigError("--data and --split: give one of them, files have no splits.")
    config = runs.config_to_evaluate(run, settings or [])
    if report is not None:
        targets.check("--report", report)
    quiet.import_tensorflow()
    from tf_slim import checkpoints
    from tf_slim.cli import build, evaluating
    from tf_slim.learning import agreement

    config = build.resolved_once(config)
    wanted = split or config.data.eval_split
    if not wanted and not data:
        raise ConfigError(f"{run} has no data.eval_split: give --split NAME or --data FILES.")
    reader = checkpoints.Reader(_checkpoint(run, checkpoint))
    spec = build.evaluated(config, wanted, data)
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
    findings = None if report is None else evaluating.findings(config)
    measured = evaluating.measure(config, model, pipeline, step=step, findings=findings)
    agreement.warn(model, *next(iter(pipeline.dataset())))
    if report is not None and findings is not None:
        evaluating.illustrate(findings, model, pipeline)
        evaluating.write_report(
            report, measured, findings, spec.labels_to_names, checkpoint=reader.path
        )
    if as_json:
        result = {"checkpoint": reader.path, **dataclasses.asdict(measured)}
        terminal.data(result if report is None else {**result, "report": report})
        return
    evaluating.show(measured)
    if report is not None:
        terminal.say(f"  {'report':<12} {report}")


def _checkpoint(run: str, checkpoint: str | None) -> str:
    """The checkpoint that is meant: the name of one in the run folder will do."""
    if checkpoint is None:
        return run
    return checkpoint if os.path.dirname(checkpoint) else os.path.join(run, checkpoint)
