"""Folders of pictures: classes, splits, and what people's disks hold besides."""

from __future__ import annotations

import itertools
import os
import unicodedata

import pytest
import tensorflow as tf

from tests.data import made
from tests.data.sources import table
from tf_slim import data
from tf_slim.data.sources import ordering

PNG = table.png(3)


def write(folder, *paths, content=PNG):
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def some(*homes, count=3, extension="png"):
    return [f"{home}/{number}.{extension}" for home in homes for number in range(count)]


def listed(folder, split="all", **options):
    """Label and path of the pictures, sorted."""
    listing = data.from_folder(folder, split, **options).listing
    return sorted((row.label, row.path) for row in listing.rows)


def test_labels_go_to_names_in_their_order(tmp_path):
    write(tmp_path, *some("tulip", "Rose", "a daisy"))
    spec = data.from_folder(tmp_path, "all")
    assert spec.labels_to_names == {0: "Rose", 1: "a daisy", 2: "tulip"}
    assert spec.num_classes == 3
    assert spec.num_samples == 9
    assert listed(tmp_path)[0] == (0, "Rose/0.png")
    assert spec.name == tmp_path.name
    assert spec.files()[0] == os.path.join(tmp_path, spec.listing.paths[0])


def test_pictures_may_be_anywhere_below_their_class(tmp_path):
    write(tmp_path, "a/1.png", "a/deep/er/2.PNG", "b/x y/3.JpEg", "b/4.webp")
    assert listed(tmp_path) == [
        *((0, "a/1.png"), (0, "a/deep/er/2.PNG")),
        *((1, "b/4.webp"), (1, "b/x y/3.JpEg")),
    ]


@pytest.mark.parametrize("names", [("train", "val", "test"), ("Train", "validation", "testing")])
def test_folders_may_say_the_splits(tmp_path, names):
    for name in names:
        write(tmp_path, *some(f"{name}/a", f"{name}/b"))
    assert data.source_splits(tmp_path) == ("train", "validation", "test")
    for name, split in zip(names, ("train", "validation", "test")):
        assert {path for _, path in listed(tmp_path, split)} == {*some(f"{name}/a", f"{name}/b")}
    assert listed(tmp_path, "val") == listed(tmp_path, "validation")
    assert len(listed(tmp_path)) == 18
    with pytest.raises(ValueError, match=r"no split.* 'tran'.*Did you mean 'train'"):
        data.from_folder(tmp_path, "tran")


def test_splits_without_one_to_train_on(tmp_path):
    write(tmp_path, *some("val/a", "val/b"))
    assert data.source_splits(tmp_path) == ("validation",)
    with pytest.raises(ValueError, match="'train'.*Known: 'all', 'validation'"):
        data.from_folder(tmp_path)


def test_a_hash_draws_the_splits_where_no_folder_says_them(tmp_path):
    for home in ("", "train/"):  # of train/ alone as well
        root = tmp_path / (home.strip("/") or "flat")
        write(root, *some(f"{home}a", f"{home}b", count=40))
        assert data.source_splits(root) == ("train", "validation")
        train, validation = (listed(root, split) for split in ("train", "validation"))
        assert sorted(train + validation) == listed(root)
        assert 6 < len(validation) < 28
        paths = [path for _, path in validation]
        assert all(ordering.place_in_split(path) < 0.2 for path in paths)
        assert len(listed(root, "validation", validation_share=0.5)) > len(validation)
        assert listed(root, "train", validation_share=0) == listed(root)


def test_a_class_may_be_called_train(tmp_path):
    write(tmp_path, *some("bus", "train"))
    assert data.from_folder(tmp_path, "all").labels_to_names == {0: "bus", 1: "train"}


def test_splits_and_classes_must_not_be_mixed(tmp_path):
    write(tmp_path, *some("train/a", "val/a", "roses"))
    with pytest.raises(data.DataError, match=r"folders of splits \(train, val\) and others \(ro"):
        data.from_folder(tmp_path)


def test_pictures_added_later_move_none_to_another_split(tmp_path):
    write(tmp_path, *some("a", "b", count=30))
    before = {split: set(listed(tmp_path, split)) for split in ("train", "validation")}
    write(tmp_path, *some("a/more", "c", count=30))
    for split, pictures in before.items():
        paths = {path for _, path in listed(tmp_path, split)}
        assert {path for _, path in pictures} <= paths


def test_what_is_no_picture_is_listed_with_a_reason(tmp_path):
    write(tmp_path, *some("a", "b"), "a/noextension", "a/.hidden.png", ".git/x/1.png")
    write(tmp_path, "a/notes.txt", "a/Thumbs.db", "__MACOSX/a/1.png", "readme.md", "loose.png")
    write(tmp_path, "b/text", content=b"some text")
    spec = data.from_folder(tmp_path, "all")
    assert len(spec.listing) == 7
    assert "a/noextension" in spec.listing.paths
    assert dict(spec.listing.skipped) == {
        "a/notes.txt": "its extension is .txt, which is none of a picture",
        "b/text": "it has no extension, and its content is none of a picture",
        "loose.png": "it is in no folder of a class",
        "readme.md": "it is in no folder of a class",
    }


def test_links(tmp_path):
    root = tmp_path / "data"
    write(root, *some("a", "b"))
    write(tmp_path, "elsewhere/1.png")
    (root / "a" / "linked.png").symlink_to(tmp_path / "elsewhere" / "1.png")
    (root / "a" / "folder").symlink_to(tmp_path / "elsewhere")
    (root / "a" / "up").symlink_to(root)
    (root / "b" / "self").symlink_to(root / "b")
    (root / "b" / "loop").symlink_to(root / "b" / "loop")
    (root / "c").symlink_to(tmp_path / "elsewhere")
    spec = data.from_folder(root, "all")
    assert {"a/linked.png", "a/folder/1.png", "c/1.png"} <= set(spec.listing.paths)
    assert len(spec.listing) == 9
    skipped = dict(spec.listing.skipped)
    assert skipped["a/up"] == skipped["b/self"] == "a link into a folder that it is in"
    assert "b/loop" in skipped


def test_a_pipe_is_not_waited_for(tmp_path):
    write(tmp_path, *some("a", "b"))
    os.mkfifo(tmp_path / "a" / "pipe.png")
    assert dict(data.from_folder(tmp_path, "all").listing.skipped) == {
        "a/pipe.png": "it is no regular file"
    }


def test_names_of_any_kind(tmp_path):
    composed = unicodedata.normalize("NFC", "é")
    apart = unicodedata.normalize("NFD", "é")
    write(tmp_path, f"caf{apart}/1 {composed}.png", "日本/a b'\"$(x);.png", "-x/*?[1].png")
    spec = data.from_folder(tmp_path, "all", image_channels=1)
    assert spec.labels_to_names == {0: "-x", 1: f"caf{composed}", 2: "日本"}
    pipeline = data.Pipeline(spec, 3, preprocess=made.identify)
    assert len(list(pipeline)) == 1
    assert pipeline.filenames([0, 1, 2]) == list(spec.listing.paths)
    bytes_name = os.path.join(os.fsencode(tmp_path), b"-x", b"caf\xe9.png")
    with open(bytes_name, "wb") as file:
        file.write(PNG)
    spec = data.from_folder(tmp_path, "all", image_channels=1)
    assert sum(len(labels) for _, labels in data.Pipeline(spec, 2, preprocess=made.identify)) == 4


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ([], "there are no folders of classes in it"),
        (["1.png", "2.png"], "there are no folders of classes in it.*Put the pictures of each"),
        (["a/1.png"], "there is one class only, 'a'"),
        (["Cat/1.png", "cat/2.png"], "'Cat' and 'cat' differ in upper and lower case alone"),
        (["train/Cat/1.png", "train/a/1.png", "val/cat/1.png"], "'Cat' and 'cat' differ"),
        (["Straße/1.png", "STRASSE/1.png"], "differ in upper and lower case alone"),
        (["e\u0301/1.png", "\u00e9/1.png"], "differ in the way in which their accents are"),
        (["a/1.txt", "b/2.txt"], r"there is no picture in the split 'train'. Left out were: a/1"),
        (["train/a/1.png", "train/b/1.txt"], "the split 'train' has no picture of 'b'"),
        (["train/a/1.png", "val/b/1.png"], "the split 'train' has no picture of 'b'"),
    ],
)
def test_what_cannot_be_learnt_from(tmp_path, paths, message):
    write(tmp_path, *paths)
    with pytest.raises(data.DataError, match=message) as info:
        data.from_folder(tmp_path, validation_share=0)
    assert info.value.path == str(tmp_path)


def test_a_class_without_a_picture_in_the_validation_is_told(tmp_path):
    write(tmp_path, *some("train/a", "train/b", "val/a"))
    with pytest.warns(UserWarning, match=r"split 'validation': no picture of 'b'"):
        spec = data.from_folder(tmp_path, "validation")
    assert spec.num_classes == 2


def test_no_folder(tmp_path):
    with pytest.raises(data.DataNotFoundError, match="no such folder"):
        data.from_folder(tmp_path / "nothing")
    (tmp_path / "file").write_text("x")
    with pytest.raises(data.DataError, match="a file, and not a folder"):
        data.from_folder(tmp_path / "file")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"validation_share": 1}, "validation_share must be"),
        ({"validation_share": -0.1}, "validation_share must be"),
        ({"on_error": "ignore"}, "on_error must be 'fail' or 'skip'"),
    ],
)
def test_nonsense_is_refused(tmp_path, options, message):
    write(tmp_path, *some("a", "b"))
    with pytest.raises(ValueError, match=message):
        data.from_folder(tmp_path, **options)


def test_a_path_with_dots_and_home(tmp_path, monkeypatch):
    write(tmp_path, *some("data/a", "data/b"))
    monkeypatch.setenv("HOME", str(tmp_path))
    expected = listed(tmp_path / "data")
    assert listed("~/data") == expected
    assert listed(tmp_path / "data" / ".." / "data") == expected
    monkeypatch.chdir(tmp_path / "data")
    assert listed(".") == expected
    assert data.from_folder(".", "all").name == "data"


BAD = {
    "empty.png": b"",
    "text.jpg": b"this is text",
    "cut.png": PNG[:40],
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_picture_is_named_by_the_pipeline(tmp_path, name):
    write(tmp_path, *some("a", "b"))
    write(tmp_path, f"b/{name}", content=BAD[name])
    pipeline = data.Pipeline(data.from_folder(tmp_path, "all"), 2)
    with pytest.raises(data.DataError, match="does not decode") as info:
        list(pipeline)
    assert info.value.path == str(tmp_path / "b" / name)
    with pytest.raises(data.DataError, match="does not decode"):
        data.check(pipeline.spec)


def test_a_picture_that_disappears(tmp_path):
    write(tmp_path, *some("a", "b"))
    pipeline = data.Pipeline(data.from_folder(tmp_path, "all"), 2)
    (tmp_path / "b" / "1.png").unlink()
    with pytest.raises(data.DataError, match="cannot be read.*No such file") as info:
        list(pipeline)
    assert info.value.path == str(tmp_path / "b" / "1.png")


def test_pictures_of_several_sizes_are_told(tmp_path):
    write(tmp_path, *some("a", "b"))
    write(tmp_path, "a/odd.png", content=tf.io.encode_png(tf.zeros([3, 4, 1], tf.uint8)).numpy())
    with pytest.raises(data.DataError, match="do not fit into one batch.*image_size"):
        list(data.Pipeline(data.from_folder(tmp_path, "all"), 7))
    sized = data.Pipeline(data.from_folder(tmp_path, "all"), 7, preprocess="lenet", image_size=5)
    ((images, _),) = list(sized)
    assert images.shape == (7, 5, 5, 3)


def test_records_in_the_same_order_give_the_same_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(ordering, "SHARD", 10)
    table.write_pictures(tmp_path / "folder", 47)
    spec = data.from_folder(tmp_path / "folder", "train", image_channels=1)
    bounds = ordering.shard_bounds(len(spec.listing))
    assert len(bounds) > 4
    rows = list(spec.listing.rows)
    for shard, (start, end) in enumerate(itertools.pairwise(bounds)):
        examples = [
            data.image_example((tmp_path / "folder" / row.path).read_bytes(), int(row.label))
            for row in rows[start:end]
        ]
        data.write_examples(tmp_path / f"train-{shard:05d}", examples)
    records = data.from_tfrecords(tmp_path / "train-*", 5, image_channels=1)
    for kwargs in ({}, {"is_training": True, "seed": 4, "shuffle_buffer": 16, "cycle_length": 3}):
        one, other = (
            data.Pipeline(each, 8, preprocess=made.identify, **kwargs).dataset(1).take(12)
            for each in (spec, records)
        )
        made.assert_same(made.batches(one), made.batches(other))
