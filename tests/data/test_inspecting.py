"""Inspecting: what is in a data set, and what speaks against training on it."""

from __future__ import annotations

import json
import os
import shutil

import numpy as np
import pytest

from tests.data import made, pictures
from tests.data.archives import made as archives
from tf_slim import data, report
from tf_slim.data.inspection import Inspection, SplitContent, is_misnamed
from tf_slim.data.sources import ordering


@pytest.fixture(scope="module")
def bad(tmp_path_factory) -> str:
    """A folder with all kinds of trouble."""
    path = tmp_path_factory.mktemp("inspected") / "my pictures"
    pictures.folder(path / "train", 12)
    pictures.folder(path / "val", 3, classes=pictures.CLASSES[:2])
    cat, dog = (str(path / "train" / name) for name in pictures.CLASSES[:2])
    os.makedirs(path / "val" / "snake")
    for name in os.listdir(path / "val" / "cat"):  # of the same numbers as those of training
        os.unlink(path / "val" / "cat" / name)
    pictures.write(
        path,
        {
            "train/cat/broken.jpg": pictures.BROKEN,
            "train/cat/empty.png": b"",
            "train/cat/notes.txt": b"text",
            "train/cat/wrong.jpg": pictures.png(500, 40, 30),
            "val/cat/new.png": pictures.png(501),
        },
    )
    shutil.copy(f"{cat}/picture 0.jpg", f"{cat}/copy.jpg")
    shutil.copy(f"{cat}/picture 1.png", f"{dog}/other class.png")
    shutil.copy(f"{cat}/picture 2.png", str(path / "val" / "cat" / "leak.png"))
    return str(path)


@pytest.fixture(scope="module")
def found(bad) -> Inspection:
    return data.inspect(bad)


def test_the_counts(found):
    assert {name: dict(split.classes) for name, split in found.splits.items()} == {
        "train": {0: 14, 1: 13, 2: 12},
        "validation": {0: 2, 1: 3, 2: 0},
    }
    assert found.pictures == 44
    train = found.splits["train"]
    assert train.formats == {"png": 26, "jpeg": 13}
    assert (train.heights.min(), train.heights.max(), train.widths.max()) == (6, 40, 30)
    assert train.bytes.sum() > 0


def test_what_cannot_be_used_is_named_with_its_reason(found):
    skipped = dict(found.splits["train"].skipped)
    assert sorted(skipped) == [
        f"train/cat/{name}" for name in ("broken.jpg", "empty.png", "notes.txt")
    ]
    assert "empty" in skipped["train/cat/empty.png"]
    assert ".txt" in skipped["train/cat/notes.txt"]
    assert found.splits["train"].misnamed == (("train/cat/wrong.jpg", "png"),)


def test_duplicates(found):
    groups = {tuple(sorted(one.path for one in group)) for group in found.duplicates}
    assert ("train/cat/copy.jpg", "train/cat/picture 0.jpg") in groups
    assert all({one.labels for one in group} == {(0,), (1,)} for group in found.disagreeing)
    disagreeing = {one.path for group in found.disagreeing for one in group}
    assert {"train/cat/picture 1.png", "train/dög é/other class.png"} <= disagreeing
    assert not {"train/cat/copy.jpg", "val/cat/leak.png"} & disagreeing
    across = {one.path for group in found.across_splits for one in group}
    assert {"train/cat/picture 2.png", "val/cat/leak.png"} <= across
    for group, content in found.doubled.items():
        assert any(group in one for one in found.duplicates) and content


def test_the_problems(found):
    assert found.missing == [("validation", 2)]
    assert found.without_pictures == []
    kinds = [problem.kind for problem in found.problems]
    assert kinds[:5] == ["unreadable", "leak", "disagreement", "duplicates", "missing_class"]
    assert {"few", "extension"} <= set(kinds)
    texts = " ".join(problem.text for problem in found.problems)
    assert "validation has no picture of 1 class: snake" in texts
    assert "3 files cannot be used" in texts


def test_as_json(found):
    again = json.loads(json.dumps(found.as_json()))
    assert again["splits"]["train"]["classes"] == {"0": 14, "1": 13, "2": 12}
    assert again["splits"]["train"]["height"]["max"] == 40
    assert len(again["duplicates"]) == len(found.duplicates)
    assert [one["kind"] for one in again["problems"]] == [one.kind for one in found.problems]


def test_nothing_depends_on_the_threads(bad, found, monkeypatch):
    monkeypatch.setattr(ordering, "SHARD", 4)
    other = data.inspect(bad, workers=5)
    assert other.as_json() == found.as_json()
    assert other.samples == found.samples


def test_a_conversion_is_inspected_like_its_source(bad, found, tmp_path):
    data.convert(bad, tmp_path / "out", on_error="skip")
    other = data.inspect(tmp_path / "out")
    for name, split in found.splits.items():
        assert other.splits[name].classes == split.classes
        np.testing.assert_array_equal(other.splits[name].heights, split.heights)
    assert other.duplicates == found.duplicates


def test_the_page(found):
    page = report.data_html(found, title="<b>mine</b>", footer="made today")
    assert "<b>mine" not in page and "&lt;b&gt;mine" in page and "made today" in page
    assert "http://" not in page and "https://" not in page and "<script" not in page
    shown = sum(len(samples) for samples in found.samples.values()) + len(found.doubled)
    assert page.count("data:image/") == shown > 20
    for words in ("dög é", "val/cat/leak.png", "train/cat/empty.png", "in several splits"):
        assert words in page


def test_files_that_a_table_names_and_that_are_missing(tmp_path):
    pictures.folder(tmp_path, 4)
    lines = [f"{name}/picture {n}.png,{name},train" for name in ("cat", "snake") for n in (1, 2)]
    table = tmp_path / "table.csv"
    table.write_text("\n".join(["path,label,split", "gone.png,cat,train", *lines]))
    found = data.inspect(table)
    assert [one for split in found.splits.values() for one in split.skipped] == [
        ("gone.png", "line 2: there is no such file")
    ]
    assert found.pictures == len(lines)


def test_nothing_is_wrong(tmp_path):
    number = 0
    for split in ("train", "val"):
        for name in ("a", "b"):
            for _ in range(10):
                content = pictures.png(number)
                pictures.write(tmp_path, {f"{split}/{name}/{number}.png": content})
                number += 1
    found = data.inspect(tmp_path)
    assert found.problems == []
    assert "Nothing was found that speaks against" in report.data_html(found)


def test_imbalance_and_classes_without_pictures():
    def split(classes):
        sizes = np.full(sum(classes.values()), 9)
        return SplitContent(classes, {"png": len(sizes)}, sizes, sizes, sizes)

    found = Inspection(
        "x", {0: "a", 1: "b", 2: "c"}, False, {"train": split({0: 500, 1: 20, 2: 0})}
    )
    kinds = [problem.kind for problem in found.problems]
    assert kinds == ["no_pictures", "imbalance"]
    assert found.splits["train"].imbalance == 25
    assert "'a' has 500 pictures, 'b' only 20: 25 times fewer" in found.problems[1].text
    alone = Inspection("x", {0: "a"}, False, {"train": split({0: 50})})
    assert [problem.kind for problem in alone.problems] == ["one_class"]


@pytest.mark.parametrize(
    ("path", "kind", "wrong"),
    [
        ("a.JPG", "jpeg", False),
        ("a.jpe", "jpeg", False),
        ("a.png", "jpeg", True),
        ("a", "jpeg", False),
        ("a.data", "png", False),
        ("a.webp", "png", True),
        ("x, record 3", "png", False),
    ],
)
def test_misnamed(path, kind, wrong):
    assert is_misnamed(path, kind) is wrong


def test_records_and_archives_and_arrays(tmp_path):
    pattern = made.write(tmp_path, [5, 7])
    found = data.inspect(made.describe(pattern))
    assert found.pictures == 12
    assert [one.picture.path for one in found.samples[5]] == [
        f"{tmp_path / 'part-001.tfrecord'}, record 0"
    ]
    found = data.inspect(archives.mnist(tmp_path / "mnist"))
    assert {name: split.pictures for name, split in found.splits.items()} == {
        "train": 12,
        "test": 5,
    }
    images = np.arange(4 * 48, dtype=np.uint8).reshape([4, 4, 4, 3])
    found = data.inspect(data.from_arrays(images, [0, 1, 0, 1], split="train"))
    assert found.splits["train"].classes == {0: 2, 1: 2}
