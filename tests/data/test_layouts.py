"""The files of research/slim's data sets are told by their names, and read as they are."""

from __future__ import annotations

import importlib

import pytest

from tests.data import made
from tf_slim import data
from tf_slim.data import layouts

SHARDED = ["flowers", "imagenet", "visualwakewords"]


def write(folder, layout, split, shards=2, first=0):
    """Writes small files of a split under the names that research/slim gives them."""
    shards = 1 if "shard" not in layout.file else shards
    number = first
    for shard in range(shards):
        path = folder / layout.file_name(split, shard, shards)
        examples = [made.example(number + i, (number + i) % layout.num_classes) for i in range(3)]
        data.write_examples(path, examples)
        number += 3
    return number - first


@pytest.mark.parametrize("name", layouts.LAYOUTS)
def test_each_is_told_and_read(tmp_path, name):
    layout = layouts.LAYOUTS[name]
    counts = {split: write(tmp_path, layout, split) for split in layout.splits}
    (tmp_path / "labels.txt").write_text("0:nothing\n1:something\n")
    assert layouts.layout_of(tmp_path) is layout
    assert layouts.layout_splits(tmp_path) == layout.splits
    for split in layout.splits:
        spec = layouts.from_layout(tmp_path, split)
        assert (spec.name, spec.split) == (name, split)
        assert spec.labels_to_names == {0: "nothing", 1: "something"}
        pipeline = data.Pipeline(spec, 4, preprocess=made.identify)
        seen = [one for batch in made.numbers(pipeline.dataset()) for one in batch]
        assert seen == list(range(counts[split]))


@pytest.mark.parametrize("name", layouts.LAYOUTS)
def test_the_table_says_what_the_described_data_sets_say(name):
    module = importlib.import_module(f"tf_slim.legacy.research_slim.datasets.{name}")
    records = module.get_split.__self__
    layout = layouts.LAYOUTS[name]
    assert (records.num_classes, tuple(records.sizes)) == (layout.num_classes, layout.splits)
    head, tail = records.file_pattern.split("*")[0].split("%s")
    for split in layout.splits:
        assert layout.file_name(split, 0, 7).startswith(f"{head}{split}{tail}")
    assert layout.preprocessing in data.preprocessing.names()


@pytest.mark.parametrize("name", SHARDED)
def test_a_file_that_is_missing_is_named(tmp_path, name):
    layout = layouts.LAYOUTS[name]
    split = layout.splits[0]
    write(tmp_path, layout, split, shards=3)
    gone = tmp_path / layout.file_name(split, 1, 3)
    gone.unlink()
    with pytest.raises(data.DataError, match=f"1 of the 3 files .* are missing.*{gone.name}"):
        layouts.from_layout(tmp_path, split)


def test_two_conversions_in_one_folder(tmp_path):
    layout = layouts.LAYOUTS["flowers"]
    write(tmp_path, layout, "train", shards=2)
    write(tmp_path, layout, "train", shards=3)
    with pytest.raises(data.DataError, match="of several conversions: of 2 and of 3 files"):
        layouts.from_layout(tmp_path)


def test_what_is_none_of_them(tmp_path):
    assert layouts.layout_of(tmp_path / "nowhere") is None
    made.write(tmp_path, [2], name="train")
    assert layouts.layout_of(tmp_path) is None
    with pytest.raises(data.DataError, match="none of research/slim's TFRecord files"):
        layouts.from_layout(tmp_path)


def test_several_data_sets_in_one_folder(tmp_path):
    write(tmp_path, layouts.LAYOUTS["mnist"], "train")
    write(tmp_path, layouts.LAYOUTS["cifar10"], "test")
    with pytest.raises(data.DataError, match="files of mnist and cifar10"):
        layouts.from_layout(tmp_path)


def test_an_unknown_split(tmp_path):
    write(tmp_path, layouts.LAYOUTS["mnist"], "train")
    with pytest.raises(ValueError, match="no split of the data set 'mnist' called 'test'"):
        layouts.from_layout(tmp_path, "test")
