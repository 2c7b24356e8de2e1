"""Training in float16: the loss is scaled as far as the gradients allow."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.learning import toy

STATE = {"loss_scale", "loss_scale/good_steps"}
INPUTS = tf.constant(toy.X[:8])


def net(x, is_training=False):
    return slim.fully_connected(
        x,
        1,
        activation_fn=None,
        biases_initializer=None,
        weights_initializer=tf.ones_initializer(),
        scope="fc",
    )


def mean(outputs, factors):
    """A loss whose gradient is the mean of the inputs, times a factor for each example."""
    return tf.reduce_mean(outputs[:, 0] * factors)


def make(optimizer="keras_sgd", **kwargs):
    model = slim.Model(net, precision="mixed_float16").build([None, 5])
    return slim.learning.make_train_step(model, mean, toy.OPTIMIZERS[optimizer](), **kwargs)


def values(step):
    return {name: v.numpy() for name, v in step.named_variables().items() if name not in STATE}


def factors(value=1.0):
    return tf.fill([8], value)


def test_the_update_is_that_of_float32():
    step = make()
    loss = step(INPUTS, factors())
    np.testing.assert_allclose(loss, toy.X[:8].sum(1).mean(), rtol=1e-2)
    expected = 1 - 0.1 * toy.X[:8].mean(0)
    np.testing.assert_allclose(step.model.variables[0][:, 0], expected, rtol=1e-3)


def test_gradients_too_small_for_float16_arrive():
    tiny = 1e-7
    step = make()
    with tf.GradientTape() as tape:
        loss = mean(step.model(INPUTS), factors(tiny))
    assert np.all(tape.gradient(loss, step.model.variables[0]) == 0)
    step.model.variables[0].assign(tf.zeros([5, 1]))
    step(INPUTS, factors(tiny))
    np.testing.assert_allclose(
        step.model.variables[0][:, 0], -0.1 * tiny * toy.X[:8].mean(0), rtol=1e-2
    )


@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("optimizer", ["keras_adam", "v1_adam"])
def test_a_step_out_of_range_changes_the_scale_only(optimizer, jit_compile):
    step = make(optimizer, jit_compile=jit_compile)
    step(INPUTS, factors())
    before = values(step)
    step.loss_scale.scale.assign(2.0**126)  # XLA may use wider types within
    step(INPUTS, factors(1e3))
    after = values(step)
    assert float(step.loss_scale.scale) == 2.0**125
    assert int(step.loss_scale.good_steps) == 0
    # The step has used up its batch and its random numbers, so it counts.
    assert (before.pop("global_step"), after.pop("global_step")) == (1, 2)
    np.testing.assert_equal(after, before)
    step.loss_scale.scale.assign(2.0**10)
    step(INPUTS, factors())
    assert int(step.loss_scale.good_steps) == 1
    assert not np.array_equal(before["fc/weights"], values(step)["fc/weights"])


def test_the_scale_grows_after_many_good_steps():
    step = make()
    step.loss_scale.good_steps.assign(1999)
    step(INPUTS, factors())
    assert float(step.loss_scale.scale) == 2.0**16
    assert int(step.loss_scale.good_steps) == 0


def test_the_scale_does_not_fall_below_one():
    step = make(check_numerics=False)
    step.loss_scale.scale.assign(1.0)
    step(INPUTS, factors(np.inf))
    assert float(step.loss_scale.scale) == 1.0


def test_a_loss_that_is_not_finite_is_an_error_still():
    step = make()
    with pytest.raises(tf.errors.InvalidArgumentError, match="not finite"):
        step(INPUTS, factors(np.inf))
    np.testing.assert_array_equal(step.model.variables[0], np.ones([5, 1]))


@pytest.mark.parametrize("optimizer", ["keras_sgd", "v1_momentum"])
def test_replicas_go_the_same_way(optimizer, strategy2):
    with strategy2.scope():
        step = make(optimizer, clip_gradient_norm=1.0)

    def split(of_second):
        given = [(INPUTS[:4], tf.ones([4])), (INPUTS[4:], tf.fill([4], of_second))]
        return strategy2.experimental_distribute_values_from_function(
            lambda context: given[context.replica_id_in_sync_group]
        )

    step(*split(1.0))
    alone = make(optimizer, clip_gradient_norm=1.0)
    alone(INPUTS, factors())
    trained = step.model.variables[0].numpy()
    np.testing.assert_allclose(trained, alone.model.variables[0], rtol=1e-3)
    # Out of range in the second replica alone.
    step(*split(1e6))
    np.testing.assert_array_equal(step.model.variables[0], trained)
    assert float(step.loss_scale.scale.numpy()) == 2.0**14
    for replica in strategy2.experimental_local_results(step.model.variables[0]):
        np.testing.assert_array_equal(replica, trained)


def test_the_state_goes_into_checkpoints(tmp_path):
    data = tf.data.Dataset.from_tensors((toy.X[:8], np.ones([8], np.float32))).repeat()
    step = make()
    step.loss_scale.good_steps.assign(1998)
    slim.learning.fit(step, data, tmp_path, number_of_steps=3)
    assert float(step.loss_scale.scale) == 2.0**16
    again = make()
    slim.learning.fit(again, data, tmp_path, number_of_steps=4)
    assert float(again.loss_scale.scale) == 2.0**16
    assert int(again.loss_scale.good_steps) == 2
    assert set(again.named_variables()) >= STATE


@pytest.mark.parametrize("precision", [None, "float32", "mixed_bfloat16"])
def test_other_precisions_need_no_scale(precision):
    model = slim.Model(net, precision=precision).build([None, 5])
    step = slim.learning.make_train_step(model, mean, tf.keras.optimizers.SGD(0.1))
    step(INPUTS, factors())
    assert step.loss_scale is None
    assert not STATE & set(step.named_variables())
    expected = 1 - 0.1 * toy.X[:8].mean(0)
    np.testing.assert_allclose(step.model.variables[0][:, 0], expected, rtol=1e-2)


def test_a_batch_without_examples_does_not_lower_the_scale():
    step = make()
    before = float(step.loss_scale.scale)
    step(INPUTS[:0], factors()[:0])
    assert int(step.global_step) == 1
    assert float(step.loss_scale.scale) == before
