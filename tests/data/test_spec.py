"""What a spec holds, and which files it finds."""

from __future__ import annotations

import dataclasses

import pytest

from tf_slim import data


def spec(sources, **changes):
    return data.DatasetSpec("flowers", "train", sources, num_classes=5, **changes)


def touch(folder, *names):
    for name in names:
        (folder / name).write_bytes(b"")


def test_files_are_expanded_sorted_and_listed_once(tmp_path):
    touch(tmp_path, "b-2", "b-1", "a-1", "c-1")
    sources = (str(tmp_path / "b-*"), tmp_path / "b-1", str(tmp_path / "a-1"))
    assert spec(sources).files() == [str(tmp_path / name) for name in ("a-1", "b-1", "b-2")]


def test_one_source_needs_no_tuple(tmp_path):
    touch(tmp_path, "one")
    assert spec(str(tmp_path / "one")).data_sources == (str(tmp_path / "one"),)
    assert spec(tmp_path / "one").files() == [str(tmp_path / "one")]


def test_a_file_may_be_named_like_a_pattern(tmp_path):
    touch(tmp_path, "part[1]", "part1")
    assert spec(str(tmp_path / "part[1]")).files() == [str(tmp_path / "part[1]")]


def test_home_is_expanded(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    touch(tmp_path, "here")
    assert spec("~/here").files() == [str(tmp_path / "here")]


def test_a_pattern_without_files_is_named(tmp_path):
    touch(tmp_path, "there")
    missing = str(tmp_path / "missing-*")
    with pytest.raises(FileNotFoundError, match="no file matches") as info:
        spec((str(tmp_path / "there"), missing)).files()
    assert missing in str(info.value)
    assert "'flowers', split 'train'" in str(info.value)
    assert isinstance(info.value, data.DataError)
    assert isinstance(info.value, ValueError)


def test_a_spec_is_frozen_hashable_and_comparable():
    one = spec("x", labels_to_names={0: "rose"})
    assert one == spec(("x",), labels_to_names={0: "rose"})
    assert hash(one) == hash(spec("x", labels_to_names={0: "rose"}))
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.name = "other"


@pytest.mark.parametrize(("size", "expected"), [(8, (8, 8)), ([4, 6], (4, 6)), (None, None)])
def test_image_size(size, expected):
    assert spec("x", image_size=size).image_size == expected


@pytest.mark.parametrize(
    ("changes", "received"),
    [
        ({"image_size": (1, 2, 3)}, r"\(1, 2, 3\)"),
        ({"image_size": 0}, "received 0"),
        ({"image_size": "big"}, "'big'"),
        ({"image_channels": 2}, "received 2"),
        ({"num_samples": 0}, "received 0"),
    ],
)
def test_nonsense_is_refused(changes, received):
    with pytest.raises(ValueError, match=received):
        spec("x", **changes)


def test_no_sources_and_no_classes_are_refused():
    with pytest.raises(ValueError, match="data_sources is empty"):
        spec(())
    with pytest.raises(ValueError, match="num_classes must be at least 1, received 0"):
        data.DatasetSpec("flowers", "train", "x", num_classes=0)


def test_an_error_knows_where_it_was():
    error = data.DataError("it is wet.", path="f", record=3, offset=70, remedy="Dry it.")
    assert str(error) == "f, record 3 at byte 70: it is wet. Dry it."
    assert (error.path, error.record, error.offset) == ("f", 3, 70)
    assert str(data.DataError("it is wet.")) == "it is wet."
