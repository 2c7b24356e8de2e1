"""What a command runs on: devices of this machine, workers of it, or the processes of a cluster."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tf_slim.cli import supervised, terminal
from tf_slim.cli.options import ConfigError
from tf_slim.learning.cluster import environment, slurm
from tf_slim.learning.cluster.tasks import Cluster, ClusterError

if TYPE_CHECKING:
    import tensorflow as tf

WAIT_SECONDS = 300.0
RESTARTS = 0


@dataclasses.dataclass(frozen=True)
class Machines:
    """What was asked for.

    Attributes:
      devices: names of devices, such as "GPU:0"; None for all.
      workers: how many processes to start on this machine; None for this one alone.
      servers: how many parameter servers to start for them; None for none.
      wait_seconds: how long those of a cluster wait for each other; None for the default.
      restarts: how often to start workers anew; None for never.
    """

    devices: Sequence[str] | None = None
    workers: int | None = None
    servers: int | None = None
    wait_seconds: float | None = None
    restarts: int | None = None

    @property
    def starts_workers(self) -> bool:
        """Whether this process is to start others, and train nothing itself."""
        several = (self.workers or 1) > 1 or self.servers is not None
        return several and not supervised.is_one()

    def require_one(self, what: str) -> None:
        """Looks whether this process is on its own, as it has to be.

        Args:
          what: asks for that.

        Raises:
          ConfigError: it is one of several.
        """
        cluster = environment.found()
        several = self.workers is not None or self.servers is not None
        if several or (cluster is not None and cluster.size > 1):
            among = "--workers" if cluster is None else cluster.source
            raise ConfigError(f"{what} works in one process: leave {among} out.")

    def cluster(self, folder: str | None) -> Cluster | None:
        """The cluster that this process was started in; None for a process on its own.

        Args:
          folder: the run folder that was named.

        Raises:
          ConfigError: what was asked for does not go with it.
          ClusterError: what the environment says of it cannot be.
        """
        cluster = environment.found()
        if cluster is not None and cluster.size == 1:
            cluster = None
        if self.workers is not None and cluster is not None and not supervised.is_one():
            raise ConfigError(
                f"--workers {self.workers} starts workers on this machine, and {cluster.source} "
                f"says that this process is {cluster.name} of {cluster.size} already. Leave one of "
                "the two out."
            )
        if self.restarts is not None and not supervised.is_one() and not self.starts_workers:
            raise ConfigError(
                "--restarts goes with --workers N, which starts the processes that are started "
                "anew. On a cluster it is for the manager of the jobs to do that."
            )
        if cluster is None:
            if self.wait_seconds is not None and not self.starts_workers:
                raise ConfigError(
                    "--wait-for-workers is how long the processes of a cluster wait for each "
                    "other, and there is none: neither TF_CONFIG nor SLURM nor Kubernetes names "
                    "several."
                )
            self._note_slurm()
            return None
        if cluster.task == "evaluator":
            raise ConfigError(
                f"{cluster.source}: this process is an evaluator, for which `tf-slim train` has "
                "nothing to do: all workers measure together while they train "
                "(validation.while_training). Start none."
            )
        if folder is None:
            raise ConfigError(
                f"{cluster.source} names {cluster.size} processes: give --logdir, one folder that "
                "all of them see. Each would choose one of its own."
            )
        return cluster

    def strategy(self, cluster: Cluster | None) -> tf.distribute.Strategy:
        """The strategy for it; nothing else of TensorFlow may have run before.

        Args:
          cluster: what `cluster` has returned.

        Raises:
          ConfigError: there is no such device.
          ClusterError: a process of the cluster is not there, or another than it should be.
        """
        from tf_slim.learning.cluster import strategies

        seconds = WAIT_SECONDS if self.wait_seconds is None else self.wait_seconds
        try:
            return strategies.strategy_of(cluster, self.devices, seconds, say=terminal.progress)
        except strategies.DeviceError as error:
            raise ConfigError(f"--{error}") from error

    @staticmethod
    def _note_slurm() -> None:
        idle = slurm.unused(os.environ)
        if idle:
            terminal.note(
                f"SLURM has given this job {idle} tasks, and this process was not started by srun: "
                "it trains alone. For all of them: srun tf-slim train ..."
            )


def read_devices(text: str | None) -> list[str] | None:
    """The names in `--devices GPU:0,GPU:1`; None for all."""
    if text is None or text.strip().lower() == "all":
        return None
    return [name.strip() for name in text.split(",")]


def require_share(batch_size: int, replicas: int) -> None:
    """Looks whether a batch can be shared out.

    Args:
      batch_size: of all replicas together.
      replicas: how many devices compute it.

    Raises:
      ConfigError: it cannot.
    """
    if batch_size % replicas:
        below = batch_size // replicas * replicas
        near = f"{below} or {below + replicas}" if below else str(replicas)
        raise ConfigError(
            f"data.batch_size is {batch_size}, the pictures of one step, and {replicas} devices "
            f"share it: expected a multiple of {replicas}. Take --batch-size {near}, or other "
            "--devices or --workers."
        )


def note_alone(command: str) -> None:
    """Says that a command takes no notice of a cluster, if it was started in one.

    Args:
      command: such as `tf-slim eval`.
    """
    with contextlib.suppress(ClusterError):
        cluster = environment.found()
        if cluster is None or cluster.size == 1:
            return
        terminal.note(
            f"{cluster.source} names {cluster.size} processes, and {command} takes no notice of "
            "it: each does the whole work alone. One is enough."
        )
