"""Each layer gives the same numbers, names and shapes in every mode.

What is compared is the eager Model; `tests/goldens` compares that with recorded numbers.
"""

from __future__ import annotations

import zlib

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.layers.rows import ROWS, Row

v1 = tf.compat.v1


@pytest.fixture(params=ROWS)
def row(request) -> Row:
    return ROWS[request.param]


def value_of(name: str, shape) -> np.ndarray:
    """A fixed value for each variable, by its name."""
    random = np.random.RandomState(zlib.crc32(name.encode()))
    value = random.uniform(-1.0, 1.0, shape)
    positive = name.endswith(("moving_variance", "stddev", "gamma"))
    return (0.5 + np.abs(value) if positive else value).astype(np.float32)


def inputs_of(row: Row) -> np.ndarray:
    return np.random.RandomState(7).uniform(-2.0, 2.0, row.shape).astype(np.float32)


def fill(variables) -> None:
    for variable in variables:
        name = variable.name.removesuffix(":0")
        variable.assign(tf.cast(value_of(name, variable.shape), variable.dtype))


def filled_model(row: Row, dtype=tf.float32) -> slim.Model:
    model = slim.Model(row.net).build(tf.TensorSpec(row.shape, dtype))
    fill(model.variables)
    return model


def names_of(variables) -> list[tuple]:
    return [(v.name.removesuffix(":0"), v.shape.as_list(), v.trainable) for v in variables]


def close(left, right, atol=2e-5) -> None:
    np.testing.assert_allclose(left, right, rtol=1e-4, atol=atol)


def test_in_a_v1_graph(row):
    model = filled_model(row)
    outputs, state = model(inputs_of(row)).numpy(), [v.numpy() for v in model.variables]
    with tf.Graph().as_default() as graph:
        placeholder = v1.placeholder(tf.float32, [None, *row.shape[1:]])
        result = row.net(placeholder)
        variables = v1.global_variables()
        assert [(v.op.name, v.shape.as_list(), v.trainable) for v in variables] == names_of(
            model.variables
        )
        assert result.shape.as_list() == [None, *outputs.shape[1:]]
        values = {
            v.initializer.inputs[1]: value_of(v.op.name, v.shape).astype(v.dtype.as_numpy_dtype)
            for v in variables
        }
        with v1.Session(graph=graph) as session:
            session.run([v.initializer for v in variables], values)
            close(session.run(result, {placeholder: inputs_of(row)}), outputs)
            session.run(v1.get_collection(v1.GraphKeys.UPDATE_OPS), {placeholder: inputs_of(row)})
            # The update operations bring about what happens by itself in the other modes.
            for left, right in zip(session.run(variables), state, strict=True):
                close(left, right)


def test_over_the_default_store(row):
    outputs = row.net(tf.constant(inputs_of(row)))
    model = slim.Model(row.net).build(row.shape)
    assert names_of(slim.get_variables()) == names_of(model.variables)
    for ours, theirs in zip(slim.get_variables(), model.variables, strict=True):
        theirs.assign(ours)
    if "renorm" not in row.kwargs:  # that one depends on averages, which have moved meanwhile
        close(model(inputs_of(row)), outputs)


def test_in_a_function(row):
    model, other = filled_model(row), filled_model(row)

    @tf.function(input_signature=[tf.TensorSpec([None, *row.shape[1:]])])
    def call(inputs):
        return model(inputs)

    expected = other(inputs_of(row))
    assert call.get_concrete_function().structured_outputs.shape.as_list() == [
        None,
        *expected.shape[1:],
    ]
    close(call(inputs_of(row)), expected)
    for left, right in zip(model.variables, other.variables, strict=True):
        close(left, right)


def test_with_unknown_space(row):
    free: list[int | None] = [None] * len(row.shape)
    free[row.channel_axis] = row.shape[row.channel_axis]
    model = filled_model(row)
    call = tf.function(model, input_signature=[tf.TensorSpec(free)])
    expected = model(inputs_of(row))
    fill(model.variables)
    close(call(inputs_of(row)), expected)


def test_compiled(row):
    model, other = filled_model(row), filled_model(row)
    close(tf.function(model, jit_compile=True)(inputs_of(row)), other(inputs_of(row)))
    for left, right in zip(model.variables, other.variables, strict=True):
        close(left, right)


def test_gradients_in_function_and_graph(row):
    model = filled_model(row)
    inputs = tf.constant(inputs_of(row))
    upstream = tf.constant(value_of("upstream", model(inputs).shape))
    fill(model.variables)

    def gradients(inputs):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            loss = tf.reduce_sum(model(inputs) * upstream)
        return tape.gradient(loss, [inputs, *model.trainable_variables])

    eager = gradients(inputs)
    fill(model.variables)
    traced = tf.function(gradients)(inputs)
    assert all(gradient is not None for gradient in eager)
    for left, right in zip(traced, eager, strict=True):
        close(left, right, atol=1e-4)


def test_bfloat16(row):
    model = filled_model(row, tf.bfloat16)
    outputs = model(tf.cast(inputs_of(row), tf.bfloat16))
    assert outputs.dtype == tf.bfloat16
    statistics = ("moving_mean", "moving_variance", "BatchNorm/beta", "BatchNorm/gamma")
    for variable in model.variables:
        kept = variable.name.removesuffix(":0").endswith(statistics)
        assert not kept or variable.dtype == tf.float32
    expected = filled_model(row)(tf.cast(tf.cast(inputs_of(row), tf.bfloat16), tf.float32))
    scale = float(tf.reduce_max(tf.abs(expected))) or 1.0
    close(tf.cast(outputs, tf.float32) / scale, expected / scale, atol=6e-2)


def test_in_two_replicas(row, strategy2):
    with strategy2.scope():
        model = filled_model(row)
    halves = np.split(inputs_of(row), 2)
    given = strategy2.experimental_distribute_values_from_function(
        lambda context: tf.constant(halves[context.replica_id_in_sync_group])
    )
    results = strategy2.experimental_local_results(
        tf.function(lambda: strategy2.run(model, (given,)))()
    )
    states = []
    for half, result in zip(halves, results, strict=True):
        alone = filled_model(row)
        close(result, alone(half))
        states.append([v.numpy() for v in alone.variables])
    for variable, *each in zip(model.variables, *states, strict=True):
        # Moving averages differ between replicas; their mean is what counts.
        close(variable.numpy(), np.mean(each, axis=0))
