"""slim.utils: conditions, dimensions, collections."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1
utils = slim.utils


def one():
    return tf.constant(1)


def two():
    return tf.constant(2)


@pytest.mark.parametrize(
    "yes", [True, 1, np.bool_(True), tf.constant(True), tf.Variable(True), np.array(True)]
)
def test_smart_cond_eagerly(yes):
    assert utils.smart_cond(yes, one, two) == 1
    assert utils.smart_cond(tf.logical_not(tf.cast(yes, tf.bool)), one, two) == 2


def test_smart_cond_in_a_function():
    call = tf.function(lambda yes: utils.smart_cond(yes, one, two))
    assert (call(tf.constant(True)), call(tf.constant(False))) == (1, 2)
    # A number is decided while tracing: the other branch is not even built.
    assert tf.function(lambda: utils.smart_cond(True, one, lambda: 1 / 0))() == 1


def test_smart_cond_in_a_v1_graph():
    with tf.Graph().as_default(), v1.Session() as session:
        switch = v1.placeholder(tf.bool, [])
        chosen = utils.smart_cond(switch, one, two, name="choice")
        assert session.run([chosen, chosen], {switch: True})[0] == 1
        assert session.run(chosen, {switch: False}) == 2
        assert utils.smart_cond(tf.constant(False), one, two).op.type == "Const"


def test_conditions_take_functions():
    with pytest.raises(TypeError, match="fn2.*lambda"):
        utils.static_cond(True, one, 2)
    with pytest.raises(TypeError, match="fn1"):
        utils.smart_cond(True, 1, two)


def test_constant_value():
    assert utils.constant_value(2.5) == 2.5
    assert utils.constant_value(tf.constant(3)) == 3
    assert utils.constant_value(tf.Variable(3)) is None
    with pytest.raises(ValueError, match="got None"):
        utils.constant_value(None)
    with pytest.raises(ValueError, match="bool.*int32"):
        utils.constant_value(tf.constant(3), tf.bool)
    with tf.Graph().as_default():
        assert utils.constant_value(v1.placeholder(tf.bool, [])) is None
        assert utils.constant_value(tf.constant(3) * 1) in (None, 3)


def test_dimensions():
    assert utils.last_dimension(tf.TensorShape([None, 3])) == 3
    assert utils.last_dimension([2, 3], min_rank=2) == 3
    assert utils.channel_dimension(tf.TensorShape([1, 2, 3, 4]), "NCHW") == 2
    assert utils.channel_dimension(tf.TensorShape([1, 2, 3, 4]), "NHWC") == 4
    with pytest.raises(ValueError, match="rank 2 or more"):
        utils.last_dimension(tf.TensorShape([3]), min_rank=2)
    with pytest.raises(ValueError, match="axis -1 must be known"):
        utils.last_dimension(tf.TensorShape([3, None]))
    with pytest.raises(ValueError, match="rank of the shape is unknown"):
        utils.last_dimension(tf.TensorShape(None))


@pytest.mark.parametrize(
    ("value", "pair"),
    [(3, (3, 3)), (np.int64(3), (3, 3)), ([1, 2], (1, 2)), (tf.TensorShape([6, None]), (6, None))],
)
def test_two_element_tuple(value, pair):
    assert utils.two_element_tuple(value) == pair


@pytest.mark.parametrize("value", ["ab", [1], [1, 2, 3], None, tf.TensorShape([1]), 2.5])
def test_no_pair(value):
    with pytest.raises(ValueError, match="Expected an integer or two"):
        utils.two_element_tuple(value)


@pytest.mark.parametrize("value", [0, -1, [1, 2], [1, 2, 0], "abc", None, [1, 2.5, 3], 2.5])
def test_no_positive_integers(value):
    with pytest.raises(ValueError, match="3 of them"):
        utils.n_positive_integers(3, value)


@pytest.mark.parametrize("n", [0, -1, None, 1.5])
def test_how_many_integers(n):
    with pytest.raises(ValueError, match="n must be"):
        utils.n_positive_integers(n, 1)


def test_positive_integers():
    assert utils.n_positive_integers(2, 3) == (3, 3)
    assert utils.n_positive_integers(3, np.array([1, 2, 3])) == (1, 2, 3)


def test_variable_collections():
    assert utils.get_variable_collections(None, "weights") is None
    assert utils.get_variable_collections(["a"], "weights") == ["a"]
    assert utils.get_variable_collections({"weights": ["a"]}, "weights") == ["a"]
    assert utils.get_variable_collections({"weights": ["a"]}, "biases") is None


def test_aliases():
    tensor = tf.constant(1.0)
    assert utils.get_tensor_aliases(tensor) == []  # an eager tensor has no name of its own
    utils.append_tensor_alias(tensor, "x/")
    utils.append_tensor_alias(tensor, "y")
    assert utils.gather_tensors_aliases([tensor]) == ["x", "y"]
    with tf.Graph().as_default():
        parts = tf.split(tf.ones([2]), 2, name="parts")
        assert utils.gather_tensors_aliases(parts) == ["parts", "parts:1"]


def test_no_collection_is_no_work():
    tensor = tf.constant(1.0)
    assert utils.collect_named_outputs(None, "x", tensor) is tensor
    assert not hasattr(tensor, "aliases")
