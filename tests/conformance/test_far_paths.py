"""What takes a path takes one of TensorFlow's file systems: one row each, here and far away.

`ram://` stands for the object stores. It is stricter than they are in one thing, writing over what
is there, and looser in another: to it, any beginning of a name is a folder.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests import object_store
from tests.data.sources.table import png
from tf_slim.checkpoints import notes
from tf_slim.ops import files, paths

pytestmark = pytest.mark.one_seed

COUNT = 8
VALUES = {"a/b": np.arange(6, dtype=np.float32).reshape(2, 3), "step": np.int64(7)}

_NUMBERS = itertools.count()
_ROWS: list[Callable[[str], None]] = []


def row(function: Callable[[str], None]) -> Callable[[str], None]:
    """A function that does something in a folder, and sees whether it was done."""
    _ROWS.append(function)
    return function


def write(path: str, content: bytes | str) -> None:
    paths.make_folders(path.rpartition("/")[0])
    with tf.io.gfile.GFile(path, "wb") as file:
        file.write(content)


def write_pictures(root: str) -> None:
    for number in range(COUNT):
        write(f"{root}/{'ab'[number % 2]}/{number}.png", png(number))


def batches(spec: slim.data.DatasetSpec) -> list[int]:
    """The numbers of all pictures, read as evaluation reads them."""
    pipeline = slim.data.Pipeline(spec, 3, preprocess="none")
    return [int(image[0, 0, 0]) for images, _ in pipeline.dataset() for image in images.numpy()]


@row
def folder_of_pictures(root):
    write_pictures(root)
    write(f"{root}/a/notes.txt", "no picture")
    spec = slim.data.from_folder(root, "all", image_channels=1)
    assert sorted(batches(spec)) == list(range(COUNT))
    assert spec.labels_to_names == {0: "a", 1: "b"} and spec.name == "root"
    assert [path for path, _ in spec.listing.skipped] == ["a/notes.txt"]
    assert slim.data.from_source(root, "all").num_samples == COUNT


@row
def table_of_pictures(root):
    write_pictures(root)
    lines = [f"{'ab'[n % 2]}/{n}.png,{n % 2}" for n in range(COUNT)]
    write(f"{root}/table.csv", "\n".join(["path,label", *lines]))
    spec = slim.data.from_table(f"{root}/table.csv", "all", image_channels=1)
    assert sorted(batches(spec)) == list(range(COUNT))
    write(f"{root}/other.csv", "\n".join(["path,label", *lines, "a/none.png,1", "b/0.png,1"]))
    with pytest.raises(slim.data.DataError, match="none.png"):
        slim.data.from_table(f"{root}/other.csv", "all")


@row
def records(root):
    examples = [slim.data.image_example(png(n), n % 2) for n in range(COUNT)]
    for _ in range(2):  # over what is there
        slim.data.write_examples(f"{root}/train-0.tfrecord", examples)
    slim.data.write_labels(f"{root}/labels.txt", {0: "a", 1: "b"})
    slim.data.write_labels(f"{root}/labels.txt", {0: "c", 1: "b"})
    spec = slim.data.from_tfrecords(f"{root}/train-*", image_channels=1)
    assert batches(spec) == list(range(COUNT)) and spec.labels_to_names == {0: "c", 1: "b"}
    pipeline = slim.data.Pipeline(spec, 3)
    assert pipeline.num_samples == COUNT and pipeline.filenames([2]) == [None]
    assert paths.names(root) == ["labels.txt", "train-0.tfrecord"]


@row
def broken_records_and_pictures(root):
    slim.data.write_examples(f"{root}/x.tfrecord", [slim.data.image_example(png(1), 0)] * 3)
    content = files.read_bytes(f"{root}/x.tfrecord")
    write(f"{root}/cut.tfrecord", content[:-20])
    pipeline = slim.data.Pipeline(slim.data.from_tfrecords(f"{root}/cut.tfrecord", 2), 1)
    with pytest.raises(slim.data.DataError, match=r"cut.tfrecord.*record 2"):
        list(pipeline)
    write_pictures(f"{root}/pictures")
    write(f"{root}/pictures/a/bad.png", png(0)[:40])
    with pytest.raises(slim.data.DataError, match=r"a/bad.png"):
        list(slim.data.Pipeline(slim.data.from_folder(f"{root}/pictures", "all"), 1))


@row
def conversion(root):
    write_pictures(f"{root}/pictures")
    found = slim.data.convert(f"{root}/pictures", f"{root}/out", validation_share=0.5, workers=1)
    assert sum(split.records for split in found.splits.values()) == COUNT
    again = slim.data.convert(f"{root}/pictures", f"{root}/out", validation_share=0.5, workers=1)
    assert again == found and slim.data.verify(f"{root}/out").is_right
    numbers = [
        batches(slim.data.from_source(f"{root}/out", split)) for split in ("train", "validation")
    ]
    assert sorted(itertools.chain(*numbers)) == list(range(COUNT))
    assert not [name for name in paths.names(f"{root}/out") if name.startswith(".")]
    with pytest.raises(slim.data.DataError, match="become part of it"):
        slim.data.convert(f"{root}/pictures", f"{root}/pictures/out")
    with pytest.raises(slim.data.DataError, match="holds something else"):
        slim.data.convert(f"{root}/pictures", root)


def test_a_listing_asks_an_object_store_of_no_single_file(monkeypatch):
    with object_store.running() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        write_pictures("gs://bucket/pets")
        write("gs://bucket/pets/a/inner/more.png", png(1))
        write("gs://bucket/pets/a/.hidden/none.png", png(1))
        asked = []
        monkeypatch.setattr(tf.io.gfile, "isdir", lambda path: asked.append(path) or True)
        monkeypatch.setattr(tf.io.gfile, "stat", asked.append)
        spec = slim.data.from_folder("gs://bucket/pets", "all", image_channels=1)
        assert spec.num_samples == COUNT + 1 and spec.labels_to_names == {0: "a", 1: "b"}
        assert not [path for path in asked if path.endswith(".png")]


@pytest.mark.parametrize("ending", [".zip", ".tar.gz"])
def test_an_archive_far_away_is_copied_once(ending, tmp_path, monkeypatch):
    monkeypatch.setenv("TF_SLIM_CACHE", str(tmp_path / "cache"))
    root = f"ram://bucket-{next(_NUMBERS)}"
    for number in range(COUNT):
        write(str(tmp_path / f"pets/{'ab'[number % 2]}/{number}.png"), png(number))
    kind = {".zip": "zip", ".tar.gz": "gztar"}[ending]
    packed = shutil.make_archive(str(tmp_path / "pets"), kind, tmp_path, "pets")
    paths.copy(packed, f"{root}/pets{ending}")
    copied = []
    copy = paths.copy
    monkeypatch.setattr(paths, "copy", lambda one, to: copied.append(one) or copy(one, to))
    far, near = (
        slim.data.convert(source, tmp_path / name, validation_share=0.5, workers=1)
        for source, name in ((f"{root}/pets{ending}", "far"), (packed, "near"))
    )
    assert far.splits == near.splits and far.labels == near.labels
    assert slim.data.convert(f"{root}/pets{ending}", tmp_path / "again", workers=1).splits
    assert copied == [f"{root}/pets{ending}"]
    # Another one in its place is copied anew, and what is wrong with it has its own name.
    files.replace_text(f"{root}/pets{ending}", "no archive" * 100)
    with pytest.raises(slim.data.DataError, match=rf"{root}/pets{ending}"):
        slim.data.convert(f"{root}/pets{ending}", tmp_path / "broken")


@row
def rows_of_a_run(root):
    write_pictures(root)
    spec = slim.data.from_folder(root, "all", image_channels=1)
    slim.data.sources.write_rows(f"{root}/rows.json", {"all": spec})
    slim.data.sources.write_rows(f"{root}/rows.json", {"all": spec})
    again = slim.data.sources.read_rows(f"{root}/rows.json")["all"]
    assert list(again.listing.rows) == list(spec.listing.rows)
    assert batches(again) == batches(spec)


@row
def saving_and_restoring(root):
    for step in (3, 10):
        slim.checkpoints.save(f"{root}/model.ckpt-{step}", VALUES)
    other = {**VALUES, "step": np.int64(8)}
    assert slim.checkpoints.save(f"{root}/model.ckpt-10", other) == f"{root}/model.ckpt-10"
    assert slim.checkpoints.prefixes(root) == [f"{root}/model.ckpt-3", f"{root}/model.ckpt-10"]
    assert slim.checkpoints.latest(root) == f"{root}/model.ckpt-10"
    assert_values(slim.checkpoints.load(root), other)
    assert_values(slim.checkpoints.load(f"{root}/model.ckpt-3"), VALUES)
    slim.checkpoints.remove(f"{root}/model.ckpt-10")
    assert slim.checkpoints.latest(root) == f"{root}/model.ckpt-3"
    assert len(paths.names(root)) == 2  # nothing but the index and the data
    with pytest.raises(slim.checkpoints.CheckpointError, match=r"model.ckpt-4. That folder has"):
        slim.checkpoints.load(f"{root}/model.ckpt-4")


@row
def prefix_with_brackets(root):
    slim.checkpoints.save(f"{root}/run[1]/model.ckpt", VALUES)
    assert_values(slim.checkpoints.load(f"{root}/run[1]"), VALUES)


@row
def files_of_weights(root):
    slim.checkpoints.save(f"{root}/model.ckpt", VALUES)
    for ending in (".npz", ".safetensors", ".weights.h5"):
        path = f"{root}/weights{ending}"
        for _ in range(2):
            slim.checkpoints.convert(f"{root}/model.ckpt", path)
        assert_values(slim.checkpoints.load(path), VALUES)
    slim.checkpoints.convert(f"{root}/weights.npz", f"{root}/old.ckpt", format="v1")
    assert_values(slim.checkpoints.load(f"{root}/old.ckpt"), VALUES)
    assert_values(slim.checkpoints.average([f"{root}/weights.npz"], f"{root}/mean.ckpt"), VALUES)
    assert_values(slim.checkpoints.load(f"{root}/mean.ckpt"), VALUES)


@row
def damaged_weights(root):
    slim.checkpoints.save(f"{root}/weights.npz", VALUES)
    content = files.read_bytes(f"{root}/weights.npz")
    write(f"{root}/cut.npz", content[:-30])
    with pytest.raises(slim.checkpoints.CheckpointError, match=r"cut.npz"):
        slim.checkpoints.load(f"{root}/cut.npz")


@row
def notes_beside_checkpoints(root):
    for step in (1, 2):
        slim.checkpoints.save(f"{root}/model.ckpt-{step}", VALUES)
        notes.write_state(root, f"{root}/model.ckpt-{step}", [f"{root}/model.ckpt-1"])
    assert notes.named(root) == f"{root}/model.ckpt-2"
    assert notes.listed(root) == [f"{root}/model.ckpt-1"]
    assert slim.checkpoints.mark_best(f"{root}/model.ckpt-1", 0.5)
    assert not slim.checkpoints.mark_best(f"{root}/model.ckpt-2", 0.4)
    assert slim.checkpoints.best(root).path == f"{root}/model.ckpt-1"
    write(f"{root}/.model.ckpt-3.part-0/x", "left by a process that was killed")
    assert slim.checkpoints.remove_leftovers(root) == [f"{root}/.model.ckpt-3.part-0"]
    files.replace_text(f"{root}/{notes.BEST}", "no JSON")
    with pytest.warns(UserWarning, match="set-aside-1"):
        assert notes.best_or_set_aside(root) is None


@row
def model(root):
    net = slim.Model(lambda x: slim.fully_connected(x, 2)).build(tf.TensorSpec([None, 3]))
    net.save(f"{root}/model.ckpt")
    before = net(tf.ones([1, 3])).numpy()
    net.variables[0].assign_add(tf.ones([3, 2]))
    net.restore(f"{root}/model.ckpt")
    np.testing.assert_array_equal(net(tf.ones([1, 3])), before)


@row
def exports(root):
    net = slim.Model(lambda images: slim.conv2d(images, 2, 1))
    net.build(tf.TensorSpec([None, 2, 2, 1]))
    expected = net(tf.ones([1, 2, 2, 1])).numpy()
    paths.make_folders(root)
    for path in (f"{root}/model.pb", f"{root}/saved"):
        slim.export.save(net, path, verify=False)
        with pytest.raises(slim.export.ExportError, match="there already"):
            slim.export.save(net, path, verify=False)
        slim.export.save(net, path, verify=False, force=True)
        got = slim.export.engines.open(path)(np.ones([1, 2, 2, 1], np.float32))
        np.testing.assert_allclose(next(iter(got.values())), expected, rtol=1e-6)
    with pytest.raises(FileNotFoundError, match="Did you mean"):
        slim.export.engines.open(f"{root}/modell.pb")


def assert_values(got, expected) -> None:
    assert sorted(got) == sorted(expected)
    for name, value in expected.items():
        np.testing.assert_array_equal(got[name], value)
        assert got[name].dtype == value.dtype


@pytest.mark.parametrize("is_far", [False, True], ids=["here", "far"])
@pytest.mark.parametrize("what", _ROWS, ids=lambda one: one.__name__)
def test_here_and_far_away(what, is_far, tmp_path, monkeypatch):
    monkeypatch.setenv("TF_SLIM_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)  # where a path that is taken for one of a disk would be made
    what(f"ram://bucket-{next(_NUMBERS)}/root" if is_far else str(tmp_path / "root"))
    left = {path.name for path in tmp_path.iterdir()} - {"root", "cache"}
    assert not left and not list(tmp_path.glob("cache/converting/*/shards/*"))


def test_an_unknown_file_system_is_named():
    for read in (files.read_bytes, paths.names, paths.exists):
        with pytest.raises(OSError, match=r"zz.*zz://bucket/file"):
            read("zz://bucket/file")
