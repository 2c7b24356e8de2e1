"""What the loss function returns is what is trained on: each way of writing one, in each mode."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.learning.toy import X

W, DECAY = 0.5, 0.1


def net(x, added=False):
    w = slim.variable(
        "w", [5, 1], initializer=tf.constant_initializer(W), regularizer=slim.l2_regularizer(DECAY)
    )
    outputs = x @ w
    if added:
        slim.losses.add_loss(10.0 * tf.reduce_mean(w))
    return outputs


def first(outputs, labels):
    return slim.losses.mean_squared_error(labels, outputs)


def second(outputs, labels):
    return slim.losses.absolute_difference(labels, outputs)


def both_collected(outputs, labels):
    first(outputs, labels)
    second(outputs, labels)


def total(outputs, labels):
    both_collected(outputs, labels)
    return slim.losses.get_total_loss()


def total_of_ones_own(outputs, labels):
    with slim.collect() as got:
        both_collected(outputs, labels)
        return got.total_loss()


def with_decay(outputs, labels):
    return first(outputs, labels) + tf.add_n(slim.losses.get_regularization_losses())


def uncollected(outputs, labels):
    with slim.arg_scope([slim.losses.add_loss], loss_collection=None):
        second(outputs, labels)
    return first(outputs, labels)


compiled = tf.function(lambda outputs, labels: 0.5 * first(outputs, labels))

# The loss function, and what it counts of (squared error, absolute difference).
LOSSES = {
    "one": (first, (1, 0)),
    "nothing returned": (both_collected, (1, 1)),
    "the sum": (lambda o, y: first(o, y) + second(o, y), (1, 1)),
    "a weighted sum": (lambda o, y: 0.5 * first(o, y) + 0.1 * second(o, y), (0.5, 0.1)),
    "a part of ones own": (
        lambda o, y: 0.5 * first(o, y) + tf.reduce_mean(tf.abs(o - y)),
        (0.5, 1),
    ),
    "all of ones own": (lambda o, y: tf.reduce_mean(tf.square(o - y)), (1, 0)),
    "get_total_loss": (total, (1, 1)),
    "half of get_total_loss": (lambda o, y: 0.5 * total(o, y), (0.5, 0.5)),
    "a frame of its own": (total_of_ones_own, (1, 1)),
    "with the regularization": (with_decay, (1, 0)),
    "not collected": (uncollected, (1, 0)),
    "a function compiled for itself": (compiled, (0.5, 0)),
}


def make(loss, jit_compile=False, **kwargs):
    model = slim.Model(net, **kwargs).build([None, 5])
    optimizer = tf.keras.optimizers.SGD(0.1)
    return slim.learning.make_train_step(model, loss, optimizer, jit_compile=jit_compile)


def expected(weights, decay=1.0, added=0.0):
    outputs = X[:8] @ np.full([5, 1], W)
    labels = np.ones([8, 1])
    squared, absolute = np.mean((outputs - labels) ** 2), np.mean(np.abs(outputs - labels))
    l2 = decay * DECAY * 5 * W**2 / 2
    return weights[0] * squared + weights[1] * absolute + l2 + added


# A function in a function of XLA is the same one.
BY_XLA = [case for case in LOSSES if not case.startswith("a function")]


@pytest.mark.parametrize(
    ("case", "jit_compile"), [*((one, False) for one in LOSSES), *((one, True) for one in BY_XLA)]
)
def test_what_is_returned_counts(case, jit_compile):
    loss, weights = LOSSES[case]
    decay = 0.5 if case.startswith("half") else 1.0
    step = make(loss, jit_compile)
    np.testing.assert_allclose(
        step(X[:8], np.ones([8, 1], "f")), expected(weights, decay), rtol=1e-5
    )


@pytest.mark.parametrize("case", [c for c in LOSSES if not c.startswith("half")])
def test_replicas_share_it(case, strategy2):
    loss, weights = LOSSES[case]
    with strategy2.scope():
        step = make(loss)
    data = tf.data.Dataset.from_tensors((X[:8], np.ones([8, 1], "f"))).unbatch().batch(8)
    feed = next(iter(strategy2.experimental_distribute_dataset(data)))
    value = step(*feed)
    np.testing.assert_allclose(value, expected(weights), rtol=1e-5)


@pytest.mark.parametrize("case", ["one", "all of ones own", "nothing returned", "get_total_loss"])
def test_losses_that_the_net_adds_count_once(case):
    loss, weights = LOSSES[case]
    step = make(loss, added=True)
    value = step(X[:8], np.ones([8, 1], "f"))
    np.testing.assert_allclose(value, expected(weights, added=10 * W), rtol=1e-5)


def forgotten(outputs, labels):
    first(outputs, labels)
    return second(outputs, labels)


def of_nothing(outputs, labels):
    first(outputs, labels)
    return tf.reduce_mean(outputs)


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("loss", [forgotten, of_nothing])
def test_a_collected_loss_that_is_left_out_is_refused(loss, eager):
    step = make(loss)
    tf.config.run_functions_eagerly(eager)
    try:
        with pytest.raises(ValueError, match="returned a value that leaves out 1 of the") as caught:
            step(X[:8], np.ones([8, 1], "f"))
    finally:
        tf.config.run_functions_eagerly(False)
    named = f"{expected((1, 0), 0):.4f}"[:5] if eager else "mean_squared_error"
    assert named in str(caught.value)
