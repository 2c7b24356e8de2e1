"""The update of Keras' SGD by kernels: bit for bit what Keras computes."""

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim.learning import momentum, optimizers

SGD = tf.keras.optimizers.SGD

ROWS = {
    "plain": {},
    "momentum": {"momentum": 0.9},
    "nesterov": {"momentum": 0.9, "nesterov": True},
    "schedule": {
        "learning_rate": lambda: tf.keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5),
        "momentum": 0.9,
    },
    "decay": {"momentum": 0.9, "weight_decay": 0.01},
    "norm": {"momentum": 0.9, "clipnorm": 0.1},
    "global norm": {"momentum": 0.5, "global_clipnorm": 0.1},
    "averages": {"momentum": 0.9, "use_ema": True, "ema_overwrite_frequency": 2},
    "scaled": {"momentum": 0.9, "loss_scale_factor": 4.0},
    "accumulated": {"momentum": 0.9, "gradient_accumulation_steps": 2},
}


def optimizer_of(row):
    options = {name: value() if callable(value) else value for name, value in row.items()}
    return SGD(**{"learning_rate": 0.1, **options})


def updated(optimizer, by_kernels, gradient=None):
    """Variables after three updates, the optimizer's included, and the kinds of operations."""
    rng = np.random.RandomState(0)
    variables = [tf.Variable(rng.normal(size=shape).astype("f")) for shape in ([7, 5], [5])]
    optimizers.build(optimizer, variables)

    @tf.function(autograph=False)
    def update(*gradients):
        pairs = list(zip(gradients, variables, strict=True))
        if by_kernels:
            with momentum.by_kernels(optimizer):
                optimizer.apply_gradients(pairs)
        else:
            optimizer.apply_gradients(pairs)

    for _ in range(3):
        update(*(tf.constant(rng.normal(size=v.shape).astype("f")) for v in variables))
    graph = update.get_concrete_function(*variables).graph
    kinds = {op.type for op in graph.get_operations()}
    for function in graph.as_graph_def().library.function:
        kinds |= {node.op for node in function.node_def}
    state = [*variables, *(one.value for one in optimizer.variables)]
    return [value.numpy() for value in state], kinds


@pytest.mark.parametrize("name", ROWS)
def test_the_numbers_are_those_of_keras(name):
    by_keras, kinds_of_keras = updated(optimizer_of(ROWS[name]), by_kernels=False)
    by_kernels, kinds = updated(optimizer_of(ROWS[name]), by_kernels=True)
    for ours, theirs in zip(by_kernels, by_keras, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    kernel = {"ResourceApplyKerasMomentum", "ResourceApplyGradientDescent"}
    assert kinds & kernel and not kinds_of_keras & kernel


def test_the_optimizer_is_afterwards_as_it_was():
    optimizer = optimizer_of(ROWS["momentum"])
    before = set(vars(optimizer))
    with pytest.raises(ZeroDivisionError), momentum.by_kernels(optimizer):
        raise ZeroDivisionError
    assert set(vars(optimizer)) == before


class Halving(SGD):
    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient / 2, variable, learning_rate)


@pytest.mark.parametrize(
    "make", [lambda: Halving(0.1, momentum=0.9), lambda: tf.keras.optimizers.Adam(0.1)]
)
def test_another_optimizer_is_left_alone(make):
    for ours, theirs in zip(updated(make(), True)[0], updated(make(), False)[0], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_one_that_others_have_built_is_left_alone():
    optimizer, variable = optimizer_of(ROWS["momentum"]), tf.Variable([1.0])
    optimizer.build([variable])
    optimizers.build(optimizer, [variable])
    with momentum.by_kernels(optimizer):
        assert "update_step" not in vars(optimizer)


def rows_of_a_table(rows):
    table = slim.model_variable("table", [6, 2], initializer=tf.ones_initializer())
    return tf.gather(table, rows)


def test_gradients_of_rows_are_left_to_keras():
    """A kernel would want the whole table of an embedding."""

    def trained(step_of):
        model = slim.Model(rows_of_a_table)
        model.build(tf.TensorSpec([None], tf.int32))
        step = slim.learning.make_train_step(
            model, lambda out, labels: tf.reduce_sum(out * labels), step_of
        )
        for rows in ([0, 1, 1], [5, 5, 0]):
            step(tf.constant(rows), tf.ones([3, 2]))
        return model.named_variables["table"].numpy()

    expected = np.ones([6, 2], "f")
    for rows in ([0, 1, 1], [5, 5, 0]):
        np.subtract.at(expected, rows, np.float32(0.5))
    np.testing.assert_allclose(trained(SGD(0.5)), expected)


def test_two_replicas_train_as_one(strategy2):
    def trained():
        model = slim.Model(lambda x: slim.fully_connected(x, 1, activation_fn=None))
        model.build(tf.TensorSpec([None, 3]))
        for variable in model.trainable_variables:
            variable.assign(tf.ones(variable.shape))
        step = slim.learning.make_train_step(
            model, slim.losses.mean_squared_error, SGD(0.1, momentum=0.9)
        )
        data = tf.data.Dataset.from_tensors((tf.ones([4, 3]), tf.zeros([4, 1]))).repeat(3)
        for batch in step.strategy.experimental_distribute_dataset(data):
            step(*batch)
        return [variable.numpy() for variable in model.trainable_variables]

    alone = trained()
    with strategy2.scope():
        together = trained()
    for one, two in zip(alone, together, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-6)
