"""Pictures are checked once, and what was found is kept with a run."""

from __future__ import annotations

import json

import pytest

from tests.data import made
from tests.data.sources import table
from tests.data.sources.test_folder import BAD, some, write
from tf_slim import data
from tf_slim.data import sources


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, *some("a", "b", count=10), "a/notes.txt")
    for name, content in BAD.items():
        write(tmp_path, f"b/{name}", content=content)
    (tmp_path / "b" / "dangling.png").symlink_to(tmp_path / "nowhere")
    return tmp_path


def test_bad_pictures_are_left_out_and_listed(folder):
    spec = data.from_folder(folder, "all", on_error="skip")
    assert spec.num_samples == len(spec.listing) == 20
    skipped = dict(spec.listing.skipped)
    assert set(skipped) == {"a/notes.txt", "b/dangling.png", *(f"b/{name}" for name in BAD)}
    assert skipped["b/empty.png"] == "it is empty (0 bytes)"
    assert skipped["b/dangling.png"] == "it cannot be opened: NotFound"
    assert skipped["b/text.jpg"].endswith("its 12 bytes start with b'this is '")
    assert sum(data.check(spec).values()) == 20


def test_or_they_are_an_error(folder):
    spec = data.from_folder(folder, "all")
    with pytest.raises(data.DataError, match="4 of 24 pictures cannot be read: ") as info:
        sources.checked(spec)
    assert "on_error='skip'" in str(info.value)
    good = data.from_folder(folder, "all", on_error="skip")
    assert sources.checked(good) is good


def test_progress_is_told(folder):
    told = []
    sources.checked(data.from_folder(folder, "all"), "skip", lambda *done: told.append(done))
    assert told[-1] == (24, 24)
    assert told == sorted(told)


def test_checking_can_be_put_off_or_asked_for(folder):
    later = data.from_folder(folder, "all", on_error="skip", check=False)
    assert later.num_samples == 24
    at_once = data.from_folder(folder, "all", on_error="skip")
    assert list(sources.checked(later, "skip").listing.rows) == list(at_once.listing.rows)
    with pytest.raises(data.DataError, match="4 of 24 pictures cannot be read"):
        data.from_source(folder, "all", check=True)


def test_a_class_of_which_nothing_is_left_to_train_on(tmp_path):
    write(tmp_path, *some("train/a", "train/b", "val/a", "val/b"))
    write(tmp_path, *some("train/c", "val/c"), content=b"text")
    with pytest.raises(data.DataError, match="the split 'train' has no picture of 'c'"):
        data.from_folder(tmp_path, on_error="skip")
    with pytest.warns(UserWarning, match="split 'validation': no picture of 'c'"):
        data.from_folder(tmp_path, "validation", on_error="skip")


def test_not_one_good_picture(tmp_path):
    write(tmp_path, "a/1.png", "b/2.png", content=b"text")
    with pytest.raises(data.DataError, match="not one picture can be read"):
        data.from_folder(tmp_path, "all", on_error="skip")


def test_other_sources_are_returned_as_they_are():
    digits = data.get_dataset("digits", "test")
    assert sources.checked(digits, "skip") is digits


def test_a_run_keeps_its_pictures(folder):
    spec = data.from_folder(folder, "all", on_error="skip", image_channels=1, image_size=2)
    path = folder / "data.json"
    sources.write_rows(path, {"all": spec, "digits": data.get_dataset("digits", "test")})
    write(folder, *some("a/later", "c"))
    found = sources.read_rows(path)
    assert list(found) == ["all"]
    again = found["all"]
    assert list(again.listing.rows) == list(spec.listing.rows)
    assert again.listing.skipped == spec.listing.skipped
    for field in ("name", "split", "num_classes", "num_samples", "labels_to_names", "weighted"):
        assert getattr(again, field) == getattr(spec, field)
    for field in ("image_channels", "image_size", "preprocessing", "multi_label", "data_sources"):
        assert getattr(again, field) == getattr(spec, field)
    one, other = (data.Pipeline(each, 7, preprocess=made.identify) for each in (spec, again))
    made.assert_same(made.batches(one.dataset()), made.batches(other.dataset()))


def test_a_run_keeps_weights_and_several_labels(tmp_path):
    table.write_pictures(tmp_path, 4)
    rows = [
        *("path,label,weight", "class 0/0 é.png,red|big,0.5", "class 1/1 é.png,,2"),
        *("class 2/2 é.png,blue,1", "class 3/3 é.png,red,0"),
    ]
    (tmp_path / "t.csv").write_text("\n".join(rows), encoding="utf-8")
    spec = data.from_table(tmp_path / "t.csv", "all")
    sources.write_rows(tmp_path / "data.json", {"all": spec})
    again = sources.read_rows(tmp_path / "data.json")["all"]
    assert again.multi_label
    assert again.weighted
    assert list(again.listing.rows) == list(spec.listing.rows)
    assert {row.label for row in again.listing.rows} == {(0, 2), (), (1,), (2,)}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no list of pictures of a run"),
        ("[]", "no list of pictures of a run"),
        ("{}", "no list of pictures of a run"),
        (json.dumps({"version": 2, "splits": {}}), "its version is 2"),
        (json.dumps({"version": 1, "splits": {"train": {}}}), "no list of pictures of a run"),
        (json.dumps({"version": 1, "splits": {"train": {"rows": 3}}}), "no list of pictures"),
    ],
)
def test_a_damaged_list(tmp_path, content, message):
    (tmp_path / "data.json").write_text(content)
    with pytest.raises(data.DataError, match=message) as info:
        sources.read_rows(tmp_path / "data.json")
    assert info.value.path == str(tmp_path / "data.json")
