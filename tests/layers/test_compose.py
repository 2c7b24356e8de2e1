"""repeat and stack: the scopes they make, and what they pass on."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

VECTORS = np.ones([2, 4], np.float32)


class Nameless:
    """A layer that is an object."""

    def __call__(self, inputs, depth, scope=None):
        return slim.fully_connected(inputs, depth, scope=scope)


CASES = {
    "repeat": (lambda x: slim.repeat(x, 2, slim.fully_connected, 3), "Repeat/fully_connected"),
    "repeat in a scope": (
        lambda x: slim.repeat(x, 2, slim.fully_connected, 3, scope="fc"),
        "fc/fc",
    ),
    "repeat a partial": (
        lambda x: slim.repeat(x, 2, functools.partial(slim.linear, num_outputs=3)),
        "Repeat/fully_connected",
    ),
    "repeat an object": (lambda x: slim.repeat(x, 2, Nameless(), 3), "Repeat/repeat"),
    "stack": (lambda x: slim.stack(x, slim.relu, [3, 5]), "Stack/fully_connected"),
    "stack an object": (lambda x: slim.stack(x, Nameless(), [3, (5,)]), "Stack/stack"),
    "stack in a scope": (
        lambda x: slim.stack(x, slim.fully_connected, [[3, None], (5, tf.nn.elu)], scope="s"),
        "s/s",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_names(case):
    net, prefix = CASES[case]
    expected = [f"{prefix}_{i}/{name}:0" for i in (1, 2) for name in ("weights", "biases")]
    model = slim.Model(net)
    for _ in range(2):
        model(VECTORS)
        assert [v.name for v in model.variables] == expected
    with tf.Graph().as_default():
        net(VECTORS)
        assert [v.name for v in slim.get_variables()] == expected


def test_keywords_are_passed_on_and_kept():
    keywords = {"activation_fn": None, "scope": "a"}
    negative = slim.repeat(
        VECTORS,
        1,
        slim.fully_connected,
        3,
        weights_initializer=tf.constant_initializer(-1.0),
        **keywords,
    )
    assert np.all(negative.numpy() == -4.0)
    assert keywords == {"activation_fn": None, "scope": "a"}


def test_no_repetitions():
    np.testing.assert_array_equal(slim.repeat(VECTORS, 0, slim.relu, 3), VECTORS)
    np.testing.assert_array_equal(slim.stack(VECTORS, slim.relu, []), VECTORS)


def test_scopes_reach_the_layers():
    with slim.arg_scope([slim.fully_connected], biases_initializer=None):
        slim.repeat(VECTORS, 2, slim.fully_connected, 3)
    assert len(slim.get_variables()) == 2
