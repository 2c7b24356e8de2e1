"""A program of several workers that add up who they are, and wait if they are told to."""

from __future__ import annotations

import sys
import time

import tensorflow as tf

strategy = tf.distribute.MultiWorkerMirroredStrategy()
me = strategy.cluster_resolver.task_id
total = strategy.reduce(
    tf.distribute.ReduceOp.SUM, strategy.run(lambda: tf.identity(me + 1)), axis=None
)
print(f"worker {me} of {strategy.num_replicas_in_sync}: sum {int(total)}", flush=True)
if "wait" in sys.argv:
    time.sleep(600)
