"""What every test process shares: two CPU devices, few threads, nothing left of the last test."""

from __future__ import annotations

import gc
import logging
import os
import random
import signal
import sys

import hypothesis
import numpy as np
import pytest

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")

# The first example traces a graph: any deadline it meets would be too long for the others.
hypothesis.settings.register_profile(
    "tf_slim",
    deadline=None,
    max_examples=30,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("tf_slim")


def pytest_configure(config: pytest.Config) -> None:
    """Sets up TensorFlow before a test module can touch it: afterwards devices are fixed."""
    # A process in the background of a script ignores Ctrl-C, and so would all that tests start.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    only_hands_out_tests = config.getoption("numprocesses", None) and not hasattr(
        config, "workerinput"
    )
    if only_hands_out_tests:
        return
    # What is loaded from here on stays. To look for garbage among it takes a second before the
    # first test, and a third of one every few seconds after that.
    gc.disable()
    import tensorflow as tf

    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    tf.config.threading.set_intra_op_parallelism_threads(max(1, (os.cpu_count() or 1) // workers))
    # Not one: an op that waits (a queue, an all-reduce) must not keep the other from running.
    tf.config.threading.set_inter_op_parallelism_threads(2)
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)


def pytest_collection_finish() -> None:
    """All that is loaded is there: from now on garbage is looked for among what tests make."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def _reset_state() -> None:
    import tensorflow as tf

    # Inside a graph that a wider fixture holds open there is nothing of ours to reset.
    if tf.executing_eagerly():
        tf.compat.v1.reset_default_graph()
    reset_default_store = getattr(sys.modules.get("tf_slim"), "reset_default_store", None)
    if reset_default_store is not None:
        reset_default_store()


@pytest.fixture(scope="module")
def seeds_of_the_module() -> set[str]:
    """Holds a word once TensorFlow's seed is set for the module."""
    return set()


def _set_seeds(request: pytest.FixtureRequest, seeded: set[str]) -> None:
    import tensorflow as tf

    random.seed(2016)
    np.random.seed(2016)
    # It throws away what TensorFlow has prepared for running: each compiled function that tests
    # share takes a tenth of a second and more to be prepared again, half the time of such a file.
    if not seeded or request.node.get_closest_marker("one_seed") is None:
        if tf.executing_eagerly():
            tf.random.set_seed(2016)
            seeded.add("tensorflow")


@pytest.fixture(autouse=True)
def isolated_state(request, seeds_of_the_module):
    """Gives each test an empty default graph, an empty default store and the same random seeds."""
    import tensorflow as tf

    eager_before = tf.executing_eagerly()
    log_level_before = tf.get_logger().level
    _set_seeds(request, seeds_of_the_module)
    _reset_state()
    yield
    if eager_before and not tf.executing_eagerly():
        pytest.fail(
            "The test left eager execution switched off, or a graph open, for all tests after it: "
            "build v1 graphs under `with tf.Graph().as_default():`, and call "
            "disable_eager_execution() only in a process of its own."
        )
    log_level = tf.get_logger().level
    if log_level != log_level_before:
        tf.get_logger().setLevel(log_level_before)
        pytest.fail(
            f"The test left TensorFlow's log level at {logging.getLevelName(log_level)} for all "
            f"tests after it; it was {logging.getLevelName(log_level_before)}."
        )
    _reset_state()


@pytest.fixture
def v1_shapes():
    """The shapes that programs of TensorFlow 1 see after `disable_v2_behavior()`, for one test.

    That cannot be undone as a whole; what it does to shapes can. Their sizes are objects then, of
    which an unknown one is neither None nor false.
    """
    import tensorflow as tf

    tf.compat.v1.disable_v2_tensorshape()
    yield
    tf.compat.v1.enable_v2_tensorshape()


@pytest.fixture
def v1_variables():
    """Variables of the kind that programs of TensorFlow 1 have in their graphs, for one test."""
    import tensorflow as tf

    tf.compat.v1.disable_resource_variables()
    yield
    tf.compat.v1.enable_resource_variables()


@pytest.fixture(scope="session")
def strategy2():
    """A MirroredStrategy over two CPU devices: two replicas on any machine.

    One for the whole process. TensorFlow numbers the all-reduces of each MirroredStrategy from 100
    and tells those of two strategies over the same devices apart by nothing else: where the n-th
    of one has another shape than the n-th of the other, it fails, and so does every one after it.
    """
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])


@pytest.fixture
def own_registry(monkeypatch):
    """Nets that a test registers are gone after it. A fixture that registers some asks for it."""
    from tf_slim.nets import _registry

    _registry.names()  # or the families would be registered in the copy
    monkeypatch.setattr(_registry, "_SPECS", dict(_registry._SPECS))
