"""GDN: the formula, its bounds, the object, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.layers import each_mode

v1 = tf.compat.v1

IMAGES = np.random.RandomState(0).normal(size=[2, 3, 4, 5]).astype(np.float32)
BETA = np.array([1.0, 0.5, 2.0, 1.5, 0.1])
GAMMA = np.random.RandomState(1).uniform(0.0, 1.0, [5, 5])


def expected(images, inverse):
    root = np.sqrt(BETA + np.square(images) @ GAMMA)
    return images * root if inverse else images / root


def filled(net) -> slim.Model:
    """A Model whose beta and gamma are those above."""
    model = slim.Model(net)
    model.build(tf.TensorSpec([None, None, None, 5]))
    for variable, value in zip(model.variables, (BETA, GAMMA), strict=True):
        variable.assign(np.sqrt(value + 2**-36))
    return model


@pytest.mark.parametrize("mode", ["eager", "function", "xla"])
@pytest.mark.parametrize("inverse", [False, True])
def test_formula(mode, inverse):
    model = filled(lambda x: slim.gdn(x, inverse=inverse, name="gdn"))
    outputs = each_mode.run(mode, model, IMAGES)
    np.testing.assert_allclose(outputs, expected(IMAGES, inverse), rtol=1e-5)


@pytest.mark.parametrize("shape", [[2, 6, 3], [2, 3, 2, 3], [2, 1, 3, 2, 3]])
def test_channels_first_is_the_same(shape):
    inputs = np.random.RandomState(2).normal(size=shape).astype(np.float32)
    last = slim.gdn(inputs, name="a", gamma_init=0.4)
    with slim.scope("b"):
        first = slim.gdn(np.moveaxis(inputs, -1, 1), data_format="channels_first", gamma_init=0.4)
    np.testing.assert_allclose(np.moveaxis(first, 1, -1), last, rtol=1e-5)


def test_at_first_it_is_nearly_the_identity():
    np.testing.assert_allclose(slim.gdn(IMAGES, gamma_init=0.0), IMAGES, rtol=1e-4)
    assert [(v.name, v.trainable) for v in slim.get_variables()] == [
        ("gdn/reparam_beta:0", True),
        ("gdn/reparam_gamma:0", True),
    ]
    assert slim.get_model_variables() == []


def test_a_parameter_at_its_bound_can_only_leave_it_upwards():
    layer = slim.GDN(beta_min=0.25, trainable=True)
    layer(IMAGES)
    beta = slim.get_unique_variable("gdn/reparam_beta")
    beta.assign(np.zeros(5))
    for sign in (1, -1):
        with tf.GradientTape() as tape:
            total = sign * tf.reduce_sum(tf.abs(layer(IMAGES)))
        gradient = tape.gradient(total, beta).numpy()
        # The outputs shrink as beta grows, so to minimize them is to raise it.
        assert np.all(gradient < 0) if sign > 0 else np.all(gradient == 0)


def test_the_object_keeps_its_variables():
    layer = slim.GDN(name="shared")
    model = slim.Model(lambda x: layer(layer(x)))
    for _ in range(2):
        model(IMAGES)
        assert [v.name for v in model.variables] == [
            "shared/reparam_beta:0",
            "shared/reparam_gamma:0",
        ]
    with tf.Graph().as_default():
        twice, other = slim.GDN(), slim.GDN()
        twice.apply(twice.apply(v1.placeholder(tf.float32, [None, 4, 2])))
        other(v1.placeholder(tf.float32, [None, 4, 2]))
        names = ["gdn/reparam_beta", "gdn/reparam_gamma", "gdn_1/reparam_beta"]
        assert [v.op.name for v in v1.global_variables()] == [*names, "gdn_1/reparam_gamma"]
        assert (twice.name, other.name) == ("gdn", "gdn_1")


def test_variables_are_shared_by_name():
    slim.gdn(IMAGES, name="a")
    slim.gdn(IMAGES, name="a", reuse=True)
    assert len(slim.get_variables()) == 2
    with pytest.raises(ValueError, match="reuse"):
        slim.gdn(IMAGES, name="a")


def test_not_trained():
    slim.gdn(IMAGES, trainable=False)
    assert slim.get_trainable_variables() == []


def test_a_regularizer_may_have_no_penalty():
    with slim.collect() as collected:
        slim.gdn(IMAGES, activity_regularizer=slim.l2_regularizer(0.0))
    assert not collected.losses


@pytest.mark.parametrize("graph", [True, False])
def test_the_activity_is_regularized(graph):
    regularizer = slim.l1_regularizer(0.5)
    if graph:
        with tf.Graph().as_default(), v1.Session() as session:
            outputs = slim.gdn(tf.constant(IMAGES), activity_regularizer=regularizer)
            session.run(v1.global_variables_initializer())
            (penalty,) = v1.losses.get_regularization_losses()
            outputs, penalty = session.run([outputs, penalty])
    else:
        with slim.collect() as got:
            outputs = slim.gdn(IMAGES, activity_regularizer=regularizer)
        (penalty,) = got.losses
    np.testing.assert_allclose(penalty, 0.5 * np.abs(outputs).sum() / 2, rtol=1e-5)


@pytest.mark.parametrize(
    ("inputs", "kwargs", "error", "said"),
    [
        (IMAGES[0, 0], {}, ValueError, ["rank 3 or more", "[4, 5]"]),
        (IMAGES[None, None], {}, ValueError, ["at most 3 axes", "rank 6"]),
        (IMAGES, {"data_format": "NHWC"}, ValueError, ["'NHWC'", "channels_last"]),
        (IMAGES.astype(int), {}, TypeError, ["int64"]),
    ],
)
def test_wrong_arguments(inputs, kwargs, error, said):
    with slim.scope("net"), pytest.raises(error, match="gdn in scope 'net/gdn' expects") as raised:
        slim.gdn(inputs, **kwargs)
    assert all(part in str(raised.value) for part in said)
