"""recompute_grad: the same values and gradients as without, and nothing kept or done twice."""

from __future__ import annotations

import functools
import gc
import weakref

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.layers import trained

v1 = tf.compat.v1

X = np.random.RandomState(0).normal(size=[4, 3]).astype(np.float32)


def hidden(x):
    """Unnamed layers with side effects: moving averages, a regularizer, a random choice."""
    net = slim.fully_connected(x, 5, activation_fn=tf.nn.tanh, normalizer_fn=slim.batch_norm)
    net = slim.layers.dropout(net, 1.0)
    return slim.fully_connected(net, 3, weights_regularizer=slim.l2_regularizer(0.1))


def plain(x):
    return tf.reduce_sum(hidden(hidden(x)) ** 2)


def recomputed(x):
    block = slim.recompute_grad(hidden)
    return tf.reduce_sum(block(block(x)) ** 2)


@pytest.mark.parametrize("mode", trained.MODES)
def test_nothing_but_memory_changes(mode):
    trained.assert_same(trained.run(mode, recomputed, X), trained.run(mode, plain, X))


@pytest.mark.parametrize("arguments", [{"use_data_dep": False}, {"tupleize_grads": True}])
def test_ways_to_order_the_computation(arguments):
    @slim.recompute_grad(**arguments)
    def block(x):
        return hidden(x)

    def net(x):
        return tf.reduce_sum(block(block(x)) ** 2)

    wanted = trained.run("function", plain, X)
    for mode in ("function", "v1", "eager"):
        trained.assert_same(trained.run(mode, net, X), wanted)


def test_activations_are_not_kept():
    kept = []

    def block(x):
        inner = tf.tanh(x * 2.0)
        kept.append(weakref.ref(inner))
        return inner * 3.0

    x = tf.constant(X)
    for function, alive in ((block, True), (slim.recompute_grad(block), False)):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        gc.collect()
        assert (kept[-1]() is not None) == alive
        wanted = 6.0 * (1.0 - np.tanh(2.0 * X) ** 2)
        np.testing.assert_allclose(tape.gradient(y, x), wanted, rtol=1e-4)


@pytest.mark.parametrize("mode", ["eager", "function"])
@pytest.mark.parametrize("seeded", [True, False])
def test_dropout_drops_the_same_again(mode, seeded):
    block = slim.recompute_grad(lambda x: slim.dropout(slim.dropout(x * 1.0, 0.5), 0.7) ** 2)

    def step(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = block(x)
        return y, tape.gradient(y, x)

    x = tf.ones([50, 7])
    step = step if mode == "eager" else tf.function(step)
    with slim.random_scope([1, 2]) if seeded else slim.collect():
        y, dx = step(x)
    assert 0.1 < np.mean(y == 0.0) < 0.9
    np.testing.assert_allclose(dx, 2.0 * y, rtol=1e-5)


def test_dropout_in_a_v1_graph():
    with tf.Graph().as_default(), v1.Session() as session:
        x = tf.ones([50, 7])
        y = slim.recompute_grad(lambda x: slim.dropout(x * 1.0, 0.5) ** 2)(x)
        y, dx = session.run([y, v1.gradients(y, x)[0]])
    assert 0.1 < np.mean(y == 0.0) < 0.9
    np.testing.assert_allclose(dx, 2.0 * y, rtol=1e-5)


def test_the_function_is_told():
    told = []

    @slim.recompute_grad
    def block(x, is_recomputing):
        told.append(is_recomputing)
        return x * x

    x = tf.constant(3.0)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = block(x)
    assert tape.gradient(y, x) == 6.0
    assert told == [False, True]
    assert block.__name__ == "block"


def test_several_inputs_and_outputs():
    @slim.recompute_grad
    def block(x, n, y):
        return (x * y, tf.cast(n, x.dtype) * y)

    x, n, y = tf.constant(2.0), tf.constant(5), tf.constant(3.0)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch([x, y])
        outputs = block(x, n, y)
        first = tf.reduce_sum(outputs[0])
    assert isinstance(outputs, tuple)
    assert [float(value) for value in outputs] == [6.0, 15.0]
    assert [float(g) for g in tape.gradient(outputs, [x, y])] == [3.0, 7.0]
    assert [float(g) for g in tape.gradient(first, [x, y])] == [3.0, 2.0]


def test_the_second_derivative():
    x = tf.constant(2.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = slim.recompute_grad(lambda x: x**3)(x)
        first = tape.gradient(y, x)
    assert (float(first), float(outer.gradient(first, x))) == (12.0, 12.0)


def test_one_in_another():
    def net(x):
        inner = slim.recompute_grad(hidden)
        return tf.reduce_sum(slim.recompute_grad(lambda x: inner(inner(x)))(x) ** 2)

    for mode in ("eager", "v1"):
        trained.assert_same(trained.run(mode, net, X), trained.run(mode, plain, X))


@pytest.mark.parametrize("graph", [True, False])
def test_getters_and_variables_of_ones_own(graph):
    scale = tf.Variable(2.0)

    def doubled(getter, *args, **kwargs):
        return 2.0 * getter(*args, **kwargs)

    def block(x):
        with slim.scope("inner"):
            weights = v1.get_variable("w", [3], initializer=tf.ones_initializer())
            return x * weights * (1.0 if graph else scale)

    def net(x):
        with slim.scope("net", custom_getter=doubled):
            return slim.recompute_grad(block)(x)

    if graph:
        with tf.Graph().as_default(), v1.Session() as session:
            y = net(tf.constant(X))
            (variable,) = v1.global_variables()
            session.run(v1.global_variables_initializer())
            found = session.run([y, *v1.gradients(y, [variable])])
        wanted = [2.0 * X, 2.0 * X.sum(0)]
    else:
        model = slim.Model(net).build(tf.TensorSpec([None, 3]))
        with tf.GradientTape() as tape:
            y = model(tf.constant(X))
        found = [y, *tape.gradient(y, [*model.variables, scale])]
        wanted = [4.0 * X, 4.0 * X.sum(0), 2.0 * X.sum()]
    for mine, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5)


def test_on_two_replicas(strategy2):
    with strategy2.scope():
        models = [slim.Model(net).build(tf.TensorSpec([4, 3])) for net in (plain, recomputed)]

    @tf.function
    def gradients():
        def of_replica():
            found = []
            for model in models:
                trained.fill(model.variables)
                with tf.GradientTape() as tape:
                    y = model(
                        tf.constant(X),
                    )
                found.append(tape.gradient(y, model.trainable_variables))
            return found

        return [
            [strategy2.reduce("SUM", gradient, None) for gradient in found]
            for found in strategy2.run(of_replica)
        ]

    theirs, ours = gradients()
    for mine, wanted in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, wanted, rtol=1e-4, atol=1e-5)


def test_a_function_that_does_not_repeat_itself():
    names = iter(["a", "b", "c"])

    def block(x):
        for name in names:
            x = slim.linear(x, 3, scope=name)
            if name == "a":
                break
        return x

    with tf.GradientTape() as tape:
        y = slim.recompute_grad(block)(tf.constant(X))
    with pytest.raises(ValueError, match="'c/weights', which it did not use"):
        tape.gradient(y, slim.get_trainable_variables())


def test_wrong_use():
    outside = tf.constant(1.0)
    with pytest.raises(ValueError, match="closes over the tensor 'outside'"):
        slim.recompute_grad(lambda x: x + outside)
    with pytest.raises(ValueError, match="takes tensors only; got"):
        slim.recompute_grad(lambda x: x)(X)
    block = slim.recompute_grad(functools.partial(tf.multiply, y=2.0))
    assert float(block(tf.constant(3.0))) == 6.0
