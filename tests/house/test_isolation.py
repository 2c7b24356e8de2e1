"""What tests/conftest.py promises: two devices, and no test sees what another one left."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.house.sources import ROOT, run_python


def test_two_replicas_on_any_machine(strategy2):
    def replica_id():
        return tf.distribute.get_replica_context().replica_id_in_sync_group

    ids = strategy2.experimental_local_results(strategy2.run(replica_id))
    assert [int(index) for index in ids] == [0, 1]


@pytest.mark.parametrize("time", ["first", "second"])
def test_a_name_is_free_again_in_the_next_test(time):
    slim.variable("only_once", shape=[2])
    assert [v.name for v in slim.get_variables()] == ["only_once:0"]
    tf.compat.v1.get_default_graph().add_to_collection("left", time)
    assert tf.compat.v1.get_default_graph().get_collection("left") == [time]


DRAWN = []


@pytest.mark.parametrize("time", ["first", "second"])
def test_each_test_draws_the_same_numbers(time):
    DRAWN.append((float(tf.random.uniform([])), float(np.random.uniform())))
    assert DRAWN[0] == DRAWN[-1]


LEAKS = """
import tensorflow as tf

def test_that_leaks():
    tf.compat.v1.disable_eager_execution()
"""


@pytest.mark.slow
def test_a_test_that_switches_eager_execution_off_is_reported(tmp_path):
    file = tmp_path / "test_leaks.py"
    file.write_text(LEAKS)
    code = "import sys, pytest; sys.exit(pytest.main(sys.argv[1:]))"
    plugins = ["-p", "tests.conftest", "-p", "no:cacheprovider"]
    result = run_python(code, *plugins, "-c", str(ROOT / "pyproject.toml"), str(file))
    assert "1 passed, 1 error" in result.stdout
    assert "The test left eager execution switched off" in result.stdout
