"""Programs of TensorFlow 1 as the tasks of a cluster, each in a process of its own.

with clusters.tasks(BY_COMMAND, "slim_train.py", tmp_path, "--max_steps=20") as procs:
    assert [one.wait(60) for one in procs.of("worker")] == [0, 0]
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.workers import cluster
from tests.workers.forge import Forge
from tf_slim.learning.cluster import ports

PROGRAMS = Path(__file__).parent / "programs" / "cluster"
RUN_PROGRAM = "tests.legacy.run_program"
BY_COMMAND = str(Path(__file__).parent / "run_program.py")
"""Starts each as people do; a `Forge(RUN_PROGRAM)` spares them the loading of TensorFlow."""


class Tasks(cluster.Processes):
    """What was started, in this order."""

    def __init__(self, runner: str | Forge, folder: Path):
        super().__init__()
        self._runner, self._folder = runner, folder

    def add(
        self,
        task: str,
        script: str,
        *flags: str,
        research_slim: bool = False,
        env: Mapping[str, str] | None = None,
    ) -> cluster.Process:
        """Starts one more: a program of `PROGRAMS`."""
        words = ["--research-slim"] * research_slim + [str(PROGRAMS / script), *flags]
        environment = cluster.environment(**(env or {}))
        log = self._folder / f"{task}.log"
        self.append(cluster.Process(self._runner, words, environment, task, log))
        return self[-1]

    def of(self, job: str) -> list[cluster.Process]:
        """The tasks of a job."""
        return [one for one in self if one.task.startswith(job)]


@contextlib.contextmanager
def empty(runner: str | Forge, folder: Path, number: int) -> Iterator[tuple[Tasks, list[str]]]:
    """No tasks yet, and addresses for them. Leaves none behind."""
    with ports.reserved(number) as addresses, cluster.kept(Tasks(runner, folder)) as found:
        yield found, addresses


@contextlib.contextmanager
def tasks(
    runner: str | Forge,
    script: str,
    folder: Path,
    *flags: str,
    ps: int = 1,
    workers: int = 2,
    chief_first: str = "",
) -> Iterator[Tasks]:
    """A program as each task of a cluster, told by flags which one it is.

    Others than the chief begin after it has printed `chief_first`: a session that finds variables
    not initialized may look again only 30 s later.
    """
    with empty(runner, folder, ps + workers) as (found, addresses):
        hosts = {"ps": addresses[:ps], "worker": addresses[ps:]}
        all_hosts = [f"--{job}_hosts={','.join(known)}" for job, known in hosts.items()]
        for job, known in hosts.items():
            for index in range(len(known)):
                own = f"--job_name={job}", f"--task_index={index}"
                added = found.add(f"{job}-{index}", script, *all_hosts, *own, *flags)
                if chief_first and added.task == "worker-0":
                    added.wait_for(chief_first, 200)
        yield found
