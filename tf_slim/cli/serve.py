"""`tf-slim serve`."""

from __future__ import annotations

import importlib.util
from typing import Annotated

import typer

from tf_slim.cli import flags, quiet, targets
from tf_slim.cli.options import ConfigError

_NEEDED = ("starlette", "uvicorn", "prometheus_client", "python_multipart")


def command(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A run folder, an exported file, or the name of a net with a checkpoint.",
        ),
    ],
    port: Annotated[
        int,
        typer.Option("--port", metavar="N", min=0, max=65535, help="0 for one that is free."),
    ] = 8501,
    host: Annotated[
        str,
        typer.Option("--host", help="Where to listen; 0.0.0.0 for all the network to reach it."),
    ] = "127.0.0.1",
    name: Annotated[
        str | None,
        flags.optional("NAME", "Of the model, in /v1/models/NAME. Without: that of RUN."),
    ] = None,
    checkpoint: flags.Checkpoint = None,
    labels: flags.Labels = None,
    preprocessing: flags.Preprocessing = None,
    image_size: flags.ImageSize = None,
    batch_size: Annotated[
        int, typer.Option("--batch-size", metavar="N", min=1, help="Pictures at a time, at most.")
    ] = 16,
    queue: Annotated[
        int,
        typer.Option(
            "--queue",
            metavar="N",
            min=1,
            help="How many pictures to accept at the same time; who comes then is told to come "
            "again.",
        ),
    ] = 256,
    timeout: Annotated[
        float,
        typer.Option("--timeout", metavar="SECONDS", help="After which a request is given up."),
    ] = 30.0,
    max_bytes: Annotated[
        int, typer.Option("--max-bytes", metavar="N", min=1, help="Of a request.")
    ] = 32_000_000,
    max_pixels: Annotated[
        int, typer.Option("--max-pixels", metavar="N", min=1, help="Of a picture.")
    ] = 64_000_000,
    allow_host: Annotated[
        list[str] | None,
        flags.repeatable("NAME", "A name by which the server is called, such as that of a proxy."),
    ] = None,
    cors: Annotated[
        list[str] | None,
        flags.repeatable("ORIGIN", "Pages that may ask too, such as https://example.org."),
    ] = None,
    log: Annotated[bool, typer.Option("--log", help="Print a line for each request.")] = False,
    debug: flags.Debug = False,
) -> int | None:
    """Serve a model over HTTP: a page for people, TensorFlow Serving's REST forms for programs."""
    missing = [module for module in _NEEDED if importlib.util.find_spec(module) is None]
    if missing:
        raise ConfigError(
            f"To serve needs {', '.join(missing)}, not installed here: pip install "
            "'tf-slim2[serve]'."
        )
    if not 0 < timeout < 1e6:
        raise ConfigError(f"--timeout {timeout:g}: expected seconds above 0.")
    targets.check_model(run, "tf-slim serve NET --checkpoint PATH")
    quiet.import_tensorflow()
    from tf_slim.cli import serving

    return serving.serve(
        run,
        serving.Options(
            port=port,
            host=host,
            name=name,
            checkpoint=checkpoint,
            labels=labels,
            preprocessing=preprocessing,
            image_size=image_size,
            batch_size=batch_size,
            queue=queue,
            timeout=timeout,
            max_bytes=max_bytes,
            max_pixels=max_pixels,
            allow_host=allow_host or [],
            cors=cors or [],
            log=log,
        ),
    )
