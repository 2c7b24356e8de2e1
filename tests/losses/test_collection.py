"""Which losses the readers find, by scope and by collection, in a graph and in a frame."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1


def losses_of_two_towers():
    with v1.variable_scope("tower_0"):
        first = slim.losses.mean_squared_error([1.0], [2.0])
    with v1.name_scope("tower_1"):
        second = slim.losses.mean_squared_error([1.0], [4.0])
        slim.losses.add_loss(tf.constant(5.0), loss_collection="other")
    return first, second


def read(scope):
    return [float(loss) for loss in slim.losses.get_losses(scope)]


def test_scopes_select_eager_losses():
    with slim.collect():
        losses_of_two_towers()
        assert read(None) == [1.0, 9.0]
        assert read("tower_0") == [1.0]
        assert read("tower_.") == [1.0, 9.0]
        assert read("tower_2") == []
        assert [float(v) for v in slim.losses.get_losses("tower_1", "other")] == [5.0]


def test_scopes_select_the_losses_of_a_function():
    @tf.function
    def step():
        with slim.collect():
            losses_of_two_towers()
            return slim.losses.get_losses("tower_1"), slim.losses.get_losses("error")

    assert [[float(v) for v in found] for found in step()] == [[9.0], []]


def test_scopes_select_the_losses_of_a_graph():
    with tf.Graph().as_default():
        first, second = losses_of_two_towers()
        assert slim.losses.get_losses("tower_1") == [second]
        assert v1.losses.get_losses() == [first, second]
        # The other way round: what TensorFlow's own losses collect is ours too.
        third = v1.losses.absolute_difference(labels=[1.0], predictions=[4.0])
        assert slim.losses.get_losses()[-1] is third
        with v1.Session() as session:
            assert session.run(slim.losses.get_total_loss()) == 13.0


def test_a_frame_gets_the_losses_of_a_graph_too():
    with tf.Graph().as_default(), slim.collect() as got:
        losses_of_two_towers()
        with v1.Session() as session:
            assert session.run(got.total_loss()) == 10.0


def regularized(inputs):
    weights = slim.model_variable(
        "weights", [3, 1], initializer=tf.ones_initializer(), regularizer=tf.nn.l2_loss
    )
    return tf.matmul(inputs, weights)


def test_regularization_joins_the_total_loss_of_a_frame():
    model = slim.Model(regularized)
    inputs, labels = tf.ones([2, 3]), tf.ones([2, 1])

    @tf.function
    def step():
        with slim.collect():
            slim.losses.mean_squared_error(model(inputs), labels)
            return (
                slim.losses.get_total_loss(),
                slim.losses.get_total_loss(add_regularization_losses=False),
                slim.losses.get_regularization_losses(),
            )

    model(inputs)
    total, without, regularization = step()
    assert (float(total), float(without)) == (5.5, 4.0)
    assert [float(loss) for loss in regularization] == [1.5]


def test_regularization_joins_the_total_loss_of_a_graph():
    with tf.Graph().as_default(), v1.Session() as session:
        with slim.scope("net"):
            slim.losses.mean_squared_error(regularized(tf.ones([2, 3])), tf.ones([2, 1]))
        session.run(v1.global_variables_initializer())
        assert session.run(slim.losses.get_total_loss()) == 5.5
        assert len(slim.losses.get_regularization_losses("net")) == 1
        assert slim.losses.get_regularization_losses("other") == []


def test_regularization_by_scope_needs_a_graph():
    with slim.collect(), pytest.raises(ValueError, match=r"model\.losses"):
        slim.losses.get_regularization_losses("net")


def test_nothing_to_add_up():
    with slim.collect(), pytest.raises(ValueError, match="no losses"):
        slim.losses.get_total_loss()


def test_the_remedy_that_the_error_shows_runs():
    with pytest.raises(ValueError) as caught:
        slim.losses.get_total_loss()
    code = str(caught.value).partition(":\n\n")[2]
    names = {
        "slim": slim,
        "model": lambda images: images,
        "images": tf.constant([[1.0, 1.0]]),
        "labels": tf.constant([[1.0, 0.0]]),
    }
    exec("\n".join(line[4:] for line in code.splitlines()), names)
    np.testing.assert_allclose(names["loss"], np.log(2.0), rtol=1e-6)


def test_frames_do_not_see_each_other():
    with slim.collect() as outer:
        slim.losses.add_loss(tf.constant(1.0))
        with slim.collect() as inner:
            slim.losses.add_loss(tf.constant(2.0))
        slim.losses.add_loss(tf.constant(3.0))
    assert [float(v) for v in outer.losses] == [1.0, 3.0]
    assert [float(v) for v in inner.losses] == [2.0]
