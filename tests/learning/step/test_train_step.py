"""make_train_step: against numpy, in all its options, on one device and on two."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.learning import toy


def batches(n):
    return list(toy.data().take(n))


def weights(model):
    return {name: v.numpy() for name, v in model.named_variables.items()}


def close(one, two, **tolerance):
    for name, value in one.items():
        np.testing.assert_allclose(value, two[name], err_msg=name, **tolerance)


def linear_step(**kwargs):
    """loss = mean(x @ w), so that the gradient of w is the mean of x."""
    model = slim.Model(lambda x: x @ slim.variable("w", [5, 1])).build([None, 5])
    model.variables[0].assign(np.ones([5, 1], np.float32))
    step = slim.learning.make_train_step(
        model, lambda out, _: tf.reduce_mean(out), tf.keras.optimizers.SGD(0.5), **kwargs
    )
    x = tf.constant(toy.X[:8])
    loss = step(x, tf.zeros([8]))
    np.testing.assert_allclose(loss, np.mean(toy.X[:8] @ np.ones([5, 1])), rtol=1e-5)
    return model.variables[0].numpy()[:, 0], np.mean(toy.X[:8], axis=0)


def test_plain_step():
    w, gradient = linear_step()
    np.testing.assert_allclose(w, 1 - 0.5 * gradient, rtol=1e-5)


def test_gradient_multiplier():
    w, gradient = linear_step(gradient_multipliers={"w": 0.1})
    np.testing.assert_allclose(w, 1 - 0.05 * gradient, rtol=1e-5)


def test_clip_by_norm():
    w, gradient = linear_step(clip_gradient_norm=0.01)
    expected = 1 - 0.5 * gradient * 0.01 / np.linalg.norm(gradient)
    np.testing.assert_allclose(w, expected, rtol=1e-5)


@pytest.mark.parametrize("limit", [0.01, 100.0])
def test_clip_by_the_norm_of_all_gradients_together(limit):
    model = slim.Model(lambda x: x @ slim.variable("w", [5, 1]) + slim.variable("b", [1]))
    model.build([None, 5])
    for variable in model.variables:
        variable.assign(tf.ones_like(variable))
    step = slim.learning.make_train_step(
        model,
        lambda out, _: tf.reduce_mean(out),
        tf.keras.optimizers.SGD(0.5),
        clip_global_norm=limit,
    )
    step(toy.X[:8], tf.zeros([8]))
    gradient = np.append(np.mean(toy.X[:8], axis=0), 1.0)
    expected = 1 - 0.5 * gradient * min(1.0, limit / np.linalg.norm(gradient))
    w, b = (v.numpy().ravel() for v in model.variables)
    np.testing.assert_allclose([*w, *b], expected, rtol=1e-5)


def test_multiplier_comes_before_clipping():
    w, gradient = linear_step(clip_gradient_norm=0.01, gradient_multipliers={"*": 100.0})
    expected = 1 - 0.5 * gradient * 0.01 / np.linalg.norm(gradient)
    np.testing.assert_allclose(w, expected, rtol=1e-5)


@pytest.mark.parametrize("optimizer", toy.OPTIMIZERS)
def test_two_replicas_train_as_one(optimizer, strategy2):
    options = dict(
        clip_gradient_norm=0.5,
        clip_global_norm=0.6,
        gradient_multipliers={"net/l*": 2.0},
        noise=False,
    )
    _, alone = toy.step(optimizer, **options)
    with strategy2.scope():
        _, both = toy.step(optimizer, **options)
    split = strategy2.experimental_distribute_dataset(toy.data())
    for (x, y), (xs, ys), _ in zip(toy.data(), split, range(8)):
        np.testing.assert_allclose(alone(x, y), both(xs, ys), rtol=1e-5)
    close(weights(alone.model), weights(both.model), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("accumulate", [1, 2])
@pytest.mark.parametrize("loss", [toy.loss, slim.losses.sparse_softmax_cross_entropy])
def test_shares_of_different_sizes_weigh_by_these(loss, accumulate, strategy2):
    def made():
        model, optimizer = toy.model(noise=False), tf.keras.optimizers.SGD(0.1)
        return slim.learning.make_train_step(model, loss, optimizer, accumulate=accumulate)

    alone = made()
    with strategy2.scope():
        both = made()
    # Batches of 31, of 1, which leaves one without any, and of 9.
    data = tf.data.Dataset.from_tensor_slices((toy.X[:32], toy.Y[:32])).batch(31)
    data = data.concatenate(tf.data.Dataset.from_tensors((toy.X[:9], toy.Y[:9])))
    for (x, y), (xs, ys) in zip(data, strategy2.experimental_distribute_dataset(data)):
        np.testing.assert_allclose(alone(x, y), both(xs, ys), rtol=1e-5)
    close(weights(alone.model), weights(both.model), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("optimizer", toy.OPTIMIZERS)
def test_two_replicas_name_their_state_as_one_does(optimizer, strategy2):
    _, alone = toy.step(optimizer, noise=False)
    with strategy2.scope():
        _, both = toy.step(optimizer, noise=False)
    (x, y), *_ = batches(1)
    split = next(iter(strategy2.experimental_distribute_dataset(toy.data())))
    alone(x, y)
    both(*split)
    names = {name: v.shape for name, v in alone.named_variables().items()}
    assert {name: v.shape for name, v in both.named_variables().items()} == names


@pytest.mark.parametrize("optimizer", ["keras_sgd", "v1_momentum"])
def test_a_strategy_of_one_replica_trains_as_none(optimizer):
    _, alone = toy.step(optimizer, noise=False)
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        _, mirrored = toy.step(optimizer, noise=False)
    for x, y in batches(3):
        np.testing.assert_allclose(alone(x, y), mirrored(x, y), rtol=1e-5)
    close(weights(alone.model), weights(mirrored.model), rtol=1e-5, atol=1e-6)
    assert sorted(alone.named_variables()) == sorted(mirrored.named_variables())


def test_xla_and_plain_agree():
    _, plain = toy.step(noise=False)
    _, compiled = toy.step(jit_compile=True, noise=False)
    for x, y in batches(5):
        np.testing.assert_allclose(plain(x, y), compiled(x, y), rtol=1e-4)
    close(weights(plain.model), weights(compiled.model), rtol=1e-4, atol=1e-6)


def test_noise_is_a_function_of_seed_and_step():
    runs = []
    for seed in (0, 0, 1):
        _, step = toy.step(seed=seed)
        runs.append([float(step(x, y)) for x, y in batches(4)])
    assert runs[0] == runs[1] != runs[2]


def test_only_chosen_variables_train():
    model, step = toy.step(variables_to_train=["net/logits/*"])
    before = weights(model)
    for x, y in batches(2):
        step(x, y)
    after = weights(model)
    np.testing.assert_array_equal(before["net/fc/weights"], after["net/fc/weights"])
    assert not np.array_equal(before["net/logits/weights"], after["net/logits/weights"])


def test_variables_themselves_can_be_chosen():
    model = toy.model()
    before = weights(model)
    step = slim.learning.make_train_step(
        model, toy.loss, tf.keras.optimizers.SGD(0.1), variables_to_train=[model.variables[1]]
    )
    step(*batches(1)[0])
    changed = [name for name, value in weights(model).items() if np.any(value != before[name])]
    assert changed == ["net/logits/weights"]


def test_step_counts_and_weight_decay_is_part_of_the_loss():
    model, step = toy.step()
    (x, y), *_ = batches(1)
    with slim.collect() as got, slim.random_scope([0, 0]):
        model(x)
        decay = float(tf.add_n(got.regularization_losses()))
    bare = toy.model()
    other = slim.learning.make_train_step(bare, toy.loss, tf.keras.optimizers.SGD(0.0))
    bare._store._regularizers.value.clear()
    assert decay > 0.01
    np.testing.assert_allclose(float(step(x, y)) - float(other(x, y)), decay, rtol=1e-3)
    assert int(step.global_step) == 1


def test_a_loss_that_is_not_finite_changes_nothing():
    model = toy.model()
    step = slim.learning.make_train_step(
        model, lambda out, y: toy.loss(out, y) / 0.0, tf.keras.optimizers.SGD(0.1)
    )
    before = weights(model)
    (x, y), *_ = batches(1)
    with pytest.raises(tf.errors.InvalidArgumentError, match="not finite"):
        step(x, y)
    close(before, weights(model))
    assert int(step.global_step) == 0


def test_check_numerics_can_be_left_out():
    model = toy.model()
    step = slim.learning.make_train_step(
        model,
        lambda out, y: toy.loss(out, y) * float("nan"),
        tf.keras.optimizers.SGD(0.1),
        check_numerics=False,
    )
    assert np.isnan(step(*batches(1)[0]))


def test_names_of_slots_are_those_of_tf1():
    _, first = toy.step("v1_adam")
    _, second = toy.step("v1_adam")
    for step in (first, second):
        step.prepare(*toy.data().element_spec)
        assert sorted(step.named_variables()) == [
            "beta1_power",
            "beta2_power",
            "global_step",
            "net/fc/weights",
            "net/fc/weights/Adam",
            "net/fc/weights/Adam_1",
            "net/logits/weights",
            "net/logits/weights/Adam",
            "net/logits/weights/Adam_1",
        ]


def test_keras_slots_do_not_depend_on_the_number_of_optimizers():
    names = [sorted(toy.step("keras_adam")[1].named_variables()) for _ in range(2)]
    assert names[0] == names[1]
    assert len(names[0]) == 2 + 4 + 2 + 1  # weights, moments, iteration and rate, global step


def test_a_variable_the_loss_does_not_depend_on_is_named():
    def two_heads(x, is_training=False):
        toy.dense(x, 2, "unused")
        return toy.dense(x, 2, "used")

    model = slim.Model(two_heads).build([None, 5])
    model._store._regularizers.value.clear()
    step = slim.learning.make_train_step(model, toy.loss, tf.keras.optimizers.SGD(0.1))
    with pytest.warns(UserWarning, match="unused/weights"):
        step(*batches(1)[0])


def late_net(x, is_training=False, late=False):
    if late:
        toy.dense(x, 2, "late")
    return toy.dense(x, 2, "early")


def built_late():
    model = slim.Model(late_net).build([None, 5])
    step = slim.learning.make_train_step(model, toy.loss, tf.keras.optimizers.SGD(0.1))
    model(toy.X, late=True)
    return step(*batches(1)[0])


def constant_loss():
    step = slim.learning.make_train_step(
        toy.model(), lambda out, y: tf.constant(1.0), tf.keras.optimizers.SGD(0.1)
    )
    step.model._store._regularizers.value.clear()
    return step(*batches(1)[0])


def with_loss(value):
    step = slim.learning.make_train_step(toy.model(), value, tf.keras.optimizers.SGD(0.1))
    return step(*batches(1)[0])


BAD = {
    "not a model": (
        lambda: slim.learning.make_train_step(toy.net, toy.loss, None),
        TypeError,
        r"slim\.Model\(net\)",
    ),
    "not an optimizer": (
        lambda: slim.learning.make_train_step(toy.model(), toy.loss, "sgd"),
        TypeError,
        r"tf\.keras\.optimizers\.SGD",
    ),
    "not a loss": (
        lambda: slim.learning.make_train_step(toy.model(), 3, tf.keras.optimizers.SGD(0.1)),
        TypeError,
        "outputs, labels",
    ),
    "not built": (
        lambda: slim.learning.make_train_step(
            slim.Model(toy.net), toy.loss, tf.keras.optimizers.SGD(0.1)
        ),
        ValueError,
        "Build it",
    ),
    "no such variable": (
        lambda: toy.step(variables_to_train=["net/fc"]),
        ValueError,
        r"write 'net/fc/\*'",
    ),
    "one pattern": (lambda: toy.step(variables_to_train="net/*"), TypeError, r"\['net/\*'\]"),
    "foreign variable": (
        lambda: toy.step(variables_to_train=[tf.Variable(1.0, name="v")]),
        ValueError,
        "v:0",
    ),
    "no such multiplier": (
        lambda: toy.step(gradient_multipliers={"nett/fc/weights": 2.0}),
        ValueError,
        "net/fc/weights",
    ),
    "a norm that is no number": (
        lambda: toy.step(clip_gradient_norm=float("nan")),
        ValueError,
        "finite.*nan",
    ),
    "an infinite norm": (lambda: toy.step(clip_gradient_norm=float("inf")), ValueError, "0 for no"),
    "a norm in words": (lambda: toy.step(clip_gradient_norm="1"), TypeError, "expected a number"),
    "a multiplier that is no number": (
        lambda: toy.step(gradient_multipliers={"net/fc/weights": float("nan")}),
        ValueError,
        r"net/fc/weights.*finite",
    ),
    "a global norm in words": (
        lambda: toy.step(clip_global_norm="1"),
        TypeError,
        "clip_global_norm: expected a number",
    ),
    "negative norm": (lambda: toy.step(clip_gradient_norm=-1), ValueError, "-1"),
    "loss of none": (lambda: with_loss(lambda out, y: None), ValueError, "scalar"),
    "loss of a vector": (lambda: with_loss(lambda out, y: out[:, 0]), ValueError, r"\(16,\)"),
    "loss of nothing": (constant_loss, ValueError, "depends on none"),
    "variables made later": (built_late, ValueError, "late/weights.*Build the model first"),
    "nothing to train": (lambda: toy.step(variables_to_train=[]), ValueError, "nothing to train"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case):
    call, error, text = BAD[case]
    with pytest.raises(error, match=text):
        call()
