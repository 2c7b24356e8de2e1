"""`make_strategy`: all devices of this machine, or all processes of a cluster, as one."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.learning.cluster import environment, greeting, servers, watching
from tf_slim.learning.cluster.tasks import Cluster, ClusterError
from tf_slim.learning.cluster.tf_config import host_and_port
from tf_slim.ops.arguments import checked, describe
from tf_slim.ops.wording import first_few

WAIT_SECONDS = 300.0
"""How long the processes of a cluster wait for each other."""


class DeviceError(ValueError):
    """There is no such device."""


@checked
def make_strategy(
    devices: Sequence[str] | None = None,
    *,
    wait_for_workers: float = WAIT_SECONDS,
    tpu: str | None = None,
) -> tf.distribute.Strategy:
    """The `tf.distribute` strategy that fits where this process was started.

    It is called before anything else of TensorFlow. Model, optimizer and step are made within its
    `scope()`.

    On one machine it is the default strategy for one device, and a `MirroredStrategy` for several
    GPUs. In a cluster of workers it is a `MultiWorkerMirroredStrategy`: all take each step
    together, on shares of one batch. In a cluster with parameter servers ("ps") it is a
    `ParameterServerStrategy` for the chief; a worker or a server of it serves the chief here until
    that has ended, and then exits. Variables of 512 KB and more are divided over the servers along
    their first axis, into parts of 256 KB at least; checkpoints have them whole.

    The cluster is looked for in `TF_CONFIG`, among the tasks of a SLURM `srun`, and among the pods
    of an indexed Kubernetes Job (with `TF_SLIM_WORKERS` and `TF_SLIM_SERVICE` set). Before
    TensorFlow's own servers start, which would wait in silence, the processes look for each other:
    whatever is wrong with an address or an index is said by each that sees it.

    Args:
      devices: the names of those to use, such as `["GPU:0", "GPU:1"]`; None for all GPUs, or the
        CPU where there is none. In a cluster, those of this worker: of several workers on one
        machine each takes its share of the GPUs, unless `CUDA_VISIBLE_DEVICES` has said it.
      wait_for_workers: seconds in which all processes of the cluster must have been started.
      tpu: the name or address of a TPU, or "local" on its own machine, to use that; None for none.

    Raises:
      ClusterError: what was said of the cluster cannot be, or a process of it is not there.
      SystemExit: this process was a worker or server for a chief that has ended.
      ValueError: there is no such device, or an argument is out of range.

    Examples:
      >>> strategy = slim.learning.make_strategy(["CPU:0"])
      >>> strategy.num_replicas_in_sync
      1
      >>> with strategy.scope():
      ...     model = slim.Model(slim.linear, num_outputs=2).build(tf.TensorSpec([None, 3]))
      >>> list(model.named_variables)
      ['fully_connected/weights', 'fully_connected/biases']
    """
    return strategy_of(None if tpu else environment.found(), devices, wait_for_workers, tpu)


def strategy_of(
    cluster: Cluster | None,
    devices: Sequence[str] | None = None,
    wait_for_workers: float = WAIT_SECONDS,
    tpu: str | None = None,
    say: Callable[[str], None] | None = None,
) -> tf.distribute.Strategy:
    """The strategy of a cluster that was found before.

    Args:
      cluster: the cluster; None for this machine alone.
      devices: as for `make_strategy`.
      wait_for_workers: as for `make_strategy`.
      tpu: as for `make_strategy`.
      say: is told what is waited for; None to print it on standard error.

    Raises:
      ClusterError, SystemExit, ValueError: as for `make_strategy`.
    """
    if not math.isfinite(wait_for_workers) or wait_for_workers < 0:
        raise ValueError(f"wait_for_workers: expected seconds, from 0; got {wait_for_workers}.")
    if tpu is not None:
        return _on_tpu(tpu)
    if cluster is None or cluster.task == "evaluator" or cluster.size == 1:
        return _on_this_machine(devices)
    # What else has to be the same is compared by `fit`, where more is known.
    facts = {"version of TensorFlow": tf.__version__}
    greeting.greet(cluster, wait_for_workers, say or _print, facts)
    resolver = _resolver(cluster, _share(cluster, devices))
    if not cluster.has_servers or cluster.is_chief:
        with _bounded(cluster):
            if not cluster.has_servers:
                return tf.distribute.MultiWorkerMirroredStrategy(resolver)
            return tf.distribute.ParameterServerStrategy(
                resolver, variable_partitioner=_parts(cluster)
            )
    raise SystemExit(servers.serve(cluster, resolver, wait_for_workers, say or _print))


@contextlib.contextmanager
def _bounded(cluster: Cluster) -> Iterator[None]:
    """Ends this process if TensorFlow's servers do not find each other after all.

    Of SIGTERM they take possession. It is given back here.
    """
    others = {
        name: host_and_port(address, name)
        for name, address in cluster.tasks()
        if name != cluster.name
    }
    try:
        with watching.watched(cluster.name, others):
            yield
    finally:
        if threading.current_thread() is threading.main_thread():
            known = signal.getsignal(signal.SIGTERM)
            signal.signal(signal.SIGTERM, signal.SIG_DFL if known is None else known)


def _on_this_machine(devices: Sequence[str] | None) -> tf.distribute.Strategy:
    names = _gpus() if devices is None else _chosen(devices)
    if len(names) > 1:
        return tf.distribute.MirroredStrategy(names)
    if not names or names == _gpus() or (names == ["CPU:0"] and not _gpus()):
        return tf.distribute.get_strategy()  # which takes that device by itself
    return tf.distribute.OneDeviceStrategy(names[0])


def _gpus() -> list[str]:
    """The GPUs by their short names; without any, TensorFlow is left as it is, not yet begun."""
    if not tf.config.list_physical_devices("GPU"):
        return []
    return [_short(device.name) for device in tf.config.list_logical_devices("GPU")]


def _on_tpu(name: str) -> tf.distribute.Strategy:
    resolver = tf.distribute.cluster_resolver.TPUClusterResolver(name)
    tf.config.experimental_connect_to_cluster(resolver)
    tf.tpu.experimental.initialize_tpu_system(resolver)
    return tf.distribute.TPUStrategy(resolver)


def _chosen(devices: Sequence[str]) -> list[str]:
    """Devices of this machine by their short names."""
    cpus = [_short(device.name) for device in tf.config.list_logical_devices("CPU")]
    known, names = [*_gpus(), *cpus], _named(devices)
    if not names or len(set(names)) < len(names) or not set(names) <= set(known):
        raise DeviceError(
            f"devices: expected some of those of this machine, {first_few(known, 16)}, each once; "
            f"got {describe(devices)}."
        )
    return names


def _named(devices: Sequence[str]) -> list[str]:
    """`["GPU:0"]` for `"gpu"`."""
    names = [_short(name) for name in ([devices] if isinstance(devices, str) else devices)]
    return [name if ":" in name else f"{name}:0" for name in names]


def _short(name: str) -> str:
    """`GPU:0` for `/device:GPU:0`."""
    return name.rpartition("/")[2].removeprefix("device:").upper()


def _share(cluster: Cluster, devices: Sequence[str] | None) -> int:
    """Leaves to this process its GPUs of those of the machine. Returns how many."""
    gpus = tf.config.list_physical_devices("GPU")
    mine = gpus
    if devices is not None:
        # Before TensorFlow has begun there are no logical devices to ask for.
        by_name = {f"GPU:{i}": gpu for i, gpu in enumerate(gpus)}
        names = _named(devices)
        if names != ["CPU:0"] and not (names and set(names) <= by_name.keys()):
            raise DeviceError(
                f"devices: expected CPU, or some of the GPUs of this worker, {first_few(by_name)}; "
                f"got {describe(devices)}."
            )
        mine = [gpu for name, gpu in by_name.items() if name in names]
    elif "CUDA_VISIBLE_DEVICES" not in os.environ:
        place, count = _neighbours(cluster)
        if gpus and count > len(gpus):
            raise ClusterError(
                f"{cluster.source}: {count} workers are on this machine, which has {len(gpus)} "
                "GPUs. Expected a GPU at least for each: start fewer, or give "
                'devices=["CPU"] to all.'
            )
        each = len(gpus) // count  # the same for all: TensorFlow counts on that
        mine = gpus[place * each : (place + 1) * each]
    if mine != gpus:
        tf.config.set_visible_devices(mine, "GPU")
    return len(mine)


def _neighbours(cluster: Cluster) -> tuple[int, int]:
    """Of the processes that compute on this machine: which one this is, and how many there are."""
    host = host_and_port(cluster.address, cluster.name)[0]
    there = [
        name
        for name, address in cluster.tasks()
        if host_and_port(address, name)[0] == host and not name.startswith("ps")
    ]
    return (there.index(cluster.name) if cluster.name in there else 0), max(1, len(there))


def _parts(cluster: Cluster) -> Any:
    """Divides large variables, so that no server has more to do than the others."""
    return tf.distribute.experimental.partitioners.MinSizePartitioner(
        max_shards=len(cluster.jobs["ps"])
    )


def _resolver(cluster: Cluster, gpus: int) -> Any:
    return tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec({job: list(known) for job, known in cluster.jobs.items()}),
        task_type=cluster.task,
        task_id=cluster.index,
        num_accelerators={"GPU": gpus},
        rpc_layer="grpc",
    )


def _print(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
