"""`manifest.json`: what it holds comes back, and a wrong one is refused with its place."""

from __future__ import annotations

import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data import made
from tf_slim import data
from tf_slim.data import converted, manifest

NAMES = st.text(st.characters(exclude_characters="/\\\0:"), min_size=1).filter(
    lambda name: name not in (".", "..")
)
COUNTS = st.integers(0, 2**40)


@st.composite
def manifests(draw):
    labels = draw(st.dictionaries(st.integers(0, 99), st.text(), min_size=1, max_size=4))
    names = iter(draw(st.lists(NAMES, min_size=4, max_size=4, unique=True)))
    splits = {}
    for split in draw(st.lists(st.text(), min_size=1, max_size=2, unique=True)):
        files = tuple(
            manifest.ManifestFile(next(names), draw(COUNTS), draw(COUNTS), "ab12")
            for _ in range(draw(st.integers(0, 2)))
        )
        classes = {label: draw(COUNTS) for label in labels}
        splits[split] = manifest.ManifestSplit(sum(one.records for one in files), files, classes)
    return manifest.Manifest(
        splits=splits,
        labels=labels,
        multi_label=draw(st.booleans()),
        skipped=tuple(draw(st.lists(st.tuples(st.text(), st.text()), max_size=2))),
        name=draw(st.text()),
        image_channels=draw(st.sampled_from([1, 3, 4])),
        image_size=draw(st.none() | st.just((2, 3))),
        weighted=draw(st.booleans()),
        source="00ff",
    )


@given(what=manifests())
@settings(max_examples=50, deadline=None)
def test_what_is_written_is_read(what, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    manifest.write_manifest(folder, what)
    first = (folder / "manifest.json").read_bytes()
    assert manifest.read_manifest(folder) == what
    manifest.write_manifest(folder, manifest.read_manifest(folder / "manifest.json"))
    assert (folder / "manifest.json").read_bytes() == first


def written(folder, **changes) -> dict:
    """A manifest of one split with one file of 3 records, and that file."""
    made.write(folder, [3])
    file = {"name": "part-000.tfrecord", "records": 3, "sha256": "0" * 64}
    file["bytes"] = os.path.getsize(folder / file["name"])
    content = {
        "version": 1,
        "splits": {"train": {"records": 3, "files": [file], "classes": {"0": 1, "1": 1, "2": 1}}},
        "labels": {str(label): f"class {label}" for label in range(10)},
        **changes,
    }
    (folder / "manifest.json").write_text(json.dumps(content))
    return content


def changed(content, path, value):
    """A copy in which the value at a path of keys is another one, or, for `None`, is gone."""
    content = json.loads(json.dumps(content))
    inside = content
    for key in path[:-1]:
        inside = inside[key]
    if value is None:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    return content


FILE = ("splits", "train", "files", 0)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("version",), 2, "its version is 2, but this TF-Slim reads version 1"),
        (("version",), "1", "version must be an integer, received '1'"),
        (("version",), True, "version must be an integer"),
        (("version",), None, "version is missing"),
        (("splits",), {}, "splits and labels must be not empty"),
        (("splits",), [], r"splits must be an object, received \[\]"),
        (("labels", "x"), "cat", "labels must be numbers of classes, from 0, received 'x'"),
        (("labels", "1"), 1, "labels.1 must be a text, received 1"),
        (("splits", "train", "records"), 4, "splits.train.records must be 3, as in its files, re"),
        (("splits", "train", "classes", "0"), -1, "splits.train.classes.0 must be a number from"),
        ((*FILE, "sha256"), None, r"splits.train.files\[0\].sha256 is missing"),
        ((*FILE, "name"), "../part-000.tfrecord", "must be the name of a file beside the manifest"),
        ((*FILE, "name"), "..", "must be the name of a file beside the manifest, received '..'"),
        ((*FILE, "name"), "/etc/passwd", "the name of a file beside the manifest"),
        ((*FILE, "name"), "a\\..\\b", "the name of a file beside the manifest"),
        ((*FILE, "name"), "c:part", "the name of a file beside the manifest"),
        ((*FILE, "name"), "", "the name of a file beside the manifest"),
        (("skipped",), [{"path": "a.jpg"}], r"skipped\[0\].reason is missing"),
        (("image_size",), [0, 3], r"image_size must be \[height, width\]"),
    ],
)
def test_a_wrong_manifest_is_refused(tmp_path, path, value, words):
    content = changed(written(tmp_path), path, value)
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(data.DataError, match=words) as caught:
        data.from_converted(tmp_path)
    assert str(tmp_path / "manifest.json") in str(caught.value)


def test_a_file_is_named_once(tmp_path):
    content = written(tmp_path)
    content["splits"]["test"] = content["splits"]["train"]
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(data.DataError, match="files that are named once, received 'part-000"):
        data.from_converted(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "[" * 100_000, "\udcff"])
def test_what_is_no_manifest_is_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(data.DataError, match=r"manifest\.json"):
        data.from_converted(tmp_path)


def test_a_spec_has_what_the_manifest_says(tmp_path):
    written(tmp_path, name="letters", image_channels=1, image_size=[2, 2], preprocessing="lenet")
    assert converted.is_converted(tmp_path) and converted.is_converted(tmp_path / "manifest.json")
    for path in (tmp_path, tmp_path / "manifest.json"):
        spec = data.from_converted(path)
        assert (spec.name, spec.split, spec.num_samples, spec.num_classes) == (
            "letters",
            "train",
            3,
            10,
        )
        assert (spec.image_channels, spec.image_size, spec.preprocessing) == (1, (2, 2), "lenet")
        assert spec.labels_to_names[3] == "class 3"
        assert spec.files() == [str(tmp_path / "part-000.tfrecord")]
    with pytest.raises(ValueError, match="no split of .* called 'tran'.*Did you mean 'train'"):
        data.from_converted(tmp_path, "tran")


def test_a_file_that_is_not_as_the_manifest_says_is_named(tmp_path):
    written(tmp_path)
    path = tmp_path / "part-000.tfrecord"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(data.DataError, match=r"part-000\.tfrecord: this file has \d+ bytes, but"):
        data.from_converted(tmp_path)
    path.unlink()
    with pytest.raises(data.DataNotFoundError, match="it is not there"):
        data.from_converted(tmp_path)


def test_no_manifest(tmp_path):
    assert not converted.is_converted(tmp_path)
    with pytest.raises(data.DataNotFoundError, match="there is no such manifest"):
        data.from_converted(tmp_path)
