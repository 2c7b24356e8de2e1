"""load, convert, average and diff; the latest and the best checkpoint of a folder; leftovers."""

from __future__ import annotations

import json
import os
import re

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.ops.nets import TOWER_NAMES, tower
from tf_slim import checkpoints

A = {"n/w": np.float32([[1, 2], [3, 4]]), "n/b": np.float32([1, np.nan]), "step": np.int64(3)}


@pytest.fixture
def path(tmp_path):
    return checkpoints.save(tmp_path / "run" / "model.ckpt-3", A)


def test_load_selects_and_renames(path):
    assert sorted(checkpoints.load(path)) == ["n/b", "n/w", "step"]
    found = checkpoints.load(path, include=["m/*", re.compile("^s")], exclude=["*/b"],
                             rename={"n": "m"})  # fmt: skip
    assert sorted(found) == ["m/w", "step"]
    np.testing.assert_array_equal(found["m/w"], A["n/w"])
    with pytest.raises(ValueError, match=r"include pattern 'n' matches no variable.*'n/\*'"):
        checkpoints.load(path, include=["n"])


@pytest.mark.parametrize("target", ["out/x.safetensors", "out/x.npz", "out/x.h5", "out/x"])
def test_convert(path, target, tmp_path):
    names = checkpoints.convert(path, tmp_path / target, exclude=["step"])
    assert names == ["n/b", "n/w"]
    assert checkpoints.diff(path, tmp_path / target).only_in_a == ("step",)
    assert checkpoints.diff(path, tmp_path / target, exclude=["step"]).equal


def test_convert_errors(path, tmp_path):
    with pytest.raises(ValueError, match="format takes 'v1'"):
        checkpoints.convert(path, tmp_path / "x", format="v2")
    with pytest.raises(checkpoints.CheckpointError, match="no variables are left"):
        checkpoints.convert(path, tmp_path / "x", exclude=["*"])
    with pytest.raises(checkpoints.CheckpointError, match="There is no checkpoint"):
        checkpoints.convert(tmp_path / "none", tmp_path / "x")


def test_saver_of_tensorflow_1_there_and_back(tmp_path):
    """Ours -> tf.compat.v1.train.Saver -> ours, and by way of a V1 file and of safetensors."""
    model = slim.Model(tower).build([None, 5])
    path = model.save(tmp_path / "ours")
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tower(tf.zeros([1, 5]))
        saver = tf.compat.v1.train.Saver()
        saver.restore(session, path)
        path = saver.save(session, str(tmp_path / "theirs"))
        old = tf.compat.v1.train.Saver(write_version=tf.compat.v1.train.SaverDef.V1)
        v1 = old.save(session, str(tmp_path / "old"))
    checkpoints.convert(v1, tmp_path / "x.safetensors")
    checkpoints.convert(tmp_path / "x.safetensors", tmp_path / "last")
    for place in (path, v1, tmp_path / "x.safetensors", tmp_path / "last"):
        other = slim.Model(tower).build([None, 5])
        assert other.restore(place).restored == tuple(TOWER_NAMES)
        assert checkpoints.diff(model, other).equal


def test_average(path, tmp_path):
    more = {"n/w": A["n/w"] * 3, "n/b": A["n/b"], "step": np.int64(9)}
    mean = checkpoints.average([path, more], tmp_path / "mean.npz")
    np.testing.assert_array_equal(mean["n/w"], A["n/w"] * 2)
    assert mean["step"] == 9
    assert {name: value.dtype for name, value in mean.items()} == {
        name: value.dtype for name, value in A.items()
    }
    assert checkpoints.diff(mean, tmp_path / "mean.npz").equal
    half = {"w": np.float16([60000.0])}
    assert checkpoints.average([half, half])["w"] == 60000.0


@pytest.mark.parametrize(
    ("sources", "error", "text"),
    [
        ([], ValueError, "takes a list"),
        ("model.ckpt", ValueError, "takes a list"),
        ([{"w": np.ones(2)}, {"v": np.ones(2)}], checkpoints.CheckpointError, "missing"),
        ([{"w": np.ones(2)}, {"w": np.ones(3)}], checkpoints.CheckpointError, r"\(2,\).*\(3,\)"),
    ],
)
def test_what_cannot_be_averaged(sources, error, text):
    with pytest.raises(error, match=text):
        checkpoints.average(sources)


def test_diff():
    b = {"n/w": A["n/w"] + np.float32([[0, 0], [0, 0.5]]), "n/b": A["n/b"][:1], "new": A["step"]}
    found = checkpoints.diff(A, b)
    assert not found.equal
    assert (found.only_in_a, found.only_in_b, found.same) == (("step",), ("new",), ())
    assert found.shapes == (("n/b", "float32 (2,)", "float32 (1,)"),)
    assert found.values == (checkpoints.Changed("n/w", 1, 4, 0.5),)
    for text in ("step", "new", "n/b: float32 (2,) in the first", "1 of 4 elements differ, by 0.5"):
        assert text in str(found)
    assert checkpoints.diff(A, A).equal, "NaN equals NaN"


@pytest.mark.parametrize(
    ("a", "b", "kwargs", "expected"),
    [
        ([100.0], [101.0], {"rtol": 0.011}, None),
        ([100.0], [101.0], {"rtol": 0.009}, 1.0),
        ([0.0], [1e-3], {"atol": 1e-3}, None),
        ([0.0, np.nan], [0.0, 1.0], {"atol": 9.0}, np.inf),
        ([np.inf], [np.inf], {}, None),
        ([np.inf], [-np.inf], {"rtol": 1.0}, np.inf),
        ([1, 2], [1, 3], {}, 1.0),
        ([True], [False], {}, 1.0),
        (["a"], ["b"], {}, 1.0),
        ([1 + 1j], [1 - 1j], {"atol": 1.0}, 2.0),
    ],
)
def test_tolerances(a, b, kwargs, expected):
    found = checkpoints.diff({"x": np.array(a)}, {"x": np.array(b)}, **kwargs)
    if expected is None:
        assert found.equal
    else:
        assert found.values[0].largest == expected


def test_negative_tolerances():
    with pytest.raises(ValueError, match="must not be negative; got -1"):
        checkpoints.diff(A, A, rtol=-1)


def test_models_of_a_v1_graph_can_be_compared(path, tmp_path):
    with tf.Graph().as_default(), tf.compat.v1.Session().as_default() as session:
        model = slim.Model(tower).build([None, 5])
        session.run(tf.compat.v1.global_variables_initializer())
        model.save(tmp_path / "x.npz")
        assert checkpoints.diff(model, tmp_path / "x.npz").equal


# --------------------------------------------------------------------------- folders


def test_the_best_of_a_folder(tmp_path):
    folder = str(tmp_path)
    assert checkpoints.best(folder) is None
    marked = []
    for step, value in enumerate([0.5, 0.9, float("nan"), 0.9, 0.7]):
        prefix = checkpoints.save(tmp_path / f"model.ckpt-{step}", A)
        marked.append(checkpoints.mark_best(prefix, value, "accuracy"))
    assert marked == [True, True, False, False, False]
    best = checkpoints.best(folder)
    assert (checkpoints.step_of(best.path), best.value, best.metric) == (1, 0.9, "accuracy")
    assert checkpoints.mark_best(prefix, 3.0, "loss", greater_is_better=False)
    assert not checkpoints.mark_best(prefix, 4.0, "loss", greater_is_better=False)
    assert checkpoints.best(folder).metric == "loss"
    checkpoints.remove(prefix)
    assert checkpoints.best(folder) is None
    (tmp_path / "best.json").write_text(json.dumps({"checkpoint": 3}))
    with pytest.raises(checkpoints.CheckpointError, match="best.json"):
        checkpoints.best(folder)


def test_leftovers_are_removed_and_nothing_else(path):
    folder = os.path.dirname(path)
    there = sorted(os.listdir(folder))
    os.mkdir(os.path.join(folder, ".model.ckpt-4.part-abc"))
    for name in (".checkpoint.part-x", ".model.ckpt-4.part-abc/half"):
        with open(os.path.join(folder, name), "w") as file:
            file.write("half")
    assert len(checkpoints.remove_leftovers(folder)) == 2
    assert sorted(os.listdir(folder)) == there


def test_saving_again_over_the_same_path(path):
    """The data of the old one stays until the index of the new one is there."""
    folder = os.path.dirname(path)
    for count in (2, 1, 2):
        checkpoints.save(path, {**A, "count": np.int64(count)})
        assert checkpoints.load(path)["count"] == count
        data = [name for name in os.listdir(folder) if ".data-" in name]
        assert sorted(data) == [f"model.ckpt-3.data-{i:05}-of-{count:05}" for i in range(count)]
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        step = tf.compat.v1.get_variable("step", [], tf.int64)
        tf.compat.v1.train.Saver().restore(session, path)
        assert session.run(step) == 3
    checkpoints.save(path, {"alone": np.float32(1)})
    checkpoints.save(path, {"alone": np.float32(2)})
    assert checkpoints.load(path) == {"alone": 2}


def test_a_folder_without_checkpoints_lists_its_files(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(checkpoints.CheckpointError, match=r"name it: model\.safetensors"):
        checkpoints.resolve(tmp_path)
