"""Files that are read whole, and appear whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import tempfile
import warnings
from collections.abc import Iterator
from typing import BinaryIO

from tf_slim.ops import paths

# No room, or none for this user, or for a file of this size; a disk that fails.
_OF_WRITING = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)


def read_bytes(path: str) -> bytes:
    """Reads a file, here or far away (`gs://...`).

    Raises:
      OSError: it cannot be read.
    """
    with opened(path) as file:
        return file.read()


@contextlib.contextmanager
def opened(path: str) -> Iterator[BinaryIO]:
    """Opens a file to read bytes here and there in it, wherever it is.

    Raises:
      OSError: it cannot be read.
    """
    if paths.is_far(path):
        import tensorflow as tf  # what only replaces files of a disk needs none

        with paths.asking(path), tf.io.gfile.GFile(path, "rb") as file:
            yield file
    else:
        with open(path, "rb") as file:
            yield file


def read_text(path: str, errors: str = "strict") -> str:
    """Reads a text file in UTF-8, here or far away; the ends of its lines are as they are.

    Args:
      path: of the file.
      errors: what to do about bytes that are none of UTF-8, as `bytes.decode` has it.

    Raises:
      OSError: it cannot be read.
      UnicodeDecodeError: it is no text.
    """
    return read_bytes(path).decode("utf-8", errors)


def replace_text(path: str | os.PathLike, text: str) -> None:
    """Writes a text file under another name first, then moves it over `path`.

    Raises:
      OSError: it cannot be written; what was at `path` is unharmed.
    """
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        file.write(text)


@contextlib.contextmanager
def replacing(path: str | os.PathLike) -> Iterator[str]:
    """Gives the name of an empty file beside `path`, which is moved over it in the end.

        with files.replacing("run/weights.npz") as temporary:
            write(temporary)

    If the block fails, nothing has happened at `path`. A link stays one, to the new file, which has
    the permissions of the old one. A device or a pipe is never replaced: it is written to. A file
    that is far away is made here, and sent there in the end.

    Raises:
      OSError: no file can be made there.
    """
    if paths.is_far(path):
        with tempfile.TemporaryDirectory(prefix="tf_slim-") as folder:
            temporary = os.path.join(folder, os.path.basename(os.fspath(path)))
            open(temporary, "xb").close()
            yield temporary
            publish(temporary, os.fspath(path))
        return
    path = os.path.realpath(path)
    try:
        before = os.stat(path)
    except FileNotFoundError:
        before = None
    if before is not None and stat.S_ISDIR(before.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if before is not None and not stat.S_ISREG(before.st_mode):
        with _poured_into(path) as temporary:
            yield temporary
        return
    folder, base = os.path.split(path)
    temporary = _made(folder, base, 0o666 if before is None else 0o600)
    try:
        with _told_as(path, temporary):
            yield temporary
        if before is not None:
            os.chmod(temporary, stat.S_IMODE(before.st_mode))
        flush(temporary)
        os.replace(temporary, path)
        flush(folder)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


@contextlib.contextmanager
def _told_as(path: str, temporary: str = "") -> Iterator[None]:
    """Has an error of writing that tells of no file, or of a temporary one, tell of `path`."""
    try:
        yield
    except OSError as error:
        unsaid = error.filename is None and error.errno in _OF_WRITING
        if unsaid or (error.filename and error.filename == temporary):
            error.filename = path
        raise


def publish(temporary: str, path: str) -> None:
    """Moves a file that has been written in full into its place: at once, or not at all.

    Args:
      temporary: a file of this machine; for a path that is not far away, one of the same disk.
      path: the place.

    Raises:
      OSError: it cannot be moved there.
    """
    if not paths.is_far(path):
        os.replace(temporary, path)
        return
    if paths.is_of_objects(path):
        paths.copy(temporary, path)
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        return
    folder, base = os.path.split(path)
    # Where a file that is being written can be seen, it is seen under another name.
    part = os.path.join(folder, f".{base}.part-{secrets.token_hex(6)}")
    try:
        paths.copy(temporary, part)
        paths.rename(part, path)
    except BaseException:
        with contextlib.suppress(OSError):
            paths.remove(part)
        raise
    with contextlib.suppress(OSError):
        os.unlink(temporary)


@contextlib.contextmanager
def staging(folder: str, base: str) -> Iterator[str]:
    """Gives a folder to write files in that `publish` moves into their places in another one.

    Args:
      folder: where they are to be, which exists; for a folder that is far away, the other one is
        among the temporary ones of this machine.
      base: what is written, for the name.

    Raises:
      OSError: it cannot be made.
    """
    inside = None if paths.is_far(folder) else folder
    temporary = tempfile.mkdtemp(prefix=f".{base}.part-", dir=inside)
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


class Fetched:
    """A copy, here, of a file or folder that is far away; of one that is not, it itself.

    Args:
      path: of the file or folder.
      beside: whether to copy the files, too, whose names differ in their endings.

    Attributes:
      path: of the copy, which is there as long as this object is.

    Raises:
      OSError: it cannot be read.
    """

    def __init__(self, path: str, beside: bool = False):
        self.path = path
        if not paths.is_far(path):
            return
        self._folder = tempfile.TemporaryDirectory(prefix="tf_slim-")
        path = path.rstrip("/")
        self.path = os.path.join(self._folder.name, os.path.basename(path))
        if not paths.is_file(path):
            _fetch_folder(path, self.path)
            return
        for one in paths.starting(os.path.splitext(path)[0], ".*") if beside else [path]:
            paths.copy(one, os.path.join(self._folder.name, os.path.basename(one)))


def _fetch_folder(path: str, target: str) -> None:
    os.mkdir(target)
    for name in paths.names(path):
        one = os.path.join(path, name)
        into = os.path.join(target, name)
        if paths.is_file(one):
            paths.copy(one, into)
        else:
            _fetch_folder(one, into)


@contextlib.contextmanager
def _poured_into(path: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        temporary = os.path.join(folder, "content")
        open(temporary, "xb").close()
        yield temporary
        with _told_as(path), open(temporary, "rb") as source, open(path, "wb") as target:
            shutil.copyfileobj(source, target)


def _made(folder: str, base: str, mode: int) -> str:
    """Makes an empty file; the system takes from its permissions what new files should not have."""
    while True:
        path = os.path.join(folder, f".{base}.part-{secrets.token_hex(6)}")
        with contextlib.suppress(FileExistsError), _told_as(os.path.join(folder, base), path):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode))
            return path


def set_aside(path: str | os.PathLike, why: str) -> str:
    """Gives another name to what stands in the way, and says so by a warning. Nothing is lost.

    Args:
      path: of a file or folder.
      why: what is wrong with it.

    Returns:
      Its new path.

    Raises:
      OSError: it cannot be moved.
    """
    path, number = os.fspath(path), 1
    while paths.exists(aside := f"{path}.set-aside-{number}"):
        number += 1
    if paths.is_far(path):
        paths.rename(path, aside)
    else:
        os.rename(path, aside)
    warnings.warn(f"{path}: {why}. It is {os.path.basename(aside)} now.", stacklevel=2)
    return aside


def missing_room(folder: str | os.PathLike, need: int) -> str | None:
    """What the disk of a folder lacks to take so many bytes, in words; None if it has room."""
    free = shutil.disk_usage(folder).free
    return f"{need:,} bytes are needed and {free:,} are free" if need > free else None


def flush(path: str) -> None:
    """Makes a file survive a power cut from here on; of a folder, the names in it.

    What is far away is safe when it has been written.

    Raises:
      OSError: the file cannot be written.
    """
    if paths.is_far(path):
        return
    if os.path.isdir(path):
        # Not every system can do that, and what has been written is no worse for it.
        with contextlib.suppress(OSError):
            _sync(path)
    else:
        _sync(path)


def _sync(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
