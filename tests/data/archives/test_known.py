"""The archives of known data sets: what is read of them, and what of damaged ones is said."""

from __future__ import annotations

import gzip
import os
import pickle

import numpy as np
import pytest

from tests.data.archives import made
from tf_slim import data
from tf_slim.data.archives import imagenet
from tf_slim.data.archives.opening import open_archive


def labels_of(archive) -> dict:
    return {
        split: {one.path: one.label for one in pictures}
        for split, pictures in archive.splits.items()
    }


@pytest.mark.parametrize("compressed", [True, False])
def test_mnist(tmp_path, compressed):
    folder = made.mnist(tmp_path / "digits", compressed=compressed)
    archive = open_archive(str(folder), str(tmp_path))
    assert (archive.layout.name, archive.layout.image_channels) == ("mnist", 1)
    assert {split: len(of) for split, of in archive.splits.items()} == {"train": 12, "test": 5}
    one = archive.splits["train"][11]
    assert (one.path, one.label, archive.labels[one.label]) == ("train/one/00011.png", 1, "one")
    np.testing.assert_array_equal(one.read(), np.full([28, 28], 11, np.uint8))


def test_others_come_in_the_files_of_mnist(tmp_path):
    folder = made.mnist(tmp_path / "fashion")
    (folder / "labels.txt").write_text("0:T-shirt\n1:trouser\n")
    archive = open_archive(str(folder), str(tmp_path))
    assert [archive.labels[label] for label in (0, 1, 2)] == ["T-shirt", "trouser", "two"]


def _cut(path):
    path.write_bytes(path.read_bytes()[:-9])


def _of_other_sizes(path):
    path.write_bytes(gzip.compress(made.idx(np.zeros([3]))))


def _of_another_kind(path):
    path.write_bytes(gzip.compress(b"not idx at all"))


@pytest.mark.parametrize(
    ("name", "harm", "words"),
    [
        ("train-images-idx3-ubyte.gz", _cut, "damaged, or no gzip file"),
        ("train-labels-idx1-ubyte.gz", _of_other_sizes, "12 pictures, but 3 labels in"),
        ("t10k-images-idx3-ubyte.gz", _of_another_kind, "no idx file of 3 dimensions"),
        ("t10k-labels-idx1-ubyte.gz", os.unlink, "the labels of the split 'test' are missing"),
    ],
)
def test_damaged_mnist(tmp_path, name, harm, words):
    folder = made.mnist(tmp_path / "digits")
    harm(folder / name)
    with pytest.raises(data.DataError, match=words):
        open_archive(str(folder), str(tmp_path))


def test_a_file_of_mnist_with_too_few_bytes(tmp_path):
    folder = made.mnist(tmp_path / "digits", compressed=False)
    _cut(folder / "train-images-idx3-ubyte")
    with pytest.raises(data.DataError, match=r"should hold 9408 bytes, for sizes \[12, 28, 28\]"):
        open_archive(str(folder), str(tmp_path))


@pytest.mark.parametrize("kind", ["python", "binary"])
def test_cifar10(tmp_path, kind):
    path = made.cifar10(tmp_path / "cifar.tar.gz", kind)
    archive = open_archive(str(path), str(tmp_path))
    assert (archive.layout.name, archive.layout.image_size) == ("cifar10", (32, 32))
    assert {split: len(of) for split, of in archive.splits.items()} == {"train": 15, "test": 3}
    one = archive.splits["train"][4]
    assert (one.path, one.label) == ("train/automobile/data_batch_2-00001.png", 1)
    pixels = one.read()
    assert pixels.shape == (32, 32, 3)
    np.testing.assert_array_equal(pixels[5, 7], [11, 12, 13])


def test_an_unpacked_cifar10(tmp_path):
    pixels = np.stack([made.cifar_pixels(0)])
    for name in [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]:
        (tmp_path / name).write_bytes(pickle.dumps({b"data": pixels, b"labels": [7]}, 2))
    archive = open_archive(str(tmp_path), str(tmp_path))
    assert archive.layout.name == "cifar10" and len(archive.splits["train"]) == 5


class Harm:
    """What a pickle can do to those who read it."""

    def __reduce__(self):
        return os.mkdir, ("harmed",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (pickle.dumps(Harm(), 2), "refers to .*mkdir.* it could run any code"),
        (b"", "no batch of CIFAR-10: EOFError"),
        (
            pickle.dumps({b"data": np.zeros([2, 5], np.uint8), b"labels": [0, 1]}, 2),
            r"uint8 \[2, 3072\], received uint8 \(2, 5\)",
        ),
        (pickle.dumps([1], 2), "no batch of CIFAR-10: TypeError"),
        (
            pickle.dumps({b"data": made.cifar_pixels(0)[None], b"labels": [10]}, 2),
            r"labels are not all in \[0, 10\)",
        ),
    ],
)
def test_damaged_cifar10(tmp_path, monkeypatch, content, words):
    monkeypatch.chdir(tmp_path)
    names = [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]
    (tmp_path / "c.tgz").write_bytes(made.tar(dict.fromkeys(names, content), "gz"))
    with pytest.raises(data.DataError, match=words):
        open_archive("c.tgz", ".")
    assert not (tmp_path / "harmed").exists()


def test_a_batch_of_cifar10_is_missing(tmp_path):
    (tmp_path / "c.tar").write_bytes(made.tar({"test_batch.bin": b""}))
    with pytest.raises(data.DataError, match="data_batch_1, data_batch_2.* missing"):
        open_archive(str(tmp_path / "c.tar"), str(tmp_path))


@pytest.mark.parametrize("whole", [True, False])
def test_imagenet(tmp_path, whole):
    folder = made.imagenet(tmp_path / "net", whole=whole)
    archive = open_archive(str(folder), str(tmp_path))
    assert archive.layout.name == "imagenet"
    assert archive.labels == {0: "background", **dict(enumerate(made.SYNSETS, start=1))}
    assert labels_of(archive) == {
        "train": {
            f"train/{synset}/{synset}_{i}.JPEG": label
            for label, synset in enumerate(made.SYNSETS, start=1)
            for i in range(2)
        },
        "validation": {
            f"validation/{synset}/ILSVRC2012_val_{i:08d}.JPEG": label
            for i, label, synset in zip((1, 2, 3), (3, 2, 1), reversed(made.SYNSETS))
        },
    }
    numbers = {one.path: one for one in archive.splits["train"]}
    assert numbers["train/n01443537/n01443537_1.JPEG"].read() == made.jpeg(11)
    assert archive.splits["validation"][2].read() == made.jpeg(103)


def test_imagenet_has_readable_names_where_they_are_listed(tmp_path):
    folder = made.imagenet(tmp_path / "net", validation=False)
    (folder / "LOC_synset_mapping.txt").write_text("n01440764 tench, Tinca tinca\n")
    archive = open_archive(str(folder), str(tmp_path))
    assert archive.labels[1] == "tench, Tinca tinca"
    assert list(archive.splits) == ["train"]


def test_the_classes_of_imagenets_validation_are_asked_for(tmp_path):
    folder = made.imagenet(tmp_path / "net")
    (folder / imagenet.CLASSES_OF_VALIDATION).write_text("n01440764\n")
    with pytest.raises(data.DataError, match="ILSVRC2012_val_ and a number up to 1"):
        open_archive(str(folder), str(tmp_path))
    (folder / imagenet.CLASSES_OF_VALIDATION).write_text("n09999999\n" * 3)
    with pytest.raises(data.DataError, match="not among the 3 of training: n09999999"):
        open_archive(str(folder), str(tmp_path))
    (folder / imagenet.CLASSES_OF_VALIDATION).unlink()
    with pytest.raises(data.DataError, match="Put that file beside it, or move"):
        open_archive(str(folder), str(tmp_path))


def test_visual_wake_words(tmp_path):
    folder = made.coco(tmp_path / "coco")
    archive = open_archive(str(folder), str(tmp_path))
    assert archive.layout.name == "visualwakewords"
    assert labels_of(archive) == {
        split: {
            f"{split}/person/{split}_0.jpg": 1,
            f"{split}/background/{split}_1.jpg": 0,
            f"{split}/background/{split}_2.jpg": 0,
        }
        for split in ("train", "val")
    }
    for pictures in archive.splits.values():
        assert [one.read() for one in pictures] == [made.jpeg(i) for i in range(3)]


def test_visual_wake_words_without_pictures(tmp_path):
    folder = made.coco(tmp_path / "coco")
    (folder / "train2014" / "train_1.jpg").unlink()
    with pytest.raises(data.DataError, match=r"1 of the 3 pictures .* missing: train_1\.jpg"):
        open_archive(str(folder), str(tmp_path))
    (folder / "val2014.zip").unlink()
    (folder / "annotations" / "instances_train2014.json").unlink()
    with pytest.raises(data.DataError, match="neither a folder val2014 nor an archive"):
        open_archive(str(folder), str(tmp_path))
    (folder / "annotations" / "instances_val2014.json").write_text("[1]")
    (folder / "val2014").mkdir()
    with pytest.raises(data.DataError, match="no annotations of COCO: TypeError"):
        open_archive(str(folder), str(tmp_path))


def test_what_is_no_archive(tmp_path):
    (tmp_path / "text.tar").write_text("no tar")
    (tmp_path / "empty").write_bytes(b"")
    for path in (tmp_path, tmp_path / "text.tar", tmp_path / "empty", tmp_path / "nowhere"):
        assert open_archive(str(path), str(tmp_path)) is None
