"""Variables spread over parameter servers by their size, or by chance."""

from __future__ import annotations

import collections

import pytest
import tensorflow as tf

from tf_slim.legacy.contrib import namespaces

v1 = tf.compat.v1

training = namespaces.find("contrib.training")


def placed(strategy, sizes, use_resource, servers=2):
    """The number of the server of each variable of some length."""
    with tf.Graph().as_default():
        setter = v1.train.replica_device_setter(ps_tasks=servers, ps_strategy=strategy)
        with v1.device(setter):
            made = [
                v1.get_variable(f"v{i}", [size], use_resource=use_resource)
                for i, size in enumerate(sizes)
            ]
        return [tf.DeviceSpec.from_string(variable.device).task for variable in made]


@pytest.mark.parametrize("use_resource", [True, False])
def test_the_server_with_the_least_is_next(use_resource):
    strategy = training.GreedyLoadBalancingStrategy(2, training.byte_size_load_fn)
    assert placed(strategy, [10, 4, 4, 4, 1], use_resource) == [0, 1, 1, 1, 0]


def test_the_load_is_what_the_function_says():
    strategy = training.GreedyLoadBalancingStrategy(3, lambda op: 1)
    assert placed(strategy, [100, 1, 1, 1], use_resource=True, servers=3) == [0, 1, 2, 0]


def test_by_chance_and_everywhere_alike():
    first, second = (
        placed(training.RandomStrategy(2, seed=seed), [1] * 40, use_resource=True)
        for seed in (3, 3)
    )
    assert first == second
    assert min(collections.Counter(first).values()) > 8 and set(first) == {0, 1}
    assert first != placed(training.RandomStrategy(2, seed=4), [1] * 40, use_resource=True)


@pytest.mark.parametrize("use_resource", [True, False])
def test_bytes(use_resource):
    with tf.Graph().as_default():
        made = [
            v1.get_variable("a", [3, 5], use_resource=use_resource),
            v1.get_variable("b", [], tf.int64, use_resource=use_resource),
        ]
        assert [training.byte_size_load_fn(one.op) for one in made] == [60, 8]
        assert training.byte_size_load_fn(tf.zeros([2, 2], tf.float64).op) == 32


def test_what_has_no_size():
    with tf.Graph().as_default():
        unknown = v1.placeholder(tf.float32, [None, 3], name="unknown")
        with pytest.raises(ValueError, match=r"unknown has the shape \(None, 3\)"):
            training.byte_size_load_fn(unknown.op)
        with pytest.raises(ValueError, match=r"one output; split \(Split\) has 2"):
            training.byte_size_load_fn(tf.split([1, 2], 2)[0].op)
    for strategy in (training.RandomStrategy, training.GreedyLoadBalancingStrategy):
        with pytest.raises(ValueError, match="at least 1; got 0"):
            strategy(0, None)
