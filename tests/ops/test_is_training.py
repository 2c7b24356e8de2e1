"""What a call of a model is, training or inference, and who says so."""

from __future__ import annotations

import functools
import warnings

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1
X = np.random.RandomState(0).normal(1.0, 2.0, [8, 5]).astype(np.float32)


def told(x, is_training=True):
    """A net that trains by its own default, as most of those of research/slim."""
    return slim.dropout(slim.batch_norm(x, is_training=is_training, scope="b"), 0.9, seed=1,
                        is_training=is_training)  # fmt: skip


def told_not(x, is_training=False):
    return told(x, is_training)


def untold(x):
    return slim.dropout(slim.batch_norm(x, scope="b"), 0.9, seed=1)


def with_keras(x):
    return slim.keras_layer(tf.keras.layers.BatchNormalization, momentum=0.5, scope="norm")(x)


def any_keyword(x, **kwargs):
    assert not set(kwargs) - {"is_training"}
    return told(x, **{"is_training": True, **kwargs}) if kwargs else untold(x)


NETS = {
    "trains by default": told,
    "does not by default": told_not,
    "has no such argument": untold,
    "has a layer of Keras": with_keras,
    "takes any keyword": any_keyword,
    "a partial": functools.partial(told),
    "calls a model": None,
}


def made(kind: str) -> slim.Model:
    if kind == "calls a model":
        child = slim.Model(told)
        return slim.Model(lambda x: child(x)).build([None, 5])
    return slim.Model(NETS[kind]).build([None, 5])


def named_mean(model) -> tf.Variable:
    return next(v for n, v in model.named_variables.items() if n.endswith("moving_mean"))


def trains(model, call) -> bool:
    """Whether the call moves the averages; it then normalizes by the batch as well."""
    before, outputs = named_mean(model).numpy(), call(model)
    moved = not np.array_equal(before, named_mean(model).numpy())
    if outputs is not None:
        assert (abs(float(tf.reduce_mean(outputs)) - X.mean()) > 0.5) == moved
    return moved


def by_step(model):
    step = slim.learning.make_train_step(
        model, lambda outputs, _: tf.reduce_sum(outputs), tf.keras.optimizers.SGD(0.0)
    )
    step(X, np.zeros(8))


def by_evaluation(model):
    data = tf.data.Dataset.from_tensors((X, np.zeros(8)))
    metric = (slim.metrics.streaming_mean, lambda outputs, _: (outputs,))
    slim.evaluation.evaluate(model, data, {"mean": metric})


def by_keras(training):
    def call(model):
        layer = slim.as_keras_layer(model)
        layer.build([None, 5])
        return layer(X, training=training)

    return call


def under_a_tape(model):
    with tf.GradientTape():
        return model(X)


CALLS = {
    "plain": (lambda m: m(X), False),
    "plain, in a function": (lambda m: tf.function(m)(X), False),
    "under a tape": (under_a_tape, False),
    "told to train": (lambda m: m(X, is_training=True), True),
    "told not to": (lambda m: m(X, is_training=False), False),
    "told by a tensor": (lambda m: tf.function(m)(X, is_training=tf.constant(True)), True),
    "a training step": (by_step, True),
    "evaluation": (by_evaluation, False),
    "Keras in training": (by_keras(True), True),
    "Keras": (by_keras(None), False),
}


# A layer of Keras decides before a tensor has a value, and keeps the variables that it has made.
NOT_WITH_KERAS = {"told by a tensor", "Keras", "Keras in training"}


@pytest.mark.parametrize(
    ("kind", "call"),
    [
        (kind, call)
        for kind in NETS
        for call in CALLS
        if kind != "has a layer of Keras" or call not in NOT_WITH_KERAS
    ],
)
def test_calls(kind, call):
    run, expected = CALLS[call]
    assert trains(made(kind), run) == expected


def test_by_position():
    model = slim.Model(told).build([None, 5])
    assert trains(model, lambda m: m(X, True))
    assert not trains(model, lambda m: m(X, False))


@pytest.mark.parametrize("value", [True, False])
def test_said_once_for_all_calls(value):
    for model in (
        slim.Model(told, is_training=value),
        slim.Model(untold, is_training=value),
        slim.Model(functools.partial(told, is_training=value)),
    ):
        model.build([None, 5])
        assert trains(model, lambda m: m(X)) == value
    model = slim.Model(told, is_training=False).build([None, 5])
    assert not trains(model, by_step), "frozen batch norm"


def test_where_losses_are_collected_a_net_that_trains_by_default_must_be_told():
    model = made("trains by default")
    with slim.collect(), pytest.raises(ValueError, match="is_training=True"):
        model(X)
    with slim.collect():
        assert trains(model, lambda m: m(X, is_training=True))
        assert not trains(model, lambda m: m(X, is_training=False))
        assert not trains(made("does not by default"), lambda m: m(X))
        assert trains(made("has no such argument"), lambda m: m(X)), "as its layers have it"


def test_scopes_and_calls_inside_have_the_last_word():
    def net(x):
        with slim.arg_scope([slim.batch_norm], is_training=True):
            return slim.batch_norm(x, scope="b")

    with pytest.warns(UserWarning, match="'b' has is_training=True, although"):
        assert trains(slim.Model(net).build([None, 5]), lambda m: m(X))

    def by_hand(x):
        return slim.dropout(x, 0.5, None, True)

    assert np.any(slim.Model(by_hand)(X).numpy() == 0.0), "dropout on purpose"


def test_a_plain_net_in_a_function_that_does_not_pass_it_on_is_told_of():
    model = slim.Model(lambda x: told(x)).build([None, 5])
    with pytest.warns(UserWarning, match="pass that on"):
        by_evaluation(model)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        by_step(model)


def test_plain_functions_and_v1_graphs_keep_their_defaults():
    before = slim.batch_norm(X, scope="plain")
    assert abs(float(tf.reduce_mean(before))) < 1e-5
    for net, updates in ((told, 2), (told_not, 0), (untold, 2)):
        with tf.Graph().as_default():
            slim.Model(net)(v1.placeholder(tf.float32, [None, 5]))
            assert len(v1.get_collection(v1.GraphKeys.UPDATE_OPS)) == updates


@pytest.mark.parametrize("name", ["lenet", "cifarnet", "mobilenet_v1_025", "resnet_v1_18"])
def test_nets_by_name_are_called_for_inference(name):
    spec = slim.nets.spec(name)
    size = min(spec.image_size, 32)
    images = tf.random.stateless_uniform([2, size, size, spec.channels], [0, 1])
    model = slim.nets.create(name, 3).build(images)
    before = [v.numpy() for v in model.variables]
    np.testing.assert_array_equal(model(images)[0], model(images, is_training=False)[0])
    for old, variable in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(variable.numpy(), old)
