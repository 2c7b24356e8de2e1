"""What exported files say of themselves."""

from __future__ import annotations

import json

import pytest

from tf_slim.export import metadata
from tf_slim.export.metadata import Metadata, MetadataError

FULL = Metadata(
    net="lenet",
    labels=("null", "één"),
    preprocessing="lenet",
    image_size=(28, 30),
    channels=1,
    multi_label=True,
    step=7,
    format="onnx",
    quantize="int8",
    precision="float32",
    verified="not asked for",
    exporter="tf-slim2 2.0.0",
)


@pytest.mark.parametrize("written", [FULL, Metadata()], ids=["full", "empty"])
def test_what_is_written_is_read(written):
    assert Metadata.from_json(written.to_json()) == written
    assert Metadata.from_json(written.to_json().encode()) == written


def test_what_a_later_release_adds_is_left_out():
    table = json.loads(FULL.to_json())
    table.update(version=9, colour="blue")
    assert Metadata.from_json(json.dumps(table)) == FULL


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "expected the JSON of an exported model"),
        ("[]", "an object with a version"),
        ('{"net": "lenet"}', "an object with a version"),
        ('{"version": 1, "labels": "ab"}', "labels of an exported model cannot be 'ab'"),
        ('{"version": 1, "image_size": [0, 3]}', "image_size"),
        ('{"version": 1, "channels": 1.5}', "channels"),
        ('{"version": 1, "net": 3}', "net"),
        ('{"version": 1, "verified": 1}', "verified"),
    ],
)
def test_what_is_none_is_refused(text, said):
    with pytest.raises(MetadataError, match=said):
        Metadata.from_json(text)


def test_beside_a_folder_and_beside_a_file(tmp_path):
    folder, file = tmp_path / "flowers.v2", tmp_path / "flowers.pb"
    folder.mkdir()
    assert metadata.beside(folder) == str(folder / "tf_slim.json")
    assert metadata.beside(file) == str(tmp_path / "flowers.tf_slim.json")
    for path in (folder, file):
        assert metadata.read_beside(path) is None
        metadata.write_beside(path, FULL)
        assert metadata.read_beside(path) == FULL
    (folder / "tf_slim.json").write_text("{")
    with pytest.raises(MetadataError, match="flowers.v2/tf_slim.json: expected"):
        metadata.read_beside(folder)
