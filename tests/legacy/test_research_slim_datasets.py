"""`tf_slim.legacy.research_slim.datasets`: the table of data sets, reading, and utilities."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import inspect
import io
import logging
import os
import tarfile
import types
import zipfile
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

import tf_slim as slim
from tests.ops.loopback import serving
from tf_slim.legacy.research_slim.datasets import dataset_factory, dataset_utils, imagenet

v1 = tf.compat.v1

_RANDOM = np.random.RandomState(0)


@dataclasses.dataclass(frozen=True)
class Row:
    """What is known of a data set.

    Attributes:
      sizes: of the splits.
      num_classes: how many.
      items: their names.
      files: what the files of the first split are called, as the converter has it.
      shape: of the images in the test; None in the middle of a file means another one.
      label_of_none: the label of a record that tells none.
    """

    sizes: dict[str, int]
    num_classes: int
    items: list[str]
    files: list[str]
    shape: tuple[int, int, int]
    label_of_none: int


TABLE = {
    "cifar10": Row(
        {"train": 50000, "test": 10000},
        10,
        ["image", "label"],
        ["cifar10_train.tfrecord"],
        (32, 32, 3),
        0,
    ),
    "flowers": Row(
        {"train": 3320, "validation": 350},
        5,
        ["image", "label"],
        ["flowers_train_00000-of-00002.tfrecord", "flowers_train_00001-of-00002.tfrecord"],
        (3, 4, 3),
        0,
    ),
    "imagenet": Row(
        {"train": 1281167, "validation": 50000},
        1001,
        ["image", "label", "label_text", "object/bbox", "object/label"],
        ["train-00000-of-00002", "train-00001-of-00002"],
        (4, 3, 3),
        -1,
    ),
    "mnist": Row(
        {"train": 60000, "test": 10000},
        10,
        ["image", "label"],
        ["mnist_train.tfrecord"],
        (28, 28, 1),
        0,
    ),
    "visualwakewords": Row(
        {"train": 82783, "val": 40504},
        2,
        ["image", "label", "object/bbox"],
        ["train.record-00000-of-00002", "train.record-00001-of-00002"],
        (2, 5, 3),
        -1,
    ),
}
PATTERNS = {
    "cifar10": "cifar10_%s.tfrecord",
    "flowers": "flowers_%s_*.tfrecord",
    "imagenet": "%s-*",
    "mnist": "mnist_%s.tfrecord",
    "visualwakewords": "%s.record-*",
}
# Of one record with two boxes, the first one the whole image.
BOXES = {"ymin": [0.0, 0.25], "xmin": [0.0, 0.5], "ymax": [1.0, 0.75], "xmax": [1.0, 0.625]}


def test_the_table_is_complete():
    assert TABLE.keys() == PATTERNS.keys() == dataset_factory.datasets_map.keys()


@pytest.mark.parametrize("name", TABLE)
def test_what_is_known_without_the_files(name):
    row = TABLE[name]
    for split, size in row.sizes.items():
        dataset = dataset_factory.get_dataset(name, split, os.path.join("no", "such", "folder"))
        assert isinstance(dataset, slim.dataset.Dataset)
        assert (dataset.num_samples, dataset.num_classes) == (size, row.num_classes)
        assert dataset.data_sources == os.path.join("no", "such", "folder", PATTERNS[name] % split)
        assert dataset.decoder.list_items() == row.items == list(dataset.items_to_descriptions)
        assert all(dataset.items_to_descriptions.values())
        assert dataset.reader is v1.TFRecordReader and dataset.labels_to_names is None
    module = importlib.import_module(f"tf_slim.legacy.research_slim.datasets.{name}")
    assert row.sizes == module.SPLITS_TO_SIZES
    assert str(inspect.signature(module.get_split)) == (
        "(split_name, dataset_dir, file_pattern=None, reader=None)"
    )


# ------------------------------------------------------------------------------- reading


def _pixels(shape) -> np.ndarray:
    return _RANDOM.randint(0, 256, shape).astype(np.uint8)


def _record(row: Row, pixels: np.ndarray, label: int):
    """A record as the converters write it, with boxes and texts where the data set has them."""
    png = tf.io.encode_png(pixels).numpy()
    example = dataset_utils.image_to_tfexample(png, b"png", *row.shape[:2], label)
    feature = example.features.feature
    if "object/bbox" in row.items:
        for side, values in BOXES.items():
            feature[f"image/object/bbox/{side}"].CopyFrom(dataset_utils.float_list_feature(values))
    if "label_text" in row.items:
        feature["image/class/text"].CopyFrom(dataset_utils.bytes_feature("a thing"))
        feature["image/object/bbox/label"].CopyFrom(dataset_utils.int64_feature([label] * 2))
    return example


def _bare_record(name: str, pixels: np.ndarray):
    """A record that tells nothing but the image; that of MNIST is raw."""
    encoded = pixels.tobytes() if name == "mnist" else tf.io.encode_png(pixels).numpy()
    feature = {"image/encoded": dataset_utils.bytes_feature(encoded)}
    return tf.train.Example(features=tf.train.Features(feature=feature))


def _read(dataset) -> list[dict[str, Any]]:
    """All records, through the provider."""
    with tf.Graph().as_default(), v1.Session() as session:
        provider = slim.dataset_data_provider.DatasetDataProvider(
            dataset, shuffle=False, num_epochs=1
        )
        items = dataset.decoder.list_items()
        wanted = dict(zip(items, provider.get(items)))
        session.run([v1.global_variables_initializer(), v1.local_variables_initializer()])
        found = []
        with slim.queues.QueueRunners(session), contextlib.suppress(tf.errors.OutOfRangeError):
            while True:
                found.append(session.run(wanted))
    return found


@pytest.mark.parametrize("name", TABLE)
def test_a_provider_reads_what_a_converter_wrote(name, tmp_path):
    row = TABLE[name]
    images = [_pixels(row.shape) for _ in range(3)]
    labels = [1, row.num_classes - 1, row.label_of_none]
    records = [*map(_record, [row, row], images, labels), _bare_record(name, images[2])]
    for number, file in enumerate(row.files):
        part = records[:1] if number == 0 < len(row.files) - 1 else records[number:]
        slim.data.write_examples(tmp_path / file, part)
    names = {number: f"class {number}" for number in range(row.num_classes)}
    dataset_utils.write_label_file(names, str(tmp_path))

    dataset = dataset_factory.get_dataset(name, "train", str(tmp_path))
    assert dataset.labels_to_names == names
    found = _read(dataset)

    assert [item["label"] for item in found] == labels
    for item, image in zip(found, images, strict=True):
        np.testing.assert_array_equal(item["image"], image)
    if "object/bbox" in row.items:
        np.testing.assert_array_equal(
            found[0]["object/bbox"], [[0.0, 0.0, 1.0, 1.0], [0.25, 0.5, 0.75, 0.625]]
        )
        assert found[2]["object/bbox"].shape == (0, 4)
    if "label_text" in row.items:
        assert [item["label_text"] for item in found] == [b"a thing", b"a thing", b""]
        assert [item["object/label"].tolist() for item in found] == [[1, 1], [1000, 1000], []]


def test_boxes_of_imagenet_are_labelled_under_either_key():
    feature = {
        "image/object/class/label": dataset_utils.int64_feature([3, 4]),
        "image/object/bbox/label": dataset_utils.int64_feature(5),
    }
    record = tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()
    decoder = imagenet.get_split("train", "").decoder
    assert decoder.decode(record, ["object/label"])[0].numpy().tolist() == [3, 4]


def test_files_called_otherwise_and_another_reader():
    for pattern, expected in (("my_%s@4", "my_test@4"), ("all.tfrecord", "all.tfrecord")):
        dataset = dataset_factory.get_dataset(
            "mnist", "test", "data", pattern, reader=v1.FixedLengthRecordReader
        )
        assert dataset.data_sources == os.path.join("data", expected)
        assert dataset.reader is v1.FixedLengthRecordReader


def test_a_program_can_add_its_own(monkeypatch):
    asked = []
    own = types.SimpleNamespace(get_split=lambda *args: asked.append(args))
    monkeypatch.setitem(dataset_factory.datasets_map, "own", own)
    dataset_factory.get_dataset("own", "dev", "folder")
    assert asked == [("dev", "folder", None, None)]


@pytest.mark.parametrize(
    ("name", "split", "folder", "message"),
    [
        ("cifar", "train", "x", r"data set 'cifar'.*mean 'cifar10'.*'visualwakewords'"),
        ("flowers", "valid", "x", r"'flowers'.*'valid'.*mean 'validation'.*Known: 'train'"),
        ("visualwakewords", "vals", "x", r"'vals'.*mean 'val'"),
        ("mnist", "train", None, r"'mnist', split 'train': dataset_dir.*None"),
    ],
)
def test_what_there_is_not(name, split, folder, message):
    with pytest.raises(ValueError, match=message):
        dataset_factory.get_dataset(name, split, folder)


def test_a_folder_that_is_not_there_is_named_when_it_is_read(tmp_path):
    dataset = dataset_factory.get_dataset("flowers", "train", str(tmp_path / "gone"))
    with tf.Graph().as_default(), pytest.raises(ValueError, match="gone.*flowers_train_"):
        slim.dataset_data_provider.DatasetDataProvider(dataset)


# ------------------------------------------------------------------------------- labels


def test_label_files(tmp_path, caplog):
    folder = str(tmp_path)
    assert not dataset_utils.has_labels(folder)
    with caplog.at_level(logging.INFO, logger="tensorflow"):
        assert dataset_factory.get_dataset("imagenet", "train", folder).labels_to_names is None
    assert "'imagenet': there is no labels.txt" in caplog.text and folder in caplog.text
    assert os.listdir(folder) == []

    dataset_utils.write_label_file({1: "tench: a fish", 0: "background"}, folder)
    assert (tmp_path / "labels.txt").read_text() == "0:background\n1:tench: a fish\n"
    assert dataset_utils.has_labels(folder)
    names = {0: "background", 1: "tench: a fish"}
    assert dataset_utils.read_label_file(folder) == names
    assert dataset_factory.get_dataset("imagenet", "train", folder).labels_to_names == names

    dataset_utils.write_label_file({0: "only"}, folder, "other.txt")
    assert dataset_utils.has_labels(folder, "other.txt")
    assert dataset_utils.read_label_file(folder, "other.txt") == {0: "only"}

    (tmp_path / "labels.txt").write_text("0:ok\nnonsense\n")
    with pytest.raises(ValueError, match="labels.txt: line 2 must be 'id:name'.*nonsense"):
        dataset_factory.get_dataset("imagenet", "train", folder)


def test_the_names_of_imagenet_are_fetched_when_asked_for(monkeypatch):
    def download(address, path, **kwargs):
        del kwargs
        is_list = address.endswith("imagenet_lsvrc_2015_synsets.txt")
        with open(path, "w", encoding="utf-8") as file:
            file.write("n02\nn01\n" if is_list else "n01\ttench, fish\nn02\tcock\nn03\tunused\n")
        return path

    monkeypatch.setattr(dataset_utils.downloads, "download", download)
    names = imagenet.create_readable_names_for_imagenet_labels()
    assert names == {0: "background", 1: "cock", 2: "tench, fish"}


# ------------------------------------------------------------------------------- features


@pytest.mark.parametrize(
    ("make", "values", "kind", "expected"),
    [
        (dataset_utils.int64_feature, 3, "int64_list", [3]),
        (dataset_utils.int64_feature, (3, 4), "int64_list", [3, 4]),
        (dataset_utils.int64_feature, np.int32(3), "int64_list", [3]),
        (dataset_utils.bytes_feature, b"a\xff", "bytes_list", [b"a\xff"]),
        (dataset_utils.bytes_feature, "ä", "bytes_list", ["ä".encode()]),
        (dataset_utils.bytes_list_feature, [b"a", "b"], "bytes_list", [b"a", b"b"]),
        (dataset_utils.float_feature, 0.5, "float_list", [0.5]),
        (dataset_utils.float_feature, [0.5, 2], "float_list", [0.5, 2.0]),
        (dataset_utils.float_list_feature, [0.5, 0.25], "float_list", [0.5, 0.25]),
    ],
)
def test_features(make, values, kind, expected):
    feature = make(values)
    assert feature.WhichOneof("kind") == kind
    assert list(getattr(feature, kind).value) == expected


def test_the_record_of_an_image():
    feature = dataset_utils.image_to_tfexample(b"data", b"jpg", 5, 6, 7).features.feature
    assert {key: getattr(f, f.WhichOneof("kind")).value[:] for key, f in feature.items()} == {
        "image/encoded": [b"data"],
        "image/format": [b"jpg"],
        "image/class/label": [7],
        "image/height": [5],
        "image/width": [6],
    }


def test_sharded_output(tmp_path):
    with contextlib.ExitStack() as stack:
        base = str(tmp_path / "val.record")
        shards = dataset_utils.open_sharded_output_tfrecords(stack, base, 2)
        for number in range(3):
            shards[number % 2].write(b"%d" % number)
    found = {
        path.name: [record.numpy() for record in tf.data.TFRecordDataset(str(path))]
        for path in tmp_path.iterdir()
    }
    assert found == {
        "val.record-00000-of-00002": [b"0", b"2"],
        "val.record-00001-of-00002": [b"1"],
    }


# ------------------------------------------------------------------------------- archives


def _tar(names: list[str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 3
            archive.addfile(member, io.BytesIO(b"new"))
    return buffer.getvalue()


def _zip(names: list[str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, b"new")
    return buffer.getvalue()


ARCHIVES = {
    "tar": (dataset_utils.download_and_uncompress_tarball, _tar, "photos.tgz"),
    "zip": (dataset_utils.download_and_uncompress_zipfile, _zip, "photos.zip"),
}


@pytest.mark.parametrize("kind", ARCHIVES)
def test_an_archive_is_unpacked_beside_what_is_there(kind, tmp_path):
    fetch, pack, file = ARCHIVES[kind]
    (tmp_path / "roses").mkdir()
    (tmp_path / "roses" / "1").write_text("old")
    (tmp_path / "roses" / "mine").write_text("mine")
    with serving(pack(["roses/1", "tulips/deep/2"])) as server:
        fetch(f"http://127.0.0.1:{server.server_port}/all/{file}?key=1", str(tmp_path))
    found = {
        str(path.relative_to(tmp_path)): path.read_text()
        for path in tmp_path.rglob("*")
        if path.is_file() and not path.name.startswith(file)
    }
    assert found == {"roses/1": "new", "roses/mine": "mine", "tulips/deep/2": "new"}
    assert (tmp_path / file).exists()


@pytest.mark.parametrize("kind", ARCHIVES)
def test_a_damaged_archive_says_which_to_remove(kind, tmp_path):
    fetch, pack, file = ARCHIVES[kind]
    with serving(pack(["roses/1"])[:-9]) as server:
        with pytest.raises(OSError, match=f"(?s){file}.*remove it"):
            fetch(f"http://127.0.0.1:{server.server_port}/{file}", str(tmp_path))


def test_a_page_in_the_place_of_a_tarball_is_not_kept(tmp_path):
    with serving(b"<html>") as server:
        address = f"http://127.0.0.1:{server.server_port}/x.tgz"
        with pytest.raises(OSError, match="is no archive"):
            dataset_utils.download_and_uncompress_tarball(address, str(tmp_path))
    assert not (tmp_path / "x.tgz").exists()


def test_a_tarball_stays_in_its_folder(tmp_path):
    folder = tmp_path / "data"
    with serving(_tar(["fine", "../escaped"])) as server:
        with pytest.raises(OSError, match="'../escaped'.*outside its folder"):
            dataset_utils.download_and_uncompress_tarball(
                f"http://127.0.0.1:{server.server_port}/x.tgz", str(folder)
            )
    assert not (tmp_path / "escaped").exists() and not (folder / "fine").exists()
