"""Warm starts as they are done: a new head, several heads, two nets, averages, parts, replicas."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim import checkpoints

v1 = tf.compat.v1


def trunk(x, scope="trunk"):
    with slim.scope(scope):
        first = slim.fully_connected(x, 4, scope="fc1")
        return first, slim.fully_connected(first, 4, scope="fc2")


def net(x, classes=3):
    return slim.fully_connected(trunk(x)[1], classes, activation_fn=None, scope="logits")


def built(fn=net, **kwargs) -> slim.Model:
    return slim.Model(fn, **kwargs).build([None, 5])


def values(model) -> dict:
    return {name: v.numpy() for name, v in model.named_variables.items()}


def assert_same(model, expected: dict, names) -> None:
    found = values(model)
    for name in names:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


@pytest.fixture
def saved(tmp_path):
    """(values, path)"""
    model = built()
    return values(model), model.save(tmp_path / "net.ckpt")


TRUNK = [f"trunk/{layer}/{leaf}" for layer in ("fc1", "fc2") for leaf in ("weights", "biases")]
HEAD = ["logits/weights", "logits/biases"]


def test_a_new_head_then_the_head_alone_then_everything(saved):
    expected, path = saved
    model = built(classes=7)
    report = model.restore(path, exclude=["logits/*"])
    assert report.complete and report.excluded == tuple(HEAD)
    assert_same(model, expected, TRUNK)
    x, y = tf.ones([2, 5]), tf.constant([0, 6])
    for trained in (["logits/*"], None):
        before = values(model)
        step = slim.learning.make_train_step(
            model,
            slim.losses.sparse_softmax_cross_entropy,
            tf.keras.optimizers.SGD(0.5),
            **({"variables_to_train": trained} if trained else {}),
        )
        step(x, y)
        changed = {n for n, v in values(model).items() if not np.array_equal(v, before[n])}
        assert "logits/biases" in changed
        assert bool(changed & set(TRUNK)) is (trained is None)


def test_several_heads_on_inner_layers(saved):
    def heads(x):
        first, second = trunk(x)
        one = slim.fully_connected(first, 2, scope="inner")
        return one, slim.fully_connected(second, 3, scope="logits")

    expected, path = saved
    model = built(heads)
    report = model.restore(path, exclude=["inner/*"])
    assert report.complete and report.excluded == ("inner/weights", "inner/biases")
    assert_same(model, expected, [*TRUNK, *HEAD])


def test_two_nets_from_two_checkpoints_in_one_model(tmp_path):
    def two(x):
        return trunk(x, "left")[1] + trunk(x, "right")[1]

    parts = {}
    for side in ("left", "right"):
        model = built(trunk)
        parts[side] = {n.replace("trunk", side): v for n, v in values(model).items()}
        model.save(tmp_path / side)
    model = built(two)
    model.restore(tmp_path / "left", include=["left/*"], rename={"trunk": "left"})
    model.restore(
        tmp_path / "right", include=["right/*"], rename=lambda n: n.replace("trunk", "right")
    )
    for side in parts:
        assert_same(model, parts[side], parts[side])


def test_averages_are_swapped_in(tmp_path):
    """Those that tf.train.ExponentialMovingAverage keeps in a graph of TensorFlow 1."""
    with tf.Graph().as_default(), v1.Session() as session:
        net(tf.ones([1, 5]))
        step = slim.get_or_create_global_step()
        average = tf.train.ExponentialMovingAverage(0.5)
        kept = average.apply(v1.trainable_variables())
        session.run(v1.global_variables_initializer())
        double = [v.assign(2 * v) for v in v1.trainable_variables()]
        session.run(double)
        session.run(kept)
        expected = {v.op.name: session.run(average.average(v)) for v in v1.trainable_variables()}
        path = v1.train.Saver().save(session, str(tmp_path / "averaged"), step)
    model = built()
    report = model.restore(path, rename=checkpoints.averages)
    assert report.unexpected == ("global_step",)
    assert_same(model, expected, expected)
    model.restore(path)
    assert np.any(values(model)["trunk/fc1/weights"] != expected["trunk/fc1/weights"])


@pytest.mark.parametrize("suffix", ["", ".npz"])
def test_partitioned_variables(saved, suffix, tmp_path):
    expected, path = saved
    if suffix:
        path = checkpoints.convert(path, tmp_path / "x.npz") and str(tmp_path / "x.npz")
    with tf.Graph().as_default(), v1.Session().as_default() as session:
        with v1.variable_scope("", partitioner=v1.fixed_size_partitioner(2)):
            model = built()
        assert len(v1.global_variables()) == 2 * len(expected)
        model.restore(path)
        for name, variable in model.named_variables.items():
            value = session.run(tf.convert_to_tensor(variable))
            np.testing.assert_array_equal(value, expected[name])
        model.save(tmp_path / "parts")
        by_saver = v1.train.Saver().save(session, str(tmp_path / "saver"))
        restore = slim.assign_from_checkpoint_fn(path, v1.global_variables())
        session.run(v1.global_variables_initializer())
        restore(session)
        parts = [v for v in v1.global_variables() if v.op.name.startswith("trunk/fc1/weights")]
        whole = np.concatenate(session.run(parts))
        np.testing.assert_array_equal(whole, expected["trunk/fc1/weights"])
    for written in (tmp_path / "parts", by_saver):
        assert checkpoints.diff(written, expected).equal


@pytest.mark.parametrize("name", ["x.ckpt", "x.safetensors"])
def test_variables_of_a_strategy(saved, name, strategy2, tmp_path):
    expected, path = saved
    checkpoints.convert(path, tmp_path / name)
    with strategy2.scope():
        model = built()
    model.restore(tmp_path / name)
    for variable_name, variable in model.named_variables.items():
        for value in strategy2.experimental_local_results(variable):
            np.testing.assert_array_equal(value, expected[variable_name])
    model.save(tmp_path / "again.npz")
    assert checkpoints.diff(tmp_path / "again.npz", expected).equal


def test_variables_that_begin_with_one_tensor(saved, tmp_path):
    """In a session values are fed in place of initial ones, of which these two have the same."""
    path = checkpoints.save(tmp_path / "x", {"a": np.float32(1), "b": np.float32(2)})
    with tf.Graph().as_default(), v1.Session().as_default() as session:
        zero = tf.constant(0.0)
        variables = {name: tf.Variable(zero, name=name) for name in ("a", "b")}
        checkpoints.restore(path, variables)
        assert session.run(variables) == {"a": 1.0, "b": 2.0}


def test_a_variable_of_any_shape_takes_any_shape(tmp_path):
    path = checkpoints.save(tmp_path / "x", {"a": np.ones([3], np.float32)})
    free = tf.Variable(tf.zeros([2]), shape=tf.TensorShape(None))
    assert checkpoints.restore(path, {"a": free}).complete
    np.testing.assert_array_equal(free, [1, 1, 1])
    fixed = tf.Variable(tf.zeros([2]))
    with pytest.raises(checkpoints.CheckpointError, match=r"float32 \(2,\), the checkpoint"):
        checkpoints.restore(path, {"a": fixed})
