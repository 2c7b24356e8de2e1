"""optimize_loss: every way to name an optimizer, what happens to gradients, summaries."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1

START = np.array([1.0, 2.0, 3.0], np.float32)
MOMENTUM = v1.train.MomentumOptimizer


@pytest.fixture(autouse=True)
def graph():
    with tf.Graph().as_default():
        yield


def loss_of(**kwargs) -> tf.Tensor:
    """The sum of squares of `w`, whose gradient is 2 w."""
    w = v1.get_variable("w", initializer=START, **kwargs)
    return tf.reduce_sum(tf.square(w))


def train(step, steps: int = 1) -> tuple[list, dict]:
    """The losses of some steps, and what the variables are then."""
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        losses = [session.run(step) for _ in range(steps)]
        return losses, session.run({v.op.name: v for v in v1.global_variables()})


def by_hand(optimizer, steps: int = 3) -> np.ndarray:
    """`w` after some steps without optimize_loss."""
    with tf.Graph().as_default():
        return train(optimizer.minimize(loss_of()), steps)[1]["w"]


WAYS = {
    "Adagrad": ("Adagrad", 0.1, v1.train.AdagradOptimizer(0.1)),
    "Adam": ("Adam", 0.1, v1.train.AdamOptimizer(0.1)),
    "Ftrl": ("Ftrl", 0.1, v1.train.FtrlOptimizer(0.1)),
    "Momentum": ("Momentum", 0.1, MOMENTUM(0.1, 0.9)),
    "RMSProp": ("RMSProp", 0.1, v1.train.RMSPropOptimizer(0.1)),
    "SGD": ("SGD", 0.1, v1.train.GradientDescentOptimizer(0.1)),
    "class": (v1.train.AdagradOptimizer, 0.1, v1.train.AdagradOptimizer(0.1)),
    "instance": (MOMENTUM(0.1, 0.5), None, MOMENTUM(0.1, 0.5)),
    "instance that wins": (MOMENTUM(0.1, 0.5), 7.0, MOMENTUM(0.1, 0.5)),
    "function": (lambda rate: MOMENTUM(rate, 0.5), 0.1, MOMENTUM(0.1, 0.5)),
    "function of nothing": (lambda: MOMENTUM(0.1, 0.5), None, MOMENTUM(0.1, 0.5)),
    "whole number": ("SGD", 0, v1.train.GradientDescentOptimizer(0.0)),
}


@pytest.mark.parametrize("way", WAYS)
def test_optimizers(way):
    optimizer, rate, same = WAYS[way]
    step = slim.optimize_loss(loss_of(), slim.create_global_step(), rate, optimizer)
    _, values = train(step, 3)
    np.testing.assert_allclose(values["w"], by_hand(same), rtol=1e-6)
    assert values["global_step"] == 3
    assert ("OptimizeLoss/learning_rate" in values) == (rate is not None)


def test_a_learning_rate_may_be_a_tensor_or_variable_and_decay():
    global_step = slim.create_global_step()
    loss = loss_of()
    fixed = slim.optimize_loss(loss, global_step, tf.constant(0.25), "SGD", name="fixed")
    given = slim.optimize_loss(loss, None, tf.Variable(0.25, trainable=False), "SGD", name="given")
    decayed = slim.optimize_loss(
        loss,
        None,
        0.5,
        "SGD",
        learning_rate_decay_fn=lambda rate, step: rate / 2.0 ** tf.cast(step, tf.float32),
    )
    for step, expected in ((fixed, 1 / 8), (given, 1 / 8), (decayed, 0.0)):
        _, values = train(step, 3)
        np.testing.assert_allclose(values["w"], START * expected, atol=1e-7)


def test_which_step_is_counted():
    loss = loss_of()
    assert "global_step" not in train(slim.optimize_loss(loss, None, 0.1, "SGD"))[1]
    step = slim.create_global_step()
    assert train(slim.optimize_loss(loss, None, 0.1, "SGD", name="own"))[1]["global_step"] == 1
    still = slim.optimize_loss(loss, step, 0.1, "SGD", name="n", increment_global_step=False)
    assert train(still)[1]["global_step"] == 0


def test_update_operations_run_first():
    counter = v1.get_variable("counter", initializer=0.0, trainable=False)
    update = v1.assign_add(counter, 1.0)
    v1.add_to_collection(v1.GraphKeys.UPDATE_OPS, update)
    loss = loss_of()
    assert train(slim.optimize_loss(loss, None, 0.1, "SGD"))[1]["counter"] == 1.0
    other = v1.assign_add(counter, 5.0)
    chosen = slim.optimize_loss(loss, None, 0.1, "SGD", update_ops=[other, other])
    assert train(chosen)[1]["counter"] == 5.0
    assert train(slim.optimize_loss(loss, None, 0.1, "SGD", update_ops=[]))[1]["counter"] == 0.0


def test_the_variables_to_train():
    loss = loss_of()
    other = v1.get_variable("other", initializer=2.0)
    step = slim.optimize_loss(loss * other, None, 0.1, "SGD", variables=[other])
    _, values = train(step)
    np.testing.assert_array_equal(values["w"], START)
    assert values["other"] == pytest.approx(2.0 - 0.1 * 14.0)


@pytest.mark.parametrize("key", ["w", "w:0", "itself"])
def test_multipliers(key):
    loss = loss_of()
    (w,) = v1.trainable_variables()
    multipliers = {w if key == "itself" else key: 0.5, "unknown": 7.0}
    step = slim.optimize_loss(loss, None, 0.5, "SGD", gradient_multipliers=multipliers)
    np.testing.assert_allclose(train(step)[1]["w"], START / 2)


def test_clipping_and_noise():
    def clip(pairs):
        return [(tf.sign(gradient), variable) for gradient, variable in pairs]

    loss = loss_of()
    norm = np.linalg.norm(2 * START)
    for kwargs, moved in (
        ({"clip_gradients": 2.0}, 2.0 * 2 * START / norm),
        ({"clip_gradients": 100.0}, 2 * START),
        ({"clip_gradients": clip}, np.ones(3)),
    ):
        step = slim.optimize_loss(loss, None, 1.0, "SGD", **kwargs)
        np.testing.assert_allclose(train(step)[1]["w"], START - moved, rtol=1e-5)
    noisy = slim.optimize_loss(loss, None, 1.0, "SGD", gradient_noise_scale=0.1)
    noise = train(noisy)[1]["w"] + START
    assert np.all(np.abs(noise) < 0.2) and np.all(noise != 0)


def test_sparse_gradients():
    table = v1.get_variable("table", initializer=np.ones([4, 2], np.float32))
    v1.get_variable("unused", initializer=1.0)
    loss = tf.reduce_sum(tf.gather(table, [1, 1, 3]))
    step = slim.optimize_loss(
        loss,
        None,
        1.0,
        "SGD",
        gradient_multipliers={"table": 0.5},
        clip_gradients=100.0,
        summaries=slim.OPTIMIZER_SUMMARIES,
    )
    wanted = np.ones([4, 2])
    wanted[1], wanted[3] = 0.0, 0.5
    np.testing.assert_allclose(train(step)[1]["table"], wanted)
    noisy = slim.optimize_loss(loss, None, 1.0, "SGD", gradient_noise_scale=1e-3)
    assert np.all(train(noisy)[1]["table"] != 1.0)


def test_summaries():
    def names():
        return [s.op.name for s in v1.get_collection(v1.GraphKeys.SUMMARIES)]

    loss = loss_of()
    slim.optimize_loss(loss, None, 0.1, "SGD", clip_gradients=1.0)
    norms = ["global_norm/gradient_norm", "loss", "global_norm/clipped_gradient_norm"]
    assert names() == [f"OptimizeLoss/{name}" for name in norms]
    v1.get_default_graph().clear_collection(v1.GraphKeys.SUMMARIES)
    slim.optimize_loss(
        loss,
        slim.create_global_step(),
        0.1,
        "SGD",
        name="all",
        learning_rate_decay_fn=lambda rate, _: rate,
        summaries=slim.OPTIMIZER_SUMMARIES,
    )
    # The variable has taken the plain name.
    all_of_them = ["learning_rate_1", norms[0], "loss", "gradients/w_0", "gradient_norm/w_0"]
    assert names() == [f"all/{name}" for name in all_of_them]
    v1.get_default_graph().clear_collection(v1.GraphKeys.SUMMARIES)
    slim.optimize_loss(loss, None, 0.1, "SGD", summaries=[])
    assert names() == []


@pytest.mark.parametrize(
    ("kwargs", "said"),
    [
        ({"learning_rate": -0.1}, "got -0.1"),
        ({"learning_rate": "0.1"}, "got '0.1'"),
        ({"learning_rate": True}, "got True"),
        ({"learning_rate": None}, "needs a learning_rate for the optimizer 'SGD'"),
        ({"learning_rate": None, "optimizer": v1.train.AdamOptimizer}, "needs a learning_rate"),
        ({"optimizer": "Lion"}, "Adagrad, Adam, .* got 'Lion'"),
        ({"optimizer": 3}, "its class, or a function .* got 3"),
        ({"optimizer": lambda rate: "Adam"}, "got 'Adam'"),
        ({"clip_gradients": "1.0"}, "clip_gradients .* got '1.0'"),
        ({"summaries": ["loss", "lost"]}, "got 'lost'"),
        (
            {"learning_rate_decay_fn": lambda rate, step: rate},
            "global_step is required for learning_rate_decay_fn",
        ),
        ({"loss": [1.0, 1.0]}, r"scalar loss; got shape \(2,\)"),
    ],
)
def test_wrong_arguments(kwargs, said):
    arguments = {"loss": None, "global_step": None, "learning_rate": 0.1, "optimizer": "SGD"}
    arguments.update(kwargs)
    if arguments["loss"] is None:
        arguments["loss"] = loss_of()
    else:
        arguments["loss"] = tf.constant(arguments["loss"])
    with pytest.raises(ValueError, match=said):
        slim.optimize_loss(**arguments)


def test_outside_v1_graphs_it_names_the_other_way():
    def step():
        return slim.optimize_loss(tf.constant(1.0), None, 0.1, "SGD")

    # Out of the graph that the fixture has opened.
    for call in (step, tf.function(step, autograph=False)):
        found = ThreadPoolExecutor().submit(call)
        assert "slim.learning.make_train_step" in str(found.exception())
