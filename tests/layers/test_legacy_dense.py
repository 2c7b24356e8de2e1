"""The fully connected layer that came before `fully_connected`."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.layers import each_mode

v1 = tf.compat.v1

X = np.random.RandomState(0).normal(size=[2, 3, 4]).astype(np.float32)
ONES = {"weight_init": tf.ones_initializer(), "bias_init": tf.constant_initializer(0.5)}


@pytest.mark.parametrize("mode", ["v1", "eager", "function", "xla"])
@pytest.mark.parametrize("x", [X, X[0]])
def test_outputs(mode, x):
    def net(inputs):
        return slim.legacy_relu(inputs, 5, **ONES)

    outputs = each_mode.run(mode, net if mode == "v1" else slim.Model(net), x)
    wanted = np.maximum(np.repeat(x.sum(-1, keepdims=True) + 0.5, 5, -1), 0)
    np.testing.assert_allclose(outputs, wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("graph", [True, False])
def test_collections(graph):
    with tf.Graph().as_default() if graph else slim.collect():
        outputs = slim.legacy_linear(
            X,
            2,
            name="old",
            weight_collections=["mine"],
            output_collections="ends",
            weight_regularizer=slim.l2_regularizer(0.1),
        )
        get = slim.get_variables
        assert [v.name for v in get(collection="mine")] == ["old/weights:0"]
        assert get(collection=v1.GraphKeys.WEIGHTS) == []
        assert [v.name for v in get(collection=v1.GraphKeys.BIASES)] == ["old/bias:0"]
        assert slim.get_model_variables() == []
        for key in ("ends", v1.GraphKeys.ACTIVATIONS):
            assert slim.utils.convert_collection_to_dict(key) == {"old": outputs}


def test_no_bias_and_sharing():
    slim.legacy_fully_connected(X, 2, bias_init=None, name="a")
    with slim.scope(v1.get_variable_scope(), reuse=True):
        slim.legacy_fully_connected(X, 2, bias_init=None, name="a")
    assert [v.name for v in slim.get_variables()] == ["a/weights:0"]


@pytest.mark.parametrize(
    ("x", "units", "error", "said"),
    [
        (X[0, 0], 2, ValueError, "rank 2 or more"),
        (X, 0, ValueError, "num_output_units=0"),
        (X.astype(int), 2, TypeError, "int64"),
    ],
)
def test_wrong_arguments(x, units, error, said):
    with pytest.raises(error, match=f"legacy_fully_connected in scope .*{said}"):
        slim.legacy_linear(x, units)
