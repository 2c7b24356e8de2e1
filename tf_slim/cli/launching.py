"""`tf-slim train --workers N`: starts that many processes on this machine, and watches over them.

This process trains nothing, and needs no TensorFlow.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence

from tf_slim.cli import errors, runs, terminal, worker_logs
from tf_slim.cli.options import ConfigError
from tf_slim.cli.worker_process import WorkerProcess
from tf_slim.learning.cluster import ports
from tf_slim.learning.cluster.tasks import task_name

FROZEN_SECONDS = 60.0
"""After how long without a sign of life a worker is given up."""

_LOOK_SECONDS = 0.2
_SETTLING_SECONDS = 1.5  # in which the errors of all that fail together have come
_DOUBTFUL_SECONDS = 5.0  # without a sign of life, when others fail
_LEAVE_SECONDS = 5.0
_SAVE_SECONDS = 60.0
_STOPPED = {128 + getattr(signal, n) for n in ("SIGHUP", "SIGINT", "SIGTERM") if hasattr(signal, n)}


@dataclasses.dataclass(frozen=True)
class Launch:
    """What to start.

    Attributes:
      arguments: the command line of each process, after `tf-slim`.
      folder: the run folder.
      workers: how many.
      servers: how many parameter servers there are for them; with some there is a chief, too.
      restarts: how often to start anew: all, or with parameter servers a worker that is lost.
      program: what is given the command line.
    """

    arguments: Sequence[str]
    folder: str
    workers: int
    servers: int = 0
    restarts: int = 0
    program: Sequence[str] = (sys.executable, "-m", "tf_slim.cli")

    @property
    def jobs(self) -> dict[str, int]:
        """How many processes of each kind there are, the one that leads first."""
        if not self.servers:
            return {"worker": self.workers}
        return {"chief": 1, "worker": self.workers, "ps": self.servers}


@dataclasses.dataclass(frozen=True)
class _Failure:
    """Why the workers did not come to the end."""

    text: str
    recurs: bool
    by_pause: bool = False


def launch(plan: Launch) -> int:
    """Runs the workers to their end.

    Returns:
      The exit status: as that of one process which trains alone.

    Raises:
      ConfigError: this system, or the environment, is not fit for it.
    """
    if not ports.can_be_reserved():
        raise ConfigError(
            "--workers: this system cannot reserve ports for several processes (SO_REUSEPORT). "
            "Train in one process, or start each worker by TF_CONFIG."
        )
    servers = f" and {plan.servers} parameter servers" if plan.servers else ""
    leader = task_name(next(iter(plan.jobs)), 0)
    number = sum(plan.jobs.values())
    with (
        ports.reserved(number) as addresses,
        _signals() as (received, pauses),
        worker_logs.kept(plan.folder) as logs,
    ):
        terminal.progress(
            f"{plan.workers} workers{servers} on this machine; what they print is kept in {logs}, "
            f"and the progress of {leader} is shown here"
        )
        attempt = _Attempt(plan, addresses, received, pauses)
        while True:
            ended = attempt.run()
            if not isinstance(ended, _Failure):
                return ended
            if ended.by_pause and not received:
                terminal.note(
                    f"The workers were stopped for {attempt.paused:.0f} s, in which they lost each "
                    "other. All are started anew, and go on from the last checkpoint."
                )
                continue
            if not attempt.left or ended.recurs or received:
                terminal.error(ended.text + ("" if ended.recurs else _how_to_go_on(plan.folder)))
                return errors.FAILED
            terminal.note(
                f"{ended.text}\nAll workers are started anew, and go on from the last checkpoint "
                f"({attempt.counted()})."
            )


class _Attempt:
    """The processes, from their start to an end, good or bad; then they may be started anew."""

    def __init__(
        self, plan: Launch, addresses: Sequence[str], received: list[int], pauses: list[int]
    ):
        self.left = plan.restarts
        self.paused = 0.0
        self._plan = plan
        self._received, self._pauses = received, pauses
        known = iter(addresses)
        self._jobs = {job: [next(known) for _ in range(n)] for job, n in plan.jobs.items()}
        self._tasks = [(job, i) for job, n in plan.jobs.items() for i in range(n)]
        self._all: list[WorkerProcess] = []

    def counted(self) -> str:
        """Counts one more restart."""
        self.left -= 1
        return f"restart {self._plan.restarts - self.left} of {self._plan.restarts}"

    def run(self) -> int | _Failure:
        """Starts all, and looks after them until they have ended, or one has failed."""
        self._all, self.paused = [], 0.0
        try:
            for job, index in self._tasks:
                self._all.append(self._started(job, index))
            return self._watch()
        finally:
            for one in self._all:
                one.kill()

    def _started(self, job: str, index: int) -> WorkerProcess:
        name, plan = task_name(job, index), self._plan
        leads = (job, index) == self._tasks[0]
        return WorkerProcess(
            name,
            [*plan.program, *plan.arguments],
            _environ(self._jobs, job, index),
            os.path.join(worker_logs.folder_of(plan.folder), f"{name.replace(' ', '-')}.log"),
            flags=f" --workers {plan.workers}"
            + (f" --parameter-servers {plan.servers}" if plan.servers else ""),
            shows=leads,
            serves=bool(plan.servers) and not leads,
        )

    def _watch(self) -> int | _Failure:
        told, failed_at, leave_at = 0, None, None
        while True:
            time.sleep(_LOOK_SECONDS)
            for one in self._all:
                one.hear()
            now = time.monotonic()
            living = [one for one in self._all if one.status is None]
            if self._pauses:
                self._pause(living)
                continue
            for number in self._received[told:]:
                told += 1
                # Servers are needed for what is to be saved, and end with the others.
                for one in living:
                    if told > 2:
                        one.send(signal.SIGKILL)
                    elif one is self._all[0] or not self._plan.servers:
                        one.send(number)
            bad = [one for one in self._all if self._is_bad(one)]
            bad = self._without_those_that_can_be_spared(bad)
            if not bad and not self._still_works(living):
                return self._status()
            if not bad or failed_at is None:
                failed_at = now if bad else None
            elif not living or now - failed_at > _SETTLING_SECONDS:
                return self._failure(bad)
            # Of those that are to end together, some have.
            if len(living) < len(self._all) and (self._received or self._all[0] not in living):
                leave_at = leave_at or now + _SAVE_SECONDS
                if now > leave_at:
                    return self._status()

    def _pause(self, living: Sequence[WorkerProcess]) -> None:
        """Stops all, and itself, until it is told to go on: Ctrl-Z reaches nobody else."""
        self._pauses.clear()
        began = time.monotonic()
        for one in living:
            one.send(signal.SIGSTOP)
        os.kill(os.getpid(), signal.SIGSTOP)
        for one in living:
            one.send(signal.SIGCONT)
            one.seen = time.monotonic()
        self.paused = max(self.paused, time.monotonic() - began)

    def _still_works(self, living: Sequence[WorkerProcess]) -> bool:
        return self._all[0] in living if self._plan.servers else bool(living)

    def _is_bad(self, one: WorkerProcess) -> bool:
        """Whether it fails, is frozen, or has ended otherwise than it should."""
        status = one.status
        if status is not None:
            one.hear()  # its last word, which may have come since
        if one.report:  # it may not have ended yet
            return True
        if status is None:
            return time.monotonic() - one.seen > FROZEN_SECONDS
        if status == 0:
            return False
        by_signal = self._received and -status in (*self._received, signal.SIGKILL)
        return not (by_signal or status in _STOPPED)

    def _without_those_that_can_be_spared(
        self, bad: Sequence[WorkerProcess]
    ) -> list[WorkerProcess]:
        """Where parameter servers have the weights, a worker that is lost costs nothing."""
        if not self._plan.servers:
            return list(bad)
        needed = [one for one in bad if not one.name.startswith("worker")]
        for one in bad:
            if one in needed or one.report.get("recurs"):
                needed += [one] * (one not in needed)
                continue
            if not self.left:
                needed.append(one)
                continue
            place = self._all.index(one)
            text = _words(one)
            one.kill()
            terminal.note(f"{text}\nIt is started anew ({self.counted()}).")
            self._all[place] = self._started(*self._tasks[place])
        return needed

    def _status(self) -> int:
        """That of the first one which does not speak of success."""
        if self._received:
            return 128 + self._received[0]
        if self._plan.servers:
            return self._all[0].status or 0
        return next((one.status for one in self._all if one.status), 0) or 0

    def _failure(self, bad: Sequence[WorkerProcess]) -> _Failure:
        """Finds the one that has failed first, and not for the sake of others; ends these."""
        now = time.monotonic()
        living = [one for one in self._all if one.status is None]
        quiet = min(_DOUBTFUL_SECONDS, FROZEN_SECONDS)
        silent = [one for one in living if now - one.seen > quiet]

        def blame(one: WorkerProcess) -> tuple[int, float]:
            if (one.status or 0) < 0:
                likely = 0
            elif one.report.get("recurs"):
                likely = 1
            elif one in silent:
                likely = 2
            else:
                likely = 4 if one.report.get("follows") else 3
            return likely, one.ended or now

        first = min([*bad, *silent], key=blame)
        # Who has stood still for some ten seconds is taken for lost by the others.
        by_pause = self.paused > 0 and bool(first.report.get("follows"))
        found = _Failure(_words(first), bool(first.report.get("recurs")), by_pause)
        for one in living:
            one.send(signal.SIGKILL if one in silent else signal.SIGTERM)
        end = time.monotonic() + _LEAVE_SECONDS
        while time.monotonic() < end and any(one.status is None for one in living):
            time.sleep(_LOOK_SECONDS / 2)
        return found


def _words(one: WorkerProcess) -> str:
    """What is wrong with a process."""
    status, log = one.status, f"Its log is {one.log}"
    if status is None and not one.report:
        seconds = time.monotonic() - one.seen
        return (
            f"{one.place} has given no sign of life for {seconds:.0f} s: it is stopped (SIGSTOP), "
            f"or waits for a disk or for memory. It was ended. {log}."
        )
    if one.report.get("expected"):
        return f"{one.place}: {one.report['text']}\n{log}."
    what = "failed" if status is None else f"ended with status {status}"
    if status is not None and status < 0:
        what = f"was killed by {_signal_name(-status)}"
        if -status == signal.SIGKILL:
            what += ", by someone or for want of memory"
    tail = one.tail()
    return f"{one.place} {what}. {log}" + (f", which ends so:\n{tail}" if tail else ".")


def _how_to_go_on(folder: str) -> str:
    if not runs.has_checkpoints(folder):
        return "\nNo checkpoint was written yet: the same command begins anew."
    return "\nThe same command goes on from the last checkpoint."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _environ(jobs: Mapping[str, Sequence[str]], job: str, index: int) -> dict[str, str]:
    """That of a process: its place among the others, and its share of the machine."""
    config = {"cluster": jobs, "task": {"type": job, "index": index}}
    count = len(jobs["worker"])  # who computes
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    environ = {
        "TF_NUM_INTRAOP_THREADS": str(max(1, (cores or 1) // count)),
        **os.environ,
        "TF_CONFIG": json.dumps(config),
        ports.REUSE_PORT: "1",
        "PYTHONUNBUFFERED": "1",
    }
    gpus = [gpu for gpu in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if gpu.strip()]
    if gpus and gpus != ["-1"]:
        each = len(gpus) // count
        if not each:
            raise ConfigError(
                f"--workers {count}: CUDA_VISIBLE_DEVICES has {len(gpus)} GPUs, and each "
                "worker needs one of its own. Start fewer workers, or set it to -1 for none."
            )
        mine = gpus[index * each : (index + 1) * each] if job == "worker" else ["-1"]
        environ["CUDA_VISIBLE_DEVICES"] = ",".join(mine)
    return environ


@contextlib.contextmanager
def _signals() -> Iterator[tuple[list[int], list[int]]]:
    """Gathers the signals that are to end this process, and those to stop it (Ctrl-Z).

    In place of obeying them.
    """
    received: list[int] = []
    pauses: list[int] = []
    before = {}
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGTSTP"):
        number = getattr(signal, name, None)
        kept = pauses if name == "SIGTSTP" else received
        if number is not None and signal.getsignal(number) != signal.SIG_IGN:  # as under nohup
            before[number] = signal.signal(number, functools.partial(_keep, kept))
    try:
        yield received, pauses
    finally:
        for number, handler in before.items():
            signal.signal(number, handler if handler is not None else signal.SIG_DFL)


def _keep(numbers: list[int], number: int, _frame: object) -> None:
    numbers.append(number)
