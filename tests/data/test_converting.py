"""Converting: the same batches, the same bytes, and nothing by halves."""

from __future__ import annotations

import csv
import errno
import json
import os
import shutil
import signal
import sys

import numpy as np
import pytest
import tensorflow as tf

from tests.data import made, pictures
from tests.house.sources import run_python
from tf_slim import data
from tf_slim.data.conversion import workplace
from tf_slim.data.sources import ordering


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    """Four pictures a shard, so that a few pictures make many."""
    monkeypatch.setattr(ordering, "SHARD", 4)


def batches(source, split, training, **options):
    spec = source if isinstance(source, data.DatasetSpec) else None
    spec = spec or data.from_source(source, split, **options)
    pipeline = data.Pipeline(
        spec, 5, is_training=training, preprocess="inception", image_size=8, num_epochs=2
    )
    return [[part.numpy() for part in batch] for batch in pipeline.dataset()]


def assert_same_batches(one, other, splits=("train", "validation"), **options):
    for split in splits:
        for training in (True, False):
            first = batches(one, split, training, **options)
            second = batches(other, split, training)
            assert len(first) == len(second) > 0
            for a, b in zip(first, second):
                assert len(a) == len(b)
                for x, y in zip(a, b):
                    np.testing.assert_array_equal(x, y)


def test_a_folder_and_its_conversion_give_the_same_batches(tmp_path):
    source = pictures.folder(tmp_path / "my pictures")
    manifest = data.convert(source, tmp_path / "out")
    assert [len(split.files) for split in manifest.splits.values()] == [7, 2]
    assert sum(split.records for split in manifest.splits.values()) == 36
    assert_same_batches(source, tmp_path / "out")


def test_with_folders_of_splits(tmp_path):
    for split in ("train", "val"):
        pictures.folder(tmp_path / "source" / split, 6)
    data.convert(tmp_path / "source", tmp_path / "out")
    assert_same_batches(tmp_path / "source", tmp_path / "out")


def test_a_table_of_several_labels_with_weights(tmp_path):
    source = pictures.folder(tmp_path / "source", 4)
    names = sorted(os.listdir(source))
    with open(tmp_path / "table.csv", "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "label", "split", "weight"])
        for label, name in enumerate(names):
            for index, picture in enumerate(sorted(os.listdir(os.path.join(source, name)))):
                both = f"{names[0]}|{name}" if label else name
                split = "validation" if index == 3 else "train"
                rows.writerow([f"source/{name}/{picture}", both, split, 0.5 + index])
    manifest = data.convert(tmp_path / "table.csv", tmp_path / "out")
    assert manifest.multi_label and manifest.weighted
    assert dict(manifest.splits["train"].classes) == {0: 9, 1: 3, 2: 3}
    assert len(next(iter(batches(tmp_path / "out", "train", True)))) == 3
    assert_same_batches(tmp_path / "table.csv", tmp_path / "out")


def test_records_hold_what_is_known(tmp_path):
    source = pictures.folder(tmp_path / "source", 4)
    data.convert(source, tmp_path / "out")
    seen = set()
    for name in sorted(os.listdir(tmp_path / "out")):
        if name.endswith(".tfrecord"):
            for record in tf.data.TFRecordDataset(str(tmp_path / "out" / name)):
                feature = tf.train.Example.FromString(record.numpy()).features.feature
                path = feature["image/filename"].bytes_list.value[0].decode()
                with open(os.path.join(source, path), "rb") as file:
                    assert feature["image/encoded"].bytes_list.value[0] == file.read()
                is_png = path.endswith("png")
                kind = feature["image/format"].bytes_list.value[0]
                assert kind == (b"png" if is_png else b"jpeg")
                size = [
                    feature[f"image/{side}"].int64_list.value[0] for side in ("height", "width")
                ]
                assert size == ([6, 5] if is_png else [16, 24])
                text = feature["image/class/text"].bytes_list.value[0].decode()
                assert text == path.split("/")[0]
                assert feature["image/class/label"].int64_list.value[0] == (
                    pictures.CLASSES.index(text)
                )
                seen.add(path)
    assert len(seen) == 12
    assert data.read_labels(str(tmp_path / "out" / "labels.txt")) == dict(
        enumerate(pictures.CLASSES)
    )


def test_the_same_source_gives_the_same_bytes(tmp_path):
    source = pictures.folder(tmp_path / "source")
    data.convert(source, tmp_path / "one", workers=1)
    os.rename(source, tmp_path / "moved")
    data.convert(tmp_path / "moved", tmp_path / "other", workers=4)
    one, other = (pictures.content_of(tmp_path / name) for name in ("one", "other"))
    assert one.keys() == other.keys() and len(one) == 11
    one, other = (dict(all, **{"manifest.json": b""}) for all in (one, other))
    assert one == other


def test_the_manifest_is_of_the_files(tmp_path):
    data.convert(pictures.folder(tmp_path / "source"), tmp_path / "out")
    with open(tmp_path / "out" / "manifest.json", encoding="utf-8") as file:
        content = json.load(file)
    assert content["version"] == 1
    files = [one for split in content["splits"].values() for one in split["files"]]
    assert sorted(one["name"] for one in files) == sorted(
        name for name in os.listdir(tmp_path / "out") if name.endswith(".tfrecord")
    )
    assert data.verify(tmp_path / "out").faults == ()


def test_what_is_not_read_is_an_error_or_is_listed(tmp_path):
    source = pictures.folder(tmp_path / "source", 6)
    broken = [f"{name}/broken.jpg" for name in pictures.CLASSES]
    pictures.write(source, dict.fromkeys(broken, pictures.BROKEN))
    pictures.write(source, {"cat/notes.txt": b"no picture"})
    with pytest.raises(data.DataError, match=r"broken\.jpg"):
        data.convert(source, tmp_path / "out")
    assert os.listdir(tmp_path) == ["source"]
    manifest = data.convert(source, tmp_path / "out", on_error="skip")
    assert [path for path, _ in manifest.skipped] == sorted([*broken, "cat/notes.txt"])
    assert all(reason for _, reason in manifest.skipped)
    assert sum(split.records for split in manifest.splits.values()) == 18
    assert_same_batches(source, tmp_path / "out", on_error="skip")


class Interrupted(BaseException):
    """As Ctrl-C: no exception that anybody catches."""


def interrupt_after(pictures_written):
    def progress(what, done, total):
        if what == "writing" and pictures_written <= done < total:
            raise Interrupted

    return progress


def staged(out) -> dict[str, int]:
    folder = out / ".converting" / "shards"
    return {name: os.stat(folder / name).st_ino for name in os.listdir(folder)}


@pytest.mark.parametrize(("written", "shards"), [(0, 0), (9, 2), (30, 7)])
def test_an_interrupted_conversion_goes_on(tmp_path, written, shards, monkeypatch):
    monkeypatch.setattr("tf_slim.data.conversion.side_by_side._SECONDS_BETWEEN_UPDATES", 0.0)
    source = pictures.folder(tmp_path / "source")
    data.convert(source, tmp_path / "straight")
    out = tmp_path / "out"
    with pytest.raises(Interrupted):
        data.convert(source, out, progress=interrupt_after(written), workers=1)
    assert os.listdir(out) == [".converting"]
    with pytest.raises(data.DataError, match="begun, and has not ended"):
        data.from_source(out)
    kept = staged(out)
    assert not [name for name in kept if ".part-" in name]
    assert len(kept) == shards
    seen = []
    data.convert(source, out, progress=lambda *now: seen.append(now))
    assert "checking" not in {what for what, _, _ in seen}
    assert seen[0][1] >= 3 * len(kept)
    assert {name: os.stat(out / name).st_ino for name in kept} == kept
    assert pictures.content_of(out) == pictures.content_of(tmp_path / "straight")
    assert ".converting" not in os.listdir(out)


KILLED = """
import os, signal, sys
from tf_slim import data
from tf_slim.data.conversion import side_by_side
from tf_slim.data.sources import ordering
ordering.SHARD = 4
side_by_side._SECONDS_BETWEEN_UPDATES = 0.0

def progress(what, done, total):
    if what == sys.argv[3] and done >= int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)

data.convert(sys.argv[1], sys.argv[2], progress=progress)
"""


@pytest.mark.parametrize(("what", "done"), [("writing", 14)])
def test_a_killed_conversion_goes_on(tmp_path, what, done):
    source = pictures.folder(tmp_path / "source")
    out = tmp_path / "out"
    result = run_python(KILLED, source, str(out), what, str(done))
    assert result.returncode == -signal.SIGKILL, result.stderr
    assert os.listdir(out) == [".converting"]
    data.convert(source, out)
    data.convert(source, tmp_path / "straight")
    assert pictures.content_of(out) == pictures.content_of(tmp_path / "straight")


def test_one_that_was_stopped_while_the_files_were_moved_goes_on(tmp_path, monkeypatch):
    source = pictures.folder(tmp_path / "source")
    replace, moved = os.replace, []

    def stop(source, target):
        if str(target).endswith(".tfrecord") and os.path.dirname(target) == str(tmp_path / "out"):
            moved.append(target)
            if len(moved) == 3:
                raise Interrupted
        replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", stop)
        with pytest.raises(Interrupted):
            data.convert(source, tmp_path / "out")
    assert len(os.listdir(tmp_path / "out")) == 3
    data.convert(source, tmp_path / "out")
    data.convert(source, tmp_path / "straight")
    assert pictures.content_of(tmp_path / "out") == pictures.content_of(tmp_path / "straight")


def test_a_torn_line_of_the_journal_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.setattr("tf_slim.data.conversion.side_by_side._SECONDS_BETWEEN_UPDATES", 0.0)
    source, out = pictures.folder(tmp_path / "source"), tmp_path / "out"
    with pytest.raises(Interrupted):
        data.convert(source, out, progress=interrupt_after(9), workers=1)
    with open(out / ".converting" / "done.jsonl", "a", encoding="utf-8") as journal:
        journal.write('{"name": "train-0000')
    data.convert(source, out)
    assert data.verify(out).is_right


def test_a_source_that_has_changed_is_begun_anew(tmp_path, monkeypatch):
    monkeypatch.setattr("tf_slim.data.conversion.side_by_side._SECONDS_BETWEEN_UPDATES", 0.0)
    source, out = pictures.folder(tmp_path / "source"), tmp_path / "out"
    with pytest.raises(Interrupted):
        data.convert(source, out, progress=interrupt_after(9), workers=1)
    pictures.write(source, {"cat/another.png": pictures.png(999)})
    manifest = data.convert(source, out)
    assert sum(split.records for split in manifest.splits.values()) == 37
    assert data.verify(out).is_right
    assert_same_batches(source, out)


def test_what_is_converted_already_is_left_as_it_is(tmp_path):
    source, out = pictures.folder(tmp_path / "source", 4), tmp_path / "out"
    first = data.convert(source, out)
    before = identities(out)
    assert data.convert(source, out) == first
    assert identities(out) == before
    with pytest.raises(data.DataError, match="holds a conversion already"):
        data.convert(source, out, splits=["train"])
    pictures.write(source, {"cat/another.png": pictures.png(999)})
    with pytest.raises(data.DataError, match="holds a conversion already"):
        data.convert(source, out)
    assert identities(out) == before


def identities(folder) -> dict[str, tuple[int, int]]:
    found = {name: os.stat(folder / name) for name in os.listdir(folder)}
    return {name: (one.st_ino, one.st_mtime_ns) for name, one in found.items()}


def _something(out):
    pictures.write(out, {"thesis.doc": b"years of work"})


def _a_file(out):
    out.write_bytes(b"years of work")


def _another(out):
    pictures.write(out, {"manifest.json": b'{"name": "web app", "version": 3}'})


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (_something, "holds something else: 'thesis.doc'"),
        (_a_file, "a file, not a folder"),
        (_another, "its version is 3"),
    ],
)
def test_an_output_that_holds_something_else_is_refused(tmp_path, what, words):
    source, out = pictures.folder(tmp_path / "source", 4), tmp_path / "out"
    what(out)
    before = pictures.content_of(out) if out.is_dir() else out.read_bytes()
    with pytest.raises(data.DataError, match=words):
        data.convert(source, out)
    assert before == (pictures.content_of(out) if out.is_dir() else out.read_bytes())


@pytest.mark.parametrize("inside", ["", "out", "cat/out"])
def test_an_output_within_the_source_is_refused(tmp_path, inside):
    source = pictures.folder(tmp_path / "source", 4)
    with pytest.raises(data.DataError, match="is in the source"):
        data.convert(source, os.path.join(source, inside))
    assert sorted(os.listdir(source)) == sorted(pictures.CLASSES)


def test_two_at_once_are_kept_apart(tmp_path):
    source, out = pictures.folder(tmp_path / "source", 4), tmp_path / "out"
    place = workplace.Workplace(str(out))
    with place.opened(), pytest.raises(workplace.InUseError, match="Another conversion"):
        data.convert(source, out)
    assert not out.exists()
    data.convert(source, out)


def full_after(records):
    """A writer to a disk that is full after a number of records."""
    left = [records]

    class Writer(tf.io.TFRecordWriter):
        def write(self, record):
            left[0] -= 1
            if left[0] < 0:
                raise tf.errors.ResourceExhaustedError(None, None, "x; No space left on device")
            super().write(record)

    return Writer


def test_a_full_disk_is_told_and_loses_nothing(tmp_path, monkeypatch):
    source, out = pictures.folder(tmp_path / "source"), tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr(tf.io, "TFRecordWriter", full_after(6))
        with pytest.raises(
            OSError, match=r"The disk is full\. 1 of \d+ files are .* kept"
        ) as caught:
            data.convert(source, out, workers=1)
    assert caught.value.errno == errno.ENOSPC
    assert os.listdir(out) == [".converting"]
    assert len(staged(out)) == 1
    data.convert(source, out)
    assert data.verify(out).is_right


LIMITED = """
import resource, sys
from tf_slim import data
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    data.convert(sys.argv[1], sys.argv[2])
except OSError as error:
    print(error.errno, error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limits")
def test_a_writer_that_the_system_stops(tmp_path):
    source, out = pictures.folder(tmp_path / "source", 40), tmp_path / "out"
    result = run_python(LIMITED, source, str(out))
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith(str(errno.EFBIG)), result.stdout
    assert os.listdir(out) == [".converting"]
    assert not [name for name in staged(out) if name.startswith(".")]
    data.convert(source, out)
    assert data.verify(out).is_right


def test_a_disk_without_room_is_seen_before(tmp_path, monkeypatch):
    source = pictures.folder(tmp_path / "source", 4)

    class Usage:
        free = 1000

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage)
    with pytest.raises(OSError, match=r"not enough room: about [\d,]+ bytes .* 1,000 are free"):
        data.convert(source, tmp_path / "out")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"on_error": "ignore"}, "on_error must be 'fail' or 'skip'"),
        ({"splits": ["tset"]}, "no split called 'tset'"),
        ({"layout": "flower"}, "no layout 'flower'. Did you mean 'flowers'"),
        ({"layout": "flowers"}, "'flowers' has 5 classes, but the source has 3"),
        ({"layout": "imagenet"}, "'imagenet' has 1000 classes"),
    ],
)
def test_a_wrong_option_makes_no_folder(tmp_path, options, words):
    source = pictures.folder(tmp_path / "source", 4)
    with pytest.raises(ValueError, match=words):
        data.convert(source, tmp_path / "out", **options)
    assert os.listdir(tmp_path) == ["source"]


def test_some_splits(tmp_path):
    source = pictures.folder(tmp_path / "source")
    manifest = data.convert(source, tmp_path / "out", splits=["validation"])
    assert list(manifest.splits) == ["validation"]
    assert_same_batches(source, tmp_path / "out", ["validation"])


def test_records_are_copied_as_they_are(tmp_path):
    pattern = made.write(tmp_path, [5, 0, 7])
    spec = made.describe(pattern, name="numbers")
    manifest = data.convert(spec, tmp_path / "out")
    assert [one.records for one in manifest.splits["all"].files] == [5, 7]
    files = pictures.content_of(tmp_path / "out")
    assert files["all-00001-of-00002.tfrecord"] == (tmp_path / "part-002.tfrecord").read_bytes()
    assert (manifest.name, manifest.image_channels) == ("numbers", 1)


@pytest.mark.parametrize("as_list", [False, True])
def test_arrays(tmp_path, as_list):
    images = np.random.default_rng(0).integers(0, 255, [11, 6, 5, 3], np.uint8)
    labels = np.arange(11) % 3
    spec = data.from_arrays(list(images) if as_list else images, labels, split="train")
    data.convert(spec, tmp_path / "out")
    assert_same_batches(spec, tmp_path / "out", ["train"])
    data.convert(spec, tmp_path / "out")
    other = data.from_arrays(images[::-1], labels, split="train")
    with pytest.raises(data.DataError, match="holds a conversion already"):
        data.convert(other, tmp_path / "out")


def test_a_damaged_file_of_records(tmp_path):
    pattern = made.write(tmp_path, [5, 7])
    path = tmp_path / "part-001.tfrecord"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(data.DataError, match=r"part-001\.tfrecord, record 6 .* cut off"):
        data.convert(made.describe(pattern), tmp_path / "out")
