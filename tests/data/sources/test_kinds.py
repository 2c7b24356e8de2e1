"""What the text after `--data` names, and its splits."""

from __future__ import annotations

import sys

import pytest

from tests.data import made
from tests.data.sources import table
from tests.data.sources.test_folder import some, write
from tf_slim import data


def test_a_folder(tmp_path):
    write(tmp_path, *some("a", "b"))
    assert data.source_splits(tmp_path) == ("train", "validation")
    spec = data.from_source(tmp_path, "train", validation_share=0, image_size=9)
    assert (spec.num_samples, spec.image_size) == (6, (9, 9))
    write(tmp_path, "a/bad.png", content=b"text")
    spec = data.from_source(tmp_path, "train", validation_share=0, on_error="skip")
    assert spec.num_samples == 6


def test_a_table(tmp_path):
    write(tmp_path, *some("a", "b"))
    (tmp_path / "t.csv").write_text("path,label\na/1.png,0\nb/1.png,4\n")
    assert data.source_splits(str(tmp_path / "t.csv")) == ("train", "validation")
    spec = data.from_source(str(tmp_path / "t.csv"), "all", num_classes=9)
    assert (spec.num_samples, spec.num_classes) == (2, 9)


def test_files(tmp_path):
    pattern = made.write(tmp_path, (3, 2))
    assert data.source_splits(pattern) == ("all",)
    for split in ("all", "train"):
        spec = data.from_source(pattern, split, num_classes=10, image_channels=1)
        assert len(spec.files()) == 2
    with pytest.raises(ValueError, match="no split 'test': there is no {split} in it"):
        data.from_source(pattern, "test", num_classes=10)
    one = spec.files()[0]
    assert data.from_source(one, "all", num_classes=10).files() == [one]
    with pytest.raises(ValueError, match="How many classes"):
        data.from_source(one, "all")
    program = tmp_path / "make.py"
    program.write_text("print('a program')\n")
    with pytest.raises(data.DataError, match="neither a table nor a file of TFRecords"):
        data.from_source(program, "all")


@pytest.mark.parametrize("folder", ["", "./", "whole"])
def test_files_of_several_splits(tmp_path, monkeypatch, folder):
    for split in ("train", "val", "odd.one"):
        made.write(tmp_path, (2, 1), name=split)
    monkeypatch.chdir(tmp_path)
    folder = f"{tmp_path}/" if folder == "whole" else folder
    pattern = folder + "{split}-*.tfrecord"
    assert data.source_splits(pattern) == ("train", "val", "odd.one")
    options = {"num_classes": 10, "image_channels": 1}
    assert len(data.from_source(pattern, "train", **options).files()) == 2
    assert data.from_source(pattern, "val", **options).split == "val"
    assert len(data.from_source(pattern, "all", **options).files()) == 6
    with pytest.raises(ValueError, match="no split.* 'test'"):
        data.from_source(pattern, "test", **options)
    with pytest.raises(data.DataNotFoundError, match="no file matches"):
        data.source_splits(str(tmp_path / "nothing-{split}"))


def test_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert data.source_splits("digits") == ("train", "test")
    assert data.from_source("digits", "test") == data.get_dataset("digits", "test")
    changed = data.from_source("digits", "test", image_size=28, preprocessing="lenet")
    assert (changed.image_size, changed.preprocessing) == ((28, 28), "lenet")
    with pytest.raises(ValueError, match="no split of the data set 'digits' called 'validation'"):
        data.from_source("digits", "val")
    write(tmp_path, *some("digits/a", "digits/b"))
    with pytest.raises(data.DataNotFoundError, match=r"a data set by name, and there is .*'./dig"):
        data.from_source("digits")
    assert data.from_source("./digits", "all").num_samples == 6


def test_tensorflow_datasets(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)
    with pytest.raises(ImportError, match=r"tfds:numbered: .*pip install 'tf-slim2\[tfds\]'"):
        data.from_source("tfds:numbered")
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", table.stub_of_tfds(4))
    assert data.source_splits("tfds:numbered") == ("train", "validation")
    spec = data.from_source("tfds:numbered", "val")
    assert (spec.num_samples, spec.num_classes, spec.image_channels) == (4, table.CLASSES, 1)
    assert spec.labels_to_names and spec.labels_to_names[4] == "class 4"
    assert data.from_source("tfds:numbered", "all").num_samples == 8
    with pytest.raises(ValueError, match="no split.* 'test'"):
        data.from_source("tfds:numbered", "test")


@pytest.mark.parametrize("ask", [data.from_source, data.source_splits])
def test_nothing_of_that_name(ask, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(data.DataNotFoundError, match="there is no 'digit'.*Did you mean 'digits'"):
        ask("digit")
    with pytest.raises(data.DataNotFoundError, match="tfds:NAME"):
        ask("flowers/roses")
    with pytest.raises(TypeError, match="slim.data.from_arrays, a gen"):
        ask(3)
