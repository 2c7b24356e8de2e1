"""Programs forked from one process that has loaded TensorFlow, which takes longer than many a page.

A client connects, hands over its arguments, folder, environment, and its three streams, and waits
for the status: `tf-slim` and `python FILE` on the PATH of a page are such clients, so that commands
of a page are started by bash as ever, with pipes, redirections, jobs and signals. What is forked
has computed nothing before. A client that goes away takes its process along.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

from tests import forked

ROOT = Path(__file__).resolve().parents[2]
# What most pages load anyway. To import computes nothing.
LOADED = (
    "tensorflow",
    "numpy",
    "tf_slim.cli.main",
    "tf_slim.learning.fit",
    "tf_slim.evaluation.evaluate",
    "tf_slim.data.from_files",
    "tf_slim.nets",
    "PIL.Image",
)
CLIENT = """\
#!{python} -IS
import array, json, os, signal, socket, sys

words = sys.argv[1:]
if {program!r} == "python" and not (words and words[0].endswith(".py")):
    os.execv({python!r}, [{python!r}, *words])
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
what = dict(program={program!r}, words=words, folder=os.getcwd(), environ=dict(os.environ))
body = json.dumps(what).encode() + b"\\n"
streams = array.array("i", [0, 1, 2])
sent = server.sendmsg([body], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)])
server.sendall(body[sent:])
answers = server.makefile()
child = int(answers.readline())
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, _: os.kill(child, number))
status = int(answers.readline() or 70)
if status < 0:
    signal.signal(-status, signal.SIG_DFL)
    os.kill(os.getpid(), -status)
sys.exit(status)
"""


class Forge:
    """Starts the process that others are forked from.

    Args:
      folder: for its socket, and for `bin`, the programs that ask it.
    """

    def __init__(self, folder: Path):
        self.bin = folder / "bin"
        self.bin.mkdir()
        address = str(folder / "forge")
        for program in ("tf-slim", "python", "page"):
            text = CLIENT.format(python=sys.executable, program=program, address=address)
            (self.bin / program).write_text(text)
            (self.bin / program).chmod(0o755)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.docs.forge", address],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout.readline() == b"ready\n", "it has not begun"

    def environ(self, home: Path) -> dict[str, str]:
        """The environment of a page."""
        return {
            **os.environ,
            "PATH": os.pathsep.join([str(self.bin), os.environ.get("PATH", os.defpath)]),
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "HOME": str(home),
            "COLUMNS": "100",
        }

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def _serve(address: str) -> None:
    for name in LOADED:
        with contextlib.suppress(ImportError):  # Pillow, which few pages want
            importlib.import_module(name)
    # What it has to say of GPUs that are not there is said here, once.
    sys.modules["tensorflow"].config.list_physical_devices()
    forked.keep()
    server = socket.socket(socket.AF_UNIX)
    server.bind(address)
    server.listen(64)
    print("ready", flush=True)
    children: dict[int, socket.socket] = {}
    # Nothing is ever written to the standard input: it is readable when who started this has ended.
    while 0 not in (ready := _ready([0, server, *children.values()], 0.02 if children else None)):
        if server in ready:
            client, _ = server.accept()
            what, streams = _received(client)
            child = os.fork()
            if not child:
                for other in (server, client, *children.values()):
                    other.close()
                _become(what, streams)
            for stream in streams:
                os.close(stream)
            with contextlib.suppress(OSError):
                client.sendall(b"%d\n" % child)
            children[child] = client
        for child in list(children):
            if children[child] in ready:  # it has no more to say: it is gone
                _end(child)
            _reap(children, child)
    for child in children:
        _end(child)


def _ready(streams: list, seconds: float | None) -> list:
    return select.select(streams, [], [], seconds)[0]


def _reap(children: dict[int, socket.socket], child: int) -> None:
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        with contextlib.suppress(OSError):
            children[child].sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
        children.pop(child).close()


def _end(child: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)


def _received(client: socket.socket) -> tuple[dict, list[int]]:
    streams = array.array("i")
    room = socket.CMSG_SPACE(3 * streams.itemsize)
    body, extra, _, _ = client.recvmsg(1 << 16, room)
    for _, _, data in extra:
        streams.frombytes(data[: len(data) - len(data) % streams.itemsize])
    while not body.endswith(b"\n"):
        body += client.recv(1 << 16)
    return json.loads(body), list(streams)


def _become(what: dict, streams: list[int]) -> None:
    """Is the program, to its end."""

    def program() -> None:
        os.setsid()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.environ.clear()
        os.environ.update(what["environ"])
        os.chdir(what["folder"])
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        try:
            _run(what["program"], what["words"])
        finally:
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()

    forked.run(program)


def _run(program: str, words: list[str]) -> None:
    import tensorflow as tf

    # What a page shows of a training must not go by the luck of its weights.
    tf.keras.utils.set_random_seed(2016)
    sys.argv = [program, *words]
    if program == "page":
        importlib.import_module("tests.docs.running").main(words)
    elif program == "tf-slim":
        sys.exit(importlib.import_module("tf_slim.cli.main").run())
    else:
        sys.argv = words
        sys.path.insert(0, str(Path(words[0]).resolve().parent))
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    _serve(sys.argv[1])
