"""`tf-slim export`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from tf_slim.cli import flags, quiet
from tf_slim.cli.options import ConfigError


def command(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A run folder, or the name of a net (of `tf-slim nets`) with a checkpoint.",
        ),
    ],
    out: Annotated[
        str,
        typer.Argument(
            metavar="OUT", help="The file to write; of a SavedModel and a page the folder."
        ),
    ],
    to: Annotated[
        str | None,
        flags.optional(
            "FORMAT",
            "saved_model, litert, onnx, openvino, keras, frozen or web. Without: what the ending "
            "of OUT tells (.tflite, .onnx, .xml, .keras, .pb), or saved_model if it has none.",
            "--to",
        ),
    ] = None,
    quantize: Annotated[
        str | None,
        flags.optional("HOW", "float16, dynamic or int8, where the format knows it."),
    ] = None,
    precision: Annotated[
        str | None,
        flags.optional("NAME", "What to compute in, such as mixed_bfloat16. Without: float32."),
    ] = None,
    data: Annotated[
        str | None,
        flags.optional(
            "SOURCE",
            "Other pictures to compare on: what `tf-slim train --data` takes. Without: the test "
            "split of the run, or its validation split.",
        ),
    ] = None,
    split: Annotated[
        str | None, flags.optional("NAME", "The split of these, or of the data of the run.")
    ] = None,
    calibration: Annotated[
        str | None,
        flags.optional(
            "SOURCE", "Pictures to calibrate int8 by. Without: the run's training data."
        ),
    ] = None,
    pictures: Annotated[
        int, typer.Option("--pictures", metavar="N", min=1, help="How many to compare on at most.")
    ] = 128,
    tolerance: Annotated[
        float | None,
        flags.optional(
            "X",
            "The largest difference of any probability to accept. Without: what fits the format.",
        ),
    ] = None,
    no_verify: Annotated[
        bool,
        typer.Option("--no-verify", help="Do not run the file; it then says so of itself."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Overwrite an earlier export at OUT.")
    ] = False,
    checkpoint: flags.Checkpoint = None,
    labels: flags.Labels = None,
    preprocessing: flags.Preprocessing = None,
    image_size: flags.ImageSize = None,
    features: Annotated[
        str | None,
        flags.optional(
            "NAME",
            "The end point that a SavedModel gives embeddings of. Without: the last one before "
            "the logits.",
        ),
    ] = None,
    runtime: Annotated[
        str | None,
        flags.optional(
            "PATH",
            "Of web: the folder of the npm package onnxruntime-web. Without: it is looked for in "
            "node_modules, from here upwards.",
        ),
    ] = None,
    as_json: flags.Json = False,
    debug: flags.Debug = False,
) -> int | None:
    """Write a model for other programs, run what was written, and compare it with the model."""
    if no_verify and (tolerance is not None or data is not None or split is not None):
        raise ConfigError(
            "--no-verify compares nothing: leave out --tolerance, --data and --split."
        )
    if os.path.isfile(run):
        raise ConfigError(
            f"{run} is a file; RUN is a run folder, or a net by its name. A checkpoint is exported "
            "by: tf-slim export NET OUT --checkpoint PATH"
        )
    quiet.import_tensorflow()
    from tf_slim.cli import exporting

    return exporting.export(
        run,
        out,
        exporting.Options(
            to=to,
            quantize=quantize,
            precision=precision,
            data=data,
            split=split,
            calibration=calibration,
            pictures=pictures,
            tolerance=tolerance,
            verify=not no_verify,
            force=force,
            checkpoint=checkpoint,
            labels=labels,
            preprocessing=preprocessing,
            image_size=image_size,
            features=features,
            runtime=runtime,
            as_json=as_json,
        ),
    )
