"""assign_from_values and assign_from_checkpoint, in a v1 graph and eagerly."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tf_slim import checkpoints

W = np.arange(6, dtype=np.float32).reshape(2, 3)
B = np.float32([7, 8])


@pytest.fixture(params=["v1", "eager"])
def world(request, tmp_path):
    """(path of a checkpoint, how to get values, a session or None)"""
    path = checkpoints.save(tmp_path / "ck", {"m/w": W, "m/b": B})
    if request.param == "eager":
        yield path, lambda variables: [v.numpy() for v in variables], None
        return
    with contextlib.ExitStack() as stack:
        stack.enter_context(tf.Graph().as_default())
        session = stack.enter_context(tf.compat.v1.Session())

        def values(variables):
            return session.run(list(variables))

        yield path, values, session


def run(world, made):
    op, feed_dict = made
    if world[2] is not None:
        world[2].run(op, feed_dict)
    else:
        assert (op, feed_dict) == (None, {})


def initialize(world):
    if world[2] is not None:
        world[2].run(tf.compat.v1.global_variables_initializer())


def test_values(world):
    w, b = slim.variable("m/w", [2, 3]), slim.variable("m/b", [2])
    run(world, slim.assign_from_values({"m/w": W.ravel(), "m/b": B}))
    np.testing.assert_array_equal(world[1]([w])[0], W)
    np.testing.assert_array_equal(world[1]([b])[0], B)
    slim.assign_from_values_fn({"m/b": -B})(world[2])
    np.testing.assert_array_equal(world[1]([b])[0], -B)
    with pytest.raises(ValueError, match="sizes differ"):
        slim.assign_from_values({"m/w": B})
    with pytest.raises(ValueError, match="no variable 'm/x'"):
        slim.assign_from_values({"m/x": B})


def test_checkpoint_by_own_and_by_other_names(world):
    w, b = slim.variable("m/w", [2, 3]), slim.variable("new/b", [2])
    run(world, slim.assign_from_checkpoint(world[0], [w]))
    run(world, slim.assign_from_checkpoint(world[0], {"m/b": [b]}))
    np.testing.assert_array_equal(world[1]([w])[0], W)
    np.testing.assert_array_equal(world[1]([b])[0], B)


@pytest.mark.parametrize("target", ["x.npz", "x.safetensors", "x.h5"])
def test_other_formats(world, target, tmp_path):
    w, b = slim.variable("m/w", [3, 2]), slim.variable("new/b", [2])
    checkpoints.convert(world[0], tmp_path / target)
    names = {"m/w": w, "m/b": [b]}
    initialize(world)
    slim.assign_from_checkpoint_fn(tmp_path / target, names, reshape_variables=True)(world[2])
    np.testing.assert_array_equal(world[1]([w])[0], W.reshape(3, 2))
    np.testing.assert_array_equal(world[1]([b])[0], B)


def test_missing_names(world):
    w, x = slim.variable("m/w", [2, 3]), slim.variable("m/x", [2])
    with pytest.raises(ValueError, match="has no m/x.*ignore_missing_vars"):
        slim.assign_from_checkpoint(world[0], [w, x])
    restore = slim.assign_from_checkpoint_fn(world[0], [w, x])
    with pytest.raises(tf.errors.NotFoundError, match="has no m/x.*ignore_missing_vars"):
        restore(world[2])
    initialize(world)
    with pytest.warns(UserWarning, match=r"has no m/x \(1 of 2 variables\)\. They stay"):
        slim.assign_from_checkpoint_fn(world[0], [w, x], ignore_missing_vars=True)(world[2])
    np.testing.assert_array_equal(world[1]([w])[0], W)
    with pytest.warns(UserWarning, match="All of them stay.*Near 'm/x' is 'm/"):
        assert slim.assign_from_checkpoint_fn(world[0], [x], ignore_missing_vars=True) is None
    with pytest.warns(UserWarning, match="has no m/x"):
        run(world, slim.assign_from_checkpoint(world[0], [w, x], ignore_missing_vars=True))
    with pytest.raises(ValueError, match="var_list is empty"):
        slim.assign_from_checkpoint_fn(world[0], [])


def test_shapes(world):
    turned = slim.variable("m/w", [3, 2])
    with pytest.raises(ValueError, match=r"\(3, 2\).*\(2, 3\).*reshape_variables"):
        slim.assign_from_checkpoint(world[0], [turned])
    for ignore in (False, True):
        with pytest.raises(ValueError, match=r"\(3, 2\).*\(2, 3\).*reshape_variables"):
            slim.assign_from_checkpoint_fn(world[0], [turned], ignore_missing_vars=ignore)
    small = slim.variable("small/b", [3])
    with pytest.raises(ValueError, match=r"\(3,\).*\(2,\)"):
        slim.assign_from_checkpoint_fn(world[0], {"m/b": small}, reshape_variables=True)
    slim.assign_from_checkpoint_fn(world[0], [turned], reshape_variables=True)(world[2])
    np.testing.assert_array_equal(world[1]([turned])[0], W.reshape(3, 2))


def test_partitioned_variables(tmp_path):
    path = checkpoints.save(tmp_path / "ck", {"p/w": np.arange(8, dtype=np.float32)})
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        with tf.compat.v1.variable_scope("p", partitioner=tf.compat.v1.fixed_size_partitioner(2)):
            slim.variable("w", [8])
        parts = slim.get_variables()
        assert len(parts) == 2
        session.run(*slim.assign_from_checkpoint(path, parts))
        np.testing.assert_array_equal(np.concatenate(session.run(parts)), np.arange(8))


def test_device_chooser_takes_turns():
    class Op:
        type = "VarHandleOp"

    class Read:
        type = "ReadVariableOp"

    choose = slim.VariableDeviceChooser(num_tasks=2)
    assert [choose(op) for op in (Op, Read, Op, Op)] == [
        "/job:ps/task:0/device:CPU:0",
        "/job:ps/task:0/device:CPU:0",
        "/job:ps/task:1/device:CPU:0",
        "/job:ps/task:0/device:CPU:0",
    ]
    assert slim.VariableDeviceChooser(device_type="GPU")(Op) == "/device:GPU:0"
    with pytest.raises(ValueError, match="-1"):
        slim.VariableDeviceChooser(num_tasks=-1)
