"""`tf-slim data serve`."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from tf_slim.cli import flags, quiet, terminal


def command(
    workers: Annotated[
        str,
        typer.Option(
            "--workers",
            metavar="N|HOST:PORT,...",
            help="How many workers to start here; or the addresses of all of them, which are "
            "started elsewhere.",
        ),
    ] = "2",
    port: Annotated[
        int,
        typer.Option(
            "--port", metavar="N", min=0, max=65535, help="To listen at; 0 for one that is free."
        ),
    ] = 5050,
    dispatcher: Annotated[
        str | None,
        flags.optional("HOST:PORT", "Start a worker for this dispatcher, and none of its own."),
    ] = None,
    address: Annotated[
        str | None,
        flags.optional("HOST:PORT", "By which others reach that worker."),
    ] = None,
    debug: flags.Debug = False,
) -> None:
    """Start a tf.data service, whose workers read and decode for trainings.

    A training reads from it by slim.data.Pipeline(..., service="grpc://HOST:PORT").
    """
    quiet.import_tensorflow()
    import tf_slim as slim

    if dispatcher is not None and "://" not in dispatcher:
        dispatcher = f"grpc://{dispatcher}"
    count = int(workers) if workers.isdecimal() else workers.split(",")
    # There is nothing to save, and an end in order may wait for readers.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    servers = slim.data.serve(count, port, dispatcher=dispatcher, address=address)
    terminal.say(f"{'A worker for' if dispatcher else 'Dispatcher at'} {servers.address}")
    sys.stdout.flush()
    servers.join()
