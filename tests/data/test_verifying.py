"""Verifying: everything is decoded, and held against the manifest."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from tests.data import made, pictures
from tf_slim import data
from tf_slim.data.sources import ordering


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verified")
    whole, ordering.SHARD = ordering.SHARD, 4
    try:
        data.convert(pictures.folder(folder / "source"), folder / "out")
    finally:
        ordering.SHARD = whole
    return folder / "out"


@pytest.fixture
def out(converted, tmp_path):
    return shutil.copytree(converted, tmp_path / "out")


def test_all_is_right(out):
    found = data.verify(out)
    assert found.is_right and found.has_manifest
    assert sum(found.records.values()) == 36
    assert data.verify(out / "manifest.json").is_right


FIRST = "train-00000-of-00007.tfrecord"
SECOND = "train-00001-of-00007.tfrecord"


def _missing(out):
    os.unlink(out / FIRST)


def _extra(out):
    shutil.copy(out / FIRST, out / "train-00007-of-00008.tfrecord")


def _cut(out):
    (out / FIRST).write_bytes((out / FIRST).read_bytes()[:-3])


def _flipped(out):
    content = bytearray((out / FIRST).read_bytes())
    content[100] ^= 1
    (out / FIRST).write_bytes(content)


def _exchanged(out):
    one, other = (out / FIRST).read_bytes(), (out / SECOND).read_bytes()
    (out / FIRST).write_bytes(other)
    (out / SECOND).write_bytes(one)


def _rewritten(out):
    """One that is in order as such: another picture of the same size, say."""
    data.write_examples(out / FIRST, [made.example(i, 1) for i in range(3)])


def _counts(out):
    content = json.loads((out / "manifest.json").read_text())
    classes = content["splits"]["train"]["classes"]
    classes["0"], classes["1"] = classes["0"] + 1, classes["1"] - 1
    (out / "manifest.json").write_text(json.dumps(content))


def _records(out):
    content = json.loads((out / "manifest.json").read_text())
    split = content["splits"]["train"]
    split["records"] += 1
    split["files"][0]["records"] += 1
    (out / "manifest.json").write_text(json.dumps(content))


def _labels(out):
    (out / "labels.txt").write_text("0:cat\n1:dog\n2:snake\n")


def _no_labels(out):
    os.unlink(out / "labels.txt")


@pytest.mark.parametrize(
    ("harm", "where", "reason"),
    [
        (_missing, FIRST, "is missing"),
        (_extra, "train-00007-of-00008.tfrecord", "the manifest does not name it"),
        (_cut, FIRST, r"it has \d+ bytes, but the manifest says"),
        (_flipped, FIRST, "its content was changed: its sha256"),
        (_exchanged, SECOND, "bytes, but the manifest says|its content was changed"),
        (_rewritten, FIRST, "it has 3 records, but the manifest says"),
        (_counts, "manifest.json", "it says that train has .* records of 'cat', but there are"),
        (_records, FIRST, "it has 3 records, but the manifest says 4|it has 4 .* says 5"),
        (_labels, "labels.txt", "it names other classes"),
        (_no_labels, "labels.txt", "is missing"),
    ],
)
def test_whatever_is_wrong_is_found(out, harm, where, reason):
    import re

    harm(out)
    found = data.verify(out)
    assert not found.is_right
    assert [
        fault for fault in found.faults if where in fault.where and re.search(reason, fault.reason)
    ], found.faults
    # What is right is counted nevertheless.
    assert sum(found.records.values()) >= 30


def test_a_path_that_leads_out_is_refused(out):
    text = (out / "manifest.json").read_text().replace(FIRST, f"../{FIRST}")
    (out / "manifest.json").write_text(text)
    with pytest.raises(data.DataError, match="the name of a file beside the manifest"):
        data.verify(out)


def test_a_folder_of_pictures(tmp_path):
    source = pictures.folder(tmp_path / "source", 6)
    pictures.write(source, {"cat/notes.txt": b"text"})
    found = data.verify(source)
    assert found.is_right and not found.has_manifest
    assert sum(found.records.values()) == 18
    assert [path for path, _ in found.skipped] == ["cat/notes.txt"]
    pictures.write(source, {"cat/broken.jpg": pictures.BROKEN, "snake/empty.png": b""})
    found = data.verify(source)
    assert [os.path.relpath(fault.where, source) for fault in found.faults] == [
        "cat/broken.jpg",
        "snake/empty.png",
    ]
    assert sum(found.records.values()) == 18


def test_files_of_records_each_with_its_faults(tmp_path):
    examples = [made.example(number) for number in range(4)]
    examples[1] = b"no example"
    examples[2].features.feature["image/class/label"].int64_list.value[0] = 99
    data.write_examples(tmp_path / "part-000.tfrecord", examples)
    data.write_examples(tmp_path / "part-001.tfrecord", [made.example(5)] * 3)
    path = tmp_path / "part-001.tfrecord"
    path.write_bytes(path.read_bytes()[:-5])
    found = data.verify(made.describe(str(tmp_path / "part-*.tfrecord")))
    assert [(os.path.basename(fault.where), fault.reason[:20]) for fault in found.faults[1:]] == [
        ("part-000.tfrecord, record 1", "is no record: its 10"),
        ("part-000.tfrecord, record 2", "has the label 99, an"),
    ]
    assert "part-001.tfrecord, record 2 at byte" in found.faults[0].reason
    assert found.records == {"all": 4}
