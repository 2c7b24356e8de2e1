"""That all processes of a cluster are there, before TensorFlow's servers start.

Those wait for each other in C++: for an hour, in silence, deaf to Ctrl-C and SIGTERM, and for ever
if an address leads to someone else. So each process first listens at its own address itself, and
they greet each other: a line of JSON each way, of who one is, and of what has to be the same.
"""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tf_slim.learning.cluster import ports
from tf_slim.learning.cluster.tasks import Cluster, ClusterError
from tf_slim.learning.cluster.tf_config import host_and_port

_GREETING_SECONDS = 10.0
_PAUSE_SECONDS = 0.2
_TOLD_AFTER_SECONDS = 3.0
_TOLD_EVERY_SECONDS = 30.0
_MOST_BYTES = 65536


def greet(
    cluster: Cluster,
    seconds: float,
    say: Callable[[str], None],
    facts: Mapping[str, str] | None = None,
) -> None:
    """Waits until each process of the cluster has answered at its address.

    Args:
      cluster: the processes.
      seconds: how long to wait.
      say: is told for whom it waits.
      facts: what has to be the same for all, by name, such as versions.

    Raises:
      ClusterError: an address is taken, or leads elsewhere; one did not answer in time, or has
        another cluster or other facts.
    """
    table = _Table(cluster, facts or {})
    waits = not cluster.has_servers or cluster.is_chief
    with _listening(cluster, table):
        table.ask(cluster.name, cluster.address)
        table.raise_if_wrong()
        waiting = dict(cluster.tasks()) if waits else {}
        began = time.monotonic()
        tell_at = began + _TOLD_AFTER_SECONDS
        while waiting:
            for name, address in waiting.items():
                table.ask(name, address)
            table.raise_if_wrong()
            waiting = {n: a for n, a in waiting.items() if n not in table.seen}
            now = time.monotonic()
            if waiting and now - began >= seconds:
                raise _missing(waiting, table.reasons, seconds, cluster)
            if waiting and now >= tell_at:
                names = ", ".join(f"{n} ({a}: {table.reasons[n]})" for n, a in waiting.items())
                say(f"{cluster.name}: waiting for {names}; {seconds - now + began:.0f} s left")
                tell_at = now + _TOLD_EVERY_SECONDS
            time.sleep(_PAUSE_SECONDS if waiting else 0)
        table.raise_if_wrong()


class _Table:
    """Who has been met, and what is wrong with them."""

    def __init__(self, cluster: Cluster, facts: Mapping[str, str]):
        self.seen: set[str] = set()
        self.reasons: dict[str, str] = {}
        self._wrong: str | None = None
        self._cluster = cluster
        self._nonce = secrets.token_hex(8)
        self._facts = {f"the cluster in {cluster.source}": str(cluster), **facts}
        self._hello = _line(
            {
                "task": cluster.name,
                "process": f"process {os.getpid()} on {socket.gethostname()}",
                "nonce": self._nonce,
                "facts": self._facts,
            }
        )

    def raise_if_wrong(self) -> None:
        if self._wrong is not None:
            raise ClusterError(self._wrong)

    def ask(self, name: str, address: str) -> None:
        """Greets one, and keeps why it did not answer."""
        try:
            with socket.create_connection(host_and_port(address, name), _GREETING_SECONDS) as line:
                hello, begun, _ = _greeted(line, self._hello)
                if hello is not None:
                    line.sendall(b"\n")
        except OSError as error:
            self.reasons[name] = _reason(error)
            return
        mine = name == self._cluster.name
        if hello is not None:
            self._judge(hello, name, address)
            self.seen.add(name)
        elif begun and mine:
            self._wrong = self._elsewhere("another program")
        elif begun and self._cluster.has_servers:
            self.seen.add(name)
        elif begun:
            self.reasons[name] = "it works already, and began without this process"
        else:
            self.reasons[name] = "no greeting"

    def answer(self, line: socket.socket) -> None:
        """Is greeted by one."""
        with line, contextlib.suppress(OSError):
            line.settimeout(_GREETING_SECONDS)
            hello, _, reader = _greeted(line, self._hello)
            if hello is None or hello["nonce"] == self._nonce:
                return
            self._judge(hello)
            if reader.readline(1):
                self.seen.add(hello["task"])

    def _judge(self, hello: Mapping[str, Any], name: str = "", address: str = "") -> None:
        """Compares what another process says with what is known of it here."""
        who, mine = f"{hello['task']} ({hello['process']})", hello["nonce"] == self._nonce
        if mine:
            if name != self._cluster.name:
                self._wrong = (
                    f"{self._cluster.source}: the address of {name}, {address}, leads to this "
                    f"process, which is {self._cluster.name}. Expected each address to lead to "
                    "the machine of its task."
                )
            return
        if hello["task"] == self._cluster.name:
            self._wrong = (
                f"{self._cluster.source}: there are two processes that are "
                f"{self._cluster.name}: this one (process {os.getpid()} on "
                f"{socket.gethostname()}) and {hello['process']}. Expected another task.index "
                "for each."
            )
        elif name == self._cluster.name:
            self._wrong = self._elsewhere(who)
        elif name and hello["task"] != name:
            self._wrong = (
                f"{self._cluster.source}: at the address of {name}, {address}, answers {who}. "
                "Expected each process to run at the address of its task: is a task.index wrong, "
                "or are addresses swapped?"
            )
        else:
            self._compare(hello["facts"], who)

    def _compare(self, facts: Mapping[str, str], who: str) -> None:
        for key in {**self._facts, **facts}:
            here, there = (known.get(key, "nothing") for known in (self._facts, facts))
            if here != there:
                self._wrong = (
                    f"{who} has another {key.removeprefix('the ')} than this process "
                    f"({self._cluster.name}).\n  there: {there}\n  here:  {here}\n"
                    "Expected the same for all. Start all of them from one installation, with "
                    "one configuration."
                )
                return

    def _elsewhere(self, who: str) -> str:
        return (
            f"{self._cluster.source}: the address of this process, {self._cluster.address} for "
            f"{self._cluster.name}, is answered by {who}. Expected an address of this machine "
            f"({socket.gethostname()}): is the task.index, or the host, another one's?"
        )


@contextlib.contextmanager
def _listening(cluster: Cluster, table: _Table) -> Iterator[None]:
    """Answers at the address of this process."""
    host, port = host_and_port(cluster.address, cluster.name)
    _require_own(host, cluster)
    server = _bound(port, cluster)
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            try:
                line, _ = server.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            threading.Thread(target=table.answer, args=(line,), daemon=True).start()

    with server:
        server.settimeout(_PAUSE_SECONDS)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _bound(port: int, cluster: Cluster) -> socket.socket:
    """A socket that listens on a port of all addresses of this machine, as TensorFlow's does."""
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    try:
        return socket.create_server(
            ("", port),
            family=family,
            dualstack_ipv6=both,
            reuse_port=os.environ.get(ports.REUSE_PORT, "") not in ("", "0", "false"),
        )
    except OSError as error:
        where = f"{cluster.source}: {cluster.name} is to listen at {cluster.address}, and"
        if error.errno == errno.EADDRINUSE:
            raise ClusterError(
                f"{where} port {port} of this machine is taken. Is another process "
                f"{cluster.name} too (each has a task.index of its own), has one of an earlier "
                "training not ended, or does another program listen there? Stop it, or choose "
                "another port."
            ) from error
        remedy = "Choose a port from 1024." if error.errno == errno.EACCES else ""
        raise ClusterError(
            f"{where} port {port} cannot be opened here ({error.strerror}). {remedy}".rstrip()
        ) from error


def _require_own(host: str, cluster: Cluster) -> None:
    """Raises ClusterError if a host is plainly another machine: its number is not one of ours.

    A name is not judged so: what it stands for may lead here by way of a router or a service, and
    in a cluster that has just been started it may not be known yet.
    """
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host)
        except OSError:
            continue
        try:
            with socket.socket(family) as probe:
                probe.bind((host, 0))
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                return
            raise ClusterError(
                f"{cluster.source}: {cluster.name} is to listen at {cluster.address}, and "
                f"{host} is no address of this machine ({socket.gethostname()}). Expected its own "
                "address: is the task.index another machine's?"
            ) from error


def _greeted(
    line: socket.socket, hello: bytes
) -> tuple[dict[str, Any] | None, bool, io.BufferedReader]:
    """Sends a greeting. Returns that of the other, whether it has sent anything, and the rest.

    Raises:
      OSError: the line is broken, or nothing comes.
    """
    line.sendall(hello)
    reader = line.makefile("rb")
    begun = reader.peek(1)[:1]
    if begun != b"{":
        return None, bool(begun), reader
    try:
        found = json.loads(reader.readline(_MOST_BYTES))
    except ValueError:
        return None, True, reader
    wanted = {"task": str, "process": str, "nonce": str, "facts": dict}
    is_greeting = isinstance(found, dict) and all(
        isinstance(found.get(key), kind) for key, kind in wanted.items()
    )
    return (found if is_greeting else None), True, reader


def _line(hello: Mapping[str, Any]) -> bytes:
    return json.dumps(hello).encode() + b"\n"


def _reason(error: OSError) -> str:
    if isinstance(error, socket.gaierror):
        return "the name of the host is not known"
    if isinstance(error, TimeoutError):
        return "no answer"
    return (error.strerror or str(error)).lower()


def _missing(
    waiting: Mapping[str, str], reasons: Mapping[str, str], seconds: float, cluster: Cluster
) -> ClusterError:
    listed = "\n".join(f"  {name} at {waiting[name]}: {reasons[name]}" for name in waiting)
    return ClusterError(
        f"{cluster.source}: within {seconds:g} s {cluster.name} has not met all processes:\n"
        f"{listed}\nExpected each to be started anew, with the same cluster and its own task, and "
        "to be reachable: look at its log, its address, and firewalls between. For slower starts, "
        "wait for longer."
    )
