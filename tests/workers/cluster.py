"""Real processes that work together on this machine: started with TF_CONFIG, killed at the end.

    with cluster.started("hello.py", workers=2, folder=tmp_path) as procs:
        assert procs.wait(60) == [0, 0]

No port is ever fixed: the kernel chooses them all, and they stay reserved as long as the processes
live. Ports of other tests cannot be the same.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tf_slim.learning.cluster import ports

if TYPE_CHECKING:
    from tests.workers.forge import Forge

ROOT = Path(__file__).resolve().parents[2]

_FEW_THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
_OF_A_CLUSTER = ("TF_CONFIG", "SLURM_", "TF_GRPC_")


def environment(**changes: str) -> dict[str, str]:
    """Of a process with one thread for computing, on its own, that finds this package."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(_OF_A_CLUSTER)}
    return {
        **inherited,
        **dict.fromkeys(_FEW_THREADS, "1"),
        "CUDA_VISIBLE_DEVICES": "",
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
        "PYTHONUNBUFFERED": "1",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        ports.REUSE_PORT: "1",
        **changes,
    }


def tf_config(
    addresses: Sequence[str] | Mapping[str, Sequence[str]], index: int, task: str = "worker"
) -> str:
    """What TF_CONFIG is for one of the processes at `addresses`, of workers or by kind of task."""
    tasks = addresses if isinstance(addresses, Mapping) else {"worker": addresses}
    cluster = {kind: list(known) for kind, known in tasks.items() if known}
    return json.dumps({"cluster": cluster, "task": {"type": task, "index": index}})


class Process:
    """A process of a cluster, the first in a group of its own.

    Attributes:
      task: such as "worker-0".
    """

    def __init__(
        self,
        program: str | Forge,
        words: Sequence[str],
        env: Mapping[str, str],
        task: str,
        log: Path,
    ):
        self.task = task
        self._program, self._words, self._env, self._log = program, list(words), dict(env), log
        self.start()

    def start(self) -> None:
        """Starts it, or, after its end, starts it once more; its log goes on."""
        self._log.touch()
        self._before = len(self._log.read_text(errors="replace"))
        if not isinstance(self._program, str):
            self._popen: Any = self._program.start(self._words, self._env, self._log)
            return
        with self._log.open("ab") as log:
            self._popen = subprocess.Popen(
                [sys.executable, self._program, *self._words],
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        """The exit status, or minus the number of a signal; None while it lives."""
        return self._popen.poll()

    def send(self, number: int) -> None:
        """Sends it a signal."""
        self._popen.send_signal(number)

    def wait(self, seconds: float) -> int:
        """Waits for its end. Returns the exit status, or minus the number of a signal."""
        try:
            return self._popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise TimeoutError(
                f"{self.task} has not ended within {seconds} s. The end of its log:\n"
                f"{self.log()[-3000:]}"
            ) from None

    def wait_for(self, text: str, seconds: float) -> str:
        """Waits until `text` is in its log since it was started. Returns the log from there on."""
        end = time.monotonic() + seconds
        while text not in (log := self.log()[self._before :]):
            assert self.returncode is None, f"{self.task} has ended without {text!r}:\n{log}"
            assert time.monotonic() < end, f"{self.task}: no {text!r} in {seconds} s:\n{log}"
            time.sleep(0.02)
        return log

    def log(self) -> str:
        """What it has printed, on both streams."""
        return self._log.read_text(errors="replace")

    def kill(self) -> None:
        """Ends it, and all that it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()


class Processes(list[Process]):
    """The processes of a cluster: the chief if there is one, the workers, the parameter servers."""

    def wait(self, seconds: float) -> list[int]:
        """Waits for the end of all. Returns their exit statuses."""
        end = time.monotonic() + seconds
        return [one.wait(max(0.0, end - time.monotonic())) for one in self]

    def logs(self) -> str:
        """All that they have printed, one after the other."""
        return "\n".join(f"---- {one.task}\n{one.log()}" for one in self)


_P = TypeVar("_P", bound=Processes)


@contextlib.contextmanager
def kept(procs: _P) -> Iterator[_P]:
    """Processes, none of which is left behind; what they have printed is told of a failed test."""
    try:
        yield procs
    except BaseException:
        print(procs.logs())
        raise
    finally:
        for one in procs:
            one.kill()


@contextlib.contextmanager
def unlike(
    forge: Forge,
    folder: Path,
    addresses: Sequence[str],
    words: Sequence[Sequence[str]],
    env: Sequence[Mapping[str, str]] = ({}, {}),
) -> Iterator[Processes]:
    """Starts workers, each with words and an environment of its own."""
    with kept(Processes()) as procs:
        for index, (mine, variables) in enumerate(zip(words, env, strict=True)):
            config = tf_config(addresses, index)
            environ = environment(TF_CONFIG=config, **variables)
            name = f"worker-{index}"
            procs.append(Process(forge, mine, environ, name, folder / f"{name}.log"))
        yield procs


@contextlib.contextmanager
def started(
    script_path: str | os.PathLike | Forge,
    workers: int = 2,
    args: Sequence = (),
    ps: int = 0,
    chief: bool = False,
    env: Mapping[str, str] | None = None,
    folder: str | os.PathLike | None = None,
) -> Iterator[Processes]:
    """Starts a program in several processes, and leaves none of them behind.

    Args:
      script_path: the program; a path that is not absolute is one of this folder. Or a `Forge`,
        which has loaded it.
      workers: how many workers.
      args: words for each process.
      ps: how many parameter servers.
      chief: whether there is a chief (a coordinator) besides the workers.
      env: variables of the environment, besides those that `environment` sets.
      folder: where the logs go, `worker-0.log` and so on; None for a temporary one.
    """
    program: Any = script_path
    if isinstance(script_path, (str, os.PathLike)):
        program = str(Path(__file__).parent / script_path)
    numbers = {"chief": int(chief), "worker": workers, "ps": ps}
    with contextlib.ExitStack() as held:
        if folder is None:
            folder = held.enter_context(tempfile.TemporaryDirectory())
        logs = Path(folder)
        addresses = iter(held.enter_context(ports.reserved(sum(numbers.values()))))
        tasks = {kind: [next(addresses) for _ in range(n)] for kind, n in numbers.items()}
        procs = held.enter_context(kept(Processes()))
        for kind, number in numbers.items():
            for index in range(number):
                config = {"TF_CONFIG": tf_config(tasks, index, kind)}
                procs.append(
                    Process(
                        program,
                        list(map(str, args)),
                        {**environment(**config), **(env or {})},
                        f"{kind}-{index}",
                        logs / f"{kind}-{index}.log",
                    )
                )
        yield procs
