"""Moving averages of weights: the numbers of TensorFlow 1, whatever happens in between."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.learning import toy

EVERY = [(x, y) for x, y in toy.data().take(6)]


def weights(model):
    return {name: v.numpy() for name, v in model.named_variables.items()}


def averages(step):
    ending = "/ExponentialMovingAverage"
    named = step.named_variables().items()
    return {n.removesuffix(ending): v.numpy() for n, v in named if n.endswith(ending)}


def assert_equal(one, other, **tolerance):
    assert list(one) == list(other)
    for name, value in one.items():
        np.testing.assert_allclose(value, other[name], err_msg=name, **tolerance)


def of_tensorflow_1(history, decay):
    """What `tf.train.ExponentialMovingAverage` makes of weights, the first ones being given."""
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        first, *rest = history
        variables = {
            name: tf.compat.v1.get_variable(name, initializer=tf.constant(value))
            for name, value in first.items()
        }
        count = tf.compat.v1.placeholder(tf.float32, [])
        average = tf.compat.v1.train.ExponentialMovingAverage(decay, num_updates=count)
        update = average.apply(list(variables.values()))
        session.run(tf.compat.v1.global_variables_initializer())
        for number, values in enumerate(rest):
            for name, value in values.items():
                variables[name].load(value, session)
            session.run(update, {count: number})
        return {name: session.run(average.average(v)) for name, v in variables.items()}


@pytest.mark.parametrize("decay", [0.999, 0.2])
@pytest.mark.parametrize("optimizer", ["keras_adam", "v1_momentum"])
def test_numbers_are_those_of_tensorflow_1(optimizer, decay):
    model, step = toy.step(optimizer, average_decay=decay)
    history = [weights(model)]
    for x, y in EVERY:
        step(x, y)
        history.append(weights(model))
    assert_equal(averages(step), of_tensorflow_1(history, decay), rtol=1e-5, atol=1e-7)


def test_training_is_the_same_with_and_without():
    models = []
    for options in ({}, {"average_decay": 0.9}):
        model, step = toy.step(**options)
        for x, y in EVERY[:3]:
            step(x, y)
        models.append(weights(model))
    assert_equal(*models, rtol=0)


def test_they_begin_at_what_was_restored_after_the_step_was_made(tmp_path):
    model, step = toy.step(average_decay=0.999)
    for variable in model.variables:
        variable.assign(tf.ones_like(variable))
    assert_equal(averages(step), weights(model), rtol=0)
    for variable in model.variables:
        variable.assign(tf.zeros_like(variable) + 2.0)
    before = weights(model)
    step(*EVERY[0])
    expected = of_tensorflow_1([before, weights(model)], 0.999)
    assert_equal(averages(step), expected, rtol=1e-5)


def test_the_model_has_them_inside_the_block_only():
    model, step = toy.step(average_decay=0.9)
    with step.averaged_weights():  # no step yet: there are no others
        np.testing.assert_array_equal(model.variables[0], toy.model().variables[0])
    for x, y in EVERY[:3]:
        step(x, y)
    before, expected = weights(model), averages(step)
    with step.averaged_weights():
        assert_equal(weights(model), expected, rtol=0)
        with step.averaged_weights():
            assert_equal(weights(model), expected, rtol=0)
        assert_equal(weights(model), expected, rtol=0)
    assert_equal(weights(model), before, rtol=0)
    assert_equal(averages(step), expected, rtol=0)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_the_weights_come_back_whatever_happens(error):
    model, step = toy.step(average_decay=0.9)
    step(*EVERY[0])
    before = weights(model)
    with pytest.raises(error), step.averaged_weights():
        raise error
    assert_equal(weights(model), before, rtol=0)


class Interrupting(dict):
    """Is interrupted when its second item is asked for, once."""

    asked = 0

    def __getitem__(self, key):
        self.asked += 1
        if self.asked == 2:
            raise KeyboardInterrupt
        return super().__getitem__(key)


@pytest.mark.parametrize("when", ["going in", "coming back"])
def test_an_interruption_leaves_no_half_of_them(when):
    model, step = toy.step(average_decay=0.9)
    step(*EVERY[0])
    before, own = weights(model), step._averages
    with pytest.raises(KeyboardInterrupt):
        if when == "going in":
            own._averages = Interrupting(own._averages)
        with step.averaged_weights():
            if when == "coming back":
                own._weights = Interrupting(own._weights)
    assert_equal(weights(model), before, rtol=0)
    step(*EVERY[1])


def test_nothing_but_evaluation_is_for_inside():
    _, step = toy.step(average_decay=0.9)
    step(*EVERY[0])
    with step.averaged_weights():
        with pytest.raises(RuntimeError, match="take a step within averaged_weights"):
            step(*EVERY[0])
        with pytest.raises(RuntimeError, match="save or restore a training within"):
            step.named_variables()


def test_without_averages_the_block_changes_nothing():
    model, step = toy.step()
    step(*EVERY[0])
    before = weights(model)
    with step.averaged_weights():
        assert_equal(weights(model), before, rtol=0)
    assert not averages(step)


def test_evaluation_measures_the_averages():
    model, step = toy.step("keras_sgd", average_decay=0.9)
    for x, y in EVERY:
        step(x, y)
    data = tf.data.Dataset.from_tensors((toy.X, toy.Y))
    metrics = slim.evaluation.classification_metrics(2)
    plain = slim.evaluation.evaluate(model, data, metrics)["loss"]
    with step.averaged_weights():
        averaged = slim.evaluation.evaluate(model, data, metrics)["loss"]
    assert slim.evaluation.evaluate(model, data, metrics)["loss"] == plain != averaged
    for name, value in averages(step).items():
        model.named_variables[name].assign(value)
    np.testing.assert_allclose(
        slim.evaluation.evaluate(model, data, metrics)["loss"], averaged, rtol=1e-6
    )


def test_two_replicas_have_those_of_one(strategy2):
    _, alone = toy.step(noise=False, average_decay=0.9)
    with strategy2.scope():
        model, both = toy.step(noise=False, average_decay=0.9)
    data = tf.data.Dataset.from_tensor_slices(tuple(map(tf.stack, zip(*EVERY))))
    split = iter(strategy2.experimental_distribute_dataset(data))
    for x, y in EVERY:
        alone(x, y)
        both(*next(split))
    assert_equal(averages(both), averages(alone), rtol=1e-4, atol=1e-6)
    before = weights(model)
    with both.averaged_weights():
        for variable in model.variables:  # on each device
            for part in strategy2.experimental_local_results(variable):
                wanted = averages(alone)[variable.name.removesuffix(":0")]
                np.testing.assert_allclose(part, wanted, rtol=1e-4, atol=1e-6)
    assert_equal(weights(model), before, rtol=0)


def test_a_refused_step_leaves_them_alone():
    _, step = toy.step(average_decay=0.9)
    step(*EVERY[0])
    before = {name: v.numpy() for name, v in step.named_variables().items()}
    with pytest.raises(tf.errors.InvalidArgumentError, match="not finite"):
        step(toy.X[:4] * np.nan, toy.Y[:4])
    assert_equal({name: v.numpy() for name, v in step.named_variables().items()}, before, rtol=0)


@pytest.mark.parametrize("optimizer", ["keras_adam", "v1_momentum"])
def test_a_run_that_was_stopped_goes_on_exactly(optimizer, tmp_path):
    def run(folder, *ends):
        for end in ends:
            _, step = toy.step(optimizer, average_decay=0.99)
            slim.learning.fit(step, toy.data(), folder, end, hooks=[], log_every_steps=0)
        return {name: v.numpy() for name, v in step.named_variables().items()}

    whole, stopped = run(tmp_path / "whole", 7), run(tmp_path / "stopped", 3, 7)
    assert_equal(stopped, whole, rtol=0)


def test_the_names_are_those_that_checkpoints_of_tensorflow_1_have(tmp_path):
    model = slim.nets.create("lenet", 10)
    model.build(tf.TensorSpec([None, 28, 28, 1]))
    loss = slim.losses.sparse_softmax_cross_entropy
    step = slim.learning.make_train_step(
        model, loss, tf.keras.optimizers.SGD(0.1), average_decay=0.5
    )
    images = np.random.RandomState(0).rand(4, 28, 28, 1).astype(np.float32)
    data = tf.data.Dataset.from_tensors((images, np.arange(4))).repeat()
    slim.learning.fit(step, data, tmp_path, 3, hooks=[])
    path = slim.checkpoints.latest(tmp_path)
    expected = averages(step)
    assert set(expected) == {v.name.removesuffix(":0") for v in model.trainable_variables}

    # what a Saver of variables_to_restore() would ask for
    with tf.Graph().as_default():
        for variable in model.trainable_variables:
            tf.compat.v1.get_variable(variable.name.removesuffix(":0"), variable.shape)
        wanted = tf.compat.v1.train.ExponentialMovingAverage(0.5).variables_to_restore()
    held = {name for name, _ in tf.train.list_variables(path)}
    assert set(wanted) <= held

    other = slim.nets.create("lenet", 10).build(tf.TensorSpec([None, 28, 28, 1]))
    other.restore(path, rename=slim.checkpoints.averages)
    assert_equal(weights(other), expected, rtol=0)
    assert_equal(weights(slim.nets.create("lenet", checkpoint=path)), expected, rtol=0)
    other.restore(path)
    assert_equal(weights(other), weights(model), rtol=0)


@pytest.mark.parametrize("decay", [0, 1, 1.5, -0.1, True, "0.9", float("nan")])
def test_a_decay_is_between_0_and_1(decay):
    with pytest.raises((TypeError, ValueError), match="average_decay.*between 0 and 1"):
        toy.step(average_decay=decay)
