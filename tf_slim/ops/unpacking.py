"""Unpacking archives that came from elsewhere: into a new folder, whole or not at all."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import shutil
import tarfile
import tempfile
import zlib
from typing import Any

__all__ = ["DownloadError", "extract", "is_archive", "opened"]

_CHUNK = 1 << 18
MOST_BYTES = 1 << 35
_MOST_MEMBERS = 1_000_000
_DAMAGE = (tarfile.TarError, EOFError, ValueError, OverflowError, zlib.error, lzma.LZMAError)

_COMPRESSED = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\x00": lzma.open}


class DownloadError(OSError):
    """A file that cannot be fetched, or that is not what it should be."""


def is_archive(path: str | os.PathLike) -> bool:
    """Whether a file begins as a tar archive does, compressed or not."""
    try:
        with opened(os.fspath(path)) as file:
            return tarfile.TarInfo.frombuf(file.read(512), "utf-8", "surrogateescape") is not None
    except (*_DAMAGE, OSError):
        return False


def extract(
    archive: str | os.PathLike, folder: str | os.PathLike, *, most_bytes: int = MOST_BYTES
) -> str:
    """Unpacks a tar archive, compressed or not, into a new folder, which appears whole or not.

    Args:
      archive: a file.
      folder: the folder to make.
      most_bytes: what it may hold; a small archive can hold more than there is on any disk.

    Returns:
      `folder`, as a string.

    Raises:
      DownloadError: the archive is damaged or too large, or holds anything but files and folders
        with names below `folder`. Nothing is left of it then.
    """
    archive, folder = os.fspath(archive), os.path.abspath(os.fspath(folder))
    parent, base = os.path.split(folder)
    os.makedirs(parent, exist_ok=True)
    staging = tempfile.mkdtemp(prefix=f".{base}.part-", dir=parent)
    try:
        with opened(archive) as file:
            counted = _Counted(file, archive, most_bytes)
            with tarfile.open(fileobj=counted, mode="r|") as members:  # pyright: ignore[reportArgumentType, reportCallIssue]
                for number, member in enumerate(members):
                    if number >= _MOST_MEMBERS:
                        raise DownloadError(f"Refused to unpack {archive}: too many files in it.")
                    _extract_member(archive, members, member, staging)
            # To the end, where a compressed file has its checksum, and any other one zeros.
            while counted.read(_CHUNK):
                pass
            if isinstance(file, io.BufferedReader) and counted.tail.strip(b"\0"):
                raise EOFError("its end is missing")
        os.chmod(staging, 0o755)
        try:
            os.replace(staging, folder)
        except OSError:
            if not os.path.isdir(folder):  # else another process was faster, with the same files
                raise
    except (*_DAMAGE, OSError) as error:
        if isinstance(error, DownloadError):
            raise
        raise DownloadError(
            f"Cannot unpack {archive}: {error}. If it is damaged, remove it to fetch it again."
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


def opened(path: str) -> Any:
    """A file to read what it holds, uncompressed.

    Args:
      path: of a file, compressed or not.

    Returns:
      A binary file; an `io.BufferedReader` if there is nothing to uncompress.

    Raises:
      OSError: it cannot be opened.
    """
    with open(path, "rb") as file:
        begin = file.read(6)
    for mark, opened in _COMPRESSED.items():
        if begin.startswith(mark):
            return opened(path, "rb")
    return open(path, "rb")


class _Counted:
    """A file that refuses to be larger than it may be, before that takes memory or disk."""

    def __init__(self, file: Any, archive: str, most_bytes: int):
        self._file, self._archive, self._most = file, archive, most_bytes
        self._left = most_bytes
        self.tail = b""

    def read(self, size: int) -> bytes:
        data = self._file.read(min(size, self._left + 1))
        self._left -= len(data)
        self.tail = (self.tail + data[-512:])[-512:]
        if self._left < 0:
            raise DownloadError(
                f"Refused to unpack {self._archive}: there are more than {self._most:,} bytes in "
                "it. Nothing was written."
            )
        return data


def _extract_member(
    archive: str, members: tarfile.TarFile, member: tarfile.TarInfo, staging: str
) -> None:
    target = os.path.realpath(os.path.join(staging, member.name))
    inside = target == os.path.realpath(staging) or target.startswith(
        os.path.realpath(staging) + os.sep
    )
    if not inside or not (member.isfile() or member.isdir()) or member.issparse():
        kind = "is neither a file nor a folder" if inside else "lies outside its folder"
        raise DownloadError(
            f"Refused to unpack {archive}: {member.name!r} in it {kind}. Nothing was written."
        )
    if member.isdir():
        os.makedirs(target, exist_ok=True)
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    source = members.extractfile(member)
    if source is not None:
        with source, open(target, "wb") as file:
            shutil.copyfileobj(source, file, _CHUNK)
        if os.path.getsize(target) != member.size:
            raise EOFError(f"{member.name!r} is cut short")
