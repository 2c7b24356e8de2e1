"""Blocks of a net: computed again for their gradient where a model asks for it, and the same."""

from __future__ import annotations

import functools
import gc
import re
import weakref

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

X = np.random.RandomState(0).normal(size=[6, 8, 8, 2]).astype(np.float32)
Y = np.array([0, 1, 2, 0, 1, 2])


def unit(net):
    """With all that may go wrong: moving averages, a random choice, a regularizer, a name made."""
    net = slim.conv2d(
        net, 4, 3, normalizer_fn=slim.batch_norm, weights_regularizer=slim.l2_regularizer(0.1)
    )
    return slim.dropout(net, 0.6)


def pair(left, right):
    return [slim.conv2d(left + right, 4, 3), left * right]


def net(x):
    with slim.scope("net"):
        x = slim.conv2d(x, 4, 3, scope="stem")
        for number in range(2):
            with slim.scope(f"unit_{number}"):
                x = slim.block(unit, x)
        left, right = slim.block(pair, x, x * 2.0, name="pair")
        return slim.fully_connected(tf.reduce_mean(left + right, [1, 2]), 3, None, scope="logits")


BLOCKS = ["net/unit_0", "net/unit_1", "net/pair"]


def built(fn=net, shape=(8, 8, 2), **kwargs):
    model = slim.Model(fn, **kwargs).build(tf.TensorSpec([None, *shape]))
    for index, variable in enumerate(model.trainable_variables):
        variable.assign(0.5 * np.random.RandomState(index).randn(*variable.shape))
    return model


def in_steps(x, recompute, **options):
    model = built(recompute=recompute)
    step = slim.learning.make_train_step(
        model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.SGD(0.1), **options
    )
    return [step(x, Y), step(x, Y)], model


def compiled(x, recompute):
    return in_steps(x, recompute, jit_compile=True)


def in_parts(x, recompute):
    return in_steps(x, recompute, accumulate=2)


def eagerly(x, recompute):
    model = built(recompute=recompute)
    losses = []
    for number in range(2):
        with slim.random_scope([3, number]), tf.GradientTape() as tape, slim.collect() as got:
            slim.losses.sparse_softmax_cross_entropy(model(x, is_training=True), Y)
            losses.append(got.total_loss())
        grads = tape.gradient(losses[-1], model.trainable_variables)
        for gradient, variable in zip(grads, model.trainable_variables, strict=True):
            variable.assign_sub(0.1 * gradient)
    return losses, model


def on_two_replicas(x, recompute, strategy):
    with strategy.scope():
        model = built(recompute=recompute)
        step = slim.learning.make_train_step(
            model, slim.losses.sparse_softmax_cross_entropy, tf.keras.optimizers.SGD(0.1)
        )
    data = tf.data.Dataset.from_tensor_slices((x, Y)).batch(6).repeat(2)
    return [step(*batch) for batch in strategy.experimental_distribute_dataset(data)], model


WAYS = [in_steps, compiled, in_parts, eagerly, on_two_replicas]


# Which blocks are recomputed does not go by the way in which steps are taken.
@pytest.mark.parametrize(
    ("way", "recompute"), [(way, True) for way in WAYS] + [(in_steps, ["net/unit_*"])]
)
def test_nothing_but_memory_changes(way, recompute, strategy2):
    if way is on_two_replicas:
        way = functools.partial(way, strategy=strategy2)
    (wanted, plain), (losses, model) = way(X, None), way(X, recompute)
    np.testing.assert_allclose(losses, wanted, rtol=1e-6)
    named = {name: tf.convert_to_tensor(v) for name, v in model.named_variables.items()}
    assert list(named) == list(plain.named_variables)
    for name, variable in plain.named_variables.items():
        np.testing.assert_allclose(
            named[name], tf.convert_to_tensor(variable), rtol=1e-5, atol=1e-7, err_msg=name
        )


def convolutions(model, *, training=True):
    """How many there are in the graph of a gradient; one that is computed again counts twice."""

    @tf.function
    def gradients(x):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(x, is_training=training))
        return tape.gradient(loss, model.trainable_variables)

    operations = gradients.get_concrete_function(tf.TensorSpec(model.input_specs[0].shape)).graph
    return sum(one.type == "Conv2D" for one in operations.get_operations())


@pytest.mark.parametrize(
    ("recompute", "again"),
    [(None, 0), (False, 0), (True, 3), (["net/unit_1"], 1), ([re.compile("unit"), "*pair"], 3)],
)
def test_what_is_computed_again(recompute, again):
    model = built(recompute=recompute)
    assert convolutions(model) == 4 + again
    assert convolutions(model, training=False) == 4


def test_a_block_in_a_block_is_a_part_of_it():
    def outer(x):
        return slim.block(unit, slim.conv2d(x, 4, 3))

    def nested(x):
        return slim.block(outer, x, name="outer")

    assert convolutions(built(nested, recompute=True)) == 2 + 2


def test_a_model_within_a_model():
    """The outer one asks, or what the inner one was told holds."""

    def over(inner):
        return lambda x: slim.block(lambda x: slim.conv2d(x, 1, 3), inner(x), name="over")

    def inner(x):
        return slim.block(lambda x: slim.conv2d(x, 3, 3, scope="inner"), x, name="under")

    for told, asked, again in (
        (None, True, 2),
        (False, True, 1),
        (True, None, 1),
        (True, False, 1),
    ):
        outer = over(slim.Model(inner, recompute=told))
        assert convolutions(built(outer, recompute=asked)) == 2 + again


def test_activations_in_blocks_are_not_kept():
    kept = []

    def part(x):
        kept.append(weakref.ref(inner := tf.tanh(x)))
        return inner * 3.0

    def whole(x):
        return tf.reduce_sum(slim.block(part, slim.variable("w", [2]) * x, name="part"))

    for recompute, alive in ((None, True), (True, False)):
        model = built(whole, recompute=recompute)
        with tf.GradientTape() as tape:
            loss = model(X, is_training=True)
        gc.collect()
        assert (kept[-1]() is not None) == alive
        assert tape.gradient(loss, model.variables[0]) is not None


def test_what_is_filed_in_a_block_has_its_gradient():
    """In a function; what it needs is then kept."""

    def part(x):
        inner = slim.conv2d(x, 3, 3, scope="inner", outputs_collections="ends")
        return inner * 0.0

    def whole(x):
        net = slim.block(part, x, name="part")
        return net, slim.utils.convert_collection_to_dict("ends")

    found = []
    for recompute in (None, True):
        model = built(whole, recompute=recompute)

        @tf.function
        def gradient(x, model=model):
            with tf.GradientTape() as tape:
                _, ends = model(x, is_training=True)
                loss = tf.reduce_sum(ends["inner"] ** 2)
            return tape.gradient(loss, model.trainable_variables)

        found.append(gradient(X))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)


def test_outside_of_a_model_a_block_is_a_call():
    assert slim.block(lambda x, y: x + y, 1, 2) == 3


REFUSED = {
    "a text": ("net/unit_0", TypeError, "recompute: expected True, False, or a list"),
    "a number": (3, TypeError, "recompute"),
    "no block of the name": (["net/unti_0"], ValueError, "matches no block.*net/unit_0"),
    "no pattern": ([3], TypeError, "recompute takes globs"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_recompute_may_be(case):
    recompute, error, said = REFUSED[case]
    with pytest.raises(error, match=said):
        built(recompute=recompute)


def test_a_net_without_blocks_is_told_so():
    with pytest.raises(ValueError, match="lenet.*has no blocks.*slim.block"):
        slim.nets.create("lenet", recompute=True).build(tf.TensorSpec([None, 28, 28, 1]))
