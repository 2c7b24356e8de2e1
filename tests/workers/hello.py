"""A program of several workers that add up who they are, and wait if they are told to."""

from __future__ import annotations

import contextlib
import sys
import time

import tensorflow as tf

strategy = tf.distribute.MultiWorkerMirroredStrategy()
me = strategy.cluster_resolver.task_id


def added_up() -> int:
    numbers = strategy.run(lambda: tf.identity(me + 1))
    return int(strategy.reduce(tf.distribute.ReduceOp.SUM, numbers, axis=None))


total = added_up()
print(f"worker {me} of {strategy.num_replicas_in_sync}: sum {total}", flush=True)
if "wait" in sys.argv:
    time.sleep(600)
with contextlib.suppress(tf.errors.OpError):
    added_up()  # who ends before the others have all that they need makes them fail
