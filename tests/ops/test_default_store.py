"""Eager code outside any Model: the rules of a v1 graph, in the process's default store."""

from __future__ import annotations

import pytest
import tensorflow as tf

import tf_slim as slim
from tests.ops.nets import TOWER_NAMES, dense, tower

X = tf.ones([2, 5])


def names():
    return [v.name[:-2] for v in slim.get_variables()]


def test_default_names_count_up():
    dense(X, 3)
    dense(X, 3)
    dense(X, 3, "given")
    assert names() == ["fc/weights", "fc_1/weights", "given/weights"]


def test_a_whole_net():
    tower(X)
    # TensorFlow itself answers tf.compat.v1.get_variable here; inside a Model, the Model does.
    assert names() == [name for name in TOWER_NAMES if name != "tower/raw/alpha"]


def test_raw_variables_inside_a_layer_of_ours_are_kept():
    with slim.scope("layer"):
        raw = tf.compat.v1.get_variable("alpha", [4])
    assert names() == ["layer/alpha"]
    with slim.scope("layer", reuse=True):
        assert tf.compat.v1.get_variable("alpha", [4]) is raw


def test_a_name_made_twice_is_an_error_that_names_both_ways_out():
    dense(X, 3, "same")
    with pytest.raises(ValueError, match=r"already exists.*reuse=True.*slim\.Model"):
        dense(X, 3, "same")
    dense(X, 3, "same", reuse=True)
    dense(X, 3, "same", reuse=tf.compat.v1.AUTO_REUSE)
    with slim.scope("outer"):
        dense(X, 3, "inner")
    with slim.scope("outer", reuse=True):
        dense(X, 3, "inner")
    with slim.scope("outer"), pytest.raises(ValueError, match="already exists"):
        dense(X, 3, "inner")
    assert names() == ["same/weights", "outer/inner/weights"]


def test_reuse_of_what_does_not_exist():
    with pytest.raises(ValueError, match="does not exist in the default store"):
        dense(X, 3, "none", reuse=True)


def test_reset_forgets():
    dense(X, 3)
    slim.reset_default_store()
    assert names() == []
    dense(X, 3)
    assert names() == ["fc/weights"]


def test_a_net_called_again_and_again_gets_one_warning():
    with pytest.warns(UserWarning, match=r"nets\.py:\d+ .*slim\.Model\(net\)") as caught:
        for _ in range(70):
            dense(X, 3)
    assert len(caught) == 1


def test_scope_needs_a_name():
    with pytest.raises(ValueError, match="name"), slim.scope(None):
        pass
    with pytest.raises(ValueError, match="reuse"), slim.scope(None, "fc", reuse=True):
        pass
