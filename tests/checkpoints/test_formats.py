"""Each format: written, read, recognized; what must not be loaded is refused."""

from __future__ import annotations

import io
import os
import pickle
import zipfile

import keras
import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.ops.nets import TOWER_NAMES, tower
from tf_slim import checkpoints

EVERY_DTYPE = {
    name: tf.cast([[0, 1, 3]], name).numpy()
    for name in ("bool", "int8", "uint8", "int16", "int32", "int64", "float16", "float32",
                 "float64")
}  # fmt: skip
VALUES = {
    **EVERY_DTYPE,
    "scalar": np.float32(2.5),
    "empty": np.zeros([0, 4], np.float32),
    "a/b/c": np.arange(6, dtype=np.float32).reshape(2, 3).T,  # not contiguous
}
BFLOAT16 = tf.cast([1.5, -2], tf.bfloat16).numpy()
WRITTEN = {"x": "V2", "x.safetensors": "safetensors", "x.npz": "npz", "x.weights.h5": "Keras h5"}


def built() -> slim.Model:
    return slim.Model(tower).build([None, 5])


def assert_same(found, expected):
    assert sorted(found) == sorted(expected)
    for name, value in expected.items():
        assert found[name].dtype == value.dtype, name
        np.testing.assert_array_equal(found[name], value)


@pytest.mark.parametrize("name", WRITTEN)
def test_every_dtype_and_shape(name, tmp_path):
    path = checkpoints.save(tmp_path / "deep" / name, VALUES)
    reader = checkpoints.Reader(path)
    assert (reader.format, reader.checked) == (WRITTEN[name], True)
    assert_same(checkpoints.load(path), VALUES)
    assert_same(reader.read_all(reader.names), VALUES)
    assert reader.shape("a/b/c") == [3, 2]
    assert reader.dtype("int8") == tf.int8


@pytest.mark.parametrize("name", ["x", "x.safetensors", "x.h5"])
def test_bfloat16(name, tmp_path):
    path = checkpoints.save(tmp_path / name, {"w": BFLOAT16})
    assert_same(checkpoints.load(path), {"w": BFLOAT16})


@pytest.mark.parametrize(
    ("name", "values", "text"),
    [
        ("x.npz", {"w": BFLOAT16}, "npz cannot hold 'w' of dtype bfloat16"),
        ("x.safetensors", {"w": np.array("text")}, "safetensors cannot hold 'w' of dtype string"),
        ("x.h5", {"w": np.complex64([1])}, "h5 cannot hold 'w' of dtype complex64"),
        ("x.h5", {"w": np.ones(1), "w/Momentum": np.ones(1)}, "both 'w' and 'w/Momentum'"),
        ("x.keras", {"w": np.ones(1)}, "Write .weights.h5"),
        ("x.pb", {"w": np.ones(1)}, "also describes the graph"),
    ],
)
def test_what_a_format_cannot_hold(name, values, text, tmp_path):
    with pytest.raises(checkpoints.CheckpointError, match=text):
        checkpoints.save(tmp_path / name, values)
    assert not os.listdir(tmp_path)


def test_texts_stay_in_tensorflow(tmp_path):
    path = checkpoints.save(tmp_path / "x", {"text": np.array([b"a", b"bc"], object)})
    assert checkpoints.load(path)["text"].tolist() == [b"a", b"bc"]


def test_others_read_ours(tmp_path):
    from safetensors.numpy import load_file

    assert_same(load_file(checkpoints.save(tmp_path / "x.safetensors", VALUES)), VALUES)
    with np.load(checkpoints.save(tmp_path / "x.npz", VALUES)) as arrays:
        assert_same(dict(arrays), VALUES)


@pytest.mark.parametrize("compressed", [False, True])
def test_npz_of_numpy(compressed, tmp_path):
    (np.savez_compressed if compressed else np.savez)(tmp_path / "x.npz", **VALUES)
    assert_same(checkpoints.load(tmp_path / "x.npz"), VALUES)


def test_safetensors_of_others_have_no_checksums(tmp_path):
    from safetensors.numpy import save_file

    contiguous = {name: np.array(value, order="C") for name, value in VALUES.items()}
    save_file(contiguous, tmp_path / "x.safetensors", {"made": "elsewhere"})
    assert_same(checkpoints.load(tmp_path / "x.safetensors"), contiguous)
    assert not checkpoints.Reader(tmp_path / "x.safetensors").checked


def test_object_based_checkpoints_have_the_names_of_variables(tmp_path):
    model = built()
    twins = [tf.Variable(1.0, name="twin"), tf.Variable(2.0, name="twin")]
    path = tf.train.Checkpoint(model=model, twins=twins).save(tmp_path / "ck")
    reader = checkpoints.Reader(path)
    assert reader.format == "object-based"
    twin_names = {name for name in reader.names if "twin" in name}
    assert set(reader.names) == {*TOWER_NAMES, "save_counter", *twin_names}
    assert twin_names == {"twins/0", "twins/1"}
    other = built()
    assert other.restore(tmp_path).unexpected == ("save_counter", "twins/0", "twins/1")
    assert checkpoints.diff(model, other).equal


def test_saved_model(tmp_path):
    module = tf.Module()
    module.model = built()
    module.predict = tf.function(
        lambda x: module.model(x), input_signature=[tf.TensorSpec([None, 5])]
    )
    tf.saved_model.save(module, tmp_path / "saved")
    for path in (tmp_path / "saved", tmp_path / "saved" / "saved_model.pb"):
        other = built()
        assert other.restore(path).complete
        assert checkpoints.diff(module.model, other).equal
    tf.saved_model.save(tf.Module(), tmp_path / "empty")
    os.remove(tmp_path / "empty" / "variables" / "variables.index")
    with pytest.raises(checkpoints.CheckpointError, match="has no variables"):
        other.restore(tmp_path / "empty")


def test_frozen_graph(tmp_path):
    """Weights are what arithmetic takes; shapes and axes are not weights."""
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, [None, 2, 2])
        w = tf.identity(tf.constant([[1.0], [2], [3], [4]], name="net/w"))
        tf.matmul(tf.reshape(x, tf.constant([-1, 4], name="shape")), w)
        graph_def = graph.as_graph_def()
    (tmp_path / "g.pb").write_bytes(graph_def.SerializeToString())
    found = checkpoints.load(tmp_path / "g.pb")
    assert_same(found, {"net/w": np.float32([[1], [2], [3], [4]])})
    (tmp_path / "g.pb").write_bytes(b"")
    with pytest.raises(checkpoints.CheckpointError, match="no frozen GraphDef"):
        checkpoints.Reader(tmp_path / "g.pb")
    with tf.Graph().as_default() as graph:
        tf.compat.v1.placeholder(tf.float32)
    (tmp_path / "g.pb").write_bytes(graph.as_graph_def().SerializeToString())
    with pytest.raises(checkpoints.CheckpointError, match="has not been frozen"):
        checkpoints.Reader(tmp_path / "g.pb")


def test_a_scalar_of_a_frozen_graph_is_a_variable_if_it_was_one(tmp_path):
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, [None, 2])
        alpha = tf.identity(tf.constant(0.25, name="alpha"), name="alpha/read")
        variance = tf.identity(tf.constant([1.0, 2], name="bn/moving_variance"))
        x = x * tf.math.rsqrt(tf.add(variance, 1e-3, name="batchnorm/add")) * alpha
        tf.multiply(x, 0.2, name="LeakyRelu/mul")
        graph_def = graph.as_graph_def()
    (tmp_path / "g.pb").write_bytes(graph_def.SerializeToString())
    assert "batchnorm/add/y" in {node.name for node in graph_def.node}
    assert sorted(checkpoints.load(tmp_path / "g.pb")) == ["alpha", "bn/moving_variance"]


def test_a_name_of_a_variable_that_is_the_path_of_another_one(tmp_path):
    holder = tf.Module()
    holder.a = tf.Variable(1.0, name="b")
    holder.b = tf.Variable(2.0, name="c")
    path = tf.train.Checkpoint(a=holder.a, b=holder.b).write(str(tmp_path / "x"))
    found = {name: float(value) for name, value in checkpoints.load(path).items()}
    assert found == {"a": 1.0, "c": 2.0}


def small(x, is_training=False):
    with slim.scope("net"), slim.arg_scope([slim.batch_norm], is_training=is_training):
        x = slim.conv2d(x, 4, 3, normalizer_fn=slim.batch_norm, scope="conv")
        return slim.fully_connected(slim.flatten(x), 3, activation_fn=None, scope="fc")


SMALL_NAMES = {
    "layers/conv2d/vars/0": "net/conv/weights",
    "layers/batch_normalization/vars/0": "net/conv/BatchNorm/beta",
    "layers/batch_normalization/vars/1": "net/conv/BatchNorm/moving_mean",
    "layers/batch_normalization/vars/2": "net/conv/BatchNorm/moving_variance",
    "layers/dense/vars/0": "net/fc/weights",
    "layers/dense/vars/1": "net/fc/biases",
}


def keras_small():
    return keras.Sequential(
        [
            keras.Input((4, 4, 2)),
            keras.layers.Conv2D(4, 3, padding="same", use_bias=False),
            keras.layers.BatchNormalization(epsilon=0.001, scale=False),
            keras.layers.ReLU(),
            keras.layers.Flatten(),
            keras.layers.Dense(3),
        ]
    )


def test_keras_there_and_back(tmp_path):
    images = np.random.RandomState(0).randn(2, 4, 4, 2).astype(np.float32)
    theirs = keras_small()
    for variable in theirs.variables:
        variable.assign(np.random.RandomState(1).uniform(0.5, 1.5, variable.shape))
    theirs.save_weights(tmp_path / "x.weights.h5")
    theirs.save(tmp_path / "x.keras")
    for name, checked in (("x.weights.h5", False), ("x.keras", True)):
        ours = slim.Model(small).build(images)
        assert checkpoints.Reader(tmp_path / name).checked is checked
        report = ours.restore(tmp_path / name, rename=SMALL_NAMES)
        assert report.complete and not report.unexpected
        np.testing.assert_allclose(ours(images), theirs(images), rtol=1e-5)
    ours = slim.Model(small).build(images)
    back = {ours_: theirs_ for theirs_, ours_ in SMALL_NAMES.items()}
    checkpoints.rename(ours, tmp_path / "back.weights.h5", back)
    theirs.load_weights(tmp_path / "back.weights.h5")
    np.testing.assert_allclose(ours(images), theirs(images), rtol=1e-5, atol=1e-6)


class Trap:
    """Unpickled, it would leave a file."""

    def __reduce__(self):
        return (open, ("trap", "w"))


def pickled() -> bytes:
    return pickle.dumps(Trap())


def npz_of_objects() -> bytes:
    file = io.BytesIO()
    np.savez(file, w=np.array([Trap()], object))
    return file.getvalue()


def archive(member: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(member, b"x")
    return file.getvalue()


def h5_elsewhere(kind: str) -> bytes:
    import h5py

    file = io.BytesIO()
    with h5py.File(file, "w") as made:
        if kind == "link":
            made["w"] = h5py.ExternalLink("other.h5", "/w")
        elif kind == "soft":
            made["w"] = h5py.SoftLink("/elsewhere")
        else:
            made.create_dataset("w", (4,), "u1", external=[("secret.txt", 0, 4)])
    return file.getvalue()


UNWANTED = {
    "a pickle": ("x.pkl", pickled, "never loaded"),
    "a pickle without a suffix": ("x", pickled, "never loaded"),
    "objects in npz": ("x.npz", npz_of_objects, "holds Python objects"),
    "torch": ("x.pt", lambda: archive("data.pkl"), "never loaded"),
    "a path out of the folder": ("x.keras", lambda: archive("../out"), "without model.weights.h5"),
    "an unknown archive": ("x.bin", lambda: archive("model.bin"), "without model.weights.h5"),
    "a link to a file": ("x.h5", lambda: h5_elsewhere("link"), "lies in another file"),
    "a soft link": ("x.h5", lambda: h5_elsewhere("soft"), "lies in another file"),
    "data of a file": ("x.h5", lambda: h5_elsewhere("external"), "lies in another file"),
    "a text": ("x.txt", lambda: b"hello, world", "holds text, not tensors"),
    "nothing": ("x.safetensors", lambda: b"", "is damaged"),
    "a huge header": ("x.safetensors", lambda: b"\xff" * 64, "is damaged"),
    "no HDF5": ("x.h5", lambda: b"\x00" * 64, "is damaged"),
}


@pytest.mark.parametrize("kind", UNWANTED)
def test_unwanted_files(kind, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.txt").write_text("1234")
    name, content, text = UNWANTED[kind]
    (tmp_path / name).write_bytes(content())
    there = sorted(os.listdir(tmp_path))
    with pytest.raises(checkpoints.CheckpointError, match=text) as caught:
        checkpoints.load(tmp_path / name)
    assert name in str(caught.value)
    assert sorted(os.listdir(tmp_path)) == there


def test_formats_are_recognized_without_their_suffix(tmp_path):
    model = built()
    for name in ("x.safetensors", "x.npz", "x.weights.h5"):
        model.save(tmp_path / name)
        os.rename(tmp_path / name, tmp_path / "x")
        assert checkpoints.Reader(tmp_path / "x").format == WRITTEN[name]
        assert checkpoints.diff(tmp_path / "x", model).equal
