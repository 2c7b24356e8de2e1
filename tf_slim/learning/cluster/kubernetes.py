"""The pods of an indexed Job of Kubernetes, as workers.

Such a Job numbers its pods (`JOB_COMPLETION_INDEX`) and calls them by the numbers, and a headless
service makes hosts of the names. So no pod has to ask the cluster for anything, which
`tf.distribute.cluster_resolver.KubernetesClusterResolver` does, with a package and rights of its
own, and without learning which of the pods it runs in.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping

from tf_slim.learning.cluster.tasks import Cluster, ClusterError

_INDEX = "JOB_COMPLETION_INDEX"
WORKERS = "TF_SLIM_WORKERS"
"""How many pods the Job has, which Kubernetes does not tell them."""
SERVICE = "TF_SLIM_SERVICE"
"""The name of the headless service, `subdomain` of the pods."""
PORT = "TF_SLIM_PORT"


def cluster(environ: Mapping[str, str], host: str | None = None) -> Cluster | None:
    """The pods of the indexed Job that this process is in; None where there are not several.

    Args:
      environ: the environment.
      host: the name of this pod; None to ask the system.

    Raises:
      ClusterError: the variables do not go together.
    """
    if WORKERS not in environ or _INDEX not in environ:
        return None
    count, index = _number(environ, WORKERS), _number(environ, _INDEX)
    if count < 2:
        return None
    if index >= count:
        raise ClusterError(
            f"{_INDEX} is {index}, and {WORKERS} is {count}: expected an index below it. Set "
            f"{WORKERS} to the completions of the Job."
        )
    host = host or socket.gethostname()
    job, dash, number = host.rpartition("-")
    if not dash or number != str(index):
        raise ClusterError(
            f"{_INDEX} is {index}, and the host is called {host!r}: expected JOB-{index}, as the "
            "pods of an indexed Job are (completionMode: Indexed). Say who works together by "
            "TF_CONFIG, or leave hostname out of the pod."
        )
    service = environ.get(SERVICE)
    if not service:
        raise ClusterError(
            f"{SERVICE} is not set: expected the name of the headless service by which the pods of "
            f"the Job {job!r} find each other, as in their subdomain."
        )
    port = _number(environ, PORT, 2222)
    addresses = tuple(f"{job}-{number}.{service}:{port}" for number in range(count))
    return Cluster({"worker": addresses}, "worker", index, "Kubernetes")


def _number(environ: Mapping[str, str], name: str, default: int | None = None) -> int:
    text = environ.get(name, "" if default is None else str(default))
    if not (text.isascii() and text.isdigit()):
        raise ClusterError(f"{name}: expected a whole number; got {text!r}.")
    return int(text)
