"""The learning rate range test: where a quadratic tells the answer, and that nothing is changed."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.learning import toy
from tf_slim.learning import rate_finder

find = slim.learning.find_learning_rate


def quadratic(curvature):
    """Loss curvature / 2 * w^2: a step at rate r takes w to w * (1 - r * curvature)."""
    start = tf.constant_initializer(1.0)
    model = slim.Model(lambda x: x * slim.variable("w", [1], initializer=start)).build([None, 1])

    def loss(outputs, labels):
        return 0.5 * curvature * tf.reduce_mean(tf.square(outputs))

    return slim.learning.make_train_step(model, loss, tf.keras.optimizers.SGD(0.5))


def ones():
    return tf.data.Dataset.from_tensors((np.ones([1, 1], np.float32), np.zeros([1])))


@pytest.mark.parametrize("curvature", [1.0, 100.0])
def test_a_quadratic(curvature):
    found = find(quadratic(curvature), ones(), lowest=1e-6, highest=1e3, steps=120)
    weight, expected = 1.0, []
    for rate in found.rates:
        expected.append(0.5 * curvature * weight**2)
        weight *= 1 - rate * curvature
    np.testing.assert_allclose(found.losses, expected, rtol=1e-3)
    assert found.diverged
    assert len(found.rates) == len(found.losses) == len(found.smoothed) < 120
    np.testing.assert_allclose(np.diff(np.log(found.rates)), np.log(1e9) / 119, rtol=1e-6)
    assert 0.01 / curvature < found.suggestion < 2.0 / curvature


def state(step):
    parts = step.strategy.experimental_local_results
    return {name: [p.numpy() for p in parts(v)] for name, v in step.named_variables().items()}


def assert_same(before, after):
    assert list(before) == list(after)
    for name, values in before.items():
        for one, other in zip(values, after[name], strict=True):
            np.testing.assert_array_equal(one, other, err_msg=name)


def normalized(x, is_training=False):
    with slim.scope("net"):
        x = slim.batch_norm(slim.fully_connected(x, 4, scope="fc"), scope="norm")
        return slim.fully_connected(x, 2, None, scope="logits")


def make(optimizer=None, **options):
    model = slim.Model(normalized).build(tf.TensorSpec([None, 5]))
    loss = slim.losses.sparse_softmax_cross_entropy
    optimizer = optimizer or tf.keras.optimizers.Adam(0.01)
    return slim.learning.make_train_step(model, loss, optimizer, **options)


def batches():
    return tf.data.Dataset.from_tensor_slices((toy.X, toy.Y)).batch(16)


def test_all_is_left_as_it_was():
    step = make(average_decay=0.9)
    for x, y in batches():
        step(x, y)
    before = state(step)
    find(step, batches(), steps=20)
    assert_same(before, state(step))


def test_all_is_left_as_it_was_after_an_error():
    step = make()
    before = state(step)

    def broken():
        yield from batches().take(3)
        raise KeyError("broken")

    data = tf.data.Dataset.from_generator(broken, output_signature=batches().element_spec)
    with pytest.raises(Exception, match="broken"):
        find(step, data, steps=20)
    assert_same(before, state(step))


def test_two_replicas(strategy2):
    with strategy2.scope():
        step = make()
    before = state(step)
    found = find(step, batches(), steps=10)
    assert np.all(np.isfinite(found.losses))
    assert_same(before, state(step))


def test_a_schedule_does_not_stand_in_the_way():
    schedule = tf.keras.optimizers.schedules.CosineDecay(0.1, 40)
    step = make(tf.keras.optimizers.SGD(schedule, momentum=0.9))
    found = find(step, batches(), lowest=1e-4, highest=1e6, steps=60)
    assert found.diverged
    assert found.rates[0] == 1e-4
    assert found.suggestion is None or 1e-4 < found.suggestion < 100


def test_the_head_is_tried_while_it_is_the_head_that_trains():
    first = slim.learning.HeadFirst(5, ["net/logits/*"], tf.keras.optimizers.SGD(0.1))
    step = make(head_first=first)
    frozen = {n: v.numpy() for n, v in step.model.named_variables.items() if "logits" not in n}
    trial = step.by_other(tf.keras.optimizers.SGD(1.0))
    for x, y in batches():
        trial(x, y)
    for name, value in frozen.items():
        np.testing.assert_array_equal(step.model.named_variables[name], value)
    assert int(step.global_step) == 0
    assert len(find(step, batches(), steps=10).losses) == 10


def test_a_loss_that_is_no_number_ends_it():
    step = quadratic(1.0)
    step._loss = lambda outputs, labels: tf.math.log(tf.reduce_mean(tf.abs(outputs)) - 0.9)
    found = find(step, ones(), lowest=1e-3, highest=10.0, steps=50)
    assert found.diverged
    assert not np.isfinite(found.losses[-1])
    np.testing.assert_array_equal(step.model.variables[0], [1.0])


def judged(expected, noise, seed):
    rates = np.geomspace(1e-6, 10.0, 100)
    losses = expected(np.log10(rates)) + noise * np.random.RandomState(seed).randn(100)
    return rate_finder._judged(rates, losses.tolist()).suggestion


@pytest.mark.parametrize("seed", range(20))
def test_noise_does_not_tell_the_rate(seed):
    # From 3 to 1 about the rate of 0.01, as steep as a logistic function is there.
    found = judged(lambda x: 3.0 - 2.0 / (1.0 + np.exp(-4.0 * (x + 2.0))), 0.3, seed)
    assert found is not None and 0.003 < found < 0.03
    assert judged(np.zeros_like, 0.3, seed) is None
    assert judged(lambda x: 0.1 * x, 0.3, seed) is None


def test_it_tells_how_far_it_is():
    done = []
    found = find(quadratic(1.0), ones(), lowest=1e-3, steps=20, on_step=done.append)
    assert done == list(range(1, len(found.losses) + 1))


BAD = {
    "no step": (lambda: find(toy.model(), ones()), TypeError, "train_step"),
    "falling": (
        lambda: find(quadratic(1.0), ones(), lowest=1.0, highest=0.1),
        ValueError,
        "lowest < highest; got 1.0 and 0.1",
    ),
    "few": (lambda: find(quadratic(1.0), ones(), steps=3), ValueError, "at least 10"),
    "empty": (lambda: find(quadratic(1.0), ones().take(0)), ValueError, "empty"),
    "of tensorflow 1": (
        lambda: find(toy.step("v1_momentum")[1], toy.data()),
        TypeError,
        "Keras optimizer",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be(case):
    call, error, said = BAD[case]
    with pytest.raises(error, match=said):
        call()
