"""The files inside a folder, a tar or a zip archive: by name, each to be read on its own.

Nothing is ever written under the name of a member, so no name can lead out of a folder; one that
tries to is still refused, since an archive that holds such a name is none to be trusted.
"""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import io
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import IO

from tf_slim.data.archives import far
from tf_slim.ops import files, paths, unpacking
from tf_slim.ops.data_errors import DataError

LARGEST = 1 << 30
"""Bytes of a member beyond which it is none of what is looked for here, and takes no memory."""

_DAMAGE = (
    gzip.BadGzipFile,
    tarfile.TarError,
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,
    RuntimeError,
    zlib.error,
    lzma.LZMAError,
)
_FETCH_AGAIN = "Fetch the archive again."


@dataclasses.dataclass(frozen=True)
class Member:
    """A file inside something.

    Attributes:
        name: Its name there, with `/`.
        size: Its size in bytes.
        where: What to call it in a message.
        read: Gives its content. It may be called by several threads at once.
    """

    name: str
    size: int
    where: str
    read: Callable[[], bytes]


@dataclasses.dataclass
class Members:
    """The files inside a folder or an archive.

    Attributes:
        path: Of the folder or archive.
        files: Each of them, by its name.
        skipped: `(name, reason)` of what else there is, such as links.
    """

    path: str
    files: dict[str, Member]
    skipped: list[tuple[str, str]]


def is_archive(path: str) -> bool:
    """Whether a file is a tar (compressed or not) or a zip archive, going by what is in it."""
    return os.path.isfile(path) and (zipfile.is_zipfile(path) or unpacking.is_archive(path))


def members_of(path: str, scratch: str, called: str | None = None) -> Members:
    """Lists the files inside an archive.

    Args:
        path: Of the archive.
        scratch: A folder for the uncompressed copy of a compressed tar archive, which has to stay
            for as long as its members are read.
        called: What to call it in messages. None is its path.

    Returns:
        The files.

    Raises:
        DataError: If the archive is damaged or too large, or a name in it leads out of it.
        OSError: If it cannot be read, or there is no room for the copy.
    """
    called = path if called is None else called
    with _explained(called):
        if zipfile.is_zipfile(path):
            return _in_zip(path, called)
        return tar_members(_uncompressed(path, scratch), called=called)


def in_folder(path: str, names: Iterable[str], *, copied: bool) -> Members:
    """Describes files in a folder, which may be far away.

    Args:
        path: Of the folder.
        names: Of the files in it.
        copied: Whether files that are far away are copied first, and read from there; if not, they
            are read where they are.

    Returns:
        The files.

    Raises:
        OSError: If one is missing or cannot be read, or there is no room for the copies.
    """
    where = {name: os.path.join(path, name) for name in names}
    at = far.copies(where.values()) if copied else {one: one for one in where.values()}
    sizes = [size for size, _ in paths.versions(list(at.values()))]
    return Members(
        path,
        {
            name: Member(name, size, one, _Range(at[one], 0, size))
            for (name, one), size in zip(where.items(), sizes)
        },
        [],
    )


def tar_members(
    path: str, offset: int = 0, size: int | None = None, called: str | None = None
) -> Members:
    """Lists the files of a tar archive that is not compressed, or of one within another.

    Args:
        path: Of the file.
        offset: Where in it the archive begins.
        size: Number of bytes of the archive. None is all of the file.
        called: What to call the archive in messages. None is its path.

    Returns:
        The files.

    Raises:
        DataError: If the archive is damaged, or a name in it leads out of it.
    """
    called = path if called is None else called
    end = os.path.getsize(path) if size is None else offset + size
    found = Members(called, {}, [])
    with _explained(called), open(path, "rb") as file:
        file.seek(offset)
        # Offsets of members count from the beginning of the file, wherever the archive begins.
        with tarfile.open(fileobj=file, mode="r:") as archive:
            for one in archive:
                if one.isdir():
                    continue
                name = _checked(one.name, called)
                if not one.isreg() or one.issparse():
                    found.skipped.append((name, "no plain file, but a link or a device"))
                    continue
                if one.offset_data + one.size > end:
                    raise EOFError(f"{name!r} is cut short")
                read = _Range(path, one.offset_data, one.size)
                found.files[name] = Member(name, one.size, f"{called}, {name!r}", read)
        # Two blocks of zeros are its end: without them it may lack members as well.
        file.seek(max(offset, end - tarfile.BLOCKSIZE))
        if end <= offset or file.read(end - file.tell()).strip(b"\0"):
            raise EOFError("its end is missing")
    return found


@dataclasses.dataclass(frozen=True)
class _Range:
    path: str
    offset: int
    size: int

    def __call__(self) -> bytes:
        _check_size(self.size, self.path)
        with files.opened(self.path) as file:
            file.seek(self.offset)
            return file.read(self.size)


def range_of(member: Member) -> tuple[str, int, int] | None:
    """`(file, offset, size)` of a member that is stored as it is, so that it may hold another."""
    read = member.read
    return (read.path, read.offset, read.size) if isinstance(read, _Range) else None


def _in_zip(path: str, called: str) -> Members:
    found = Members(called, {}, [])
    archive = zipfile.ZipFile(path)
    for one in archive.infolist():
        if one.is_dir():
            continue
        name = _checked(one.filename, called)
        if one.flag_bits & 1:
            found.skipped.append((name, "encrypted"))
            continue
        if (one.external_attr >> 28) == 0o12:
            found.skipped.append((name, "no plain file, but a link or a device"))
            continue
        where = f"{called}, {name!r}"
        found.files[name] = Member(name, one.file_size, where, _Zipped(archive, one, where))
    return found


@dataclasses.dataclass(frozen=True)
class _Zipped:
    archive: zipfile.ZipFile
    info: zipfile.ZipInfo
    where: str

    def __call__(self) -> bytes:
        _check_size(self.info.file_size, self.where)
        # What a member is said to hold bounds what is read of it: `ZipFile` stops there.
        with _explained(self.where), self.archive.open(self.info) as file:
            return file.read()


def _uncompressed(path: str, scratch: str) -> str:
    """The archive itself, or an uncompressed copy of it."""
    with unpacking.opened(path) as source:
        if isinstance(source, io.BufferedReader):
            return path
        target = os.path.join(scratch, f"{os.path.basename(path)}.uncompressed")
        left = unpacking.MOST_BYTES
        with open(target, "wb") as file:
            while block := _next_block(source):
                left -= len(block)
                if left < 0:
                    raise DataError(
                        f"there are more than {unpacking.MOST_BYTES:,} bytes in it.",
                        path=path,
                        remedy="Unpack it yourself if you trust it, and convert the folder.",
                    )
                file.write(block)
    return target


def _next_block(source: IO[bytes]) -> bytes:
    try:
        return source.read(1 << 20)
    except OSError as error:
        if error.errno is None:  # how bz2 says that what it reads is damaged
            raise EOFError(str(error)) from error
        raise


def _checked(name: str, archive: str) -> str:
    name = name.replace("\\", "/")
    while name.startswith("./"):
        name = name[2:]
    parts = name.split("/")
    if not name or name.startswith("/") or ".." in parts or "\0" in name or ":" in parts[0]:
        raise DataError(
            f"{name!r} in it leads out of the archive: it was made by a careless program, or to do "
            "harm.",
            path=archive,
            remedy="Do not use it.",
        )
    return name


def _check_size(size: int, where: str) -> None:
    if size > LARGEST:
        raise DataError(f"its {size:,} bytes are more than any picture has.", path=where)


@contextlib.contextmanager
def _explained(where: str) -> Iterator[None]:
    try:
        yield
    except DataError:
        raise
    except _DAMAGE as error:
        raise DataError(
            f"the archive is damaged or none: {error}.", path=where, remedy=_FETCH_AGAIN
        ) from error
