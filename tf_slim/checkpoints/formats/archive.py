"""Zip archives, whose list of members is not covered by the checksums of these."""

from __future__ import annotations

import os
import struct
import zipfile

# The record at the end: its mark, the number of members in all, and the length of a comment.
_END = struct.Struct("<4s6xH8xH")
_MANY = 0xFFFF


def is_zip(begin: bytes) -> bool:
    """Whether a file that begins so is an archive."""
    return begin.startswith(b"PK\x03\x04")


def members(archive: zipfile.ZipFile) -> list[str]:
    """The names of all members of an archive.

    Raises:
      zipfile.BadZipFile: some have been lost, or are called otherwise where they begin.
      ValueError: they are encrypted.
    """
    if any(info.flag_bits & 1 for info in archive.infolist()):
        raise ValueError("it is encrypted; unpack it first")
    names = archive.namelist()
    count = _count(archive)
    if count not in (len(names), _MANY) or len(set(names)) != len(names):
        raise zipfile.BadZipFile(f"{count} members were expected, {len(set(names))} are there")
    for name in names:
        with archive.open(name):
            pass
    return names


def _count(archive: zipfile.ZipFile) -> int:
    file = archive.fp
    if file is None:
        raise ValueError("the archive is closed")
    file.seek(-_END.size - len(archive.comment), os.SEEK_END)
    mark, count, _ = _END.unpack(file.read(_END.size))
    if mark != b"PK\x05\x06":
        raise zipfile.BadZipFile("its end is not where it should be")
    return count
