"""Weights of the examples: against a closed form, in all modes, and what a loss makes of them."""

from __future__ import annotations

import functools

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.learning import toy

X, Y = toy.X[:8], toy.Y[:8]
WEIGHTS = np.array([0.0, 2.0, 0.5, 1.0, 0.0, 3.0, 0.25, 1.5], np.float32)
KERNEL = 0.3 * np.random.RandomState(3).randn(5, 2).astype(np.float32)


def linear(precision=None, **kwargs):
    def net(x):
        with slim.scope("net"):
            return slim.fully_connected(x, 2, None, biases_initializer=None, scope="fc")

    model = slim.Model(net, precision=precision).build([None, 5])
    model.variables[0].assign(KERNEL)
    loss = kwargs.pop("loss", slim.losses.sparse_softmax_cross_entropy)
    return slim.learning.make_train_step(model, loss, tf.keras.optimizers.SGD(1.0), **kwargs)


def closed_form(x, y, weights):
    """The loss, and the kernel after one step: the mean is over the weights other than 0."""
    logits = x @ KERNEL
    p = np.exp(logits - logits.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    count = max(np.count_nonzero(weights), 1)
    losses = -np.log(p[np.arange(len(y)), y])
    gradient = x.T @ ((p - np.eye(2)[y]) * weights[:, None]) / count
    return np.sum(losses * weights) / count, KERNEL - gradient


def check(step, feed, expected, **tolerance):
    loss, kernel = expected
    np.testing.assert_allclose(step(*feed), loss, **tolerance)
    np.testing.assert_allclose(step.model.variables[0].numpy(), kernel, **tolerance)


MODES = {
    "plain": ({}, {"rtol": 1e-5}),
    "xla": ({"jit_compile": True}, {"rtol": 1e-5}),
    "mixed_bfloat16": ({"precision": "mixed_bfloat16"}, {"rtol": 3e-2, "atol": 5e-3}),
    "mixed_float16": ({"precision": "mixed_float16"}, {"rtol": 5e-3, "atol": 1e-3}),
}


@pytest.mark.parametrize("mode", MODES)
def test_a_step(mode):
    options, tolerance = MODES[mode]
    check(linear(**options), (X, Y, WEIGHTS), closed_form(X, Y, WEIGHTS), **tolerance)


@pytest.mark.parametrize("weights", [np.ones(8, np.float32), np.zeros(8, np.float32)])
def test_weights_of_one_are_none_and_weights_of_zero_are_no_examples(weights):
    check(linear(), (X, Y, weights), closed_form(X, Y, weights), rtol=1e-5)


def test_a_step_may_have_weights_and_the_next_none():
    step = linear()
    check(step, (X, Y), closed_form(X, Y, np.ones(8)), rtol=1e-5)
    step.model.variables[0].assign(KERNEL)
    check(step, (X, Y, WEIGHTS), closed_form(X, Y, WEIGHTS), rtol=1e-5)


@pytest.mark.parametrize("count", [8, 5, 1])
def test_two_replicas(count, strategy2):
    """Of 5 they have 3 and 2, of 1 the second has none; their weights add up to different sums."""
    with strategy2.scope():
        step = linear()
    feed = X[-count:], Y[-count:], WEIGHTS[-count:]
    split = strategy2.experimental_distribute_dataset(
        tf.data.Dataset.from_tensors(feed).unbatch().batch(8)
    )
    check(step, next(iter(split)), closed_form(*feed), rtol=1e-5)


def test_an_empty_batch_changes_nothing():
    step = linear()
    assert float(step(X[:0], Y[:0], WEIGHTS[:0])) == 0.0
    np.testing.assert_array_equal(step.model.variables[0], KERNEL)
    assert int(step.global_step) == 1


def test_regularization_has_no_part_in_them():
    def net(x):
        decay = slim.l2_regularizer(0.5)
        return slim.fully_connected(
            x, 2, None, biases_initializer=None, weights_regularizer=decay, scope="fc"
        )

    model = slim.Model(net).build([None, 5])
    model.variables[0].assign(KERNEL)
    loss = slim.losses.sparse_softmax_cross_entropy
    step = slim.learning.make_train_step(model, loss, tf.keras.optimizers.SGD(0.1))
    wanted = closed_form(X, Y, WEIGHTS)[0] + 0.25 * np.sum(KERNEL**2)
    np.testing.assert_allclose(step(X, Y, WEIGHTS), wanted, rtol=1e-5)


def named(outputs, labels, weights):
    return slim.losses.sparse_softmax_cross_entropy(outputs, labels, weights)


def as_keras_has_it(outputs, labels, sample_weight=1.0):
    return slim.losses.sparse_softmax_cross_entropy(outputs, labels, sample_weight)


def any_keyword(outputs, labels, **kwargs):
    return slim.losses.sparse_softmax_cross_entropy(outputs, labels, **kwargs)


TAKERS = [
    named,
    as_keras_has_it,
    any_keyword,
    functools.partial(slim.losses.smoothed_sparse_softmax_cross_entropy, label_smoothing=0.0),
]


@pytest.mark.parametrize("loss", TAKERS)
def test_a_loss_that_takes_them_gets_them(loss):
    check(linear(loss=loss), (X, Y, WEIGHTS), closed_form(X, Y, WEIGHTS), rtol=1e-5)


REFUSALS = {
    "takes none": (lambda outputs, labels: tf.reduce_mean(outputs), "takes none.*def loss"),
    "has its own": (functools.partial(named, weights=2.0), "weights=2.0 already"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_loss_that_does_not_take_them_is_named(case):
    loss, said = REFUSALS[case]
    with pytest.raises(TypeError, match=said):
        linear(loss=loss)(X, Y, WEIGHTS)


def weighted():
    return tf.data.Dataset.from_tensors((X, Y, WEIGHTS)).repeat()


def test_fit_reads_them(tmp_path):
    step = linear()
    run = slim.learning.fit(step, weighted(), tmp_path, 1, hooks=[])
    loss, kernel = closed_form(X, Y, WEIGHTS)
    np.testing.assert_allclose(run.loss_value, loss, rtol=1e-5)
    np.testing.assert_allclose(step.model.variables[0].numpy(), kernel, rtol=1e-5)


def test_fit_reads_them_for_two_replicas(strategy2):
    with strategy2.scope():
        step = linear()
    slim.learning.fit(step, weighted(), None, 1, hooks=[])
    _, kernel = closed_form(X, Y, WEIGHTS)
    np.testing.assert_allclose(step.model.variables[0].numpy(), kernel, rtol=1e-5)


def test_evaluation_counts_every_example_once():
    metrics = slim.evaluation.classification_metrics(2)
    with pytest.raises(ValueError, match=r"weights: \(inputs, labels\)\)"):
        slim.evaluation.evaluate(linear().model, weighted().take(1), metrics)
