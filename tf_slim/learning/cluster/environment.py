"""Where a process finds out in which cluster it was started. Nothing here needs TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Mapping

from tf_slim.learning.cluster import kubernetes, slurm, tf_config
from tf_slim.learning.cluster.tasks import Cluster


def found(environ: Mapping[str, str] | None = None) -> Cluster | None:
    """The cluster that this process was started in; None for a process on its own.

    `TF_CONFIG` goes before what SLURM says of the tasks of an `srun`, and that before what
    Kubernetes says of the pods of an indexed Job.

    Args:
      environ: the environment; None for that of this process.

    Raises:
      ClusterError: what it says cannot be.
    """
    known = os.environ if environ is None else environ
    for look in (tf_config.cluster, slurm.cluster, kubernetes.cluster):
        cluster = look(known)
        if cluster is not None:
            return cluster
    return None
