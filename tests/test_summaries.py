"""slim.summaries: in v1 graphs, and written at once elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim

v1 = tf.compat.v1
s = slim.summaries

MADE = {
    "scalar": (s.add_scalar_summary, 2.5, ["x"], lambda v: v.simple_value == 2.5),
    "histogram": (s.add_histogram_summary, [1.0, 3.0], ["x"], lambda v: v.histo.sum == 4.0),
    "image": (
        s.add_image_summary,
        np.zeros([2, 4, 5, 3], np.float32),
        ["x/image/0", "x/image/1"],
        lambda v: (v.image.height, v.image.width, v.image.colorspace) == (4, 5, 3),
    ),
    "zeros": (
        s.add_zero_fraction_summary,
        [0.0, 1.0, 0.0, 0.0],
        ["x/Fraction_of_Zero_Values"],
        lambda v: v.simple_value == 0.75,
    ),
}
"""Function, tensor, tags of a summary called x, and what its values are like."""


def check(values, case, name="x"):
    _, _, tags, is_right = MADE[case]
    assert sorted(v.tag for v in values) == [name + tag[1:] for tag in tags]
    assert all(map(is_right, values))


def written(folder):
    """(step, value) of all summaries in the event files of a folder."""
    found = []
    for path in tf.io.gfile.glob(f"{folder}/events*"):
        for event in v1.train.summary_iterator(path):
            found += [(event.step, value) for value in event.summary.value]
    return found


@pytest.mark.parametrize("case", MADE)
def test_in_a_v1_graph(case):
    add, value, *_ = MADE[case]
    with tf.Graph().as_default(), v1.Session() as session:
        made = add(tf.constant(value, name="taken"), name="x")
        assert v1.get_collection(v1.GraphKeys.SUMMARIES) == [made]
        check(v1.Summary.FromString(session.run(made)).value, case)
        prefixed = add(tf.constant(value, name="t"), prefix="p")
        check(v1.Summary.FromString(session.run(prefixed)).value, case, "p/t")


@pytest.mark.parametrize("mode", ["eager", "function"])
@pytest.mark.parametrize("case", MADE)
def test_written_at_once(case, mode, tmp_path):
    add, value, *_ = MADE[case]
    value = tf.constant(value)

    def step():
        return add(value, "x")

    call = tf.function(step) if mode == "function" else step
    with tf.summary.create_file_writer(str(tmp_path)).as_default(step=5):
        assert call()
    events = written(tmp_path)
    assert {step for step, _ in events} == {5}
    check([value for _, value in events], case)


def test_the_global_step_counts(tmp_path):
    slim.get_or_create_global_step().assign(8)
    with tf.summary.create_file_writer(str(tmp_path)).as_default():
        s.add_scalar_summary(tf.constant(1.0), "x")
    assert [step for step, _ in written(tmp_path)] == [8]


def test_without_a_writer_nothing_happens():
    assert not s.add_scalar_summary(tf.constant(1.0), "x")
    assert not tf.function(lambda: s.add_scalar_summary(tf.constant(1.0), "x"))()


def test_a_step_is_needed(tmp_path):
    with (
        tf.summary.create_file_writer(str(tmp_path)).as_default(),
        pytest.raises(ValueError, match="step"),
    ):
        s.add_scalar_summary(tf.constant(1.0), "x")


def test_an_eager_tensor_needs_a_name():
    with pytest.raises(ValueError, match="name='loss'"):
        s.add_scalar_summary(tf.constant(1.0))


def test_a_variable_has_a_name_in_a_graph():
    with tf.Graph().as_default():
        made = s.add_scalar_summary(v1.get_variable("v", []))
        assert made.op.name.startswith("v")


def test_many_at_once():
    with tf.Graph().as_default():
        tensors = [tf.ones([1, 2, 2, 1], name="a"), tf.ones([1, 2, 2, 1], name="b")]
        numbers = [tf.constant(1.0, name="c")]
        s.add_histogram_summaries(tensors, "h")
        s.add_image_summaries(tensors, "i")
        s.add_zero_fraction_summaries(tensors, "z")
        s.add_scalar_summaries(numbers, "n")
        names = [made.op.name for made in v1.get_collection(v1.GraphKeys.SUMMARIES)]
    share = "Fraction_of_Zero_Values"
    assert names == ["h/a", "h/b", "i/a", "i/b", f"z/a/{share}", f"z/b/{share}", "n/c"]


@pytest.mark.parametrize("mode", ["v1", "eager"])
def test_printing(mode, capfd):
    if mode == "eager":
        s.add_scalar_summary(tf.constant(2.5), "rate", print_summary=True)
    else:
        with tf.Graph().as_default(), v1.Session() as session:
            made = s.add_scalar_summary(tf.constant(2.5), "rate", print_summary=True)
            assert v1.get_collection(v1.GraphKeys.SUMMARIES) == [made]
            session.run(v1.summary.merge_all())
    assert "rate 2.5" in capfd.readouterr().err
