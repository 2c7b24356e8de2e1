"""`tf-slim predict`."""

from __future__ import annotations

from typing import Annotated

import typer

from tf_slim.cli import flags, machines, quiet, targets
from tf_slim.cli.options import ConfigError


def command(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A run folder, an exported file, or the name of a net with a checkpoint.",
        ),
    ],
    pictures: Annotated[
        list[str],
        typer.Argument(
            metavar="PICTURE...",
            help="Files, folders, patterns; `-` for paths on standard input.",
        ),
    ],
    top: Annotated[
        int, typer.Option("--top", metavar="N", min=1, help="How many labels to show of each.")
    ] = 5,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON list: an object a picture.")
    ] = False,
    html: Annotated[
        str | None,
        flags.optional("HTML", "Write a page to look at, with heat maps.", "--html"),
    ] = None,
    features: Annotated[
        str | None,
        flags.optional(
            "NAME", "Give embeddings: an end point of the net, such as block4, averaged."
        ),
    ] = None,
    out: Annotated[
        str | None,
        flags.optional("NPZ", "Where to write them, with the paths. Without: in --json."),
    ] = None,
    on_error: Annotated[
        str,
        flags.on_error("What to do where a picture cannot be read."),
    ] = "fail",
    checkpoint: flags.Checkpoint = None,
    labels: flags.Labels = None,
    preprocessing: flags.Preprocessing = None,
    image_size: flags.ImageSize = None,
    batch_size: Annotated[
        int, typer.Option("--batch-size", metavar="N", min=1, help="Pictures at a time.")
    ] = 32,
    debug: flags.Debug = False,
) -> int | None:
    """Say what pictures show, by the model of a run or a published one."""
    if out is not None and features is None:
        raise ConfigError("--out goes with --features NAME: it is where embeddings are written.")
    if features is not None and out is None and not as_json:
        raise ConfigError("--features: say where to write them, by --out FILE.npz, or give --json.")
    for option, path in (("--html", html), ("--out", out)):
        if path is not None:
            targets.check(option, path)
    targets.check_model(run, "tf-slim predict NET --checkpoint PATH PICTURE...")
    machines.note_alone("tf-slim predict")
    quiet.import_tensorflow()
    from tf_slim.cli import predicting

    return predicting.predict(
        run,
        pictures,
        predicting.Options(
            top=top,
            as_json=as_json,
            html=html,
            features=features,
            out=out,
            on_error=on_error,
            checkpoint=checkpoint,
            labels=labels,
            preprocessing=preprocessing,
            image_size=image_size,
            batch_size=batch_size,
        ),
    )
