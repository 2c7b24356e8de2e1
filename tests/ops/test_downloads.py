"""Fetching over HTTP, from a server on the loopback that fails in every way, and unpacking."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import socket
import stat
import tarfile
import threading

import pytest

from tests.ops import loopback
from tf_slim.ops import downloads, unpacking

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


def test_it_is_said_that_no_checksum_is_known(server, path):
    with pytest.warns(UserWarning, match=f"No checksum of .*has the SHA-256 {SHA256}"):
        downloads.download(server.address, path)


def test_a_page_is_no_archive(server, path):
    """Such as that of a hotel, where the network asks for a name first."""
    server.data = b"<html>Welcome to our network</html>" * 100
    with pytest.raises(downloads.DownloadError, match="no archive; it begins with b'<html>Welc"):
        downloads.download(server.address, path, archive=True)
    assert os.listdir(path.parent) == ["file.bin.lock"]


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Content-Length": "many"}, "says that it has 'many' bytes"),
        ({"Content-Length": "-5"}, "says that it has '-5' bytes"),
        ({"Content-Length": "9" * 30}, "says that it has '9999"),
        ({"Content-Length": str(len(DATA) + 5)}, "ended after 100000 of 100005 b.*4 attempts"),
        ({"Content-Encoding": "gzip"}, "sent it as gzip"),
        ({"Content-Range": "bytes 0-99999/100009"}, "ended after 100000 of 100009 b.*4 attempts"),
    ],
)
def test_odd_headers(server, path, headers, reason):
    server.answers = headers
    with pytest.raises(downloads.DownloadError, match=reason):
        downloads.download(server.address, path, sha256=SHA256, wait=0)
    assert not path.exists()


@pytest.mark.parametrize("version", [b"\xff\xfe", b"a\r\nX: y", "é".encode()])
def test_a_damaged_note_of_the_version(server, path, version):
    path.parent.mkdir()
    path.with_name("file.bin.part").write_bytes(DATA[:1000])
    path.with_name("file.bin.part.version").write_bytes(version)
    downloads.download(server.address, path, sha256=SHA256, wait=0)
    assert server.asked == [None]


def test_a_part_of_another_version_is_not_appended(server, path):
    server.cut, server.part_tag = [30_000], '"two"'
    downloads.download(server.address, path, sha256=SHA256, wait=0)
    assert server.asked == [None, "bytes=30000-", None]
    assert path.read_bytes() == DATA


@pytest.mark.parametrize("place", ["file:///etc/hostname", "ftp://127.0.0.1/x"])
def test_it_is_led_to_no_other_protocol(server, path, place):
    server.leads_to = place
    with pytest.raises(downloads.DownloadError, match=f"{place}' is not allowed|leads to {place}"):
        downloads.download(server.address, path, wait=0)


@pytest.mark.parametrize("address", ["http://host/a b", "http://[", "http://host:port/"])
def test_addresses_that_are_none(path, address):
    with pytest.raises(downloads.DownloadError, match="Cannot fetch"):
        downloads.download(address, path, wait=0)


def test_a_transfer_that_takes_too_long(server, path):
    server.pause = 0.01
    with pytest.raises(downloads.DownloadError, match="takes too long. .* bytes are there"):
        downloads.download(server.address, path, most_seconds=0.02)
    assert len(server.asked) == 1
    server.pause = 0.0
    downloads.download(server.address, path, sha256=SHA256)
    assert server.asked[1] is not None and path.read_bytes() == DATA


@pytest.mark.parametrize("suffix", [".part", ".part.version", ".lock"])
def test_no_planted_link_is_followed(server, path, suffix):
    path.parent.mkdir()
    victim = path.with_name("victim")
    victim.write_text("mine")
    path.with_name(f"file.bin{suffix}").symlink_to(victim)
    with pytest.raises(downloads.DownloadError, match="it is a link"):
        downloads.download(server.address, path, sha256=SHA256, wait=0)
    assert victim.read_text() == "mine"


def test_the_cache_is_private(monkeypatch, tmp_path):
    monkeypatch.setenv("TF_SLIM_CACHE", str(tmp_path / "cache"))
    folder = downloads.private_folder("nets")
    assert folder == tmp_path / "cache" / "nets"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, folder.parent)] == [0o700] * 2
    os.chmod(folder, 0o777)
    with pytest.raises(downloads.DownloadError, match="can be written by others.*chmod 700"):
        downloads.private_folder("nets")
    os.chmod(folder, 0o755)
    assert downloads.private_folder("nets") == folder
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    if os.stat(folder).st_uid:  # else it is root's, who could do anything in any case
        with pytest.raises(downloads.DownloadError, match="can be written by others"):
            downloads.private_folder("nets")


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


def test_an_archive_that_holds_more_than_it_may(tmp_path):
    made = archive(tmp_path / "a.tar.gz", one=bytes(600_000), two=bytes(600_000))
    assert made.stat().st_size < 10_000
    with pytest.raises(downloads.DownloadError, match="more than 1,000,000 bytes"):
        downloads.extract(made, tmp_path / "out", most_bytes=1_000_000)
    assert sorted(os.listdir(tmp_path)) == ["a.tar.gz"]
    downloads.extract(made, tmp_path / "out", most_bytes=2_000_000)


def test_a_header_that_asks_for_all_memory(tmp_path):
    """Its size, with the right checksum, is that of a comment of 4 GB."""
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 1 << 32
    (tmp_path / "a.tar").write_bytes(info.tobuf() + bytes(2048))
    with pytest.raises(downloads.DownloadError, match="Cannot unpack|Refused"):
        downloads.extract(tmp_path / "a.tar", tmp_path / "out", most_bytes=1 << 20)


@pytest.mark.parametrize("opened", [open, gzip.open, bz2.open, lzma.open])
def test_archives_that_end_between_two_members(tmp_path, opened):
    with tarfile.open(tmp_path / "a", "w") as made:
        for name in ("one", "two"):
            info = tarfile.TarInfo(name)
            info.size = 5
            made.addfile(info, io.BytesIO(b"12345"))
    whole = (tmp_path / "a").read_bytes()
    with opened(tmp_path / "a", "wb") as file:
        file.write(whole)
    assert unpacking.is_archive(tmp_path / "a")
    downloads.extract(tmp_path / "a", tmp_path / "out")
    assert (tmp_path / "out" / "two").read_bytes() == b"12345"
    content = (tmp_path / "a").read_bytes()
    (tmp_path / "a").write_bytes(whole[:1024] if opened is open else content[:-4])
    with pytest.raises(downloads.DownloadError, match="Cannot unpack"):
        downloads.extract(tmp_path / "a", tmp_path / "cut")


def test_what_is_no_archive(tmp_path):
    for content in (b"", b"<html>", b"\x1f\x8b<html>", bytes(2048), b"x" * 2048):
        (tmp_path / "a").write_bytes(content)
        assert not unpacking.is_archive(tmp_path / "a")
    assert not unpacking.is_archive(tmp_path / "absent")
