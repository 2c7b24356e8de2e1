"""spatial_softmax: expected positions, its temperature, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.layers import each_mode

FEATURES = np.random.RandomState(3).normal(size=[2, 4, 5, 3]).astype(np.float32)


def expected(features: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Row and column of each channel, with loops over the positions."""
    weights = np.exp(features / temperature)
    weights /= weights.sum((1, 2), keepdims=True)
    rows, columns = np.linspace(-1, 1, features.shape[1]), np.linspace(-1, 1, features.shape[2])
    row = np.einsum("bhwc,h->bc", weights, rows)
    column = np.einsum("bhwc,w->bc", weights, columns)
    return np.stack([row, column], -1).reshape([len(features), -1])


@pytest.mark.parametrize("mode", each_mode.MODES)
def test_positions(mode):
    outputs = each_mode.run(
        mode, slim.Model(lambda x: slim.spatial_softmax(x, temperature=0.5)), FEATURES
    )
    np.testing.assert_allclose(outputs, expected(FEATURES, 0.5), rtol=1e-4, atol=1e-5)


def test_channels_first():
    outputs = slim.spatial_softmax(FEATURES.transpose([0, 3, 1, 2]), data_format="NCHW")
    np.testing.assert_allclose(outputs, expected(FEATURES), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("dtype", "rtol"), [("bfloat16", 1e-2), ("float16", 2e-3), ("float64", 0)])
def test_sums_are_wide(dtype, rtol):
    features = tf.cast(np.random.RandomState(5).normal(size=[1, 40, 40, 2]), dtype)
    outputs = slim.spatial_softmax(features)
    assert outputs.dtype == dtype
    wanted = expected(tf.cast(features, tf.float64).numpy())
    np.testing.assert_allclose(tf.cast(outputs, tf.float64), wanted, rtol=rtol, atol=1e-4)


def test_the_temperature_is_a_variable_that_is_trained():
    slim.spatial_softmax(FEATURES, temperature=0.5, variables_collections={"temperature": ["mine"]})
    slim.spatial_softmax(FEATURES, name="kept", trainable=False)
    assert [v.name for v in slim.get_model_variables()] == [
        "spatial_softmax/temperature:0",
        "kept/temperature:0",
    ]
    assert [v.name for v in slim.get_trainable_variables()] == ["spatial_softmax/temperature:0"]
    (mine,) = slim.get_variables(collection="mine")
    assert (mine.numpy(), mine.dtype) == (0.5, tf.float32)


def test_gradients_are_those_of_the_formula():
    features = tf.constant(FEATURES[:1, :3, :2, :1], tf.float64)
    model = slim.Model(slim.spatial_softmax).build(features)
    theirs, ours = tf.test.compute_gradient(model, [features], delta=1e-4)
    np.testing.assert_allclose(theirs, ours, atol=1e-6)


@pytest.mark.parametrize(
    ("features", "kwargs", "error", "said"),
    [
        (FEATURES[0], {}, ValueError, ["rank 4", "[4, 5, 3]"]),
        (FEATURES, {"data_format": "NHCW"}, ValueError, ["'NHCW'", "NCHW"]),
        (FEATURES.astype(np.int32), {}, TypeError, ["int32", "tf.cast"]),
    ],
)
def test_wrong_arguments(features, kwargs, error, said):
    with slim.scope("net"), pytest.raises(error, match="spatial_softmax in scope 'net/") as raised:
        slim.spatial_softmax(features, **kwargs)
    assert all(part in str(raised.value) for part in said)
    assert not slim.get_variables()


def test_channels_must_be_known():
    with tf.Graph().as_default(), pytest.raises(ValueError, match=r"channels \(axis 3\)"):
        slim.spatial_softmax(tf.compat.v1.placeholder(tf.float32, [None, 4, 5, None]))
