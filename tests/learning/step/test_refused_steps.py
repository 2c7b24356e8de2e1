"""A step that is refused or skipped changes nothing, in whatever layer, mode and optimizer."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.learning import toy

IMAGES = np.random.RandomState(0).rand(8, 6, 6, 1).astype(np.float32)
LABELS = np.arange(8) % 3
WITH_NAN = IMAGES.copy()
WITH_NAN[1, 2, 2, 0] = np.nan

NORMS = {
    "none": lambda x, training: x,
    "batch_norm": lambda x, training: slim.batch_norm(x, is_training=training),
    "in steps": lambda x, training: slim.batch_norm(x, is_training=training, fused=False),
    "renorm": lambda x, training: slim.batch_norm(x, is_training=training, renorm=True),
    "zero debias": lambda x, training: slim.batch_norm(
        x, is_training=training, zero_debias_moving_mean=True
    ),
    "keras": lambda x, training: slim.keras_layer(tf.keras.layers.BatchNormalization, scope="norm")(
        x, training=training
    ),
}


def make(norm="batch_norm", precision=None, optimizer="keras_adam", loss=None, **kwargs):
    def net(x, is_training=False):
        with slim.scope("net"):
            x = slim.conv2d(x, 4, 3, activation_fn=None, scope="conv")
            x = slim.max_pool2d(tf.nn.relu(NORMS[norm](x, is_training)), 2)
            return slim.fully_connected(
                tf.reduce_mean(x, [1, 2]), 3, activation_fn=None, scope="fc"
            )

    model = slim.Model(net, precision=precision).build(tf.TensorSpec([None, 6, 6, 1]))
    loss = loss or slim.losses.sparse_softmax_cross_entropy
    return slim.learning.make_train_step(model, loss, toy.OPTIMIZERS[optimizer](), **kwargs)


def state(step):
    """All values, of each replica."""
    parts = step.strategy.experimental_local_results
    return {
        name: [part.numpy() for part in parts(variable)]
        for name, variable in step.named_variables().items()
    }


def assert_unchanged(before, step, *, but=()):
    after = state(step)
    assert list(after) == list(before)
    for name, values in before.items():
        for one, other in zip(values, after[name], strict=True):
            if name in but:
                assert one != other
            else:
                np.testing.assert_array_equal(one, other, err_msg=name)


@contextlib.contextmanager
def eagerly():
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)


MODES = {
    "function": ({}, contextlib.nullcontext),
    "eager": ({}, eagerly),
    "xla": ({"jit_compile": True}, contextlib.nullcontext),
    "tf1 optimizer": ({"optimizer": "v1_adam"}, contextlib.nullcontext),
    "mixed_bfloat16": ({"precision": "mixed_bfloat16"}, contextlib.nullcontext),
    "mixed_float16": ({"precision": "mixed_float16"}, contextlib.nullcontext),
}


@pytest.mark.parametrize(
    ("norm", "mode"),
    [*((norm, "function") for norm in NORMS), *(("batch_norm", mode) for mode in list(MODES)[1:])],
)
def test_not_a_number_leaves_nothing(norm, mode):
    options, around = MODES[mode]
    with around():
        step = make(norm, **options)
        step(IMAGES, LABELS)
        before = state(step)
        # Without normalization the ReLU of a CPU hides the NaN from the loss; the gradient has it.
        if norm == "none" or mode == "mixed_float16":
            wanted = "Not finite: the gradient of net/conv/weights|The loss is not finite"
        else:
            wanted = "The loss is not finite"
        with pytest.raises(tf.errors.InvalidArgumentError, match=wanted) as caught:
            step(WITH_NAN, LABELS)
        assert "function_node" not in caught.value.message
        assert_unchanged(before, step)
        assert np.isfinite(step(IMAGES, LABELS))


@pytest.mark.parametrize("norm", ["batch_norm", "keras"])
def test_one_replica_with_a_nan_stops_all(norm, strategy2):
    with strategy2.scope():
        step = make(norm, optimizer="v1_momentum" if norm == "keras" else "keras_adam")
    feed = split(strategy2, step, IMAGES, LABELS)
    step(*feed)
    before = state(step)
    with pytest.raises(tf.errors.InvalidArgumentError, match="not finite|Not finite"):
        step(*split(strategy2, step, WITH_NAN[::-1], LABELS))
    assert_unchanged(before, step)


def split(strategy, step, images, labels):
    data = tf.data.Dataset.from_tensors((images, labels)).unbatch().batch(len(images))
    return next(iter(strategy.experimental_distribute_dataset(data)))


def infinite_gradient(outputs, labels):
    """A loss of 0 whose gradient is not a number."""
    return tf.reduce_sum(tf.sqrt(outputs - tf.stop_gradient(outputs)))


def test_a_finite_loss_with_gradients_that_are_not_is_refused():
    step = make(loss=infinite_gradient)
    before = state(step)
    with pytest.raises(tf.errors.InvalidArgumentError, match="the gradient of .*net/conv/weights"):
        step(IMAGES, LABELS)
    assert_unchanged(before, step)


def test_rows_of_an_embedding_are_checked_too():
    def net(ids):
        return tf.gather(slim.variable("table", [4, 2], initializer=tf.ones_initializer()), ids)

    model = slim.Model(net).build(tf.TensorSpec([None], tf.int32))
    step = slim.learning.make_train_step(model, infinite_gradient, tf.keras.optimizers.SGD(0.1))
    with pytest.raises(tf.errors.InvalidArgumentError, match="Not finite: the gradient of table"):
        step(tf.constant([1, 2]), tf.zeros([2]))
    np.testing.assert_array_equal(model.variables[0], np.ones([4, 2]))


def test_what_cannot_be_added_up_is_called_large_and_not_nan():
    model = slim.Model(lambda x: x * slim.variable("w", [2], initializer=tf.ones_initializer()))
    model.build(tf.TensorSpec([None, 2]))
    step = slim.learning.make_train_step(
        model,
        lambda outputs, _: tf.reduce_max(outputs) * 0.0 + tf.reduce_sum(outputs) * 3e38,
        tf.keras.optimizers.SGD(0.1),
    )
    model.variables[0].assign([1e-30, 1e-30])
    with pytest.raises(tf.errors.InvalidArgumentError, match="the sum of the gradients"):
        step(tf.ones([1, 2]), tf.zeros([1]))


def test_a_step_skipped_by_loss_scaling_changes_the_scale_and_the_count_only():
    step = make(precision="mixed_float16", loss=lambda o, y: tf.reduce_mean(o) * 1e4)
    step.loss_scale.scale.assign(2.0**100)
    before = state(step)
    step(IMAGES, LABELS)
    # The step has used up its batch and its random numbers, so it counts.
    assert_unchanged(before, step, but=("global_step", "loss_scale"))


def test_unchecked_numbers_are_not_held_back():
    step = make(check_numerics=False)
    step(WITH_NAN, LABELS)
    assert any(np.isnan(v.numpy()).any() for v in step.model.variables)


def test_fit_names_the_gradient(tmp_path):
    data = tf.data.Dataset.from_tensors((WITH_NAN, LABELS)).repeat()
    with pytest.raises(slim.learning.NonFiniteLossError, match="net/conv/weights in step 1"):
        slim.learning.fit(make("none"), data, tmp_path, 3, hooks=[])


# ---------------------------------------------------------------- batches without examples


def mean(outputs, labels):
    return tf.reduce_mean(
        tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=outputs)
    )


@pytest.mark.parametrize("optimizer", ["keras_adam", "v1_momentum"])
@pytest.mark.parametrize("loss", [None, mean])
def test_a_batch_without_examples_counts_but_changes_nothing(optimizer, loss):
    step = make(optimizer=optimizer, loss=loss)
    step(IMAGES, LABELS)
    before = state(step)
    assert float(step(IMAGES[:0], LABELS[:0])) == 0.0
    assert_unchanged(before, step, but=("global_step",))


@pytest.mark.parametrize("norm", ["batch_norm", "renorm", "keras"])
def test_a_last_batch_smaller_than_the_replicas(norm, strategy2):
    """The single example of it counts as it does where there is one replica."""
    alone = make(norm, optimizer="keras_sgd")
    with strategy2.scope():
        both = make(norm, optimizer="keras_sgd")
    for one, other in zip(alone.model.variables, both.model.variables, strict=True):
        other.assign(tf.identity(one))
    data = tf.data.Dataset.from_tensor_slices((IMAGES[:5], LABELS[:5])).batch(4)
    _, (xs, ys) = strategy2.experimental_distribute_dataset(data)
    loss = both(xs, ys)
    np.testing.assert_allclose(loss, alone(IMAGES[4:5], LABELS[4:5]), rtol=1e-5)
    trained = zip(alone.model.trainable_variables, both.model.trainable_variables, strict=True)
    for one, other in trained:
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-4, atol=1e-6)
    first = alone.model.non_trainable_variables
    for one, other in zip(first, both.model.non_trainable_variables, strict=True):
        of_first, of_second = (v.numpy() for v in strategy2.experimental_local_results(other))
        np.testing.assert_allclose(of_first, one.numpy(), rtol=1e-4, atol=1e-6)
        assert set(np.unique(of_second)) <= {0.0, 1.0}, other.name  # as it was made


def test_synchronized_moments_do_not_see_what_was_made_up(strategy2):
    def net(x, is_training=False):
        x = slim.batch_norm(x, is_training=is_training, synchronized=True, scope="bn")
        return slim.fully_connected(x, 2, activation_fn=None, scope="fc")

    def scaled(outputs, labels):
        return slim.losses.sparse_softmax_cross_entropy(outputs, labels)

    x, y = toy.X[:3], np.array([0, 1, 1])
    alone = slim.Model(net).build([None, 5])
    steps = [slim.learning.make_train_step(alone, scaled, tf.keras.optimizers.SGD(0.1))]
    with strategy2.scope():
        both = slim.Model(net).build([None, 5])
        steps.append(slim.learning.make_train_step(both, scaled, tf.keras.optimizers.SGD(0.1)))
    for one, other in zip(alone.variables, both.variables, strict=True):
        other.assign(tf.identity(one))
    given = [(x, y), (x[:0], y[:0])]
    parts = strategy2.experimental_distribute_values_from_function(
        lambda context: tuple(map(tf.constant, given[context.replica_id_in_sync_group]))
    )
    np.testing.assert_allclose(steps[0](x, y), steps[1](*parts), rtol=1e-5)
    for one, other in zip(alone.trainable_variables, both.trainable_variables, strict=True):
        np.testing.assert_allclose(one.numpy(), other.numpy(), rtol=1e-4, atol=1e-6)
