"""rev_block and RevBlock: gradients without kept activations, names, side inputs, backward."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.goldens import loader
from tests.layers import trained

v1 = tf.compat.v1

X = np.random.RandomState(0).normal(size=[4, 3]).astype(np.float32)


def residual(x):
    """Unnamed layers with side effects."""
    net = slim.fully_connected(x, 5, activation_fn=tf.nn.tanh, normalizer_fn=slim.batch_norm)
    return slim.linear(net, 3, weights_regularizer=slim.l2_regularizer(0.1))


def net(x, **kwargs):
    y1, y2 = slim.rev_block(x, 2.0 * x, residual, [residual] * 2, num_layers=2, **kwargs)
    return tf.reduce_sum(y1**2 * y2) / 1000.0


@pytest.mark.parametrize("mode", trained.MODES)
def test_gradients_are_those_without_saving_memory(mode):
    theirs = trained.run(mode, lambda x: net(x, is_training=False), X)
    trained.assert_same(trained.run(mode, net, X), theirs)
    assert theirs.names[0] == "revblock/revlayer_0/f/fully_connected/weights"
    assert theirs.regularized == 4


@pytest.mark.parametrize("mode", ["eager", "function"])
def test_what_tensorflow_1_computed(mode):
    case = loader.case("scenarios", "rev_block.rev_block")
    values, names = case["result"]

    def layer(name, value):
        initializer = tf.constant_initializer(value)
        return lambda x: slim.fully_connected(
            x, 3, activation_fn=tf.nn.tanh, scope=name, weights_initializer=initializer
        )

    f, g = layer("f", 0.1), layer("g", -0.2)
    model = slim.Model(lambda x1, x2: slim.rev_block(x1, x2, f, g, num_layers=2))
    x1, x2 = tf.constant([[1.0, 2.0, 3.0]]), tf.constant([[0.5, -1.0, 0.25]])
    model.build(x1, x2)

    def step(x1, x2):
        with tf.GradientTape() as tape:
            tape.watch([x1, x2])
            y1, y2 = model(x1, x2)
            total = tf.reduce_sum(y1 * [1.0, 2.0, 3.0] + y2)
        return [y1, y2, *tape.gradient(total, [x1, x2, *model.trainable_variables])]

    found = (step if mode == "eager" else tf.function(step))(x1, x2)
    assert [v.name.removesuffix(":0") for v in model.variables] == names
    for mine, theirs in zip(found, values, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4)


def test_activations_are_not_kept():
    kept = []

    def f(x):
        kept.append(weakref.ref(inner := tf.tanh(x)))
        return inner * 2.0

    for efficient in (False, True):
        x = tf.constant(X)
        with tf.GradientTape() as tape:
            tape.watch(x)
            outputs = slim.rev_block(x, x, f, f, num_layers=4, is_training=efficient)
        gc.collect()
        assert [r() is None for r in kept[-8:]] == [efficient] * 8
        assert np.isfinite(tape.gradient(outputs, x)).all()


def test_numeric_gradient():
    weights = tf.constant(np.random.RandomState(1).normal(size=[3, 3]), tf.float64)

    def f(x, side):
        return tf.tanh(tf.matmul(x, side[0]))

    def g(x):
        return tf.sin(x)

    def block(x, w):
        return tf.concat(slim.rev_block(x, 0.5 * x, f, g, 2, f_side_input=[w]), -1)

    arguments = [tf.constant(X[:2], tf.float64), weights]
    theirs, ours = tf.test.compute_gradient(slim.Model(block), arguments, delta=1e-4)
    for mine, wanted in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, wanted, atol=1e-6)


@pytest.mark.parametrize("graph", [True, False])
def test_side_inputs(graph):
    def f(x, side):
        return x * side[0] + side[1]

    def g(x, side):
        return tf.sin(x * side[0])

    def gradients(efficient):
        x, a, b = tf.constant(X), tf.constant(0.3), tf.constant(X[:, :1])
        with tf.GradientTape() as tape:
            tape.watch([x, a, b])
            outputs = slim.rev_block(x, -x, f, g, 2, [a, b], [a], is_training=efficient)
        if graph:
            return v1.gradients(outputs, [x, a, b])
        return tape.gradient(outputs, [x, a, b])

    if graph:
        with tf.Graph().as_default(), v1.Session() as session:
            theirs, ours = session.run([gradients(False), gradients(True)])
    else:
        theirs, ours = gradients(False), gradients(True)
    for mine, wanted in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("efficient", [True, False])
def test_backward(efficient):
    block = slim.RevBlock(residual, residual, 2, use_efficient_backprop=efficient)
    outputs = block.forward(X, 2.0 * X)
    count = len(slim.get_variables())
    for back in (block.backward(*outputs), block(outputs, forward=False)):
        np.testing.assert_allclose(back[0], X, atol=1e-4)
        np.testing.assert_allclose(back[1], 2.0 * X, atol=1e-4)
    again = block.apply([X, 2.0 * X])
    np.testing.assert_allclose(again[1], outputs[1], rtol=1e-5)
    assert len(slim.get_variables()) == count


def test_names_and_sharing():
    def small(x):
        return slim.linear(x, 3, biases_initializer=None)

    def build():
        for _ in range(2):
            slim.rev_block(tf.constant(X), tf.constant(X), small, small)

    names = [
        f"{block}/revlayer_0/{f}/fully_connected/weights:0"
        for block in ("revblock", "revblock_1")
        for f in "fg"
    ]
    with tf.Graph().as_default():
        build()
        assert [v.name for v in v1.global_variables()] == names
        with v1.variable_scope(v1.get_variable_scope(), reuse=True):
            slim.rev_block(tf.constant(X), tf.constant(X), small, small)
        assert len(v1.global_variables()) == 4
    model = slim.Model(build)
    for _ in range(2):
        model()
        assert [v.name for v in model.variables] == names


def test_a_block_without_variables_and_one_input_unused():
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y1, y2 = slim.rev_block(x, x, tf.zeros_like, lambda x: 2.0 * x)
    np.testing.assert_allclose(tape.gradient([y1, y2], x), np.full_like(X, 4.0))


def test_no_second_derivative():
    x = tf.constant(X)
    for efficient in (False, True):
        with tf.GradientTape() as outer:
            outer.watch(x)
            with tf.GradientTape() as tape:
                tape.watch(x)
                y1, _ = slim.rev_block(x, x, tf.sin, tf.sin, is_training=efficient)
            first = tape.gradient(y1, x)
        if not efficient:
            np.testing.assert_allclose(outer.gradient(first, x), -np.sin(X), rtol=1e-5)
        else:
            with pytest.raises(NotImplementedError, match="is_training=False"):
                outer.gradient(first, x)


def test_one_function_for_each_layer():
    with pytest.raises(ValueError, match="f to be a function, or a list of num_layers=3 .* got 2"):
        slim.RevBlock([residual] * 2, residual, num_layers=3)
