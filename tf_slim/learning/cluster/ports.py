"""Ports of this machine for the processes of a cluster that are all started here."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

REUSE_PORT = "TF_GRPC_REUSE_PORT"
"""By which TensorFlow's server shares a port with a socket that reserves it."""


def can_be_reserved() -> bool:
    """Whether this system lets several sockets share a port."""
    return hasattr(socket, "SO_REUSEPORT")


@contextlib.contextmanager
def reserved(number: int) -> Iterator[list[str]]:
    """Addresses whose ports nobody else gets meanwhile; the kernel chooses them.

    A socket is bound to each all the while, and listens to nobody. Processes that are started with
    `REUSE_PORT` set to "1" bind theirs beside it.

    Args:
      number: how many.
    """
    with contextlib.ExitStack() as held:
        addresses = []
        for _ in range(number):
            one = held.enter_context(socket.socket())
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            one.bind(("", 0))
            addresses.append(f"127.0.0.1:{one.getsockname()[1]}")
        yield addresses
