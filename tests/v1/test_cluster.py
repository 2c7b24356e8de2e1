"""A cluster on this machine, a parameter server and two workers, trains by slim.learning.train."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.v1 import linear
from tf_slim.learning.cluster import ports

v1 = tf.compat.v1

PATIENCE = 200


@pytest.fixture(scope="module")
def cluster():
    """The specification of a cluster, and the addresses of its two workers."""
    with ports.reserved(3) as (ps, *workers), pytest.MonkeyPatch.context() as patched:
        patched.setenv(ports.REUSE_PORT, "1")
        spec = tf.train.ClusterSpec({"ps": [ps], "worker": workers})
        servers = [
            tf.distribute.Server(spec, job_name=job, task_index=index)
            for job, index in (("ps", 0), ("worker", 0), ("worker", 1))
        ]
        yield spec, [server.target for server in servers[1:]]


class Workers:
    """Two workers in threads, of which the second begins when the first has taken a step."""

    def __init__(self, spec, targets, folder, steps, sync, delay=0):
        self._spec, self._targets, self._folder = spec, targets, str(folder)
        self._steps, self._sync, self._delay = steps, sync, delay
        self._at_work = [threading.Event(), threading.Event()]
        self.losses: list[list[float]] = [[], []]
        self.began_at: dict[int, int] = {}
        self.errors: list[BaseException] = []

    def run(self):
        threads = [threading.Thread(target=self._caught, args=(task,)) for task in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert not self.errors
        assert not any(thread.is_alive() for thread in threads)

    def _caught(self, task):
        try:
            self._work(task)
        except BaseException as error:
            self.errors.append(error)
            self._at_work[task].set()

    def _work(self, task):
        if task:
            assert self._at_work[0].wait(PATIENCE)

        def step(session, train_op, global_step, kwargs):
            if not self.losses[task]:
                self.began_at[task] = session.run(global_step)
            loss, stop = slim.learning.train_step(session, train_op, global_step, kwargs)
            self.losses[task].append(float(loss))
            self._at_work[task].set()
            if len(self.losses[task]) >= self._delay:
                assert self._at_work[1].wait(PATIENCE)
            return loss, stop

        device = f"/job:worker/task:{task}"
        with tf.Graph().as_default():
            with v1.device(v1.train.replica_device_setter(1, worker_device=device)):
                optimizer = v1.train.GradientDescentOptimizer(linear.RATE)
                if self._sync:
                    optimizer = v1.train.SyncReplicasOptimizer(
                        optimizer, replicas_to_aggregate=2, total_num_replicas=2
                    )
                op = linear.train_op(optimizer)
            (weights,) = slim.get_model_variables()
            assert weights.device.endswith("/job:ps/task:0")
            slim.learning.train(
                op,
                self._folder,
                master=self._targets[task],
                is_chief=task == 0,
                number_of_steps=self._steps,
                train_step_fn=step,
                startup_delay_steps=self._delay,
                sync_optimizer=optimizer if self._sync else None,
            )


def test_without_waiting_for_each_other(cluster, tmp_path):
    workers = Workers(*cluster, tmp_path, steps=20, sync=False)
    workers.run()
    assert min(len(losses) for losses in workers.losses) > 0
    assert sum(len(losses) for losses in workers.losses) >= 20
    weights, step = linear.saved(tmp_path)
    assert step >= 20
    assert np.mean((linear.X @ weights - linear.Y) ** 2) < 0.5 * linear.expected(1)[1][0]


def test_in_step_with_each_other(cluster, tmp_path):
    workers = Workers(*cluster, tmp_path, steps=6, sync=True)
    workers.run()
    weights, step = linear.saved(tmp_path)
    assert step == 6
    # Both have the same data, so that the mean of their gradients is the gradient of each.
    np.testing.assert_allclose(weights, linear.expected(6)[0], rtol=1e-4)


def test_a_worker_that_begins_later(cluster, tmp_path):
    workers = Workers(*cluster, tmp_path, steps=8, sync=False, delay=3)
    workers.run()
    assert workers.began_at[1] >= 3
    assert len(workers.losses[0]) >= 3
