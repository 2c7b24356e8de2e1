"""Averages of batch norm in short trainings: they follow faster in the first updates."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.layers import moving_average

v1 = tf.compat.v1
SLOW = 0.9997
BATCHES = np.random.RandomState(0).normal(3.0, 2.0, [6, 16, 5]).astype(np.float32)


def net(x, decay=SLOW, is_training=False, **kwargs):
    with slim.scope("net"):
        return slim.batch_norm(x, decay=decay, is_training=is_training, scope="b", **kwargs)


def averages(decay=SLOW, warm=True):
    """Mean and variance after all batches, by the rule."""
    mean, variance = np.zeros(5), np.ones(5)
    for n, batch in enumerate(BATCHES):
        kept = min(decay, (1 + n) / (10 + n)) if warm and decay != 1 else decay
        mean = kept * mean + (1 - kept) * batch.mean(0)
        variance = kept * variance + (1 - kept) * batch.var(0, ddof=1)
    return mean, variance


def check(model, expected) -> None:
    named = {name.rpartition("/")[2]: value for name, value in model.named_variables.items()}
    for name, value in zip(("moving_mean", "moving_variance"), expected, strict=True):
        np.testing.assert_allclose(named[name].numpy(), value, rtol=1e-4, atol=1e-4)


def trained_by_step(model, **kwargs):
    optimizer = tf.keras.optimizers.SGD(0.0)
    step = slim.learning.make_train_step(
        model, lambda outputs, _: tf.reduce_sum(outputs), optimizer, **kwargs
    )
    for batch in BATCHES:
        step(batch, np.zeros(16))
    return step


def counted(model):
    """What `nets.create` makes of a net."""
    counter = moving_average.Counter()

    def call(batch, **kwargs):
        with counter.warm_up():
            return model(batch, **kwargs)

    return call


@pytest.mark.parametrize("jit_compile", [False, True])
def test_in_a_training_step(jit_compile):
    model = slim.Model(net).build([None, 5])
    trained_by_step(model, jit_compile=jit_compile)
    check(model, averages())
    assert len(model.variables) == 3, "nothing is added to what checkpoints hold"


def test_a_training_step_with_the_numbers_of_the_original():
    model = slim.Model(net, decay=0.75).build([None, 5])
    trained_by_step(model, warm_up_averages=False)
    check(model, averages(0.75, warm=False))


@pytest.mark.parametrize("function", [lambda f: f, tf.function], ids=["eager", "function"])
def test_in_a_loop_of_ones_own(function):
    model = slim.Model(net).build([None, 5])
    call = function(counted(model))
    for batch in BATCHES:
        call(tf.constant(batch), is_training=True)
        call(tf.constant(batch), is_training=False)  # does not count
    check(model, averages())


def test_a_model_called_first_for_inference_can_train_in_a_function():
    model = slim.Model(net)
    call = tf.function(counted(model))
    call(tf.constant(BATCHES[0]), is_training=False)
    for batch in BATCHES:
        call(tf.constant(batch), is_training=True)
    check(model, averages())


def test_a_switch_counts_the_updates_only():
    model = slim.Model(net).build([None, 5])
    call = tf.function(counted(model))
    for batch in BATCHES:
        for training in (False, True):
            call(tf.constant(batch), is_training=tf.constant(training))
    check(model, averages())


def test_layers_of_one_call_count_once():
    def two(x, is_training=False):
        for scope in ("b", "c"):
            x = slim.batch_norm(x, decay=SLOW, is_training=is_training, scope=scope)
        return x

    model = slim.Model(two).build([None, 5])
    call = counted(model)
    for batch in BATCHES:
        call(batch, is_training=True)
    expected = np.zeros(5)
    for n, batch in enumerate(BATCHES):
        kept = (1 + n) / (10 + n)
        normalized = (batch - batch.mean(0)) / np.sqrt(batch.var(0) + 0.001)
        expected = kept * expected + (1 - kept) * normalized.var(0, ddof=1)
    first = (1 * 2 * 3 * 4 * 5 * 6) / (10 * 11 * 12 * 13 * 14 * 15)  # of the initial value
    variance = model.named_variables["c/moving_variance"].numpy()
    np.testing.assert_allclose(variance, expected + first, rtol=1e-4)


@pytest.mark.parametrize(
    ("decay", "warm"), [(0.05, True), (1.0, False), (0.5, True)], ids=["fast", "kept", "between"]
)
def test_the_lower_decay_counts_and_one_keeps(decay, warm):
    model = slim.Model(net, decay=decay).build([None, 5])
    trained_by_step(model)
    check(model, averages(decay, warm))


def test_a_model_called_by_hand_has_the_numbers_of_the_original():
    model = slim.Model(net, decay=0.75).build([None, 5])
    for batch in BATCHES:
        model(batch, is_training=True)
    check(model, averages(0.75, warm=False))


def test_a_v1_graph_has_the_numbers_of_the_original():
    with tf.Graph().as_default(), v1.Session() as session, counted_scope():
        x = v1.placeholder(tf.float32, [None, 5])
        net(x, decay=0.75, is_training=True)
        updates = v1.get_collection(v1.GraphKeys.UPDATE_OPS)
        session.run(v1.global_variables_initializer())
        for batch in BATCHES:
            session.run(updates, {x: batch})
        mean, variance = averages(0.75, warm=False)
        _, *found = session.run(v1.global_variables())
        np.testing.assert_allclose(found, [mean, variance], rtol=1e-4)


def counted_scope():
    return moving_average.Counter().warm_up()


def test_each_replica_counts_for_itself(strategy2):
    with strategy2.scope():
        model = slim.nets.create("cifarnet_with_norm", 5).build([None, 5])
    halves = [np.split(batch, 2) for batch in BATCHES]

    @tf.function
    def run(inputs):
        strategy2.run(lambda x: model(x, is_training=True)[0], (inputs,))

    for pair in halves:
        run(
            strategy2.experimental_distribute_values_from_function(
                lambda context, pair=pair: tf.constant(pair[context.replica_id_in_sync_group])
            )
        )
    mean = np.zeros(5)
    for n, batch in enumerate(BATCHES):
        kept = (1 + n) / (10 + n)
        mean = kept * mean + (1 - kept) * batch.mean(0)
    np.testing.assert_allclose(model.named_variables["net/b/moving_mean"].numpy(), mean, rtol=1e-4)


@pytest.fixture(autouse=True)
def named_net(own_registry):
    """A net of one layer, by name."""

    def arg_scope(weight_decay=0.0, batch_norm_decay=SLOW):
        with slim.arg_scope([slim.batch_norm], decay=batch_norm_decay) as scope:
            return scope

    @slim.nets.register(name="cifarnet_with_norm", arg_scope=arg_scope, image_size=5)
    def cifarnet_with_norm(x, num_classes=5, is_training=True):
        with slim.scope("net"):
            return slim.batch_norm(x, is_training=is_training, scope="b"), {}


def test_nets_by_name_count_in_any_loop_and_their_decay_can_be_chosen():
    for given, decay in (({}, SLOW), ({"batch_norm_decay": 0.05}, 0.05)):
        model = slim.nets.create("cifarnet_with_norm", 5, **given).build([None, 5])
        for batch in BATCHES:
            model(batch, is_training=True)
        check(model, averages(decay))


def test_within_keras():
    layer = slim.as_keras_layer(slim.Model(net))
    model = tf.keras.Sequential([tf.keras.Input([5]), layer])
    model.compile("sgd", "mse")
    data = tf.data.Dataset.from_tensor_slices((BATCHES, np.zeros_like(BATCHES)))
    model.fit(data, verbose=0)
    check(layer._slim.value, averages())


@pytest.mark.parametrize("name", ["lenet", "vgg_16", "alexnet_v2"])
def test_a_net_without_batch_norm_takes_no_decay_of_it(name):
    with pytest.raises(ValueError, match=f"{name}.*no batch norm"):
        slim.nets.create(name, 10, batch_norm_decay=0.9)


@pytest.mark.parametrize("decay", [-0.1, 1.5, float("nan")])
def test_a_decay_out_of_range_is_refused(decay):
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        slim.nets.create("resnet_v1_18", 10, batch_norm_decay=decay)


def test_every_net_with_batch_norm_takes_its_decay():
    without = []
    for name in set(slim.nets.names()) - {"cifarnet_with_norm"}:
        try:
            model = slim.nets.create(name, 10, batch_norm_decay=0.875)
        except ValueError:
            without.append(name)
        else:
            assert "0.875" in repr(dict(model._arg_scope)), name
    assert sorted(without) == [
        *("alexnet_v2", "cifarnet", "lenet", "overfeat", "vgg_16", "vgg_19", "vgg_a")
    ]


def test_a_training_that_was_interrupted_goes_on_with_its_count(tmp_path):
    data = tf.data.Dataset.from_tensor_slices((BATCHES, np.zeros([6, 16])))

    def fitted(folder, *ends):
        for end in ends:
            model = slim.Model(net).build([None, 5])
            optimizer = tf.keras.optimizers.SGD(0.0)
            step = slim.learning.make_train_step(model, lambda o, _: tf.reduce_sum(o), optimizer)
            slim.learning.fit(step, data, tmp_path / folder, end, hooks=[])
        return model

    check(fitted("whole", 6), averages())
    check(fitted("halves", 3, 6), averages())
