"""Fetching over HTTP, from a server on the loopback that fails in every way, and unpacking."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import tarfile
import threading

import pytest

from tests.ops import loopback
from tf_slim.ops import downloads

DATA = bytes(i * i % 251 for i in range(100_000))
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def server():
    with loopback.serving(DATA) as found:
        yield found


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "file.bin"


def test_a_file_is_fetched_once(server, path):
    for _ in range(2):
        assert downloads.download(server.address, path, sha256=SHA256.upper()) == str(path)
    assert path.read_bytes() == DATA
    assert server.asked == [None]
    assert sorted(os.listdir(path.parent)) == ["file.bin", "file.bin.lock"]


def test_an_interrupted_transfer_goes_on_where_it_was(server, path):
    server.cut = [30_000, 20_000]
    seen = []
    downloads.download(
        server.address, path, sha256=SHA256, wait=0, progress=lambda *both: seen.append(both)
    )
    assert path.read_bytes() == DATA
    assert server.asked == [None, "bytes=30000-", "bytes=50000-"]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert seen[-1] == (len(DATA), len(DATA))


def test_a_transfer_goes_on_in_another_call(server, path):
    server.cut = [1000, 0, 0, 0]
    with pytest.raises(downloads.DownloadError, match=r"4 attempts\). 1000 bytes are there"):
        downloads.download(server.address, path, wait=0)
    assert not path.exists()
    downloads.download(server.address, path, sha256=SHA256, wait=0)
    assert server.asked[-1] == "bytes=1000-"
    assert path.read_bytes() == DATA


def test_without_a_length_it_ends_with_the_connection(server, path):
    server.says_length = False
    downloads.download(server.address, path, sha256=SHA256, wait=0)
    assert path.read_bytes() == DATA


def test_without_ranges_it_begins_again(server, path):
    server.cut, server.ranges = [30_000], False
    downloads.download(server.address, path, sha256=SHA256, wait=0)
    assert server.asked == [None, "bytes=30000-"]
    assert path.read_bytes() == DATA


@pytest.mark.parametrize("tag", ["", 'W/"weak"'])
def test_without_a_promise_of_the_same_bytes_it_begins_again(server, path, tag):
    server.cut, server.tag = [30_000], tag
    downloads.download(server.address, path, sha256=SHA256, wait=0)
    assert server.asked == [None, None]


def test_a_file_that_has_changed_in_between_is_not_mixed_with_the_old_one(server, path):
    server.cut = [30_000, 0, 0, 0]
    with pytest.raises(downloads.DownloadError):
        downloads.download(server.address, path, wait=0)
    server.data, server.tag = DATA[::-1], '"two"'
    downloads.download(server.address, path, wait=0)
    assert path.read_bytes() == DATA[::-1]


def test_all_had_come_before_the_end(server, path):
    path.parent.mkdir()
    path.with_name("file.bin.part").write_bytes(DATA)
    path.with_name("file.bin.part.version").write_text(server.tag)
    downloads.download(server.address, path, sha256=SHA256, wait=0)
    assert path.read_bytes() == DATA
    assert server.asked == [f"bytes={len(DATA)}-"]


def test_more_has_come_than_there_is(server, path):
    path.parent.mkdir()
    path.with_name("file.bin.part").write_bytes(DATA + b"x")
    path.with_name("file.bin.part.version").write_text(server.tag)
    downloads.download(server.address, path, sha256=SHA256, wait=0)
    assert path.read_bytes() == DATA


def test_a_wrong_checksum_leaves_nothing(server, path):
    with pytest.raises(downloads.DownloadError, match=f"has the SHA-256 {SHA256}, not abc"):
        downloads.download(server.address, path, sha256="abc")
    assert os.listdir(path.parent) == ["file.bin.lock"]


def test_the_server_does_not_have_it(server, path):
    server.status = 404
    with pytest.raises(downloads.DownloadError, match="answered 404 Not Found for http"):
        downloads.download(server.address, path)
    assert len(server.asked) == 1


def test_the_server_fails(server, path):
    server.status = 503
    with pytest.raises(downloads.DownloadError, match=r"answered 503.*\(4 attempts\)"):
        downloads.download(server.address, path, wait=0)
    assert len(server.asked) == 4


def test_no_server(path):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{bound.getsockname()[1]}/file.bin"
        with pytest.raises(downloads.DownloadError, match=f"Cannot fetch {address}: .*refused"):
            downloads.download(address, path, wait=0)


@pytest.mark.parametrize("address", ["ftp://host/file", "file:///etc/hostname", "file.bin"])
def test_other_addresses_are_refused(path, address):
    with pytest.raises(downloads.DownloadError, match="does not begin with http"):
        downloads.download(address, path)


def test_two_at_once_fetch_it_once(server, path):
    threads = [
        threading.Thread(target=downloads.download, args=(server.address, path)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() == DATA
    assert server.asked == [None]


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_progress_in_a_terminal():
    stream = Terminal()
    line = downloads.ProgressLine("thing", stream)
    line(0, 2_000_000)
    line(2_000_000, 2_000_000)
    assert stream.getvalue() == "\rthing: 0.0 MB of 2.0 MB (0%)\rthing: 2.0 MB of 2.0 MB (100%)\n"


def test_a_short_transfer_is_silent_in_a_pipe():
    stream = io.StringIO()
    line = downloads.ProgressLine("thing", stream)
    line(1, None)
    line(2, 2)
    assert stream.getvalue() == ""


def test_the_cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("TF_SLIM_CACHE", raising=False)
    assert downloads.cache_folder("nets") == tmp_path / "tf_slim" / "nets"
    monkeypatch.setenv("TF_SLIM_CACHE", str(tmp_path / "own"))
    assert downloads.cache_folder() == tmp_path / "own"


def archive(path, **members):
    with tarfile.open(path, "w:gz") as made:
        for name, content in members.items():
            info = tarfile.TarInfo(name.replace("__", "/"))
            if isinstance(content, bytes):
                info.size = len(content)
                made.addfile(info, io.BytesIO(content))
            else:
                info.type, info.linkname = content
                made.addfile(info)
    return path


def test_unpacking(tmp_path):
    made = archive(
        tmp_path / "a.tar.gz", inner=(tarfile.DIRTYPE, ""), inner__a=b"one", deep__er__b=b"two"
    )
    folder = downloads.extract(made, tmp_path / "out")
    assert folder == str(tmp_path / "out")
    assert (tmp_path / "out/inner/a").read_bytes() == b"one"
    assert (tmp_path / "out/deep/er/b").read_bytes() == b"two"
    assert sorted(os.listdir(tmp_path)) == ["a.tar.gz", "out"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("..__evil", b"x", "lies outside"),
        ("in__..__..__evil", b"x", "lies outside"),
        ("__tmp__evil", b"x", "lies outside"),
        ("link", (tarfile.SYMTYPE, "/etc"), "neither a file"),
        ("hard", (tarfile.LNKTYPE, "good"), "neither a file"),
        ("pipe", (tarfile.FIFOTYPE, ""), "neither a file"),
    ],
)
def test_what_an_archive_must_not_hold(tmp_path, name, content, reason):
    made = archive(tmp_path / "a.tar.gz", good=b"x", **{name: content})
    with pytest.raises(downloads.DownloadError, match=f"Refused to unpack .*{reason}"):
        downloads.extract(made, tmp_path / "in" / "out")
    assert os.listdir(tmp_path / "in") == []
    assert sorted(os.listdir(tmp_path)) == ["a.tar.gz", "in"]


@pytest.mark.parametrize("damage", ["cut", "junk", "absent"])
def test_a_damaged_archive(tmp_path, damage):
    made = archive(tmp_path / "a.tar.gz", good=os.urandom(50_000))
    if damage == "cut":
        made.write_bytes(made.read_bytes()[:20_000])
    elif damage == "junk":
        made.write_bytes(b"<html>not here</html>")
    else:
        made.unlink()
    with pytest.raises(downloads.DownloadError, match="Cannot unpack"):
        downloads.extract(made, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_another_process_was_faster(tmp_path):
    made = archive(tmp_path / "a.tar.gz", good=b"x")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "good").write_bytes(b"x")
    assert downloads.extract(made, tmp_path / "out") == str(tmp_path / "out")
    assert sorted(os.listdir(tmp_path)) == ["a.tar.gz", "out"]
