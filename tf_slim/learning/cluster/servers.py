"""Workers and parameter servers of a chief: they do what it says, until it has ended."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tf_slim.learning.cluster.tasks import Cluster
from tf_slim.learning.cluster.tf_config import host_and_port

_LOOK_SECONDS = 1.0
_GONE_SECONDS = 60.0  # a chief that is started again finds its servers


def serve(cluster: Cluster, resolver: Any, seconds: float, say: Callable[[str], None]) -> int | str:
    """Serves the chief of a cluster until it has been gone for a while.

    TensorFlow's servers do not end by themselves: `join` waits for ever.

    Args:
      cluster: the processes.
      resolver: of the same cluster.
      seconds: how long to wait for a chief that never came.
      say: is told what happens.

    Returns:
      What the process has to exit with: 0, or a text if the chief never came.
    """
    server = tf.distribute.Server(
        resolver.cluster_spec(),
        job_name=cluster.task,
        task_index=cluster.index,
        protocol="grpc",
        start=True,
    )
    say(f"{cluster.name}: serving the chief at {cluster.address}")
    chief = cluster.jobs["chief"][0]
    seen = time.monotonic()
    ever = False
    while True:
        # At first often: a chief with little to do is gone within a second.
        time.sleep(_LOOK_SECONDS if ever else _LOOK_SECONDS / 10)
        now = time.monotonic()
        if _listens(chief):
            seen, ever = now, True
        elif now - seen >= (min(_GONE_SECONDS, seconds) if ever else seconds):
            break
    del server
    if ever:
        say(f"{cluster.name}: the chief at {chief} has ended")
        return 0
    return (
        f"{cluster.source}: the chief at {chief} was not there within {seconds:g} s. Expected it "
        "to be started, with the same cluster, and its address to be reachable from here."
    )


def _listens(address: str) -> bool:
    try:
        socket.create_connection(host_and_port(address, "the chief"), _LOOK_SECONDS).close()
    except OSError:
        return False
    return True
