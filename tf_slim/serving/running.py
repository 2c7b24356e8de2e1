"""Running a server: its socket, its signals, and how it comes to its end."""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import Callable
from typing import Any

import uvicorn

from tf_slim.serving.served import Served

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class AddressError(OSError):
    """A server cannot be reached at an address: the message says why, and what to write."""


def bound(host: str, port: int) -> socket.socket:
    """A socket at an address, so that what is wrong with that is known before any work.

    Args:
      host: a name, or an address of version 4 or 6.
      port: its number; 0 for a free one.

    Raises:
      AddressError: there is no such address here, or the port is taken.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (socket.gaierror, UnicodeError) as error:
        raise AddressError(f"There is no host {host!r}: {error}.") from error
    # With its protocol, or asyncio leaves Nagle's algorithm on: 40 ms more for each answer.
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        # Taken by another one is told by some systems only here.
        made.listen(2048)
    except OSError as error:
        made.close()
        remedies = {
            errno.EADDRINUSE: "Something else listens there; another port, or 0 for a free one: "
            "--port N.",
            errno.EADDRNOTAVAIL: "This machine has no such address: --host 0.0.0.0 is all it has.",
            errno.EACCES: "Ports below 1024 are for the system's own programs: --port N.",
        }
        remedy = remedies.get(error.errno or 0, "")
        raise AddressError(
            f"Cannot listen at {shown(host, port)}: {error.strerror}. {remedy}".rstrip()
        ) from error
    made.set_inheritable(True)
    return made


def shown(host: str, port: int) -> str:
    """The address as it stands in a URL."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def server(
    app: Any,
    served: Served,
    *,
    ready: Callable[[], None] = lambda: None,
    log: bool = False,
) -> uvicorn.Server:
    """A server: `server(app, served).run([socket])` serves until a signal comes.

    What was accepted is answered before that returns.

    Args:
      app: what `application` made.
      served: its model.
      ready: called when requests are taken.
      log: whether to print a line for each request.
    """
    config = uvicorn.Config(
        app,
        log_level="info",
        access_log=log,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=round(served.limits.timeout) + 5,
    )
    # What is of interest is said elsewhere; errors and their tracebacks are not.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    return _Server(config, served, ready)


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, served: Served, ready: Callable[[], None]):
        super().__init__(config)
        self._served, self._ready = served, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()

    def handle_exit(self, sig: int, frame: Any) -> None:
        self._served.is_closing = True
        super().handle_exit(sig, frame)
