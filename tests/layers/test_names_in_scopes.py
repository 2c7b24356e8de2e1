"""What v1 graphs call what layers add to them, wherever the layers stand.

Programs look these names up: clones select the losses and updates of one of them by its name scope.
"""

from __future__ import annotations

import contextlib

import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1

DECAY = slim.l2_regularizer(0.1)
NORM = {"scale": True, "param_regularizers": {"gamma": DECAY, "beta": DECAY}}


def images():
    return tf.ones([2, 4, 4, 3])


def regularized(layer, inputs, *args):
    def call(scope):
        layer(inputs(), *args, weights_regularizer=DECAY, biases_regularizer=DECAY, scope=scope)

    return call


def normalized(shape, **kwargs):
    return lambda scope: slim.batch_norm(tf.ones(shape), scope=scope, **NORM, **kwargs)


# layer -> (called in a scope, where its losses are: within its name scope, within its variables')
LAYERS = {
    "conv1d": (regularized(slim.conv1d, lambda: tf.ones([2, 4, 3]), 5, 3), ["kernel", "bias"], []),
    "conv2d": (regularized(slim.conv2d, images, 5, 3), ["kernel", "bias"], []),
    "conv2d_transpose": (regularized(slim.conv2d_transpose, images, 5, 3), ["kernel", "bias"], []),
    "fully_connected": (regularized(slim.fully_connected, images, 5), ["kernel", "bias"], []),
    "separable_conv2d": (
        regularized(slim.separable_conv2d, images, 5, 3, 1),
        ["depthwise_kernel", "pointwise_kernel", "bias"],
        [],
    ),
    "depthwise": (
        regularized(slim.separable_conv2d, images, None, 3, 1),
        [],
        ["depthwise_weights", "biases"],
    ),
    "conv2d_in_plane": (regularized(slim.conv2d_in_plane, images, 3), [], ["weights", "biases"]),
    "bias_add": (
        lambda scope: slim.bias_add(images(), regularizer=DECAY, scope=scope),
        [],
        ["biases"],
    ),
    "batch_norm": (normalized([2, 4, 4, 3]), ["gamma", "beta"], []),
    "batch_norm of rank 2": (normalized([2, 3]), [], ["beta", "gamma"]),
    "batch_norm of my updates": (
        normalized([2, 4, 4, 3], updates_collections="mine"),
        [],
        ["beta", "gamma"],
    ),
}


def within(*contexts):
    def nest(call):
        with contextlib.ExitStack() as stack:
            for make in contexts:
                stack.enter_context(make())
            call("c")

    return nest


def scope_of(*args, **kwargs):
    return lambda: v1.variable_scope(*args, **kwargs)


def name_scope(name):
    return lambda: v1.name_scope(name)


def twice_in_one_scope(call):
    within(scope_of("Net"))(lambda scope: call("first"))
    within(scope_of("Net"))(call)


def entered_again(call):
    with v1.variable_scope("Net") as scope, v1.variable_scope(scope):
        call("c")


def entered_later(call):
    with v1.variable_scope("Net") as scope:
        pass
    with v1.variable_scope(scope):
        call("c")


def an_object(call):
    with v1.variable_scope("c") as scope:
        pass
    with v1.name_scope("tower"):
        call(scope)


def two_clones(call):
    for clone in range(2):
        with (
            v1.name_scope(f"clone_{clone}"),
            v1.variable_scope(v1.get_variable_scope(), reuse=clone > 0),
        ):
            call("c")


# how a layer is called -> (the name scope of its operations when it made them, of its variables)
NESTINGS = {
    "alone": (within(), "c", "c"),
    "a name scope": (within(name_scope("tower")), "tower/c", "c"),
    "a variable scope": (within(scope_of("Net")), "Net/c", "Net/c"),
    "without its name scope": (within(scope_of("Net", auxiliary_name_scope=False)), "c", "Net/c"),
    "twice": (twice_in_one_scope, "Net_1/c", "Net/c"),
    "entered again": (entered_again, "Net/Net/c", "Net/c"),
    "entered later": (entered_later, "Net_1/c", "Net/c"),
    "an object": (an_object, "c", "c"),
    "clones": (two_clones, "clone_0/c", "c"),
}


@pytest.mark.parametrize("nesting", NESTINGS)
@pytest.mark.parametrize("layer", LAYERS)
def test_regularization_losses(layer, nesting):
    call, by_scope, by_variable = LAYERS[layer]
    nest, scope, variables = NESTINGS[nesting]
    expected = [f"{scope}/{name}/Regularizer/l2_regularizer" for name in by_scope]
    expected += [f"{variables}/{name}/Regularizer/l2_regularizer" for name in by_variable]
    with tf.Graph().as_default():
        nest(call)
        losses = v1.get_collection(v1.GraphKeys.REGULARIZATION_LOSSES)
        assert [loss.op.name for loss in losses][-len(expected) :] == expected


# arguments of batch_norm, and the shape of its inputs -> whether its updates are operations
UPDATES = {
    "fused": ({}, [2, 4, 4, 3], True),
    "in steps": ({"fused": False}, [2, 4, 4, 3], True),
    "rank 3": ({}, [2, 4, 3], True),
    "rank 5": ({}, [2, 2, 2, 2, 3], True),
    "rank 2": ({}, [2, 3], False),
    "rank 2 in steps": ({"fused": False}, [2, 3], True),
    "of examples with weights": ({"batch_weights": [1.0, 2.0]}, [2, 4, 4, 3], False),
    "without bias": ({"zero_debias_moving_mean": True}, [2, 4, 4, 3], False),
}


@pytest.mark.usefixtures("v1_variables")
@pytest.mark.parametrize("case", UPDATES)
def test_updates_of_batch_norm(case):
    kwargs, shape, operations = UPDATES[case]
    with tf.Graph().as_default():
        slim.batch_norm(tf.ones(shape), scope="bn", **kwargs)
        updates = v1.get_collection(v1.GraphKeys.UPDATE_OPS)
        end = "" if operations else ":0"
        assert [u.name for u in updates] == [f"bn/AssignMovingAvg{n}{end}" for n in ("", "_1")]
        assert all(isinstance(u, tf.Operation) == operations for u in updates)
        check_averages_move(updates)


@pytest.mark.parametrize("case", UPDATES)
def test_updates_of_batch_norm_with_resource_variables(case):
    kwargs, shape, operations = UPDATES[case]
    with tf.Graph().as_default():
        slim.batch_norm(tf.ones(shape), scope="bn", **kwargs)
        updates = v1.get_collection(v1.GraphKeys.UPDATE_OPS)
        assert all(isinstance(u, tf.Operation) == operations for u in updates)
        check_averages_move(updates)


def test_updates_that_depend_on_a_tensor():
    with tf.Graph().as_default():
        is_training = v1.placeholder(tf.bool, [])
        slim.batch_norm(images(), is_training=is_training, scope="bn")
        updates = v1.get_collection(v1.GraphKeys.UPDATE_OPS)
        assert len(updates) == 2
        assert all(isinstance(update, tf.Operation) for update in updates)
        check_averages_move(updates, {is_training: True})


def check_averages_move(updates, feed=None):
    means = [v for v in slim.get_model_variables() if v.op.name == "bn/moving_mean"]
    with v1.Session() as session:
        session.run(v1.global_variables_initializer())
        assert not session.run(means)[0].any()
        session.run(updates, feed)
        assert session.run(means)[0].all()
