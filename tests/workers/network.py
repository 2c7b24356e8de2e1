"""Two machines made up on this one: network namespaces with a cable between them.

with network.connected() as machines:
    ...  # a process whose environment has machines.environ(0) is on the first of them
    machines.cut()
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from collections.abc import Iterator

import pytest

_NAME = "SLIM_TEST_NETNS"
_HOSTS = "10.213.0.1", "10.213.0.2"


class Machines:
    """Two of them.

    Attributes:
      addresses: one on each. All ports there are free.
    """

    addresses = [f"{host}:2222" for host in _HOSTS]

    def __init__(self, names: list[str]):
        self._names = names

    def environ(self, index: int) -> dict[str, str]:
        """What says to a process of a `Forge` that it is on one of them."""
        return {_NAME: self._names[index]}

    def cut(self) -> None:
        """Takes the cable out at one end: nothing arrives, and nobody is told."""
        _ip("-n", self._names[0], "link", "set", "cable", "down")

    def mend(self) -> None:
        """Puts it in again."""
        _ip("-n", self._names[0], "link", "set", "cable", "up")


@contextlib.contextmanager
def connected() -> Iterator[Machines]:
    """Makes them, and takes them away; skips the test where that is not allowed."""
    names = [f"slim-{os.getpid()}-{index}" for index in range(2)]
    with contextlib.ExitStack() as made:
        try:
            for name in names:
                _ip("netns", "add", name)
                made.callback(_ip, "netns", "delete", name)
            _ip("-n", names[0], "link", "add", "cable", "type", "veth", "peer", "name", "end")
            _ip("-n", names[0], "link", "set", "end", "netns", names[1], "name", "cable")
            for name, host in zip(names, _HOSTS, strict=True):
                _ip("-n", name, "address", "add", f"{host}/24", "dev", "cable")
                for device in ("lo", "cable"):
                    _ip("-n", name, "link", "set", device, "up")
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", None) or error
            pytest.skip(f"network namespaces need Linux, iproute2 and root: {said}")
        yield Machines(names)


def enter() -> None:
    """Puts this process, which has no threads yet, on the machine of its environment, if any."""
    name = os.environ.get(_NAME)
    if name is None:
        return
    handle = os.open(f"/run/netns/{name}", os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(handle, 0):
        raise OSError(ctypes.get_errno(), f"setns {name}")
    os.close(handle)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=200)
