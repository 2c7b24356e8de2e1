"""The tasks that SLURM starts by one `srun`, as workers.

`tf.distribute.cluster_resolver.SlurmClusterResolver` reads the same variables. It is not used: it
needs `nvidia-smi` where there is no GPU, it sorts the names of the hosts, so that with `n9` and
`n10` each process takes itself for another one, and all jobs of a node get the same ports.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping

from tf_slim.learning.cluster.tasks import Cluster, ClusterError

_TASKS = "SLURM_STEP_NUM_TASKS"
_FIRST_PORT = 10000
_PORTS_OF_A_JOB = 16
_JOBS_APART = 1400  # all below those that the kernel hands out


def cluster(environ: Mapping[str, str]) -> Cluster | None:
    """The tasks of the `srun` that has started this process; None where there are not several.

    The ports follow from the number of the job, so that two jobs on one machine have others.

    Args:
      environ: the environment.

    Raises:
      ClusterError: the variables do not go together.
    """
    if not _number(environ, _TASKS, 1) > 1:
        return None
    hosts = expanded(_text(environ, "SLURM_STEP_NODELIST"))
    counts = _counts(_text(environ, "SLURM_STEP_TASKS_PER_NODE"))
    total, rank = _number(environ, _TASKS), _number(environ, "SLURM_PROCID")
    if len(hosts) != len(counts) or sum(counts) != total or not 0 <= rank < total:
        raise ClusterError(
            f"SLURM: {len(hosts)} hosts ({environ['SLURM_STEP_NODELIST']}) with "
            f"{environ['SLURM_STEP_TASKS_PER_NODE']} tasks do not make {_TASKS} = {total}, of "
            f"which this is {rank}. Start all by one srun, or say who works together by TF_CONFIG."
        )
    job = _number(environ, "SLURM_JOB_ID", 0)
    first = _FIRST_PORT + job % _JOBS_APART * _PORTS_OF_A_JOB
    addresses = [
        f"{host}:{first + number}" for host, count in zip(hosts, counts) for number in range(count)
    ]
    return Cluster({"worker": tuple(addresses)}, "worker", rank, "SLURM")


def unused(environ: Mapping[str, str]) -> int:
    """How many tasks a batch job has that were not started, since there is no `srun`; 0 if none."""
    if _TASKS in environ or "SLURM_JOB_ID" not in environ:
        return 0
    count = _number(environ, "SLURM_NTASKS", 1)
    return count if count > 1 else 0


def expanded(hosts: str) -> list[str]:
    """The names that a list of hosts stands for, in order.

    Args:
      hosts: such as `n[1-2,7],gpu01`.

    Raises:
      ClusterError: it is no such list.
    """
    parts = re.findall(r"(?:[^,\[\]]|\[[^\[\]]*\])+", hosts)
    if not parts or ",".join(parts) != hosts:
        raise ClusterError(
            f"SLURM_STEP_NODELIST: expected a list of hosts such as n[1-2,7],gpu01; got {hosts!r}."
        )
    return [name for part in parts for name in _names(part)]


def _names(part: str) -> Iterator[str]:
    pieces = re.split(r"\[([^\[\]]*)\]", part)
    choices = [[text] if i % 2 == 0 else _numbers(text, part) for i, text in enumerate(pieces)]
    return map("".join, itertools.product(*choices))


def _numbers(ranges: str, part: str) -> list[str]:
    found: list[str] = []
    wrong = f"SLURM_STEP_NODELIST: expected numbers in brackets, such as n[1-2,7]; got {part!r}."
    for first, last in _pairs(ranges, r"(\d+)(?:-(\d+))?", wrong):
        numbers = range(int(first), int(last or first) + 1)
        found += [str(number).zfill(len(first)) for number in numbers]
    return found


def _counts(text: str) -> list[int]:
    """`2(x3),1` is 2, 2, 2, 1."""
    counts: list[int] = []
    wrong = f"SLURM_STEP_TASKS_PER_NODE: expected numbers such as 2(x3),1; got {text!r}."
    for count, times in _pairs(text, r"(\d+)(?:\(x(\d+)\))?", wrong):
        counts += [int(count)] * int(times or 1)
    return counts


def _pairs(text: str, pattern: str, wrong: str) -> Iterator[tuple[str, str | None]]:
    """The two groups of the pattern in each part of a list; the second may be none."""
    for part in text.split(","):
        match = re.fullmatch(pattern, part)
        if match is None:
            raise ClusterError(wrong)
        yield match[1], match[2]


def _text(environ: Mapping[str, str], name: str) -> str:
    if not environ.get(name):
        raise ClusterError(
            f"SLURM: {_TASKS} is {environ.get(_TASKS)}, and {name} is not set. Start the tasks by "
            "srun, or say who works together by TF_CONFIG."
        )
    return environ[name]


def _number(environ: Mapping[str, str], name: str, default: int | None = None) -> int:
    text = str(default) if default is not None and name not in environ else _text(environ, name)
    if not (text.isascii() and text.isdigit()):
        raise ClusterError(f"{name}: expected a whole number; got {text!r}.")
    return int(text)
