"""`TF_CONFIG`: the variable that says to a process of TensorFlow who works together.

TensorFlow reads it without a look: an index that is out of range, an address that stands there
twice, or a name of a task that is not in the cluster make its servers wait for ever, or for someone
else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tf_slim.learning.cluster.tasks import JOBS, Cluster, ClusterError, task_name
from tf_slim.ops.wording import did_you_mean

NAME = "TF_CONFIG"

_EXAMPLE = (
    '{"cluster": {"worker": ["host0:2222", "host1:2222"]}, "task": {"type": "worker", "index": 0}}'
)
_ALONE = "For a process that trains on its own, unset TF_CONFIG."


def cluster(environ: Mapping[str, str]) -> Cluster | None:
    """What `TF_CONFIG` says; None where it is not set, or says nothing.

    Args:
      environ: the environment.

    Raises:
      ClusterError: what it says cannot be.
    """
    text = environ.get(NAME, "")
    if not text.strip():
        return None
    try:
        config = json.loads(text)
    except ValueError as error:
        raise ClusterError(
            f"TF_CONFIG is no JSON ({error}): expected such as {_EXAMPLE}; got {text!r}. In a "
            "shell, put it in single quotes."
        ) from error
    if not isinstance(config, dict):
        raise _wrong("TF_CONFIG", "a table", config)
    if not config:
        return None
    jobs = _jobs(config)
    task, index = _task(config, jobs)
    return Cluster(jobs, task, index, NAME)


def checked_jobs(jobs: Mapping[str, tuple[str, ...]], where: str) -> None:
    """Looks whether each address is one, and is there once.

    Args:
      jobs: the addresses of each kind of task.
      where: what to call the table in a message.

    Raises:
      ClusterError: one is not.
    """
    before: dict[str, str] = {}
    for job, addresses in jobs.items():
        for index, address in enumerate(addresses):
            place = f"{where}.{job}[{index}]"
            host_and_port(address, place)
            if address in before:
                raise ClusterError(
                    f"{place}: the address {address!r} is that of {before[address]} too. Expected "
                    "one of its own for each process: on one machine, another port."
                )
            before[address] = f"{job}[{index}]"


def host_and_port(address: Any, place: str) -> tuple[str, int]:
    """The two parts of an address.

    Args:
      address: such as `host:2222` or `[::1]:2222`.
      place: where it was said, to begin a message with.

    Raises:
      ClusterError: it is no address.
    """
    text = address if isinstance(address, str) else ""
    host, colon, port = text.rpartition(":")
    host = host.strip()
    if "://" in text:
        raise _wrong(place, "a host and a port, such as host:2222, without a protocol", address)
    if not colon or not host or (":" in host and not host.startswith("[")):
        raise _wrong(place, "a host and a port, such as host:2222 or [::1]:2222", address)
    if not (port.isascii() and port.isdigit()) or not 1 <= int(port) <= 65535:
        raise _wrong(place, "a port from 1 to 65535 after the colon", address)
    return host.strip("[]"), int(port)


def _jobs(config: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    table = config.get("cluster")
    if not table:
        known = [key for key in config if key != "task"]
        raise ClusterError(
            'TF_CONFIG has no "cluster": expected the addresses of all processes, such as '
            f"{_EXAMPLE}; got {json.dumps(config)}."
            f"{did_you_mean('cluster', known, most=1)} {_ALONE}"
        )
    if not isinstance(table, dict):
        raise _wrong("TF_CONFIG: cluster", "a table of lists of addresses", table)
    jobs = {}
    for job, addresses in table.items():
        if job not in JOBS:
            remedy = ' What TensorFlow 1 called "master" is "chief".' if job == "master" else ""
            raise ClusterError(
                f"TF_CONFIG: cluster has a task type {job!r}: expected {', '.join(JOBS)}."
                f"{did_you_mean(job, JOBS, most=1)}{remedy}"
            )
        if not isinstance(addresses, list):
            raise _wrong(f"TF_CONFIG: cluster.{job}", "a list of addresses", addresses)
        jobs[job] = tuple(addresses)
    checked_jobs(jobs, "TF_CONFIG: cluster")
    _check_roles(jobs)
    return jobs


def _check_roles(jobs: Mapping[str, tuple[str, ...]]) -> None:
    if len(jobs.get("chief", ())) > 1:
        count = len(jobs["chief"])
        raise ClusterError(
            f"TF_CONFIG: cluster.chief has {count} addresses: expected one. Call the others worker."
        )
    if not jobs.get("chief") and not jobs.get("worker"):
        raise ClusterError(
            "TF_CONFIG: cluster has nobody who trains: expected addresses of worker, or of a "
            f"chief; got {', '.join(jobs)}."
        )
    if jobs.get("ps") and not (jobs.get("chief") and jobs.get("worker")):
        missing = "chief" if not jobs.get("chief") else "worker"
        raise ClusterError(
            f"TF_CONFIG: cluster has ps, and no {missing}. With parameter servers, one chief hands "
            "steps out to workers: name the addresses of all three. For workers that train in "
            "step with each other, leave ps out."
        )


def _task(config: Mapping[str, Any], jobs: Mapping[str, tuple[str, ...]]) -> tuple[str, int]:
    table = config.get("task")
    if not table or not isinstance(table, dict) or not {"type", "index"} <= table.keys():
        raise ClusterError(
            "TF_CONFIG: task must say which process of the cluster this is, as in "
            f'{{"type": "worker", "index": 0}}; got {json.dumps(table)}. It is another one for '
            "each process."
        )
    task, index = table["type"], table["index"]
    if task == "evaluator" and "evaluator" not in jobs:
        return task, 0  # it works apart from the others, which do not know of it
    if task not in jobs:
        raise ClusterError(
            f"TF_CONFIG: task.type is {task!r}, and cluster has no such tasks: expected "
            f"{' or '.join(jobs)}.{did_you_mean(task, jobs, most=1)}"
        )
    if isinstance(index, str) and index.isascii() and index.isdigit():
        index = int(index)  # as shells write it
    if not isinstance(index, int) or isinstance(index, bool):
        raise _wrong("TF_CONFIG: task.index", "a whole number", index)
    count = len(jobs[task])
    if not 0 <= index < count:
        raise ClusterError(
            f"TF_CONFIG: task.index is {index}, and cluster.{task} has {count} "
            f"address{'es' * (count != 1)}: expected from 0 ({task_name(task, 0)}) to {count - 1}. "
            "Is an address missing there?"
        )
    return task, index


def _wrong(place: str, expected: str, received: Any) -> ClusterError:
    return ClusterError(f"{place}: expected {expected}; got {json.dumps(received)}.")
