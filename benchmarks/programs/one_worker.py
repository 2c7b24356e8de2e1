"""One worker of several under MultiWorkerMirroredStrategy: `fit` of slim and of Keras, in turns.

    TF_CONFIG=... python -m benchmarks.programs.one_worker KIND BATCH FEWER MORE ROUNDS

All workers take the same turns; the first one prints seconds a step of each, and of an all-reduce
of as many bytes as the gradient has, as JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable

from benchmarks.programs import small_nets

SIZES = 1024, 4_000_000
"""Bytes of the all-reduces that tell the latency of a ring and its bandwidth."""


MANY = 8
"""Steps in one call. `steps_per_execution` of Keras fails under this strategy."""


def main(kind: str, batch: str, fewer: str, more: str, rounds: str) -> None:
    import tensorflow as tf

    threads = tf.config.threading
    threads.set_intra_op_parallelism_threads(1)
    threads.set_inter_op_parallelism_threads(1)
    strategy = tf.distribute.MultiWorkerMirroredStrategy(
        communication_options=tf.distribute.experimental.CommunicationOptions(
            implementation=tf.distribute.experimental.CommunicationImplementation.RING
        )
    )
    workers = strategy.num_replicas_in_sync
    data = small_nets.data(kind, int(batch) * workers)
    with strategy.scope():
        contestants = {
            "slim": ours(kind, data, 1),
            "Keras 3": of_keras(kind, data),
            f"slim, {MANY} steps a call": ours(kind, data, MANY),
        }
    lengths = int(fewer), int(more)
    for take in contestants.values():
        take(lengths[0])
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(int(rounds)):
        for name in list(contestants)[:: -1 if turn % 2 else 1]:
            short, long = (seconds(lambda n=n, name=name: contestants[name](n)) for n in lengths)
            times[name].append((long - short) / (lengths[1] - lengths[0]))
    sizes = SIZES if workers > 1 else ()
    reduced = {size: all_reduce(strategy, size) for size in sizes}
    if is_first(strategy):
        told = {"steps": times, "all-reduce": list(reduced.items())}
        print(json.dumps({**told, "gradient bytes": gradient_bytes(kind)}), flush=True)


def ours(kind: str, data, steps_per_call: int) -> Callable[[int], object]:
    """What takes a number of steps of `slim.learning.fit`."""
    import tensorflow as tf

    import tf_slim as slim

    step = slim.learning.make_train_step(
        small_nets.slim_net(kind),
        slim.losses.sparse_softmax_cross_entropy,
        tf.keras.optimizers.SGD(0.01, momentum=0.9),
    )
    end = 0

    def take(number: int) -> object:
        nonlocal end
        end += number
        return slim.learning.fit(step, data, None, end, hooks=[], steps_per_call=steps_per_call)

    return take


def of_keras(kind: str, data) -> Callable[[int], object]:
    """The same of `keras.Model.fit`."""
    import tensorflow as tf

    model = small_nets.keras_net(kind)
    model.compile(
        tf.keras.optimizers.SGD(0.01, momentum=0.9),
        tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    # It cannot build the rest of itself from a batch that is shared out among workers.
    model.train_on_batch(*next(iter(data)))
    return lambda number: model.fit(data, steps_per_epoch=number, epochs=1, verbose=0)


def all_reduce(strategy, size: int, calls: int = 20) -> float:
    """Seconds of an all-reduce of `size` bytes."""
    import tensorflow as tf

    @tf.function
    def reduced(values):
        def replica(values):
            context = tf.distribute.get_replica_context()
            return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.identity(values))[0]

        return strategy.run(replica, (values,))

    values = tf.ones([size // 4])
    times = []
    for _ in range(calls):
        times.append(seconds(lambda: float(reduced(values))))
    return statistics.median(times[2:])


def gradient_bytes(kind: str) -> int:
    """Of all trainable variables, in float32."""
    return 4 * sum(one.shape.num_elements() for one in small_nets.slim_net(kind).variables)


def is_first(strategy) -> bool:
    resolver = strategy.cluster_resolver
    return resolver is None or not resolver.task_id


def seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(*sys.argv[1:])
