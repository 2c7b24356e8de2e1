"""Data sets that nobody registered, and label files."""

from __future__ import annotations

import pytest

from tests.data import made
from tf_slim import data


@pytest.fixture
def pattern(tmp_path):
    folder = tmp_path / "flowers"
    folder.mkdir()
    return made.write(folder, (2, 3), name="train")


def label_file(tmp_path, text):
    path = tmp_path / "flowers" / "labels.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_pattern_and_a_number_of_classes_are_enough(pattern):
    spec = data.from_tfrecords(pattern, 10, image_channels=1)
    assert (spec.name, spec.num_classes, spec.num_samples) == ("flowers", 10, None)
    assert spec.labels_to_names is None
    assert len(spec.files()) == 2
    assert sum(data.check(spec).values()) == 5


def test_what_is_given_gets_there(pattern):
    spec = data.from_tfrecords(
        [pattern],
        10,
        name="roses",
        split="train",
        num_samples=5,
        image_size=3,
        preprocessing="lenet",
    )
    assert (spec.name, spec.split, spec.num_samples) == ("roses", "train", 5)
    assert (spec.image_size, spec.preprocessing, spec.image_channels) == ((3, 3), "lenet", 3)


def test_labels_beside_the_data_are_read(pattern, tmp_path):
    label_file(tmp_path, "0:daisy\n2:rose: red\n\n1: tulip \n")
    spec = data.from_tfrecords(pattern)
    assert spec.labels_to_names == {0: "daisy", 1: "tulip", 2: "rose: red"}
    assert spec.num_classes == 3
    assert data.from_tfrecords(pattern, 10).num_classes == 10


def test_a_label_file_elsewhere(pattern, tmp_path):
    (tmp_path / "names").write_text("0:a\n1:b\n", encoding="utf-8")
    assert data.from_tfrecords(pattern, labels_file=tmp_path / "names").num_classes == 2
    with pytest.raises(data.DataNotFoundError, match="no such label file"):
        data.from_tfrecords(pattern, labels_file=tmp_path / "none")


def test_the_number_of_classes_must_come_from_somewhere(pattern):
    with pytest.raises(ValueError, match=r"Give num_classes, or put a label file .*labels\.txt"):
        data.from_tfrecords(pattern)


def test_labels_and_classes_must_agree(pattern, tmp_path):
    label_file(tmp_path, "0:daisy\n5:rose\n")
    with pytest.raises(ValueError, match="names the label 5, but num_classes is 3"):
        data.from_tfrecords(pattern, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0:a\nb\n", "line 2 must be 'id:name', received 'b'"),
        ("x:a\n", "received 'x:a'"),
        ("0:a\n0:b\n", "line 2 gives the label 0 again"),
    ],
)
def test_a_label_file_that_is_none(pattern, tmp_path, text, message):
    path = label_file(tmp_path, text)
    with pytest.raises(data.DataError, match=message) as info:
        data.from_tfrecords(pattern, 10)
    assert info.value.path == str(path)


def test_labels_are_written_as_they_are_read(tmp_path):
    names = {1: "Löwenzahn", 0: "a:b"}
    data.write_labels(str(tmp_path / "labels.txt"), names)
    text = (tmp_path / "labels.txt").read_text(encoding="utf-8")
    assert text == "0:a:b\n1:Löwenzahn\n"
    assert data.read_labels(str(tmp_path / "labels.txt")) == names


def test_no_files(tmp_path):
    with pytest.raises(data.DataNotFoundError, match="no file matches"):
        data.from_tfrecords(str(tmp_path / "none-*"), 10)
