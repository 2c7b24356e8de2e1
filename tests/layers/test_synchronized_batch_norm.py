"""batch_norm(synchronized=True): two replicas compute what one does with the whole batch."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

RANDOM = np.random.RandomState(5)
IMAGES = RANDOM.uniform(-1, 3, [6, 2, 2, 3]).astype(np.float32)
VECTORS = RANDOM.uniform(-1, 3, [6, 3]).astype(np.float32)
UPSTREAM = RANDOM.uniform(-1, 1, [6, 2, 2, 3]).astype(np.float32)

CASES = {
    "images": (IMAGES, {}),
    "vectors": (VECTORS, {}),
    "in steps": (IMAGES, {"fused": False}),
    "sequences": (IMAGES[:, 0], {}),
    "channels first": (np.moveaxis(IMAGES, 3, 1).copy(), {"data_format": "NCHW"}),
    "renorm": (IMAGES, {"renorm": True}),
    "zero debias": (IMAGES, {"zero_debias_moving_mean": True}),
    "inference": (IMAGES, {"is_training": False}),
}


def model_of(**kwargs):
    def net(images, weights):
        given = {} if weights is None else {"batch_weights": weights}
        return slim.batch_norm(
            images, decay=0.5, scale=True, scope="b", synchronized=True, **kwargs, **given
        )

    return slim.Model(net, is_training=True)


def run(model, images, upstream, weights=None):
    """[outputs, gradient of the inputs, gradients of the variables ...]"""
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = model(images, weights)
        loss = tf.reduce_sum(outputs * upstream)
    return [outputs, *tape.gradient(loss, [images, *model.trainable_variables])]


def on_two(strategy, model, *arrays, at=4):
    """Runs `model` with the first `at` examples in one replica and the others in the second."""

    def values(array):
        parts = [tf.constant(array[:at]), tf.constant(array[at:])]
        return strategy.experimental_distribute_values_from_function(
            lambda context: parts[context.replica_id_in_sync_group]
        )

    given = tuple(values(array) for array in arrays)

    @tf.function
    def call(*given):
        return strategy.run(lambda *args: run(model, *args), given)

    return [strategy.experimental_local_results(one) for one in call(*given)]


def check(together, alone, model, single):
    (outputs, of_inputs, *of_variables), (expected, of_expected, *rest) = together, alone
    np.testing.assert_allclose(np.concatenate(outputs), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.concatenate(of_inputs), of_expected, rtol=1e-3, atol=1e-5)
    for pair, whole in zip(of_variables, rest, strict=True):
        np.testing.assert_allclose(sum(pair), whole, rtol=1e-3, atol=1e-5)
    for left, right in zip(model.variables, single.variables, strict=True):
        np.testing.assert_allclose(left.numpy(), right, rtol=1e-4, atol=1e-6, err_msg=left.name)


@pytest.mark.parametrize("case", CASES)
def test_two_replicas_are_as_one(case, strategy2):
    """With a different number of examples in each."""
    inputs, kwargs = CASES[case]
    upstream = np.resize(UPSTREAM, inputs.shape)
    with strategy2.scope():
        model = model_of(**kwargs).build(inputs.shape, weights=None)
    together = on_two(strategy2, model, inputs, upstream)
    single = model_of(**kwargs)
    alone = run(single, tf.constant(inputs), upstream)
    check(together, alone, model, single)


def test_with_weights_of_examples(strategy2):
    weights = np.array([1, 0, 2, 1, 0, 3], np.float32)
    with strategy2.scope():
        model = model_of().build(IMAGES.shape, weights=tf.constant(weights))
    together = on_two(strategy2, model, IMAGES, UPSTREAM, weights)
    single = model_of()
    check(together, run(single, tf.constant(IMAGES), UPSTREAM, weights), model, single)


def test_low_inputs_are_summed_in_float32(strategy2):
    inputs = (IMAGES + 100).astype(tf.bfloat16.as_numpy_dtype)
    with strategy2.scope():
        model = model_of().build(tf.TensorSpec(inputs.shape, tf.bfloat16), weights=None)
    outputs, *_ = on_two(strategy2, model, inputs, UPSTREAM.astype(inputs.dtype))
    assert outputs[0].dtype == tf.bfloat16
    wide = inputs.astype(np.float32)
    expected = (wide - wide.mean((0, 1, 2))) / np.sqrt(wide.var((0, 1, 2)) + 1e-3)
    np.testing.assert_allclose(tf.concat(outputs, 0), expected, rtol=0.02, atol=0.02)


def test_the_replicas_normalize_apart_by_default(strategy2):
    with strategy2.scope():
        model = slim.Model(lambda images, _: slim.batch_norm(images), is_training=True)
        model.build(IMAGES.shape, _=None)
    outputs, *_ = on_two(strategy2, model, IMAGES, UPSTREAM)
    for one in outputs:
        np.testing.assert_allclose(np.mean(one, (0, 1, 2)), np.zeros(3), atol=1e-5)
