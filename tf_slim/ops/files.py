"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
import warnings
from collections.abc import Iterator


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

    If the block fails, nothing has happened at `path`.

    Raises:
      OSError: no file can be made there.
    """
    path = os.fspath(path)
    folder, base = os.path.split(os.path.abspath(path))
    handle, temporary = tempfile.mkstemp(prefix=f".{base}.part-", dir=folder)
    os.close(handle)
    try:
        yield temporary
        flush(temporary)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
        flush(folder)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


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


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
