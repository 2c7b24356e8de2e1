"""A program that is the same in all processes of a cluster, and says what each of them is."""

from __future__ import annotations

import json
import os
import signal

import tensorflow as tf

import tf_slim as slim
from tests.workers.adding import added_up, part
from tf_slim.learning.cluster import servers, strategies, watching


def main(words: list[str]) -> None:
    servers._GONE_SECONDS = 3.0
    if words[1:] == ["die"]:  # one, when all have met, and TensorFlow has not begun
        watching.REFUSED_SECONDS = 3.0
        if json.loads(os.environ["TF_CONFIG"])["task"] == {"type": "worker", "index": 1}:
            strategies._share = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    strategy = slim.learning.make_strategy(wait_for_workers=float(words[0]))
    kind = type(strategy).__name__
    if isinstance(strategy, tf.distribute.ParameterServerStrategy):
        coordinator = tf.distribute.coordinator.ClusterCoordinator(strategy)
        with strategy.scope():
            table = tf.Variable(tf.zeros([600, 500]))

        @tf.function
        def add():
            table.assign_add(tf.ones([600, 500]))

        for _ in range(3):
            coordinator.schedule(add)
        coordinator.join()
        print(f"{kind}: {table.numpy().mean():g} in {len(table.variables)} parts", flush=True)
    else:
        index = strategy.cluster_resolver.task_id
        total = added_up(strategy)
        print(f"{kind}: {index} of {strategy.num_replicas_in_sync}, sum {total}", flush=True)
        part(strategy)
