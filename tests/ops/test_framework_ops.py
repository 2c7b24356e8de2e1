"""get_graph_from_inputs and get_name_scope."""

from __future__ import annotations

import pytest
import tensorflow as tf

from tf_slim.ops.framework_ops import get_graph_from_inputs, get_name_scope


def test_the_graph_of_inputs():
    first, second = tf.Graph(), tf.Graph()
    with first.as_default():
        a = tf.constant(1.0)
    with second.as_default():
        b = tf.compat.v1.get_variable("b", [])
        assert get_graph_from_inputs([1.0, None, a]) is first
        assert get_graph_from_inputs((a.op,), graph=first) is first
        assert get_graph_from_inputs([b]) is second
        assert get_graph_from_inputs([]) is second
        assert get_graph_from_inputs([], graph=first) is first
    with pytest.raises(ValueError, match="must be from the same graph"):
        get_graph_from_inputs([a, b])
    with pytest.raises(ValueError, match="not from the passed-in graph"):
        get_graph_from_inputs([a], graph=second)
    with pytest.raises(TypeError, match="a list of tensors"):
        get_graph_from_inputs(a)
    with pytest.raises(TypeError, match=r"a tf\.Graph; got 'graph'"):
        get_graph_from_inputs([a], graph="graph")


def test_eager_tensors_belong_to_no_graph():
    assert get_graph_from_inputs([tf.constant(1.0)]) is tf.compat.v1.get_default_graph()


@pytest.mark.parametrize("graph", [True, False])
def test_the_name_scope(graph):
    with tf.Graph().as_default() if graph else tf.name_scope(""):
        assert get_name_scope() == ""
        with tf.name_scope("a"), tf.name_scope("b"):
            assert get_name_scope() == "a/b"
