"""Batches that a tf.data service makes are those of one process, in the same order."""

from __future__ import annotations

import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.data import made
from tests.data.test_shares import assert_one_process, contexts, shares
from tests.house.sources import ROOT
from tests.workers import cluster
from tests.workers.forge import Forge
from tf_slim import checkpoints, data
from tf_slim.data import service as reading
from tf_slim.learning.cluster import ports

pytestmark = [
    pytest.mark.one_seed,
    pytest.mark.usefixtures("png_alone_in_module"),
    pytest.mark.timeout(600),
]

SIZES = (7, 5, 9, 3)
STEPS = 40


@pytest.fixture(scope="module")
def pattern(tmp_path_factory):
    return made.write(tmp_path_factory.mktemp("records"), SIZES)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Of two workers in a process of their own, started as a user does it."""
    log = tmp_path_factory.mktemp("service") / "log"
    command = [sys.executable, "-m", "tf_slim.cli", "data", "serve", "--port", "0"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
    with open(log, "wb") as file:
        process = subprocess.Popen(
            command, stdout=file, stderr=file, cwd=ROOT, env=environment, start_new_session=True
        )
    try:
        end = time.monotonic() + 300
        while not (found := re.search(r"Dispatcher at (grpc://\S+)\n", log.read_text())):
            assert process.poll() is None and time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        yield found[1]
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def pipelines(pattern, address, batch_size, **options):
    """The same pipeline without and with the service."""
    return [
        made.pipeline(pattern, batch_size, service=service, **options)
        for service in (None, address)
    ]


@pytest.mark.parametrize("batch_size", [5, 30])
def test_each_example_once_an_epoch(pattern, address, batch_size):
    alone, served = pipelines(pattern, address, batch_size)
    batches = served.dataset()
    assert len(batches) == len(alone.dataset())
    assert sorted(itertools.chain(*made.numbers(batches))) == list(range(24))
    for start in (0, 3):  # also where the workers change places
        made.assert_same(made.batches(served.dataset(start)), made.batches(alone.dataset(start)))


def test_training_goes_on_where_it_stopped(pattern, address):
    start = 7
    alone, served = pipelines(pattern, address, 5, is_training=True, shuffle_buffer=6)
    expected = made.batches(alone.dataset(start).take(11))
    stream = served.dataset(start)
    assert stream.element_spec[0].shape[0] == 5
    for _ in range(2):  # from the beginning each time that it is iterated over
        made.assert_same(made.batches(stream.take(11)), expected)


def test_mixed_pictures_and_weights(address, tmp_path):
    examples = [
        data.image_example(np.full([2, 2], number, np.uint8), number % 3) for number in range(20)
    ]
    data.write_examples(tmp_path / "a.tfrecord", examples)
    spec = data.from_tfrecords(tmp_path / "a.tfrecord", 3, image_channels=1)
    options = {
        "is_training": True,
        "augment": data.Augment(mixup=1.0),
        "class_weights": [1.0, 2.0, 3.0],
    }
    alone, served = (data.Pipeline(spec, 6, service=one, **options) for one in (None, address))
    for mine, theirs in zip(served.dataset(2).take(5), alone.dataset(2).take(5), strict=True):
        for part, expected in zip(mine, theirs, strict=True):
            np.testing.assert_array_equal(part, expected)
    assert_one_process(alone, shares(served, 2, steps=4))


def test_workers_of_a_training_share_them(pattern, address):
    alone, served = pipelines(pattern, address, 7)  # 24 = 3 * 7 + 3
    assert_one_process(alone, shares(served, 2, 2, start=1), start=1)
    training, served = pipelines(pattern, address, 7, is_training=True)
    assert_one_process(training, shares(served, 2, steps=8))
    assert served.dataset(context=contexts(2)[0]).element_spec[0].shape[0] == 4


def test_a_dispatcher_that_is_not_there():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and does not listen
        address = f"grpc://127.0.0.1:{closed.getsockname()[1]}"
        begun = time.monotonic()
        with pytest.raises(reading.ServiceError, match=f"no tf.data service at {address}"):
            reading.count_workers(address)
        assert time.monotonic() - begun < 60


def test_workers_that_are_not_there():
    with data.serve(["localhost:1", "localhost:2"]) as servers:
        with pytest.raises(reading.ServiceError, match="not all of its workers after 1 s.*found 0"):
            reading.count_workers(servers.address, patience=1)


def test_a_service_that_does_not_know_its_workers(pattern):
    dispatcher = tf.data.experimental.service.DispatchServer()
    config = tf.data.experimental.service.WorkerConfig(dispatcher.target.removeprefix("grpc://"))
    worker = tf.data.experimental.service.WorkerServer(config)
    with pytest.raises(reading.ServiceError, match="must be given worker_addresses"):
        reading.count_workers(dispatcher.target, patience=100)
    del worker


def test_a_lost_batch_is_noticed(pattern, address, monkeypatch):
    """As the service leaves out those of a worker that went: it goes on with the others."""
    monkeypatch.setattr(reading, "count_workers", lambda address: 3)
    pipeline = pipelines(pattern, address, 5)[1]
    with pytest.raises(reading.ServiceError, match="has lost a worker, and with it batches"):
        list(pipeline)


def scaled(image, *, is_training, seed):
    return tf.reshape(tf.cast(image, tf.float32) / 255, [2, 2, 1])


def trained(pipeline, folder, hooks) -> dict[str, np.ndarray]:
    """The variables after `STEPS` steps."""

    def net(images):
        with slim.scope("net"):
            weights = tf.compat.v1.zeros_initializer()
            return slim.fully_connected(
                slim.flatten(images), 10, activation_fn=None, weights_initializer=weights
            )

    model = slim.Model(net).build(pipeline.element_spec[0])
    step = slim.learning.make_train_step(
        model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.SGD(0.1)
    )
    slim.learning.fit(step, pipeline, folder, STEPS, hooks=hooks, steps_per_call=8)
    return {name: variable.numpy() for name, variable in step.named_variables().items()}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the workers are forked")
def test_a_worker_that_is_killed_is_told_and_nothing_is_lost(pattern, tmp_path, monkeypatch):
    monkeypatch.setattr(reading.Watched, "silent_seconds", 1.0)
    monkeypatch.setattr(reading.Watched, "patience", 200.0)
    with (
        Forge("tests.data.service_worker") as forge,
        ports.reserved(2) as addresses,
        cluster.kept(cluster.Processes()) as workers,
    ):
        dispatcher = data.serve(addresses)
        for index, address in enumerate(addresses):
            words = [dispatcher.address, address]
            log = tmp_path / f"{index}.log"
            env = cluster.environment()
            workers.append(cluster.Process(forge, words, env, f"worker {index}", log))
        alone, served = pipelines(
            pattern, dispatcher.address, 5, is_training=True, preprocess=scaled
        )

        class Kills(slim.hooks.Hook):
            def after_step(self, run):
                if run.step == 3:
                    workers[1].kill()
                    monkeypatch.setattr(reading.Watched, "patience", 3.0)

        assert reading.count_workers(dispatcher.address, patience=200) == 2
        expected = trained(alone, tmp_path / "alone", [])
        with pytest.raises(reading.ServiceError, match="has not all of its workers after 3 s"):
            trained(served, tmp_path / "served", [Kills()])
        # Some batches were on their way.
        assert 3 <= checkpoints.step_of(checkpoints.latest(tmp_path / "served")) < STEPS
        monkeypatch.setattr(reading.Watched, "patience", 200.0)
        workers[1].start()
        assert reading.count_workers(dispatcher.address, patience=200) == 2
        for name, value in trained(served, tmp_path / "served", []).items():
            np.testing.assert_array_equal(value, expected[name], name)
        # A loop of one's own over the pipeline is told as well.
        with pytest.raises(reading.ServiceError, match="not all of its workers.*2.*found 1"):
            for number, _ in enumerate(served):
                if number == 2:
                    workers[1].kill()


def test_what_is_no_address(pattern):
    for wrong in ("localhost:5050", "grpc://localhost", "grpc://a:b", "http://a:1"):
        with pytest.raises(ValueError, match=f"'grpc://host:5050'; received {wrong!r}"):
            pipelines(pattern, wrong, 5)
    with pytest.raises(TypeError, match="service must be a text"):
        pipelines(pattern, 5050, 5)


def test_what_is_in_memory_cannot_be_served():
    spec = data.from_arrays(np.zeros([4, 2, 2, 1], np.uint8), [0, 1, 0, 1])
    with pytest.raises(ValueError, match="arrays in memory cannot be read by the workers"):
        data.Pipeline(spec, 2, service="grpc://localhost:1")


def test_a_worker_needs_its_address():
    with pytest.raises(ValueError, match="a worker needs its address"):
        data.serve(dispatcher="grpc://localhost:1")
    with pytest.raises(ValueError, match="workers must be at least one, received 0"):
        data.serve(0)
