"""Cells: names and shapes of variables as in TensorFlow 1, values beside NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tf_slim.legacy.tensorflow1 import rnn_cell

v1 = tf.compat.v1
RNG = np.random.RandomState(0)
X = RNG.randn(3, 4).astype(np.float32)
STATE = RNG.randn(3, 2).astype(np.float32)
MEMORY = RNG.randn(3, 2).astype(np.float32)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def joined(x, h, kernel, bias):
    return np.concatenate([x, h], 1) @ kernel + bias


def plain(x, h, kernel, bias):
    new = np.tanh(joined(x, h, kernel, bias))
    return new, [new]


def gru(x, h, gates, gates_bias, candidate, candidate_bias):
    r, u = np.split(sigmoid(joined(x, h, gates, gates_bias)), 2, 1)
    new = u * h + (1 - u) * np.tanh(joined(x, r * h, candidate, candidate_bias))
    return new, [new]


def lstm(x, c, h, kernel, bias):
    i, j, f, o = np.split(joined(x, h, kernel, bias), 4, 1)
    c = c * sigmoid(f + 1) + sigmoid(i) * np.tanh(j)
    h = np.tanh(c) * sigmoid(o)
    return h, [c, h]


def lstm_with_all(x, c, h, kernel, bias, forget_diag, in_diag, out_diag, projection):
    i, j, f, o = np.split(joined(x, h, kernel, bias), 4, 1)
    c = sigmoid(f + 1 + forget_diag * c) * c + sigmoid(i + in_diag * c) * np.tanh(j)
    c = np.clip(c, -0.5, 0.5)
    h = np.clip((sigmoid(o + out_diag * c) * np.tanh(c)) @ projection, -0.3, 0.3)
    return h, [c, h]


CELLS = {
    "basic_rnn_cell": (
        lambda: rnn_cell.BasicRNNCell(2),
        {"kernel": [6, 2], "bias": [2]},
        [STATE],
        plain,
    ),
    "gru_cell": (
        lambda: rnn_cell.GRUCell(2),
        {
            "gates/kernel": [6, 4],
            "gates/bias": [4],
            "candidate/kernel": [6, 2],
            "candidate/bias": [2],
        },
        [STATE],
        gru,
    ),
    "basic_lstm_cell": (
        lambda: rnn_cell.BasicLSTMCell(2),
        {"kernel": [6, 8], "bias": [8]},
        [MEMORY, STATE],
        lstm,
    ),
    "lstm_cell": (
        lambda: rnn_cell.LSTMCell(2, use_peepholes=True, cell_clip=0.5, num_proj=2, proj_clip=0.3),
        {
            "kernel": [6, 8],
            "bias": [8],
            "w_f_diag": [2],
            "w_i_diag": [2],
            "w_o_diag": [2],
            "projection/kernel": [2, 2],
        },
        [MEMORY, STATE],
        lstm_with_all,
    ),
}


@pytest.mark.parametrize("name", CELLS)
def test_one_step(name):
    make, shapes, state, expected = CELLS[name]
    with tf.Graph().as_default(), v1.Session() as session:
        cell = make()
        given = rnn_cell.LSTMStateTuple(*state) if len(state) == 2 else state[0]
        output, new_state = cell(tf.constant(X), tf.nest.map_structure(tf.constant, given))
        variables = v1.trainable_variables()
        assert [v.op.name for v in variables] == [f"{name}/{tail}" for tail in shapes]
        assert [v.shape.as_list() for v in variables] == list(shapes.values())
        values = [RNG.randn(*shape).astype(np.float32) for shape in shapes.values()]
        for variable, value in zip(variables, values, strict=True):
            variable.load(value, session)
        got, got_state = session.run([output, tf.nest.flatten(new_state)])
    want, want_state = expected(X, *state, *values)
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)
    for one, other in zip(got_state, want_state, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_initial_biases_of_the_gates():
    with tf.Graph().as_default(), v1.Session() as session:
        rnn_cell.GRUCell(2)(tf.constant(X), tf.constant(STATE))
        session.run(v1.global_variables_initializer())
        biases = {v.op.name: v for v in v1.global_variables() if v.op.name.endswith("bias")}
        np.testing.assert_array_equal(session.run(biases["gru_cell/gates/bias"]), 1)
        np.testing.assert_array_equal(session.run(biases["gru_cell/candidate/bias"]), 0)


@pytest.mark.parametrize("tuples", [True, False])
def test_cells_on_top_of_each_other_in_a_loop(tuples):
    """The loop makes the variables once; unrolled by hand, the same cell gives the same."""
    with tf.Graph().as_default(), v1.Session() as session:
        steps = tf.constant(RNG.randn(3, 5, 4).astype(np.float32))
        cells = [rnn_cell.BasicLSTMCell(2, state_is_tuple=tuples) for _ in range(2)]
        cell = rnn_cell.MultiRNNCell(cells, state_is_tuple=tuples)
        outputs, final = v1.nn.dynamic_rnn(cell, steps, dtype=tf.float32)
        names = [v.op.name for v in v1.trainable_variables()]
        assert names == [
            f"rnn/multi_rnn_cell/cell_{n}/basic_lstm_cell/{v}"
            for n in (0, 1)
            for v in ("kernel", "bias")
        ]
        assert [v.op.name for v in cell.trainable_variables] == names
        state, by_hand = cell.zero_state(3, tf.float32), []
        for number in range(5):
            output, state = cell(steps[:, number], state)
            by_hand.append(output)
        assert len(v1.trainable_variables()) == 4
        gradients = tf.gradients(outputs, v1.trainable_variables())
        session.run(v1.global_variables_initializer())
        got, want, last, last_by_hand, grads = session.run(
            [
                outputs,
                tf.stack(by_hand, 1),
                tf.nest.flatten(final),
                tf.nest.flatten(state),
                gradients,
            ]
        )
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6)
    for one, other in zip(last, last_by_hand, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    assert all(np.abs(g).max() > 0 for g in grads)


def test_wrappers():
    with tf.Graph().as_default(), v1.Session() as session:
        x = tf.constant(X[:, :2])
        inner = rnn_cell.BasicRNNCell(2)
        residual = rnn_cell.ResidualWrapper(rnn_cell.DeviceWrapper(inner, "/cpu:0"))
        dropping = rnn_cell.DropoutWrapper(inner, output_keep_prob=0.5, input_keep_prob=1.0)
        state = residual.zero_state(3, tf.float32)
        plain_output, _ = inner(x, state)
        residual_output, _ = residual(x, state)
        dropped, new_state = dropping(x, state)
        assert residual.output_size == residual.state_size == 2
        session.run(v1.global_variables_initializer())
        plain_value, residual_value, dropped_value, state_value = session.run(
            [plain_output, residual_output, dropped, new_state]
        )
    np.testing.assert_allclose(residual_value, plain_value + X[:, :2], rtol=1e-5)
    np.testing.assert_array_equal(state_value, plain_value)
    kept = dropped_value != 0
    np.testing.assert_allclose(dropped_value[kept], 2 * plain_value[kept], rtol=1e-5)


def test_a_cell_of_a_program():
    class Sum(rnn_cell.RNNCell):
        state_size = property(lambda self: 4)
        output_size = property(lambda self: 4)

        def __call__(self, inputs, state, scope=None):
            with v1.variable_scope(scope or "sum"):
                factor = v1.get_variable("factor", [], initializer=tf.ones_initializer())
            new = state + factor * inputs
            return new, new

    with tf.Graph().as_default(), v1.Session() as session:
        steps = RNG.randn(3, 5, 4).astype(np.float32)
        outputs, _ = v1.nn.dynamic_rnn(Sum(), tf.constant(steps), dtype=tf.float32)
        session.run(v1.global_variables_initializer())
        np.testing.assert_allclose(session.run(outputs), steps.cumsum(1), rtol=1e-5, atol=1e-5)


def test_bad_arguments():
    with pytest.raises(ValueError, match="one cell or more"):
        rnn_cell.MultiRNNCell([])
    with pytest.raises(ValueError, match="variational_recurrent"):
        rnn_cell.DropoutWrapper(rnn_cell.BasicRNNCell(2), variational_recurrent=True)
    with (
        tf.Graph().as_default(),
        pytest.raises(ValueError, match="last dimension"),
    ):
        rnn_cell.BasicRNNCell(2)(v1.placeholder(tf.float32), tf.zeros([3, 2]))
    with pytest.raises(NotImplementedError, match="state_size"):
        _ = rnn_cell.RNNCell().state_size
