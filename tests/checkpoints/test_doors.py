"""What may be written where: names, values, paths and suffixes; and that it is found again."""

from __future__ import annotations

import os
import pathlib
import random
import socket
import zipfile

import hypothesis
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import strategies as st

import tf_slim as slim
from tests.ops.nets import tower
from tf_slim import checkpoints

# format -> (name of the file, what `convert` takes as its format)
TARGETS = {
    "V2": ("x.ckpt", None),
    "V1": ("x.v1", "v1"),
    "npz": ("x.npz", None),
    "safetensors": ("x.safetensors", None),
    "h5": ("x.weights.h5", None),
}


def written(kind: str, folder, values) -> str:
    name, format = TARGETS[kind]
    path = os.path.join(folder, name)
    checkpoints.convert(values, path, format=format)
    return path


def same(found, expected) -> bool:
    return sorted(found) == sorted(expected) and all(
        found[name].dtype == value.dtype and np.array_equal(found[name], value)
        for name, value in expected.items()
    )


# ------------------------------------------------------------------------------------ names

names = st.text(
    st.one_of(st.characters(exclude_categories=()), st.sampled_from("/.\0\\[]*?{}'\"\n\x1b:%")),
    max_size=12,
)


@pytest.mark.parametrize("kind", TARGETS)
@hypothesis.settings(max_examples=25, deadline=None, derandomize=True)
@hypothesis.given(chosen=st.sets(names, min_size=1, max_size=3))
def test_a_name_is_held_or_refused(kind, chosen, tmp_path_factory):
    folder = tmp_path_factory.mktemp("names")
    values = {name: np.float32([index]) for index, name in enumerate(sorted(chosen))}
    try:
        path = written(kind, folder, values)
    except checkpoints.CheckpointError as error:
        assert "cannot hold" in str(error)
        assert not os.listdir(folder)
    else:
        assert same(checkpoints.load(path), values)


REFUSED_NAMES = {
    "": list(TARGETS),
    "\ud800": list(TARGETS),
    "_CHECKPOINTABLE_OBJECT_GRAPH": ["V2", "V1"],
    "a\0b": ["npz", "h5"],
    "n" * 70_000: ["npz"],
    "__metadata__": ["safetensors"],
    "/a": ["h5"],
    "a//b": ["h5"],
    "a/": ["h5"],
    "a/./b": ["h5"],
}


@pytest.mark.parametrize("name", REFUSED_NAMES, ids=lambda name: ascii(name[:20]))
@pytest.mark.parametrize("kind", TARGETS)
def test_which_names_a_format_cannot_hold(kind, name, tmp_path):
    values = {name: np.float32([1]), "other": np.float32([2])}
    if kind in REFUSED_NAMES[name]:
        with pytest.raises(checkpoints.CheckpointError, match="cannot hold the name .*leave it"):
            written(kind, tmp_path, values)
        assert not os.listdir(tmp_path)
    else:
        assert same(checkpoints.load(written(kind, tmp_path, values)), values)


def test_a_name_is_a_text(tmp_path):
    with pytest.raises(checkpoints.CheckpointError, match="the name 3: names are strings"):
        checkpoints.save(tmp_path / "x", {3: np.ones(1)})


# ----------------------------------------------------------------------------------- values

NUMBERS = [
    "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float16",
    "float32", "float64", "complex64", "complex128", "bfloat16",
]  # fmt: skip
CANNOT = {
    "V2": set(),
    "V1": {"uint32", "uint64", "bfloat16"},
    "npz": {"bfloat16"},
    "safetensors": {"complex64", "complex128"},
    "h5": {"complex64", "complex128"},
}


def numbers(dtype: str) -> dict[str, np.ndarray]:
    numpy = tf.as_dtype(dtype).as_numpy_dtype
    values = {
        "vector": np.array([0, 1, 3], numpy),
        "turned": np.arange(6).reshape(2, 3).T.astype(numpy),
        "scalar": np.array(1, numpy),
        "empty": np.zeros([0, 2], numpy),
    }
    if values["vector"].dtype.byteorder != "|" and dtype != "bfloat16":
        values["big"] = values["vector"].astype(values["vector"].dtype.newbyteorder(">"))
    return values


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("kind", TARGETS)
def test_dtypes_ranks_and_byte_orders(kind, dtype, tmp_path):
    values = numbers(dtype)
    if dtype in CANNOT[kind]:
        with pytest.raises(checkpoints.CheckpointError, match=f"cannot hold .* dtype {dtype}"):
            written(kind, tmp_path, values)
        return
    path = written(kind, tmp_path, values)
    found = checkpoints.load(path)
    expected = {**values, **({"big": values["vector"]} if "big" in values else {})}
    assert same(found, expected)
    assert all(value.dtype.isnative for value in found.values())
    at_once = checkpoints.Reader(path).read_all(list(found))
    assert same({n: v.numpy() if tf.is_tensor(v) else v for n, v in at_once.items()}, expected)


def test_big_endian_files_of_others(tmp_path):
    import h5py

    value = np.array([1, 2, -3.5], ">f4")
    np.savez(tmp_path / "x.npz", w=value)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["w"] = value
    for name in ("x.npz", "x.h5"):
        assert same(checkpoints.load(tmp_path / name), {"w": np.float32([1, 2, -3.5])})
        variable = tf.Variable(tf.zeros([3]))
        checkpoints.restore(tmp_path / name, {"w": variable})
        np.testing.assert_array_equal(variable, value)


@pytest.mark.parametrize("kind", ["V2", "V1"])
def test_texts(kind, tmp_path):
    values = {
        "bytes": np.array([b"a\0", b"", b"bc\0\0"], object),
        "one": np.array(b"a\0", object),
        "fixed": np.array([b"a", b"bc"]),
        "unicode": np.array(["é", "日本"]),
        "python": "é",
    }
    found = checkpoints.load(written(kind, tmp_path, values))
    assert {name: value.tolist() for name, value in found.items()} == {
        "bytes": [b"a\0", b"", b"bc\0\0"], "one": b"a\0", "fixed": [b"a", b"bc"],
        "unicode": ["é".encode(), "日本".encode()], "python": "é".encode(),
    }  # fmt: skip


@pytest.mark.parametrize("kind", TARGETS)
def test_what_python_calls_numbers(kind, tmp_path):
    """As TensorFlow has them, whatever the format."""
    values = {"int": 3, "list": [[1.5, 2], [3, 4]], "bool": True, "large": 2**40}
    found = checkpoints.load(written(kind, tmp_path, values))
    expected = {
        "int": np.int32(3),
        "list": np.float32([[1.5, 2], [3, 4]]),
        "bool": np.bool_(True),
        "large": np.int64(2**40),
    }
    assert same(found, expected)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "NoneType"),
        ([[1], [1, 2]], "list"),
        (np.array([b"a", 3], object), "ndarray"),
        (np.array(["2020-01-01"], "datetime64[D]"), r"NumPy's datetime64\[D\]"),
        (np.zeros(2, [("a", "f4")]), "no dtype for NumPy's"),
        (np.ma.array([1.0, 2], mask=[0, 1]), "the mask would be lost"),
        (lambda: tf.ragged.constant([[1], [1, 2]]), "RaggedTensor: make a dense"),
        (lambda: tf.sparse.from_dense([1, 0]), "SparseTensor: make a dense"),
    ],
)
@pytest.mark.parametrize("kind", TARGETS)
def test_what_is_no_tensor(kind, value, text, tmp_path):
    with pytest.raises(checkpoints.CheckpointError, match=f"The value of 'w' is no.*{text}"):
        written(kind, tmp_path, {"w": value() if callable(value) else value})
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(("kind", "most"), [("V1", 8), ("h5", 32), ("V2", None), ("npz", None)])
def test_ranks(kind, most, tmp_path):
    for rank in (8, 9, 32):
        values = {"w": np.ones([1] * rank, np.float32)}
        if most is not None and rank > most:
            with pytest.raises(checkpoints.CheckpointError, match=f"'w' of rank {rank}: {most}"):
                written(kind, tmp_path, values)
        else:
            assert same(checkpoints.load(written(kind, tmp_path, values)), values)


def test_a_v1_file_of_a_high_rank_is_not_read(tmp_path):
    """Reading it would end the process."""
    path = str(tmp_path / "x")
    tf.raw_ops.Save(filename=path, tensor_names=["w"], data=[tf.ones([1] * 9)])
    with pytest.raises(checkpoints.CheckpointError, match="'w' has rank 9.*more than 8"):
        checkpoints.load(path)


# ------------------------------------------------------------------------------------ paths

FOREIGN = [
    "m.pth", "m.pt", "m.npy", "m.onnx", "m.tflite", "m.pkl", "m.bin", "m.txt", "m.PTH", "m.json",
    "m.tar.gz", "m.msgpack", "m.pbtxt",
]  # fmt: skip


@pytest.mark.parametrize("name", FOREIGN)
def test_names_of_other_programs(name, tmp_path):
    model = slim.Model(tower).build([None, 5])
    instead = os.path.splitext(name)[0] + ".safetensors"
    for write in (
        lambda: model.save(tmp_path / name),
        lambda: checkpoints.convert(model, tmp_path / name),
        lambda: checkpoints.convert(model, tmp_path / name, format="v1"),
    ):
        with pytest.raises(checkpoints.CheckpointError, match=f"Cannot write .*{instead}"):
            write()
    assert not os.listdir(tmp_path)
    (tmp_path / name).write_bytes(b"what another program has written")
    for read in (model.restore, lambda path: checkpoints.convert(path, tmp_path / "x.npz")):
        with pytest.raises(checkpoints.CheckpointError) as caught:
            read(tmp_path / name)
        text = str(caught.value)
        assert "is no checkpoint: " in text and "damaged" not in text
        assert any(word in text for word in ("Write", "Save", "Convert", "Name", "In PyTorch"))


def test_a_checkpoint_that_was_written_under_such_a_name_is_read(tmp_path):
    values = {"w": np.float32([1])}
    path = checkpoints.save(tmp_path / "x", values)
    for file in pathlib.Path(tmp_path).iterdir():
        os.rename(file, str(file).replace("x.", "x.bin."))
    assert same(checkpoints.load(path + ".bin"), values)
    checkpoints.save(tmp_path / "y.safetensors", values)
    os.rename(tmp_path / "y.safetensors", tmp_path / "y.bin")
    assert same(checkpoints.load(tmp_path / "y.bin"), values)


@pytest.mark.parametrize("folder", ["mine/", "deep/er/", ".", "..", "made/.."])
def test_a_folder_stands_for_a_checkpoint_in_it(folder, tmp_path, monkeypatch):
    os.makedirs(tmp_path / "here" / "made")
    monkeypatch.chdir(tmp_path / "here")
    model = slim.Model(tower).build([None, 5])
    path = model.save(folder)
    assert path == os.path.join(folder, "model.ckpt")
    assert os.path.exists(path + ".index")
    for place in (path, folder):
        assert model.restore(place).complete
    assert checkpoints.convert(path, folder)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("", "is no path"),
        ("a\0b", "is no path"),
        ("x.ckpt.index", "Name its prefix: .*x.ckpt$"),
        ("x.ckpt.data-00000-of-00001", "Name its prefix"),
        ("x.meta", "Name its prefix"),
        ("\udc80", "only paths in UTF-8"),
    ],
)
def test_paths_where_nothing_would_be_found_again(path, text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for write in (checkpoints.save, lambda path, values: checkpoints.convert(values, path)):
        with pytest.raises(checkpoints.CheckpointError, match=text):
            write(path, {"w": np.float32(1)})
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: socket.socket(socket.AF_UNIX).bind(path)])
def test_no_device_is_replaced(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make("x.npz")
    with pytest.raises(checkpoints.CheckpointError, match="a device or the like"):
        checkpoints.save("x.npz", {"w": np.float32(1)})
    assert os.listdir(tmp_path) == ["x.npz"] and not os.path.isfile("x.npz")


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("folder", ["exp[1]*", "a?b", "back\\slash", "[!x]", "plain"])
def test_folders_and_prefixes_that_look_like_patterns(kind, folder, tmp_path):
    """TensorFlow's operations take them for patterns, and found nothing, or others' files."""
    values = {"w": np.float32([1, 2]), "b": np.float32([3])}
    for other in ("exp1", "axb", "backslash", "x"):
        checkpoints.save(tmp_path / other / "x.ckpt", {"w": np.float32([0, 0])})
    path = written(kind, tmp_path / folder, values)
    written(kind, tmp_path / folder, values)
    assert same(checkpoints.load(path), values)
    variables = {name: tf.Variable(tf.zeros_like(value)) for name, value in values.items()}
    assert checkpoints.restore(path, variables).path == path
    np.testing.assert_array_equal(variables["w"], [1, 2])
    if kind == "V2":
        assert checkpoints.resolve(tmp_path / folder) == path
        os.rename(path + ".index", path + "[*].index")
        os.rename(path + ".data-00000-of-00002", path + "[*].data-00000-of-00002")
        os.rename(path + ".data-00001-of-00002", path + "[*].data-00001-of-00002")
        assert same(checkpoints.load(path + "[*]"), values)


def test_such_a_folder_in_a_session(tmp_path):
    path = checkpoints.save(tmp_path / "exp[1]" / "x", {"w": np.float32([1, 2])})
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        variable = tf.compat.v1.get_variable("w", [2])
        slim.assign_from_checkpoint_fn(path, [variable])(session)
        np.testing.assert_array_equal(session.run(variable), [1, 2])


# --------------------------------------------------------------------- sound but not readable


def test_a_sound_file_is_not_called_damaged(tmp_path):
    with zipfile.ZipFile(tmp_path / "empty.npz", "w"):
        pass
    np.savez(tmp_path / "dates.npz", w=np.array(["2020-01-01"], "datetime64[D]"))
    np.savez(tmp_path / "bfloat16.npz", w=tf.cast([1.0], tf.bfloat16).numpy())
    for name, text in {
        "empty.npz": "no tensors in it",
        "dates.npz": "no dtype for NumPy's datetime64",
        "bfloat16.npz": "what NumPy makes of a bfloat16",
    }.items():
        with pytest.raises(checkpoints.CheckpointError, match=text) as caught:
            checkpoints.load(tmp_path / name)
        assert "damaged" not in str(caught.value) and name in str(caught.value)


def test_a_file_that_cannot_be_opened_is_not_called_damaged(tmp_path, monkeypatch):
    path = checkpoints.save(tmp_path / "x.npz", {"w": np.float32(1)})

    def refused(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(zipfile, "ZipFile", refused)
    with pytest.raises(checkpoints.CheckpointError, match=r"Cannot read .*x.npz: Permission den"):
        checkpoints.load(path)


def test_errors_have_no_names_of_nodes(tmp_path):
    path = checkpoints.save(tmp_path / "x", {"w": np.float32([1, 2, 3])})
    (tmp_path / "x.data-00000-of-00001").write_bytes(b"short")
    for read in (checkpoints.load, lambda path: checkpoints.Reader(path).read_all(["w"])):
        with pytest.raises(checkpoints.CheckpointError) as caught:
            read(path)
        assert "{{" not in str(caught.value) and "[Op:" not in str(caught.value)


# --------------------------------------------------------------------------------- damage

VALUES = {
    "a/w": np.arange(30, dtype=np.float32).reshape(5, 6),
    "a/b": np.float32([1, 2]),
    "step": np.array(3),
    "é/[x]": np.ones([3], np.float16),
}


def spliced(whole: bytes, draw: random.Random) -> bytes:
    """One to four places cut out, put in, overwritten or doubled."""
    data = bytearray(whole)
    for _ in range(draw.choice([1, 1, 2, 4])):
        at = draw.randrange(len(data) + 1)
        end = min(len(data), at + draw.choice([1, 2, 8, 64, draw.randrange(1, len(whole))]))
        data[at:end] = draw.choice(
            [b"", draw.randbytes(end - at), bytes(end - at), data[at:end] * 2, draw.randbytes(9)]
        )
    return bytes(data)


@pytest.mark.parametrize("kind", [*TARGETS, "index"])
@hypothesis.settings(max_examples=40, deadline=None, derandomize=True)
@hypothesis.given(seed=st.integers(0, 2**32))
def test_what_is_read_of_a_damaged_file_is_right(kind, seed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("damage")
    path = written("V2" if kind == "index" else kind, folder, VALUES)
    suffix = {"V2": ".data-00000-of-00001", "index": ".index"}.get(kind, "")
    harmed = pathlib.Path(path + suffix)
    harmed.write_bytes(spliced(harmed.read_bytes(), random.Random(seed)))
    try:
        found = checkpoints.load(path)
    except checkpoints.CheckpointError as error:
        assert path in str(error)
    else:
        assert same(found, VALUES)
