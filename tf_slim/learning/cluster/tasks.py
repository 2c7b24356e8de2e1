"""Which processes work together, and which of them this one is. Nothing here needs TensorFlow."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping

JOBS = ("chief", "worker", "ps", "evaluator")
"""The kinds of tasks that TensorFlow knows, those that lead first."""


class ClusterError(ValueError):
    """What was said of the processes that work together cannot be, or one of them is not there."""


@dataclasses.dataclass(frozen=True)
class Cluster:
    """The processes that work together, and which of them this one is.

    Attributes:
      jobs: the addresses, `host:port`, of the tasks of each kind.
      task: the kind of this one, such as "worker".
      index: its number among those of its kind.
      source: who has said so, such as "TF_CONFIG".
    """

    jobs: Mapping[str, tuple[str, ...]]
    task: str
    index: int
    source: str

    @property
    def name(self) -> str:
        """What this process is called: `worker 1`."""
        return task_name(self.task, self.index)

    @property
    def address(self) -> str:
        """Where the others find this process; an evaluator may have no address."""
        known = self.jobs.get(self.task, ())
        return known[self.index] if self.index < len(known) else ""

    @property
    def has_servers(self) -> bool:
        """Whether there are parameter servers."""
        return bool(self.jobs.get("ps"))

    @property
    def is_chief(self) -> bool:
        """Whether this is the process that writes and tells for all."""
        leader = "chief" if self.jobs.get("chief") else "worker"
        return (self.task, self.index) == (leader, 0)

    @property
    def size(self) -> int:
        """How many processes train together, an evaluator apart."""
        return sum(1 for _ in self.tasks())

    def tasks(self) -> Iterator[tuple[str, str]]:
        """The name and the address of each process that trains, this one included."""
        for job in JOBS[:-1]:
            for index, address in enumerate(self.jobs.get(job, ())):
                yield task_name(job, index), address

    def __str__(self) -> str:
        return json.dumps({job: list(known) for job, known in sorted(self.jobs.items())})


def task_name(job: str, index: int) -> str:
    """`worker 1`; there is but one chief."""
    return job if job == "chief" else f"{job} {index}"
