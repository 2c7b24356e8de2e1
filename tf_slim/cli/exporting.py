"""The body of `tf-slim export`: from a run to a file, and what is printed of it."""

from __future__ import annotations

import dataclasses
from typing import Any

import tf_slim as slim
from tf_slim.cli import build, progress, quiet, runs, terminal
from tf_slim.cli import config as configs
from tf_slim.cli.options import ConfigError
from tf_slim.cli.run_data import RunData
from tf_slim.export import comparison, formats, saving
from tf_slim.export import pictures as known_pictures
from tf_slim.export.pictures import Pictures
from tf_slim.ops import paths
from tf_slim.ops.wording import size_text


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked for; see the command."""

    to: str | None
    quantize: str | None
    precision: str | None
    data: str | None
    split: str | None
    calibration: str | None
    pictures: int
    tolerance: float | None
    verify: bool
    force: bool
    checkpoint: str | None
    labels: str | None
    preprocessing: str | None
    image_size: int | None
    features: str | None
    runtime: str | None
    as_json: bool


def export(run: str, out: str, options: Options) -> None:
    """Exports, compares and prints.

    Args:
      run: a run folder, or the name of a net.
      out: the file or folder to write.
      options: what is asked for.

    Raises:
      ValueError, OSError: it cannot be exported as it was asked for.
    """
    saving.check(
        out,
        options.to,
        quantize=options.quantize,
        precision=options.precision,
        runtime=options.runtime,
        force=options.force,
    )
    loaded = slim.load(run, options.checkpoint, labels=options.labels)
    found = _pictures(run, loaded, options)
    with quiet.only_python(), progress.stages() as show:
        try:
            made = slim.export.save(
                loaded,
                out,
                options.to,
                quantize=options.quantize,
                precision=options.precision,
                data=found.test if options.data is None else options.data,
                split=options.split if found.test is None else None,
                calibration=found.train if options.calibration is None else options.calibration,
                pictures=options.pictures,
                tolerance=options.tolerance,
                verify=options.verify,
                force=options.force,
                preprocess=options.preprocessing,
                image_size=options.image_size,
                features=options.features,
                runtime=options.runtime,
                progress=show,
            )
        except slim.export.VerificationError as error:
            failed = error
            made = None
    if made is None:
        _refuse(failed, formats.get(saving.format_of(out, options.to)).name)
        return
    if options.as_json:
        terminal.data(dataclasses.asdict(made))
        return
    _show(made)


def _show(made: slim.export.Export) -> None:
    if made.verified is None:
        terminal.say(f"{made.path}: {made.format}, {size_text(made.size)}")
        terminal.note("it has not been run: --no-verify. The file says so of itself.")
        return
    _table(made.verified, made.format)
    on = f"{made.verified.pictures} pictures: {made.verified.data}"
    terminal.say(f"{made.path}: {made.format}, run and compared on {on}")


def _table(found: comparison.Comparison, name: str) -> None:
    head, *rows = comparison.rows(found, name)
    terminal.show(head, rows, numbers=f"source, {name}")


def _refuse(error: slim.export.VerificationError, name: str) -> None:
    if error.comparison is not None:
        _table(error.comparison, name)
    raise ConfigError(f"{error} To accept more: --tolerance X.") from error


def _pictures(run: str, loaded: slim.evaluation.LoadedRun, options: Options) -> Pictures:
    """What only the configuration of a run folder tells of its pictures."""
    is_said = options.data is not None
    if not paths.is_folder(run) or runs.is_of_python(run):
        return Pictures()
    known = known_pictures.of_run(loaded)
    needed = (known.train is None, known.test is None and not is_said)
    if not any(needed) or not paths.exists(configs.path_in(run)):
        return Pictures()
    config = runs.config_of(run)
    data = RunData(config, run)
    config = build.resolved_once(config, data)
    test: Any = None
    if needed[1] and (options.split or config.data.eval_split):
        test = build.evaluated(config, data, options.split)
    train = data.spec(config.data.train_split) if needed[0] else None
    return Pictures(train, test)
