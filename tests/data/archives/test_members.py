"""The files inside an archive: read where they are, and none that leads out of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data.archives import made
from tf_slim import data
from tf_slim.data.archives import members
from tf_slim.ops import unpacking

FILES = {"a/one.jpg": b"1" * 700, "a/b/zwei süß.jpg": b"", "three": b"333"}
PACKED = {
    "plain.tar": made.tar(FILES),
    "packed.tgz": made.tar(FILES, "gz"),
    "packed.tar.bz2": made.tar(FILES, "bz2"),
    "packed.tar.xz": made.tar(FILES, "xz"),
    "packed.zip": made.zipped(FILES),
}


@pytest.mark.parametrize("name", PACKED)
def test_each_file_is_read(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(PACKED[name])
    assert members.is_archive(str(path))
    found = members.members_of(str(path), str(tmp_path))
    assert {key: one.read() for key, one in found.files.items()} == FILES
    assert {key: one.size for key, one in found.files.items()} == {
        key: len(content) for key, content in FILES.items()
    }
    assert found.skipped == []


@pytest.mark.parametrize("name", [name for name in PACKED if name != "plain.tar"])
@pytest.mark.parametrize("left", [0.5, 0.9])
def test_a_cut_archive_is_refused(tmp_path, name, left):
    path = tmp_path / name
    path.write_bytes(PACKED[name][: int(left * len(PACKED[name]))])
    with pytest.raises(data.DataError, match="damaged or none"):
        members.members_of(str(path), str(tmp_path))


@pytest.mark.parametrize("cut", [512, 1024, 1536, 1700, 2048])
def test_a_tar_archive_without_its_end_is_refused(tmp_path, cut):
    path = tmp_path / "a.tar"
    path.write_bytes(made.tar({"one": b"1" * 100, "two": b"2" * 600})[:cut])
    with pytest.raises(data.DataError, match="damaged or none"):
        members.members_of(str(path), str(tmp_path))


@pytest.mark.parametrize("pack", [made.tar, made.zipped])
@pytest.mark.parametrize(
    "name", ["../evil.jpg", "a/../../evil.jpg", "/etc/evil.jpg", "c:/evil.jpg", "a\\..\\..\\evil"]
)
def test_a_name_that_leads_out_is_refused(tmp_path, pack, name):
    path = tmp_path / "in" / "a"
    path.parent.mkdir()
    path.write_bytes(pack({"good.jpg": b"1", name: b"2"}))
    with pytest.raises(data.DataError, match="leads out of the archive"):
        members.members_of(str(path), str(tmp_path))
    assert [one.name for one in tmp_path.iterdir()] == ["in"]


def test_links_are_named_and_not_followed(tmp_path):
    path = tmp_path / "a.tar"
    path.write_bytes(made.tar({"good.jpg": b"1", "link.jpg": None}))
    found = members.members_of(str(path), str(tmp_path))
    assert list(found.files) == ["good.jpg"]
    assert found.skipped == [("link.jpg", "no plain file, but a link or a device")]


def test_an_archive_within_an_archive(tmp_path):
    inner = made.tar(FILES)
    path = tmp_path / "outer.tar"
    path.write_bytes(made.tar({"before": b"0", "inner.tar": inner, "after": b"9"}))
    outer = members.members_of(str(path), str(tmp_path)).files
    place = members.range_of(outer["inner.tar"])
    assert place is not None
    found = members.tar_members(*place, called="inner")
    assert {key: one.read() for key, one in found.files.items()} == FILES


def test_an_inner_archive_that_is_cut_does_not_go_on_in_the_outer_one(tmp_path):
    path = tmp_path / "outer.tar"
    cut = made.tar({"one": b"1" * 100})[:1024]
    path.write_bytes(made.tar({"inner.tar": cut, "after": b"9"}))
    outer = members.members_of(str(path), str(tmp_path)).files
    place = members.range_of(outer["inner.tar"])
    assert place is not None
    with pytest.raises(data.DataError, match="inner: the archive is damaged"):
        members.tar_members(*place, called="inner")


def test_what_is_too_large_takes_no_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_BYTES", 10_000)
    path = tmp_path / "bomb.tgz"
    path.write_bytes(made.tar({"zeros": bytes(10**7)}, "gz"))
    with pytest.raises(data.DataError, match="more than 10,000 bytes in it"):
        members.members_of(str(path), str(tmp_path))


@pytest.mark.parametrize("pack", [made.tar, made.zipped])
def test_a_member_that_is_too_large_takes_no_memory(tmp_path, monkeypatch, pack):
    monkeypatch.setattr(members, "LARGEST", 1000)
    path = tmp_path / "a"
    path.write_bytes(pack({"zeros": bytes(1001)}))
    (one,) = members.members_of(str(path), str(tmp_path)).files.values()
    with pytest.raises(data.DataError, match="1,001 bytes are more than any picture has"):
        one.read()


@given(content=st.binary(max_size=300), cut=st.integers(0, 20_000))
@settings(max_examples=60, deadline=None)
def test_whatever_is_in_a_file_an_error_says_so(content, cut, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "random.tar"
    path.write_bytes(made.tar(FILES)[:cut] + content)
    try:
        found = members.members_of(str(path), str(path.parent))
    except data.DataError:
        return
    assert set(found.files) <= set(FILES)
