"""The weighted reduction over losses of any rank, and the losses that have a form of their own."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

RNG = np.random.RandomState(8)
LOSSES = RNG.rand(3, 2, 4).astype(np.float32)


def closed_form(weights) -> float:
    weights = np.asarray(weights)
    if weights.ndim > 1 and weights.shape[-1] == 1:
        weights = weights[..., 0]
    weights = weights.reshape(weights.shape + (1,) * (LOSSES.ndim - weights.ndim))
    weights = np.broadcast_to(weights, LOSSES.shape)
    return (LOSSES * weights).sum() / max(np.count_nonzero(weights), 1)


WEIGHTS = {
    "scalar": 2.0,
    "integer": 2,
    "zero": 0.0,
    "batch": [0.5, 0.0, 2.0],
    "batch and one": [[0.5], [0.0], [2.0]],
    "leading dimensions": [[1.0, 0.0], [0.0, 0.0], [2.0, 3.0]],
    "each loss": RNG.randint(0, 2, LOSSES.shape).astype(np.float32),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_of_any_rank(name):
    weights = WEIGHTS[name]
    np.testing.assert_allclose(
        slim.losses.compute_weighted_loss(LOSSES, weights), closed_form(weights), rtol=1e-6
    )


@pytest.mark.parametrize("name", [name for name, value in WEIGHTS.items() if np.ndim(value)])
def test_sizes_that_only_the_running_graph_knows(name):
    weights = np.asarray(WEIGHTS[name], np.float32)
    specs = [tf.TensorSpec([None] * a.ndim, tf.float32) for a in (LOSSES, weights)]
    reduce = tf.function(slim.losses.compute_weighted_loss, input_signature=specs)
    np.testing.assert_allclose(reduce(LOSSES, weights), closed_form(weights), rtol=1e-6)


def test_a_last_size_that_turns_out_to_be_one():
    specs = [tf.TensorSpec([3], tf.float32), tf.TensorSpec([None, None], tf.float32)]
    reduce = tf.function(slim.losses.compute_weighted_loss, input_signature=specs)
    assert float(reduce([1.0, 2.0, 3.0], [[1.0], [0.0], [2.0]])) == 3.5


def test_losses_of_unknown_rank():
    reduce = tf.function(
        lambda losses: slim.losses.compute_weighted_loss(losses, 3.0),
        input_signature=[tf.TensorSpec(None, tf.float32)],
    )
    np.testing.assert_allclose(reduce(LOSSES), closed_form(3.0), rtol=1e-6)


@pytest.mark.parametrize(
    ("losses", "weights"),
    [
        (tf.TensorSpec([3]), tf.TensorSpec(None)),
        (tf.TensorSpec(None), tf.TensorSpec([3])),
        (tf.TensorSpec([3]), tf.TensorSpec([3, 2])),
        (tf.TensorSpec([3, 2]), tf.TensorSpec([2])),
    ],
    ids=["weights of unknown rank", "losses of unknown rank", "rank too high", "not leading"],
)
def test_weights_that_are_refused(losses, weights):
    reduce = tf.function(slim.losses.compute_weighted_loss, input_signature=[losses, weights])
    with pytest.raises(ValueError, match="weighted_loss"):
        reduce.get_concrete_function()


def test_the_gradient_passes_weights_and_count():
    losses = tf.Variable(LOSSES)
    weights = np.float32([0.5, 0.0, 2.0])
    with tf.GradientTape() as tape:
        loss = slim.losses.compute_weighted_loss(losses, weights)
    expected = np.broadcast_to(weights[:, None, None] / 16.0, LOSSES.shape)
    np.testing.assert_allclose(tape.gradient(loss, losses), expected, rtol=1e-6)


def test_no_weight_at_all_has_a_gradient_of_zero():
    losses = tf.Variable(LOSSES)
    with tf.GradientTape() as tape:
        loss = slim.losses.compute_weighted_loss(losses, tf.zeros([3]))
    np.testing.assert_array_equal(tape.gradient(loss, losses), np.zeros_like(LOSSES))


def test_double_precision_stays():
    loss = slim.losses.mean_squared_error(np.float64([1.0]), np.float64([1.0 + 1e-12]))
    np.testing.assert_allclose(loss, 1e-24, rtol=1e-3)
    assert loss.dtype == tf.float64


def test_integers_are_computed_as_floats():
    assert float(slim.losses.absolute_difference([1, 2], [2, 4])) == 1.5


def test_dense_prediction():
    logits = RNG.randn(2, 3, 3, 4).astype(np.float32)
    labels = RNG.randint(0, 4, (2, 3, 3))
    weights = RNG.randint(0, 2, (2, 3, 3)).astype(np.float32)
    one_hot = np.eye(4, dtype=np.float32)[labels]
    values = [
        slim.losses.sparse_softmax_cross_entropy(logits, labels, weights),
        slim.losses.sparse_softmax_cross_entropy(logits, labels[..., None], weights),
        slim.losses.softmax_cross_entropy(logits, one_hot, weights),
    ]
    log_softmax = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    losses = -(log_softmax * one_hot).sum(-1)
    np.testing.assert_allclose(values, (losses * weights).sum() / weights.sum(), rtol=1e-5)


def test_labels_get_no_gradient_of_softmax_cross_entropy():
    logits, labels = tf.Variable([[1.0, 2.0]]), tf.Variable([[0.0, 1.0]])
    with tf.GradientTape() as tape:
        loss = slim.losses.softmax_cross_entropy(logits, labels)
    for_logits, for_labels = tape.gradient(loss, [logits, labels])
    np.testing.assert_allclose(for_logits, tf.nn.softmax(logits) - labels, rtol=1e-6)
    assert for_labels is None


def test_log_loss():
    predictions, labels = np.float32([0.2, 0.9]), np.float32([0.0, 1.0])
    expected = -np.log([0.8 + 0.01, 0.9 + 0.01]).mean()
    loss = slim.losses.log_loss(predictions, labels, epsilon=0.01)
    np.testing.assert_allclose(loss, expected, rtol=1e-6)


def test_hinge_loss_is_neither_reduced_nor_collected():
    with slim.collect() as got:
        losses = slim.losses.hinge_loss([0.5, 0.5, -3.0], [1, 0, 0])
    np.testing.assert_allclose(losses, [0.5, 1.5, 0.0])
    assert got.losses == []


def test_cosine_distance():
    predictions, labels = np.float32([[0.6, 0.8], [1, 0]]), np.float32([[0.8, 0.6], [0, 1]])
    for keyword in ("axis", "dim"):
        loss = slim.losses.cosine_distance(predictions, labels, **{keyword: 1})
        np.testing.assert_allclose(loss, (0.04 + 1.0) / 2, rtol=1e-5)
    for wrong in ({}, {"axis": 1, "dim": 1}):
        with pytest.raises(ValueError, match="axis"):
            slim.losses.cosine_distance(predictions, labels, **wrong)


def test_mean_pairwise_squared_error():
    predictions, labels = RNG.randn(3, 2, 2), RNG.randn(3, 2, 2)
    difference = (predictions - labels).reshape(3, 4)
    pairs = (difference[:, :, None] - difference[:, None, :]) ** 2
    expected = pairs.mean((1, 2))
    loss = slim.losses.mean_pairwise_squared_error(predictions, labels)
    np.testing.assert_allclose(loss, expected.sum(), rtol=1e-5)
    for weights in ([1.0, 0.0, 3.0], [[1.0], [0.0], [3.0]]):
        loss = slim.losses.mean_pairwise_squared_error(predictions, labels, weights)
        np.testing.assert_allclose(loss, (expected * [1, 0, 3]).sum(), rtol=1e-5)
    with pytest.raises(ValueError, match="whole examples"):
        slim.losses.mean_pairwise_squared_error(predictions, labels, np.ones((3, 2, 2)))


@pytest.mark.parametrize(
    "loss",
    [
        slim.losses.mean_squared_error,
        slim.losses.absolute_difference,
        slim.losses.mean_pairwise_squared_error,
        slim.losses.log_loss,
        slim.losses.hinge_loss,
    ],
)
def test_labels_are_needed(loss):
    with pytest.raises(AttributeError, match="labels are missing"):
        loss([1.0, 2.0])


def test_class_indices_are_integers_of_the_right_shape():
    logits = tf.zeros([4, 3])
    with pytest.raises(ValueError, match="integers"):
        slim.losses.sparse_softmax_cross_entropy(logits, [0.0, 1.0, 2.0, 0.0])
    with pytest.raises(ValueError, match="shape of logits"):
        slim.losses.sparse_softmax_cross_entropy(logits, [0, 1, 2])
    with pytest.raises(AttributeError, match="labels are missing"):
        slim.losses.sparse_softmax_cross_entropy(logits, None)
