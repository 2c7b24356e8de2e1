"""Files that appear whole or not at all, and what is no file stays what it is."""

from __future__ import annotations

import errno
import os
import stat
import threading

import pytest

from tf_slim.ops import files


def mode(path) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


@pytest.fixture
def mask():
    """A umask of 027 for the test."""
    before = os.umask(0o027)
    yield
    os.umask(before)


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "x.txt"
    files.replace_text(path, "one")
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        with open(temporary, "w") as file:
            file.write("half")
        raise RuntimeError
    assert path.read_text() == "one"
    files.replace_text(path, "two")
    assert path.read_text() == "two"
    assert os.listdir(tmp_path) == ["x.txt"]


@pytest.mark.parametrize("filename", ["none", "its own"])
def test_an_error_of_writing_tells_of_the_file_that_was_asked_for(tmp_path, filename):
    path = tmp_path / "x.txt"
    with pytest.raises(OSError, match=f"space.*'{path}'"), files.replacing(path) as temporary:
        raise OSError(errno.ENOSPC, "no space", *([temporary] if filename == "its own" else []))
    with pytest.raises(OSError, match="/dev/full"):
        files.replace_text("/dev/full", "x")
    with pytest.raises(FileNotFoundError, match=f"'{tmp_path}/gone/x.txt'"):
        files.replace_text(tmp_path / "gone" / "x.txt", "x")


def test_an_error_that_is_not_of_writing_is_left_alone(tmp_path):
    with pytest.raises(ConnectionResetError) as caught, files.replacing(tmp_path / "x"):
        raise ConnectionResetError(errno.ECONNRESET, "gone")
    assert caught.value.filename is None


def test_a_new_file_has_the_permissions_of_new_files(tmp_path, mask):
    files.replace_text(tmp_path / "x", "one")
    assert mode(tmp_path / "x") == 0o640


def test_a_file_keeps_its_permissions(tmp_path):
    for given in (0o600, 0o664):
        (tmp_path / "x").write_text("one")
        os.chmod(tmp_path / "x", given)
        files.replace_text(tmp_path / "x", "two")
        assert mode(tmp_path / "x") == given


def test_the_umask_of_the_process_is_left_alone(tmp_path, monkeypatch):
    """Another thread would make its files with that of the moment."""
    monkeypatch.setattr(os, "umask", lambda mask: pytest.fail("changed the umask"))
    files.replace_text(tmp_path / "x", "one")


def test_a_link_stays_one(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x").write_text("one")
    (tmp_path / "x").symlink_to("real/x")
    files.replace_text(tmp_path / "x", "two")
    assert (tmp_path / "x").is_symlink()
    assert (tmp_path / "real" / "x").read_text() == "two"


def test_a_pipe_is_written_to(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    seen = []
    reader = threading.Thread(target=lambda: seen.append((tmp_path / "pipe").read_text()))
    reader.start()
    files.replace_text(tmp_path / "pipe", "one")
    reader.join()
    assert seen == ["one"]
    assert stat.S_ISFIFO(os.stat(tmp_path / "pipe").st_mode)


def test_a_device_is_written_to(tmp_path):
    if not os.path.exists("/dev/null"):
        pytest.skip("a system without /dev/null")
    # By a link, so that nothing is lost where this fails.
    (tmp_path / "null").symlink_to("/dev/null")
    files.replace_text(tmp_path / "null", "one")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(IsADirectoryError):
        files.replace_text(tmp_path, "one")
