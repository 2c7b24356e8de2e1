"""Known data sets in folders that are far away: what is read, what is copied, what is asked for."""

from __future__ import annotations

import collections
import gzip
import itertools
import pathlib
import shutil

import numpy as np
import pytest

from tests import object_store
from tests.data.archives import made
from tf_slim import data
from tf_slim.data.archives.opening import open_archive
from tf_slim.ops import files, paths

pytestmark = pytest.mark.one_seed

_NUMBERS = itertools.count()


def unpacked_cifar10(folder):
    """The batches of the archive, out of it."""
    folder.mkdir()
    made.cifar10(folder / "cifar.tar.gz", "binary")
    shutil.unpack_archive(folder / "cifar.tar.gz", folder)
    (inside,) = folder.glob("cifar-*")
    (folder / "cifar.tar.gz").unlink()
    return inside


MADE = {
    "mnist": made.mnist,
    "cifar10": unpacked_cifar10,
    "imagenet": made.imagenet,
    "visualwakewords": made.coco,
}
# Pictures in folders are read where they are.
COPIED = {"mnist": 4, "cifar10": 6, "imagenet": 3, "visualwakewords": 3}


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> pathlib.Path:
    monkeypatch.setenv("TF_SLIM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def copied(monkeypatch) -> list[str]:
    """The paths that were copied out of a store."""
    found, copy = [], paths.copy
    monkeypatch.setattr(paths, "copy", lambda one, to: found.append(one) or copy(one, to))
    return found


def send(folder: pathlib.Path, to: str) -> str:
    """Copies a folder to a store."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            target = f"{to}/{path.relative_to(folder)}"
            paths.make_folders(target.rpartition("/")[0])
            with files.replacing(target) as temporary:
                shutil.copyfile(path, temporary)
    return to


def far(folder: pathlib.Path) -> str:
    return send(folder, f"ram://archives-{next(_NUMBERS)}/set")


def content(source, scratch) -> dict:
    """What is in a data set."""
    archive = open_archive(str(source), str(scratch))
    assert archive is not None and not isinstance(archive, str)
    return {
        one.path: (one.label, one.size, np.asarray(one.read()).tobytes())
        for pictures in archive.splits.values()
        for one in pictures
    }


@pytest.mark.parametrize("kind", MADE)
def test_is_as_it_is_here_and_copied_once(tmp_path, kind, copied):
    near = MADE[kind](tmp_path / "near")
    (near / "other.bin").write_bytes(b"none of it")
    source = far(near)
    copied.clear()
    assert open_archive(str(near), str(tmp_path)).layout.name == kind and not copied
    expected = content(near, tmp_path)
    assert content(source, tmp_path) == expected
    assert len(copied) == COPIED[kind] and f"{source}/other.bin" not in copied
    assert content(source + "/", tmp_path) == expected
    assert len(copied) == COPIED[kind]


def test_is_converted_as_from_here(tmp_path):
    near = made.coco(tmp_path / "near")
    one, other = (
        data.convert(source, tmp_path / name, workers=1)
        for source, name in ((near, "one"), (far(near), "other"))
    )
    assert one == other and sum(split.records for split in one.splits.values()) == 6


def test_a_file_that_was_replaced_is_copied_anew(tmp_path, copied):
    near = made.mnist(tmp_path / "near")
    source = far(near)
    before = content(source, tmp_path)
    (near / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(made.idx(np.full([12], 3))))
    paths.copy(str(near / "train-labels-idx1-ubyte.gz"), f"{source}/train-labels-idx1-ubyte.gz")
    copied.clear()
    after = content(source, tmp_path)
    assert copied == [f"{source}/train-labels-idx1-ubyte.gz"] and after != before
    assert {label for path, (label, *_) in after.items() if path.startswith("train")} == {3}


def test_few_requests(tmp_path, monkeypatch, capfd):
    """Of a file that is copied: what it is, and its content. Of a picture that is not: the same."""
    monkeypatch.setenv("OBJECT_STORE_LOG", "1")

    def requests() -> collections.Counter:
        said = capfd.readouterr().err.splitlines()
        lines = [line.split('"')[1] for line in said if "HTTP/1.1" in line]
        asked = [line.split()[1] for line in lines if line.startswith("GET ")]
        kinds = ("list" if "/o?" in one else "ask" if "/o/" in one else "read" for one in asked)
        return collections.Counter(kinds)

    with object_store.running() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        digits = send(made.mnist(tmp_path / "digits"), f"gs://bucket-{tmp_path.name}/digits")
        coco = send(made.coco(tmp_path / "coco"), f"gs://bucket-{tmp_path.name}/coco")
        for source, copied, pictures in ((digits, 4, 0), (coco, 3, 3)):
            for times in (1, 0):
                requests()
                content(source, tmp_path)
                asked = requests()
                assert asked["read"] == copied * times + pictures
                assert asked["ask"] <= copied + pictures  # some are remembered for seconds
                assert asked["list"] <= 7


def test_without_room_for_all_none_is_copied(tmp_path, monkeypatch, cache):
    source = far(made.mnist(tmp_path / "near", compressed=False))
    usage = shutil.disk_usage(tmp_path)
    need = sum(paths.size(f"{source}/{name}") for name in paths.names(source))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=need - 1))
    with pytest.raises(OSError, match=rf"copy {source}/.* and 3 more: {need:,} bytes .*CACHE"):
        open_archive(source, str(tmp_path))
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_what_is_cut_off_leaves_no_half(tmp_path, monkeypatch, cache):
    source = far(made.mnist(tmp_path / "near"))
    copy = paths.copy

    def cut(one: str, to: str) -> None:
        copy(one, to)
        if "t10k-labels" in one:
            raise OSError(5, "the network is gone", one)

    with monkeypatch.context() as patch:
        patch.setattr(paths, "copy", cut)
        with pytest.raises(OSError, match=f"the network is gone: '{source}/t10k-labels"):
            open_archive(source, str(tmp_path))
    # And one that was killed meanwhile has left this.
    (folder,) = {path.parent for path in cache.rglob("*t10k-labels*")}
    (folder / ".t10k-labels-idx1-ubyte.gz.part-1").write_bytes(b"half")
    assert len(content(source, tmp_path)) == 17
    assert len([path for path in cache.rglob("*-ubyte*") if path.suffix == ".gz"]) == 4
    assert not list(cache.rglob("*.part-*"))


def test_what_is_missing_is_named_by_its_path(tmp_path):
    source = far(made.mnist(tmp_path / "digits"))
    paths.remove(f"{source}/t10k-labels-idx1-ubyte.gz")
    with pytest.raises(data.DataError, match=rf"{source}: .*labels of the split 'test'"):
        open_archive(source, str(tmp_path))
    source = far(made.coco(tmp_path / "coco"))
    paths.remove(f"{source}/train2014/train_1.jpg")
    with pytest.raises(data.DataError, match=rf"{source}/annotations/.*missing: train_1\.jpg"):
        open_archive(source, str(tmp_path))
    files.replace_text(f"{source}/annotations/instances_train2014.json", "[1]")
    with pytest.raises(data.DataError, match=rf"{source}/annotations/.*no annotations"):
        open_archive(source, str(tmp_path))
    paths.remove(f"{source}/val2014.zip")
    files.replace_text(f"{source}/val2014.zip", "cut")
    with pytest.raises(data.DataError, match=rf"{source}"):
        open_archive(source, str(tmp_path))
