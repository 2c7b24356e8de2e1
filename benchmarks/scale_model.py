"""What a step costs as workers grow: the arithmetic of docs/scale.md.

python -m benchmarks.scale_model          # prints its tables
"""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Sequence

GBIT = 1e9 / 8
WORKERS = 1, 2, 8, 64, 512


@dataclasses.dataclass(frozen=True)
class Net:
    """What a net asks of a cluster.

    Attributes:
      gradient_bytes: of all trainable variables, as they are sent.
      image_bytes: that are read for an image.
    """

    gradient_bytes: float
    image_bytes: float = 110e3


@dataclasses.dataclass(frozen=True)
class Cluster:
    """What a cluster gives.

    Attributes:
      images_per_second: that one worker trains on alone.
      batch: images of a step in one worker.
      bandwidth: bytes a second that one machine sends, and receives at the same time.
      latency: seconds until the first byte of a message is there.
      spread: standard deviation of the time that a worker computes, as a part of it.
      storage: bytes a second that all workers together can read of the data.
      besides: seconds that a step of several workers takes for anything else.
    """

    images_per_second: float
    batch: int
    bandwidth: float
    latency: float = 1e-4
    spread: float = 0.05
    storage: float = math.inf
    besides: float = 0.0

    @property
    def compute_seconds(self) -> float:
        """Seconds that one worker computes in a step."""
        return self.batch / self.images_per_second


def ring_bytes(gradient_bytes: float, workers: int) -> float:
    """Bytes that each worker sends, and receives, in a ring all-reduce."""
    return 2 * (workers - 1) / workers * gradient_bytes


def ring_seconds(gradient_bytes: float, workers: int, bandwidth: float, latency: float) -> float:
    """Seconds of a ring all-reduce: 2(n - 1) messages one after the other, each a part of 1/n."""
    hops = 2 * (workers - 1)
    return hops * latency + ring_bytes(gradient_bytes, workers) / bandwidth


def servers_seconds(
    gradient_bytes: float, workers: int, servers: int, bandwidth: float, latency: float
) -> float:
    """Seconds in which all workers read the variables from the servers, and send gradients back.

    A worker receives and sends the whole once. A server sends its part to each worker, and receives
    as much of each.
    """
    whole = gradient_bytes / bandwidth
    return 2 * (latency + max(whole, workers * whole / servers))


def slowest(workers: int, spread: float) -> float:
    """How much longer the slowest of the workers takes than the mean, in normal distributions.

    G. Blom's approximation of the expected largest of n normal variables (1958).
    """
    if workers == 1:
        return 1.0
    rank = (workers - 0.375) / (workers + 0.25)
    return 1 + spread * statistics.NormalDist().inv_cdf(rank)


def step_seconds(net: Net, cluster: Cluster, workers: int, servers: int | None = None) -> float:
    """Seconds of a step that all take together, by a ring or through parameter servers.

    Computing, then the gradients: nothing overlaps but the input, which is read ahead.
    """
    link = cluster.bandwidth, cluster.latency
    if servers is None:
        exchange = ring_seconds(net.gradient_bytes, workers, *link)
    else:
        exchange = servers_seconds(net.gradient_bytes, workers, servers, *link)
    busy = cluster.compute_seconds * slowest(workers, cluster.spread) + exchange
    busy += cluster.besides if workers > 1 else 0.0
    return max(busy, input_seconds(net, cluster, workers))


def input_seconds(net: Net, cluster: Cluster, workers: int) -> float:
    """Seconds in which a step's images come out of the storage, each read by one worker."""
    whole = net.image_bytes * cluster.batch
    return max(workers * whole / cluster.storage, whole / cluster.bandwidth)


def efficiency(net: Net, cluster: Cluster, workers: int, servers: int | None = None) -> float:
    """Images a second of all, as a part of what they would train on each alone."""
    alone = cluster.compute_seconds
    return alone / step_seconds(net, cluster, workers, servers)


def lost_to_failures(
    workers: int, hours_between: float, save_seconds: float, restart_seconds: float
) -> tuple[float, float]:
    """The best time between checkpoints, and the part of the time that is lost with it.

    Any failure stops all, who lose half an interval and start anew (J. W. Young, "A first order
    approximation to the optimum checkpoint interval", 1974).

    Args:
      workers: how many there are.
      hours_between: mean time between failures of one of them.
      save_seconds: that a checkpoint keeps all waiting.
      restart_seconds: from the failure to the next step.

    Returns:
      Seconds between checkpoints, and a part of 1.
    """
    between = hours_between * 3600 / workers
    interval = math.sqrt(2 * save_seconds * between)
    lost = save_seconds / interval + (interval / 2 + restart_seconds) / between
    return interval, min(lost, 1.0)


NETS = {
    "`mobilenet_v2`, 14 MB": Net(14e6),
    "`resnet_v1_50`, 102 MB": Net(102e6),
    "`vgg_16`, 553 MB": Net(553e6),
}
"""Trainable variables in float32; a picture of ImageNet has 110 kB."""

RATES = {
    "`mobilenet_v2`, 14 MB": (64, 1500),
    "`resnet_v1_50`, 102 MB": (16, 400),
    "`vgg_16`, 553 MB": (4.3, 250),
}
"""Images a second of a worker: of two CPU cores as in docs/numbers.md, and of one GPU, assumed."""


def rows(kind: int, gbit: float, batch: int) -> Sequence[tuple[str, list[float]]]:
    """The efficiency of each net at `WORKERS`.

    Args:
      kind: 0 for workers of two CPU cores, 1 for those with a GPU.
      gbit: of the network, in Gbit/s.
      batch: images of a step in one worker.
    """
    found = []
    for name, net in NETS.items():
        cluster = Cluster(RATES[name][kind], batch, gbit * GBIT)
        found.append((name, [efficiency(net, cluster, workers) for workers in WORKERS]))
    return found


def main() -> None:
    """Prints the tables."""
    head = "| | " + " | ".join(map(str, WORKERS)) + " |\n|---" + "|---" * len(WORKERS) + "|"
    for title, kind, gbit, batch in (
        ("two CPU cores a worker, 1 Gbit/s, 32 images", 0, 1, 32),
        ("a GPU a worker, 1 Gbit/s, 64 images", 1, 1, 64),
        ("a GPU a worker, 10 Gbit/s, 64 images", 1, 10, 64),
        ("a GPU a worker, 100 Gbit/s, 64 images", 1, 100, 64),
    ):
        print(f"\n{title}\n\n{head}")
        for name, parts in rows(kind, gbit, batch):
            print(f"| {name} | " + " | ".join(f"{part:.0%}" for part in parts) + " |")
    print(f"\nparameter servers, `resnet_v1_50`, a GPU a worker, 10 Gbit/s, 64 images\n\n{head}")
    name = "`resnet_v1_50`, 102 MB"
    cluster = Cluster(RATES[name][1], 64, 10 * GBIT)
    for told, share in (("one server", None), ("1 for 8 workers", 8), ("1 for each worker", 1)):
        counts = [1 if share is None else math.ceil(n / share) for n in WORKERS]
        parts = [efficiency(NETS[name], cluster, n, p) for n, p in zip(WORKERS, counts)]
        print(f"| {told} | " + " | ".join(f"{part:.0%}" for part in parts) + " |")
    print("\n| workers | a failure each | save each | time lost |\n|---|---|---|---|")
    for workers in WORKERS[1:]:
        interval, lost = lost_to_failures(workers, 24 * 90, 5, 120)
        between = 24 * 90 / workers
        print(f"| {workers} | {between:.0f} h | {interval / 60:.0f} min | {lost:.2%} |")


if __name__ == "__main__":
    main()
