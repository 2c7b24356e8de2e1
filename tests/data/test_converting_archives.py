"""Archives of known data sets, and of class folders, are converted where they are."""

from __future__ import annotations

import os

import pytest
import tensorflow as tf

from tests.data import pictures
from tests.data.archives import made as archives
from tests.data.test_converting import small_shards
from tf_slim import data
from tf_slim.legacy.research_slim.datasets import dataset_factory

__all__ = ["small_shards"]  # a fixture, for the tests here too

ARCHIVES = {
    "mnist": lambda path: archives.mnist(path),
    "cifar10": lambda path: archives.cifar10(path),
    "imagenet": lambda path: archives.imagenet(path),
    "visualwakewords": lambda path: archives.coco(path),
}
COUNTS = {
    "mnist": {"train": 12, "test": 5},
    "cifar10": {"train": 15, "test": 3},
    "imagenet": {"train": 6, "validation": 3},
    "visualwakewords": {"train": 3, "val": 3},
}


@pytest.mark.parametrize("name", ARCHIVES)
@pytest.mark.parametrize("as_there", [False, True], ids=["own names", "names of research/slim"])
def test_the_archives_of_known_data_sets(tmp_path, name, as_there):
    source = ARCHIVES[name](tmp_path / "source")
    out = tmp_path / "out"
    manifest = data.convert(source, out, layout=name if as_there else None)
    assert {split: one.records for split, one in manifest.splits.items()} == COUNTS[name]
    assert data.verify(out).faults == ()
    for split in COUNTS[name]:
        pipeline = data.Pipeline(data.from_source(out, split), 4, image_size=32)
        seen = [label for _, labels in pipeline.dataset() for label in labels.numpy().tolist()]
        counts = {label: seen.count(label) for label in manifest.labels}
        assert counts == manifest.splits[split].classes
    if as_there:
        os.unlink(out / "manifest.json")
        split = next(iter(COUNTS[name]))
        there = dataset_factory.get_dataset(name, split, str(out))
        spec = data.from_source(out, split)
        assert spec.files() == sorted(tf.io.gfile.glob(there.data_sources))
        assert sum(1 for _ in tf.data.TFRecordDataset(spec.files())) == COUNTS[name][split]
        assert there.labels_to_names == dict(manifest.labels)


@pytest.mark.parametrize("pack", ["tar", "tgz", "zip"])
def test_an_archive_of_class_folders_is_as_the_folder(tmp_path, pack):
    source = pictures.folder(tmp_path / "source", 6)
    files = {
        f"flower_photos/{name}/{picture}": content
        for name in os.listdir(source)
        for picture, content in pictures.content_of(os.path.join(source, name)).items()
    }
    files["flower_photos/LICENSE.txt"] = b"free"
    path = tmp_path / f"flowers.{pack}"
    compressed = {"tar": "", "tgz": "gz"}
    path.write_bytes(
        archives.zipped(files) if pack == "zip" else archives.tar(files, compressed[pack])
    )
    data.convert(path, tmp_path / "out")
    data.convert(source, tmp_path / "straight")
    one, other = (pictures.content_of(tmp_path / name) for name in ("out", "straight"))
    assert one.keys() == other.keys()
    assert {name: one[name] for name in one if name != "manifest.json"} == {
        name: other[name] for name in other if name != "manifest.json"
    }
    assert ".converting" not in os.listdir(tmp_path / "out")


def test_an_archive_that_leads_out_writes_nothing(tmp_path):
    path = tmp_path / "in" / "evil.zip"
    path.parent.mkdir()
    path.write_bytes(archives.zipped({"a/1.png": pictures.png(1), "../../evil.png": b"1"}))
    with pytest.raises(data.DataError, match="leads out of the archive"):
        data.convert(path, tmp_path / "in" / "out")
    assert os.listdir(tmp_path) == ["in"] and os.listdir(tmp_path / "in") == ["evil.zip"]


def test_a_bad_picture_in_an_archive(tmp_path):
    synset = archives.SYNSETS[0]
    inner = archives.tar({"1.JPEG": archives.jpeg(1), "2.JPEG": pictures.BROKEN})
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / f"{synset}.tar").write_bytes(inner)
    with pytest.raises(data.DataError, match=rf"{synset}\.tar, '2\.JPEG': this "):
        data.convert(tmp_path / "net", tmp_path / "out")
    manifest = data.convert(tmp_path / "net", tmp_path / "out", on_error="skip")
    assert manifest.splits["train"].records == 1
    assert [path for path, _ in manifest.skipped] == [f"train/{synset}/2.JPEG"]
