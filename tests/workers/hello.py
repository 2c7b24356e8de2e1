"""A program of several workers that add up who they are, and wait if they are told to."""

from __future__ import annotations

import sys
import time

import tensorflow as tf

from tests.workers.adding import added_up, part

strategy = tf.distribute.MultiWorkerMirroredStrategy()
me = strategy.cluster_resolver.task_id
total = added_up(strategy)
print(f"worker {me} of {strategy.num_replicas_in_sync}: sum {total}", flush=True)
if "wait" in sys.argv:
    time.sleep(600)
part(strategy)
