"""What other packages say, where our code goes by it: a new wording of theirs fails here first."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from tf_slim.checkpoints import errors as of_checkpoints
from tf_slim.cli import errors as command_line
from tf_slim.data import checks, pipeline
from tf_slim.learning.step import finite
from tf_slim.legacy import runner
from tf_slim.legacy.numpy1 import functions as numpy1
from tf_slim.ops import counting, stores


def test_a_variable_made_when_a_function_is_traced_anew():
    made = {}

    @tf.function
    def function(x):
        if x.shape.rank not in made:
            with tf.init_scope():
                made[x.shape.rank] = tf.Variable(1.0)
        return x

    function(tf.zeros([1]))
    with pytest.raises(ValueError, match=stores._TRACED_BEFORE):
        function(tf.zeros([1, 1]))


def test_replicas_that_ask_each_other_within_a_function(strategy2):
    @tf.function
    def asking():
        context = tf.distribute.get_replica_context()
        return context.all_reduce(tf.distribute.ReduceOp.MEAN, tf.constant(1.0))

    def replica():
        return asking()

    with pytest.raises(RuntimeError, match=counting.NOT_IN_FUNCTIONS):
        tf.function(lambda: strategy2.run(replica))()


def _broken_data() -> tf.data.Dataset:
    images = tf.data.Dataset.from_tensors(b"no image")
    return images.map(lambda one: tf.io.decode_image(one, expand_animations=False))


def test_an_error_that_comes_out_of_an_iterator():
    def loop():
        for _ in _broken_data():
            pass

    for way in (loop, tf.function(loop)):
        with pytest.raises(tf.errors.InvalidArgumentError) as info:
            way()
        assert any(mark in str(info.value) for mark in pipeline._ITERATOR_MARKS)
    with pytest.raises(tf.errors.InvalidArgumentError) as info:
        tf.io.decode_image(b"no image")
    assert not any(mark in str(info.value) for mark in pipeline._ITERATOR_MARKS)


def test_where_the_reason_begins_of_what_a_map_of_a_dataset_fails_by():
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        dataset = tf.data.Dataset.from_tensors(b"no picture").map(
            lambda one: tf.reshape(tf.strings.bytes_split(one), [3])
        )
        following = tf.compat.v1.data.make_one_shot_iterator(dataset).get_next()
        with pytest.raises(tf.errors.InvalidArgumentError) as info:
            session.make_callable(following)()
    assert checks._BEFORE_THE_REASON in info.value.message.partition("\n")[0]


def test_names_of_nodes_are_left_out_of_what_a_checkpoint_reader_says():
    with pytest.raises(tf.errors.InvalidArgumentError) as info:
        tf.reshape(tf.ones([3]), [2])
    message = info.value.message
    assert "{{" in message and "[Op:" in message
    reason = of_checkpoints.reason(info.value)
    assert reason.startswith("Input to reshape") and "{{" not in reason and "[" not in reason[-9:]


def test_names_of_nodes_are_left_out_of_what_a_command_says():
    @tf.function
    def function(index):
        return tf.gather(tf.ones([3]), index)

    with pytest.raises(tf.errors.InvalidArgumentError) as info:
        function(tf.constant([5]))
    message = info.value.message
    assert "Detected at node" in message and "[[{{node" in message
    text = command_line.explained(info.value)
    assert text.startswith("indices[0] = 5 is not in [0, 3)") and "node" not in text


def test_what_an_assertion_says_survives_the_way_out_of_a_function():
    @tf.function
    def function():
        said = finite.reason(tf.constant([0, 1]), ["net/weights"])
        tf.debugging.Assert(tf.equal(said, ""), [said])

    with pytest.raises(tf.errors.InvalidArgumentError) as info:
        function()
    assert finite.said(info.value) == "Not finite: the gradient of net/weights"


def test_a_file_with_pickled_objects(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}], object))
    with pytest.raises(ValueError, match=runner._NO_PICKLE):
        np.load(tmp_path / "a.npy")


def test_nested_sequences_of_several_lengths():
    with pytest.raises(ValueError, match=numpy1._RAGGED):
        np.array([[1], [1, 2]])
