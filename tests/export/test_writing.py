"""An export stands at its place whole, or not at all, and over nothing that is there."""

from __future__ import annotations

import errno
import os
import shutil

import pytest

from tf_slim.export import writing
from tf_slim.export.errors import ExportError


def content(folder):
    """All that is in a folder, by path."""
    return {
        str(path.relative_to(folder)): path.read_text() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }


def place(path, text="new", *, force=False, is_folder=False, beside=(), fail=None):
    """Writes an export of a file, or of a folder with one file in it, and one beside it."""
    with writing.placing(str(path), is_folder=is_folder, beside=beside, force=force) as temporary:
        assert os.path.basename(temporary) == path.name
        if is_folder:
            os.mkdir(temporary)
        with open(os.path.join(temporary, "saved_model.pb") if is_folder else temporary, "w") as f:
            f.write(text)
        for ending in beside:
            with open(os.path.splitext(temporary)[0] + ending, "w") as f:
                f.write(f"{text}{ending}")
        if fail is not None:
            raise fail


@pytest.mark.parametrize("is_folder", [False, True])
def test_it_is_written_and_never_overwritten_unless_forced(tmp_path, is_folder):
    path = tmp_path / "model.xml"
    own = "model.xml/saved_model.pb" if is_folder else "model.xml"
    place(path, "old", is_folder=is_folder)
    before = content(tmp_path)
    assert before[own] == "old"
    with pytest.raises(ExportError, match=r"model.xml stands there already.*--force"):
        place(path, is_folder=is_folder)
    assert content(tmp_path) == before
    place(path, "new", is_folder=is_folder, force=True)
    assert content(tmp_path) == {**before, own: "new"}


FAULTS = [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt(), MemoryError()]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("is_folder", [False, True])
@pytest.mark.parametrize("there", [False, True])
def test_a_fault_leaves_everything_as_it_was(tmp_path, fault, is_folder, there):
    path, beside = tmp_path / "model.xml", () if is_folder else (".bin",)
    if there:
        place(path, "old", is_folder=is_folder, beside=beside)
    before = content(tmp_path)
    with pytest.raises(type(fault)):
        place(path, is_folder=is_folder, beside=beside, force=True, fail=fault)
    assert content(tmp_path) == before


@pytest.mark.parametrize("number", [0, 1, 2, 3])
def test_a_move_that_fails_is_taken_back(tmp_path, monkeypatch, number):
    path = tmp_path / "model.xml"
    place(path, "old", beside=(".bin",))
    before, moves, rename = content(tmp_path), [], os.rename

    def failing(source, target):
        moves.append(source)
        if len(moves) == number + 1:
            raise KeyboardInterrupt
        rename(source, target)

    monkeypatch.setattr(os, "rename", failing)
    with pytest.raises(KeyboardInterrupt):
        place(path, beside=(".bin",), force=True)
    assert content(tmp_path) == before


def test_what_stands_beside_is_asked_for_as_well(tmp_path):
    (tmp_path / "model.bin").write_text("of somebody")
    with pytest.raises(ExportError, match="model.bin stands there already"):
        place(tmp_path / "model.xml", beside=(".bin",))
    place(tmp_path / "model.xml", beside=(".bin",), force=True)
    assert content(tmp_path) == {"model.bin": "new.bin", "model.xml": "new"}


def test_a_folder_of_something_else_is_left_alone_with_force_too(tmp_path):
    thesis = tmp_path / "thesis"
    thesis.mkdir()
    (thesis / "chapter1.tex").write_text("years of work")
    for is_folder in (True, False):
        with pytest.raises(ExportError, match="holds chapter1.tex. It is left alone"):
            place(thesis, is_folder=is_folder, force=True)
    assert content(tmp_path)["thesis/chapter1.tex"] == "years of work"


def test_an_empty_folder_is_nothing_to_lose(tmp_path):
    (tmp_path / "out").mkdir()
    place(tmp_path / "out", is_folder=True)
    assert content(tmp_path)["out/saved_model.pb"] == "new"


def test_a_link_stays_one(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "model.xml").write_text("old")
    (tmp_path / "model.xml").symlink_to(tmp_path / "real" / "model.xml")
    place(tmp_path / "model.xml", force=True)
    assert (tmp_path / "model.xml").is_symlink()
    assert (tmp_path / "real" / "model.xml").read_text() == "new"


def test_where_nothing_can_be_written(tmp_path):
    with pytest.raises(ExportError, match="there is no folder .*nowhere. Make it first"):
        place(tmp_path / "nowhere" / "model.xml")
    (tmp_path / "file").write_text("a file")
    with pytest.raises(ExportError, match="there is no folder .*file"):
        place(tmp_path / "file" / "model.xml")


def test_what_appears_meanwhile_is_not_overwritten(tmp_path):
    path = tmp_path / "model.xml"
    with pytest.raises(ExportError, match="stands there already"):
        with writing.placing(str(path), is_folder=False) as temporary:
            for one in (temporary, path):
                with open(one, "w") as file:
                    file.write("another's" if one is path else "ours")
    assert content(tmp_path) == {"model.xml": "another's"}


def test_a_full_disk_is_told_where_a_library_does_not(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=0)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(OSError, match="No space left") as caught:
        place(tmp_path / "model.xml", fail=RuntimeError("iostream error"))
    assert caught.value.errno == errno.ENOSPC and content(tmp_path) == {}


@pytest.mark.parametrize(
    ("error", "is_full"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), True),
        (RuntimeError("write failed: No space left on device [Op:SaveV2]"), True),
        (OSError(errno.EACCES, "Permission denied"), False),
        (ValueError("no such layer"), False),
    ],
)
def test_a_full_disk_is_told_in_whatever_words(error, is_full):
    assert writing.is_full(error) is is_full
