"""Two replicas train as one on the batch of both, for every loss."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

losses = slim.losses

RNG = np.random.RandomState(6)
FEATURES = RNG.randn(95, 5).astype(np.float32)
CLASSES = RNG.randint(0, 4, 95)
# None in the first 16 examples, so that the replicas count differently many.
WEIGHTS = np.where(np.arange(95) % 32 < 16, 0, RNG.randint(0, 3, 95)).astype(np.float32)
WEIGHTS[3] = 2.0


def one_hot(labels):
    return tf.one_hot(labels, 4)


def regions(values):
    return tf.reshape(values, [-1, 2, 2])


# name -> the loss, from outputs [batch, 4], class indices and weights [batch]
LOSSES = {
    "softmax": lambda x, y, w: losses.softmax_cross_entropy(x, one_hot(y), w, 0.1),
    "sparse softmax": losses.sparse_softmax_cross_entropy,
    "smoothed sparse": losses.smoothed_sparse_softmax_cross_entropy,
    "sigmoid": lambda x, y, w: losses.sigmoid_cross_entropy(x, one_hot(y), w),
    "focal": lambda x, y, w: losses.focal_loss(x, one_hot(y), w),
    "dice": lambda x, y, w: losses.dice_loss(regions(tf.sigmoid(x)), regions(one_hot(y)), w),
    "log loss": lambda x, y, w: losses.log_loss(tf.sigmoid(x), one_hot(y), w),
    "hinge": lambda x, y, w: losses.compute_weighted_loss(losses.hinge_loss(x, one_hot(y)), w),
    "squared error": lambda x, y, w: losses.mean_squared_error(x, one_hot(y), w),
    "absolute difference": lambda x, y, w: losses.absolute_difference(x, one_hot(y), w),
    "cosine": lambda x, y, w: losses.cosine_distance(tf.nn.l2_normalize(x, 1), one_hot(y), 1, w),
    "pairwise": lambda x, y, w: losses.mean_pairwise_squared_error(x, one_hot(y), w),
    "two at once": lambda x, y, w: (
        losses.mean_squared_error(x, one_hot(y)),
        losses.log_loss(tf.sigmoid(x), one_hot(y), w),
    ),
    "contrastive": lambda x, y, w: losses.add_loss(
        losses.metric_learning.contrastive_loss(y % 2, x, x[:, ::-1])
    ),
}
# The losses of metric learning look at the pairs of one replica, and count nothing across them.
WITHIN_A_REPLICA = {"contrastive"}


def trained(strategy: tf.distribute.Strategy, names: list[str], sizes: list[int], weighted: bool):
    """Values of the losses at each step, and the weights at the end."""
    with strategy.scope():
        kernels = {n: tf.Variable(FEATURES[:5, :4], name=n) for n in names}
        optimizer = tf.keras.optimizers.SGD(0.02)
        optimizer.build(list(kernels.values()))

    def replica(features, labels, weights):
        values, gradients = [], []
        for name, kernel in kernels.items():
            with tf.GradientTape() as tape, slim.collect() as got:
                LOSSES[name](features @ kernel, labels, weights if weighted else 1.0)
                values.append(got.total_loss())
            gradients.append(tape.gradient(values[-1], kernel))
        optimizer.apply_gradients(zip(gradients, kernels.values()))
        return values

    @tf.function(reduce_retracing=True, autograph=False)
    def step(batch):
        return [
            strategy.reduce(tf.distribute.ReduceOp.SUM, value, axis=None)
            for value in strategy.run(replica, batch)
        ]

    history, start = [], 0
    for size in sizes:
        rows = slice(start, start + size)
        batch = FEATURES[rows], CLASSES[rows], WEIGHTS[rows]
        data = tf.data.Dataset.from_tensors(batch).unbatch().batch(size)
        history += [step(parts) for parts in strategy.experimental_distribute_dataset(data)]
        start += size
    return np.array(history), {name: kernel.numpy() for name, kernel in kernels.items()}


@pytest.mark.parametrize("weighted", [False, True])
def test_two_replicas_of_16_train_as_one_of_32(weighted, strategy2):
    # A batch of 31 gives the replicas 16 and 15.
    names = [n for n in LOSSES if n not in WITHIN_A_REPLICA]
    strategies = tf.distribute.get_strategy(), strategy2
    sizes = [32, 31] if weighted else [32]
    runs = [trained(strategy, names, sizes, weighted) for strategy in strategies]
    (alone, kernels), (both, split) = runs
    for column, name in enumerate(names):
        np.testing.assert_allclose(both[:, column], alone[:, column], rtol=1e-5, err_msg=name)
        np.testing.assert_allclose(split[name], kernels[name], rtol=1e-5, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("name", sorted(WITHIN_A_REPLICA))
def test_a_mean_over_equal_shares(name, strategy2):
    runs = [trained(s, [name], [32], False) for s in (tf.distribute.get_strategy(), strategy2)]
    (alone, kernels), (both, split) = runs
    np.testing.assert_allclose(both, alone, rtol=1e-5)
    np.testing.assert_allclose(split[name], kernels[name], rtol=1e-5, atol=1e-6)


def test_where_replicas_cannot_ask_each_other_there_is_a_warning(strategy2):
    @tf.function(jit_compile=True)
    def compiled(weights):
        return losses.compute_weighted_loss(tf.constant([1.0, 3.0]), weights)

    @tf.function
    def step():
        return strategy2.run(lambda: compiled(tf.constant([1.0, 0.0])))

    with pytest.warns(UserWarning, match="In weighted_loss.*how many losses they count"):
        values = strategy2.experimental_local_results(step())
    assert [float(value) for value in values] == [1.0, 1.0]
