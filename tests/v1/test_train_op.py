"""create_train_op and what it does to gradients: against numbers worked out by numpy."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.goldens.in_graph import tf1_graphs
from tests.v1 import linear

v1 = tf.compat.v1


@pytest.fixture(params=["v2 behaviour", "TensorFlow 1"])
def graph(request):
    """A v1 graph with resource variables, and one with reference variables."""
    with tf.Graph().as_default() as made:
        if request.param == "TensorFlow 1":
            with tf1_graphs():
                yield made
        else:
            yield made


def run(fetches, times=1):
    with v1.Session() as session:
        session.run([v1.global_variables_initializer(), v1.local_variables_initializer()])
        values = [session.run(fetches) for _ in range(times)]
        return values, dict(
            zip([v.op.name for v in v1.global_variables()], session.run(v1.global_variables()))
        )


def test_steps_are_those_of_gradient_descent(graph):
    losses, variables = run(linear.train_op(), times=3)
    weights, expected = linear.expected(3)
    np.testing.assert_allclose(losses, expected, rtol=1e-5)
    np.testing.assert_allclose(variables["w"], weights, rtol=1e-5)
    assert variables["global_step"] == 3


def test_a_global_step_of_ones_own_and_none_at_all(graph):
    mine = v1.get_variable("mine", initializer=tf.constant(5, tf.int64), trainable=False)
    op = linear.train_op(global_step=mine)
    _, variables = run(op, times=2)
    assert variables["mine"] == 7 and "global_step" not in variables


def gradient_at_zero():
    return -2 * linear.X.T @ linear.Y / len(linear.X)


@pytest.mark.parametrize(
    ("options", "gradient"),
    [
        ({"gradient_multipliers": {"w": 0.5}}, lambda g: 0.5 * g),
        ({"clip_gradient_norm": 0.1}, lambda g: 0.1 * g / np.linalg.norm(g)),
        (
            {"clip_gradient_norm": 0.1, "gradient_multipliers": {"w": 100.0}},
            lambda g: 0.1 * g / np.linalg.norm(g),
        ),
        ({"clip_gradient_norm": 100.0}, lambda g: g),
    ],
)
def test_multiplied_then_clipped(options, gradient):
    with tf.Graph().as_default():
        _, variables = run(linear.train_op(**options))
    expected = -linear.RATE * gradient(gradient_at_zero())
    np.testing.assert_allclose(variables["w"], expected, rtol=1e-4)


def test_gradients_may_be_transformed_by_any_function(graph):
    op = slim.training.create_train_op(
        linear.loss(),
        v1.train.GradientDescentOptimizer(1.0),
        transform_grads_fn=lambda pairs: [(tf.sign(g), v) for g, v in pairs],
        summarize_gradients=True,
    )
    _, variables = run(op)
    np.testing.assert_allclose(variables["w"], -np.sign(gradient_at_zero()))
    names = [s.op.name for s in v1.get_collection(v1.GraphKeys.SUMMARIES)]
    assert names == ["summarize_grads/w_gradient", "summarize_grads/w_gradient_norm"]
    assert any(op is member for member in v1.get_collection(v1.GraphKeys.TRAIN_OP))


def test_updates_come_before_the_loss(graph):
    seen = v1.get_variable("seen", initializer=0.0, trainable=False)
    v1.add_to_collection(v1.GraphKeys.UPDATE_OPS, seen.assign_add(1.0).op)
    losses, variables = run(linear.train_op(), times=2)
    np.testing.assert_allclose(losses, linear.expected(2)[1], rtol=1e-5)
    assert variables["seen"] == 2.0


def test_updates_left_out_are_not_run_but_warned_of(graph, caplog):
    seen = v1.get_variable("seen", initializer=0.0, trainable=False)
    v1.add_to_collection(v1.GraphKeys.UPDATE_OPS, seen.assign_add(1.0).op)
    _, variables = run(linear.train_op(update_ops=[]), times=2)
    assert variables["seen"] == 0.0
    assert "leaves out 1 of the 1" in caplog.text


def test_a_loss_that_is_not_finite_is_an_error():
    with tf.Graph().as_default():
        bad = linear.loss() * float("nan")
        optimizer = v1.train.GradientDescentOptimizer(0.1)
        with pytest.raises(tf.errors.InvalidArgumentError, match="LossTensor is inf or nan"):
            run(slim.learning.create_train_op(bad, optimizer))
        (value,), _ = run(slim.learning.create_train_op(bad, optimizer, check_numerics=False))
        assert np.isnan(value)


def test_a_subset_of_the_variables(graph):
    with v1.variable_scope("other"):
        other = slim.model_variable("b", [], initializer=v1.zeros_initializer())
    loss = linear.loss() + tf.square(other - 1.0)
    op = slim.learning.create_train_op(
        loss, v1.train.GradientDescentOptimizer(0.5), variables_to_train=[other]
    )
    _, variables = run(op)
    assert variables["other/b"] == 1.0 and not variables["w"].any()


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"variables_to_train": []}, AssertionError, "variables_to_train is empty"),
        ({"optimizer": "sgd"}, TypeError, "make_train_step"),
        ({"optimizer": tf.keras.optimizers.SGD(0.1)}, TypeError, "make_train_step"),
    ],
)
def test_bad_arguments(options, error, text):
    with tf.Graph().as_default(), pytest.raises(error, match=text):
        linear.train_op(**options)


def test_what_is_not_trainable_is_named():
    with tf.Graph().as_default():
        fixed = v1.get_variable("fixed", [], trainable=False)
        with pytest.raises(AssertionError, match="'fixed:0' is not trainable"):
            linear.train_op(variables_to_train=[fixed])


def test_an_eager_caller_is_told_what_to_use():
    loss, optimizer = tf.constant(1.0), v1.train.GradientDescentOptimizer(0.1)
    for create in (slim.learning.create_train_op, slim.training.create_train_op):
        with pytest.raises(RuntimeError, match=r"slim\.learning\.make_train_step.*fit"):
            create(loss, optimizer)
        with pytest.raises(RuntimeError, match="tf.function"):
            tf.function(lambda create=create: create(loss, optimizer))()
    with pytest.raises(RuntimeError, match=r"slim\.learning\.fit"):
        slim.learning.train(loss, None)
    with pytest.raises(RuntimeError, match=r"slim\.learning\.fit"):
        slim.training.train(loss, None, save_checkpoint_secs=None, save_summaries_steps=None)


# --- gradients by themselves: in every mode ---------------------------------------------------


def slices():
    """Rows 1 and 3 of a gradient of 4 rows."""
    return tf.IndexedSlices(tf.constant([[3.0, 4.0], [6.0, 8.0]]), tf.constant([1, 3]), [4, 2])


def values_of(pairs):
    return [None if g is None else tf.convert_to_tensor(getattr(g, "values", g)) for g, _ in pairs]


def eager_and_function(compute):
    yield [None if v is None else v.numpy() for v in compute()]
    done = tf.function(lambda: [v for v in compute() if v is not None])()
    yield [v.numpy() for v in done]


def test_gradients_are_multiplied_by_name():
    v, w = tf.Variable(tf.zeros([4, 2]), name="v"), tf.Variable(1.0, name="w")

    def compute():
        pairs = [(slices(), v), (tf.constant(2.0), w)]
        return values_of(
            slim.learning.multiply_gradients(pairs, {"v": 2.0, w.ref(): tf.constant(3.0)})
        )

    for rows, number in eager_and_function(compute):
        np.testing.assert_allclose(rows, [[6, 8], [12, 16]])
        assert number == 6.0


def test_a_multiplier_that_fits_nothing_is_warned_of(caplog):
    w = tf.Variable(1.0, name="w")
    slim.learning.multiply_gradients([(tf.constant(2.0), w)], {"w": 2.0, "conv1/wieghts": 3.0})
    assert "'conv1/wieghts'" in caplog.text and "'w'" not in caplog.text


def test_a_multiplier_of_a_variable_without_gradient_is_an_error():
    w = tf.Variable(1.0, name="w")
    with pytest.raises(ValueError, match="'w'.*no gradient"):
        slim.learning.multiply_gradients([(None, w)], {"w": 2.0})


def test_each_gradient_is_clipped_for_itself():
    v, w = tf.Variable(tf.zeros([4, 2]), name="v"), tf.Variable(1.0, name="w")

    def compute():
        pairs = [(slices(), v), (tf.constant(0.5), w), (None, w)]
        return values_of(slim.training.clip_gradient_norms_fn(1.0)(pairs))

    for rows, number, *_ in eager_and_function(compute):
        # The norm of the rows is sqrt(3^2 + 4^2 + 6^2 + 8^2).
        np.testing.assert_allclose(rows, np.array([[3, 4], [6, 8]]) / np.sqrt(125), rtol=1e-5)
        assert number == 0.5


def test_gradient_summaries_outside_of_graphs(tmp_path):
    w = tf.Variable([1.0, 2.0], name="w")
    with tf.summary.create_file_writer(str(tmp_path)).as_default(step=7):
        slim.learning.add_gradients_summaries([(tf.constant([3.0, 4.0]), w), (None, w)])
    assert linear.scalars(tmp_path) == {"w/gradient": [7], "w/gradient_norm": [7]}
