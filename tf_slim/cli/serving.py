"""The body of `tf-slim serve`: from a run to a server."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import signal
import socket
from collections.abc import Iterator

import tf_slim as slim
from tf_slim.cli import errors, terminal
from tf_slim.cli.options import ConfigError
from tf_slim.evaluation.exported import ExportedModel, load_any
from tf_slim.evaluation.loading import LoadedRun
from tf_slim.serving import running


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked for; see the command."""

    port: int
    host: str
    name: str | None
    checkpoint: str | None
    labels: str | None
    preprocessing: str | None
    image_size: int | None
    batch_size: int
    queue: int
    timeout: float
    max_bytes: int
    max_pixels: int
    allow_host: list[str]
    cors: list[str]
    log: bool


def serve(run: str, options: Options) -> int:
    """Serves a model until it is told to stop.

    Args:
      run: a run folder, or the name of a net.
      options: what is asked for.

    Returns:
      The exit status.

    Raises:
      ValueError, OSError: the run cannot be loaded, or the address is taken.
    """
    for origin in options.cors:
        if origin != "*" and not re.fullmatch(r"https?://[^/\s]+", origin):
            raise ConfigError(
                f"--cors {origin}: expected the beginning of an address, as https://example.org, "
                "without a path; or * for all pages."
            )
    # First of all: to learn after the loading that a port is taken would be a waste.
    with contextlib.closing(running.bound(options.host, options.port)) as at:
        port = at.getsockname()[1]
        loaded = load_any(run, options.checkpoint, labels=options.labels)
        predictor = slim.Predictor(
            loaded,
            preprocess=options.preprocessing,
            image_size=options.image_size,
            batch_size=options.batch_size,
            max_pixels=options.max_pixels,
            fold=True,
        )
        predictor.fold()  # or a request had to wait for it
        served = slim.serving.Served(
            predictor,
            options.name or _name_of(run),
            version=loaded.step or 1,
            limits=slim.serving.Limits(
                max_bytes=options.max_bytes,
                queue=options.queue,
                batch_size=options.batch_size,
                timeout=options.timeout,
            ),
        )
        blind = served.warm_up()
        if blind is not None:
            terminal.note(f"The page is without heat maps: {blind}")
        app = slim.serving.application(
            served, about=_about(loaded), hosts=_hosts(options), origins=options.cors
        )

        def ready() -> None:
            address = running.shown(_reached(options.host), port)
            terminal.say(f"{served.name}: http://{address}/")
            terminal.progress(
                f"for programs: http://{address}/v1/models/{served.name}:predict\nCtrl-C to stop"
            )

        with _stopping():
            try:
                running.server(app, served, ready=ready, log=options.log).run([at])
            except KeyboardInterrupt:
                terminal.progress("stopped")
                return errors.INTERRUPTED
    return 0


def _name_of(run: str) -> str:
    """A name that can stand in an address."""
    name = os.path.basename(os.path.abspath(run))
    if os.path.isfile(run):
        name = os.path.splitext(name)[0]
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-._") or "model"


def _reached(host: str) -> str:
    """By what name a server is reached that listens everywhere."""
    return socket.gethostname() if host in ("0.0.0.0", "::") else host


def _hosts(options: Options) -> list[str] | None:
    """By which names the server may be called: on this machine alone, by those of this machine."""
    if options.host not in running.LOOPBACK:
        return options.allow_host or None
    return [*running.LOOPBACK, *options.allow_host]


def _about(loaded: LoadedRun | ExportedModel) -> str:
    data = "" if loaded.data is None else f", trained on {loaded.data}"
    after = "" if loaded.step is None else f", {loaded.step} steps"
    return f"{loaded.name}{data}{after}."


@contextlib.contextmanager
def _stopping() -> Iterator[None]:
    """Makes of SIGTERM what the command line knows; a closed terminal stops the server likewise."""

    def terminate(number, frame):
        raise errors.Terminated(number)

    def hang_up(number, frame):
        signal.raise_signal(signal.SIGTERM)

    before = {signal.SIGTERM: signal.signal(signal.SIGTERM, terminate)}
    number = getattr(signal, "SIGHUP", None)  # Windows has none
    if number is not None and signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
        before[number] = signal.signal(number, hang_up)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)
