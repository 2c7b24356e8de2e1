"""Losses: closed forms in every mode, where they are collected, and what they refuse.

The numbers of the original are replayed by tests/goldens.
"""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

RNG = np.random.RandomState(3)
LOGITS = RNG.randn(6, 4).astype(np.float32)
CLASSES = np.array([0, 3, 1, 1, 2, 0])
ONE_HOT = np.eye(4, dtype=np.float32)[CLASSES]
TARGETS = RNG.rand(6, 4).astype(np.float32)
WEIGHTS = np.float32([1, 0, 2, 0, 0.5, 1])


def log_softmax(x):
    return x - np.log(np.exp(x).sum(-1, keepdims=True))


def sigmoid_losses(x, z):
    return np.maximum(x, 0) - x * z + np.log1p(np.exp(-np.abs(x)))


CROSS_ENTROPIES = -log_softmax(LOGITS)[np.arange(6), CLASSES]
SMOOTH = 0.8 * ONE_HOT + 0.2 / 4

# name -> (function of (logits, weights), the losses before reduction)
TABLE = {
    "sparse": (lambda x, w: slim.losses.sparse_softmax_cross_entropy(x, CLASSES, w),
               CROSS_ENTROPIES),
    "softmax": (lambda x, w: slim.losses.softmax_cross_entropy(x, ONE_HOT, w), CROSS_ENTROPIES),
    "smoothed": (
        lambda x, w: slim.losses.softmax_cross_entropy(x, ONE_HOT, w, label_smoothing=0.2),
        -(SMOOTH * log_softmax(LOGITS)).sum(-1),
    ),
    "sigmoid": (lambda x, w: slim.losses.sigmoid_cross_entropy(x, ONE_HOT, w),
                sigmoid_losses(LOGITS, ONE_HOT)),
    "mean squared error": (lambda x, w: slim.losses.mean_squared_error(x, TARGETS, w),
                           (LOGITS - TARGETS) ** 2),
    "absolute difference": (lambda x, w: slim.losses.absolute_difference(x, TARGETS, w),
                            np.abs(LOGITS - TARGETS)),
    "weighted": (lambda x, w: slim.losses.compute_weighted_loss(x, w), LOGITS),
}


def reduced(losses, weights):
    weights = np.broadcast_to(np.reshape(weights, (-1,) + (1,) * (losses.ndim - 1)), losses.shape)
    count = np.count_nonzero(weights)
    return (losses * weights).sum() / count if count else 0.0


def in_graph(loss):
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        x = tf.compat.v1.placeholder(tf.float32, [None, 4])
        value = loss(x)
        assert tf.compat.v1.losses.get_losses() == slim.losses.get_losses() == [value]
        return session.run(value, {x: LOGITS})


def collected(loss, x):
    with slim.collect() as got:
        value = loss(x)
        assert len(got.losses) == len(slim.losses.get_losses()) == 1
        total = slim.losses.get_total_loss()
    return value, total


def elsewhere(wrap):
    def run(loss):
        value, total = wrap(lambda x: collected(loss, x))(tf.constant(LOGITS))
        np.testing.assert_array_equal(value, total)
        return value.numpy()

    return run


MODES = {
    "v1": in_graph,
    "eager": elsewhere(lambda f: f),
    "function": elsewhere(tf.function),
    "xla": elsewhere(lambda f: tf.function(f, jit_compile=True)),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("weights", [1.0, 3.0, WEIGHTS, np.zeros(6, np.float32)],
                         ids=["one", "scalar", "batch", "zeros"])
def test_closed_form(mode, name, weights):
    loss, losses = TABLE[name]
    value = MODES[mode](lambda x: loss(x, weights))
    np.testing.assert_allclose(value, reduced(losses, weights), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", [tf.bfloat16, tf.float16])
@pytest.mark.parametrize("name", TABLE)
def test_low_precision_is_computed_in_float32(name, dtype):
    value = TABLE[name][0](tf.cast(LOGITS, dtype), 1.0)
    assert value.dtype == tf.float32
    np.testing.assert_allclose(value, reduced(TABLE[name][1], 1.0), rtol=0.05, atol=0.05)


def test_without_a_frame_a_loss_is_simply_returned():
    assert slim.losses.mean_squared_error(LOGITS, TARGETS).shape == ()
    for read in (slim.losses.get_losses, slim.losses.get_total_loss,
                 slim.losses.get_regularization_losses):
        with pytest.raises(ValueError, match=r"slim\.collect\(\)"):
            read()


def test_add_loss_in_a_scope_and_in_another_collection():
    with slim.collect() as got:
        with slim.arg_scope([slim.losses.add_loss], loss_collection=None):
            slim.losses.mean_squared_error(LOGITS, TARGETS)
        slim.losses.add_loss(tf.constant(1.0), loss_collection="mine")
        slim.losses.add_loss(tf.constant(2.0))
        assert [float(loss) for loss in got.losses] == [2.0]
        assert [float(loss) for loss in slim.losses.get_losses(loss_collection="mine")] == [1.0]


def test_total_loss_of_a_graph_without_losses():
    with tf.Graph().as_default(), pytest.raises(ValueError, match="no losses"):
        slim.losses.get_total_loss()


def test_replicas_each_have_their_frame(strategy2):
    def replica():
        with slim.collect() as got:
            slim.losses.mean_squared_error(LOGITS, TARGETS)
            return got.total_loss(), tf.constant(len(got.losses))

    total, count = strategy2.run(tf.function(replica))
    assert [int(n) for n in strategy2.experimental_local_results(count)] == [1, 1]
    whole = strategy2.reduce(tf.distribute.ReduceOp.SUM, total, axis=None)
    np.testing.assert_allclose(whole, np.mean((LOGITS - TARGETS) ** 2), rtol=1e-5)


BAD = {
    "shapes differ": lambda x: slim.losses.mean_squared_error(x, TARGETS[:, :3]),
    "weights do not fit": lambda x: slim.losses.mean_squared_error(x, TARGETS, np.ones(5)),
    "no weights": lambda x: slim.losses.mean_squared_error(x, TARGETS, None),
    "one-hot of other classes": lambda x: slim.losses.softmax_cross_entropy(x, ONE_HOT[:, :3]),
    "smoothing out of range": lambda x: slim.losses.softmax_cross_entropy(
        x, ONE_HOT, label_smoothing=1.5),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("case", BAD)
def test_bad_input(mode, case):
    with pytest.raises(ValueError):
        MODES[mode](BAD[case])


def test_a_label_out_of_range_is_an_error():
    with pytest.raises((ValueError, tf.errors.InvalidArgumentError)):
        slim.losses.sparse_softmax_cross_entropy(LOGITS, np.full(6, 4))
