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


def read_bytes(path: str) -> bytes:
    """Reads a file, here or far away (`gs://...`).

    Raises:
      OSError: it cannot be read.
      tf.errors.OpError: it cannot be read, and is far away.
    """
    if "://" in path:
        import tensorflow as tf  # what only replaces files needs none

        with tf.io.gfile.GFile(path, "rb") as file:
            return file.read()
    with open(path, "rb") as file:
        return file.read()


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
    the permissions of the old one. A device or a pipe is never replaced: it is written to.

    Raises:
      OSError: no file can be made there.
    """
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
    temporary = _made(folder, f".{base}.part-", 0o666 if before is None else 0o600)
    try:
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
def _poured_into(path: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        temporary = os.path.join(folder, "content")
        open(temporary, "xb").close()
        yield temporary
        with open(temporary, "rb") as source, open(path, "wb") as target:
            shutil.copyfileobj(source, target)


def _made(folder: str, prefix: str, mode: int) -> str:
    """Makes an empty file; the system takes from its permissions what new files should not have."""
    while True:
        path = os.path.join(folder, prefix + secrets.token_hex(6))
        with contextlib.suppress(FileExistsError):
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
    while os.path.lexists(aside := f"{path}.set-aside-{number}"):
        number += 1
    os.rename(path, aside)
    warnings.warn(f"{path}: {why}. It is {os.path.basename(aside)} now.", stacklevel=2)
    return aside


def flush(path: str) -> None:
    """Makes a file survive a power cut from here on; of a folder, the names in it.

    Raises:
      OSError: the file cannot be written.
    """
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
