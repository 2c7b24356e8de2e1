"""Each layer gives the same numbers, names and shapes in every mode.

What is compared is the eager Model; `tests/goldens` compares that with recorded numbers.
"""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.conformance.running import (
    check_static,
    close,
    fill,
    filled_model,
    inputs_of,
    names_of,
    value_of,
)

v1 = tf.compat.v1


def test_in_a_v1_graph(row):
    in_v1_graph(row, row.free(0))


@pytest.mark.usefixtures("v1_shapes")
def test_in_a_v1_graph_with_unknown_sizes_and_v1_shapes(row):
    in_v1_graph(row, row.free())


def in_v1_graph(row, shape):
    model = filled_model(row)
    outputs, state = model(inputs_of(row)).numpy(), [v.numpy() for v in model.variables]
    with tf.Graph().as_default() as graph:
        placeholder = v1.placeholder(row.dtype, shape)
        result = row.net(placeholder)
        variables = v1.global_variables()
        assert [(v.op.name, v.shape.as_list(), v.trainable) for v in variables] == names_of(
            model.variables
        )
        if shape.count(None) == 1:
            check_static(result, outputs)
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
    model = slim.Model(row.net, is_training=True).build(tf.TensorSpec(row.shape, row.dtype))
    assert names_of(slim.get_variables()) == names_of(model.variables)
    for ours, theirs in zip(slim.get_variables(), model.variables, strict=True):
        theirs.assign(ours)
    if "renorm" not in row.kwargs:  # that one depends on averages, which have moved meanwhile
        close(model(inputs_of(row)), outputs)


def test_in_a_function(row):
    model, other = filled_model(row), filled_model(row)

    @tf.function(input_signature=[tf.TensorSpec(row.free(0), row.dtype)])
    def call(inputs):
        return model(inputs)

    expected = other(inputs_of(row))
    check_static(call.get_concrete_function().structured_outputs, expected)
    close(call(inputs_of(row)), expected)
    for left, right in zip(model.variables, other.variables, strict=True):
        close(left, right)


def test_with_unknown_space(row):
    model = filled_model(row)
    call = tf.function(model, input_signature=[tf.TensorSpec(row.free(), row.dtype)])
    expected = model(inputs_of(row))
    fill(model.variables)
    close(call(inputs_of(row)), expected)


def test_retraced_with_another_shape(row):
    model, other = filled_model(row), filled_model(row)
    larger = [
        size + 2 if free is None else size for size, free in zip(row.shape, row.free(), strict=True)
    ]
    call = tf.function(model)
    for shape in (row.shape, larger):
        inputs = inputs_of(row, shape)
        close(call(inputs), other(inputs))
    assert call.experimental_get_tracing_count() == 2
    assert names_of(model.variables) == names_of(other.variables)


def test_compiled(row):
    model, other = filled_model(row), filled_model(row)
    close(tf.function(model, jit_compile=True)(inputs_of(row)), other(inputs_of(row)))
    for left, right in zip(model.variables, other.variables, strict=True):
        close(left, right)


def test_mixed_precision(row):
    model, full = filled_model(row, precision="mixed_bfloat16"), filled_model(row)
    outputs, expected = model(inputs_of(row)), full(inputs_of(row))
    assert names_of(model.variables) == names_of(full.variables)
    assert {v.dtype for v in model.variables} <= {tf.float32}
    assert outputs.dtype == expected.dtype
    outputs, expected = tf.cast(outputs, tf.float32), tf.cast(expected, tf.float32)
    scale = float(tf.reduce_max(tf.abs(expected))) or 1.0
    close(outputs / scale, expected / scale, atol=6e-2)


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
