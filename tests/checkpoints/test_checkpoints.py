"""Checkpoints of models: by name, in part, in each mode. Faults have a file of their own."""

from __future__ import annotations

import os
import re

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.ops.nets import TOWER_NAMES, tower
from tf_slim import checkpoints

X = np.linspace(-1, 1, 10, dtype=np.float32).reshape(2, 5)
DATA = ".data-00000-of-00001"


def built(width: int = 5) -> slim.Model:
    return slim.Model(tower).build([None, width])


def values(model):
    return [v.numpy() for v in model.variables]


def same(one, two) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


@pytest.fixture
def saved(tmp_path):
    """(model, prefix of its checkpoint)"""
    model = built()
    return model, model.save(tmp_path / "run" / "model.ckpt-7")


def test_round_trip_by_prefix_file_or_folder(saved):
    model, path = saved
    assert sorted(os.listdir(os.path.dirname(path))) == [
        f"model.ckpt-7{DATA}",
        "model.ckpt-7.index",
    ]
    for where in (path, path + ".index", os.path.dirname(path)):
        other = built()
        report = other.restore(where)
        assert report.complete and report.restored == tuple(TOWER_NAMES)
        assert same(values(model), values(other))


def test_a_prefix_goes_before_a_folder_of_its_name(saved):
    model, path = saved
    os.mkdir(path)
    assert model.restore(path).path == path


def test_tf1_saver_reads_ours_and_we_read_its(saved, tmp_path):
    model, path = saved
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tower(tf.compat.v1.placeholder(tf.float32, [None, 5]))
        saver = tf.compat.v1.train.Saver()
        saver.restore(session, path)
        graph_values = session.run(tf.compat.v1.global_variables())
        again = saver.save(session, str(tmp_path / "tf1" / "model.ckpt"), global_step=3)
    assert same(graph_values, values(model))
    other = built()
    other.restore(again)
    assert same(values(other), values(model))


def test_old_single_file_checkpoints(saved, tmp_path):
    model, _ = saved
    expected = values(model)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        for name, value in zip(TOWER_NAMES, expected, strict=True):
            tf.compat.v1.Variable(value, name=name)
        session.run(tf.compat.v1.global_variables_initializer())
        version = tf.compat.v1.train.SaverDef.V1
        saver = tf.compat.v1.train.Saver(write_version=version)
        path = saver.save(session, str(tmp_path / "model.ckpt"))
    other = built()
    other.restore(path)
    assert same(values(other), values(model))


def test_a_model_in_a_v1_graph(saved, tmp_path):
    model, path = saved
    expected = values(model)
    with tf.Graph().as_default(), tf.compat.v1.Session().as_default() as session:
        other = built()
        with pytest.raises(RuntimeError, match="session"):
            with tf.Graph().as_default():
                built().restore(path)
        other.restore(path)
        assert same(session.run(list(other.variables)), expected)
        other.save(tmp_path / "graph")
    again = built()
    again.restore(tmp_path / "graph")
    assert same(values(again), values(model))


def test_mirrored_variables(saved, strategy2, tmp_path):
    model, path = saved
    with strategy2.scope():
        other = built()
    other.restore(path)
    replicas = strategy2.run(lambda: other.variables[0].read_value())
    for value in strategy2.experimental_local_results(replicas):
        np.testing.assert_array_equal(value, model.variables[0])
    other.save(tmp_path / "mirrored")
    assert built().restore(tmp_path / "mirrored").complete


def test_include_and_exclude(saved):
    model, path = saved
    other = built()
    before = values(other)
    report = other.restore(path, include=["tower/*", re.compile("^fc/")], exclude=["*/raw/*"])
    assert report.excluded == ("tower/raw/alpha",)
    assert np.array_equal(values(other)[3], before[3])
    assert np.array_equal(values(other)[5], values(model)[5])


@pytest.mark.parametrize(
    ("kwargs", "error", "text"),
    [
        ({"exclude": ["tower/raw"]}, ValueError, r"write 'tower/raw/\*'"),
        ({"exclude": ["towr/fc/weights"]}, ValueError, "Near names: tower/fc/weights"),
        ({"include": "tower/*"}, TypeError, r"include=\[\.\.\.\]"),
        ({"on_mismatch": "skip"}, ValueError, "'error', 'warn' or 'ignore'"),
    ],
)
def test_bad_selections(saved, kwargs, error, text):
    with pytest.raises(error, match=text):
        built().restore(saved[1], **kwargs)


def test_mismatch_reports_both_sides_and_changes_nothing(saved):
    def other_net(x):
        with slim.scope("fc"):
            slim.model_variable("weights", [5, 2])
            slim.model_variable("biases", [2])
        return x

    model = slim.Model(other_net).build([None, 5])
    before = values(model)
    with pytest.raises(checkpoints.CheckpointError) as caught:
        model.restore(saved[1])
    text = str(caught.value)
    assert "fc/weights: the model has float32 (5, 2), the checkpoint float32 (4, 2)" in text
    assert "only in the model: fc/biases" in text
    assert "only in the checkpoint: tower/fc/weights" in text
    assert same(values(model), before)
    with pytest.warns(UserWarning, match="1 missing, 1 different"):
        report = model.restore(saved[1], on_mismatch="warn")
    assert not report.complete and report.restored == ()


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("run/model.ckpt-8", "That folder has: model.ckpt-7"),
        ("nowhere/model.ckpt", "does not exist"),
        (".", "There is no checkpoint in the folder"),
    ],
)
def test_missing(saved, tmp_path, path, text):
    with pytest.raises(checkpoints.CheckpointError, match=text):
        built().restore(tmp_path / path)


def test_the_latest_is_what_the_state_file_says_or_else_the_highest_step(saved):
    model, path = saved
    folder = os.path.dirname(path)
    model.save(os.path.join(folder, "model.ckpt-10"))
    assert checkpoints.latest(folder).endswith("-10")
    checkpoints.write_state(folder, path, [path])
    assert checkpoints.latest(folder) == path
    assert tf.train.latest_checkpoint(folder) == path
    checkpoints.remove(path)
    assert checkpoints.latest(folder).endswith("-10")


def test_a_folder_that_cannot_be_written_harms_nothing(saved, tmp_path):
    model, _ = saved
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(checkpoints.CheckpointError, match="Earlier checkpoints are unharmed"):
        model.save(tmp_path / "file" / "model.ckpt")


def test_nothing_to_save(tmp_path):
    with pytest.raises(checkpoints.CheckpointError, match="no variables"):
        checkpoints.save(tmp_path / "x", {})
