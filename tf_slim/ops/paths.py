"""Paths, on a disk of this machine or far away: what is there, what is in it, and taking it away.

A far path has a scheme (`gs://bucket/run`, `hdfs://...`, `ram://...`): TensorFlow's file systems
open it, by `tf.io.gfile`. What they raise is an OSError here, as it is of a disk.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import errno
import fnmatch
import glob
import os
import shutil
from collections.abc import Iterator, Sequence

_NUMBERS = {
    "NotFoundError": errno.ENOENT,
    "AlreadyExistsError": errno.EEXIST,
    "PermissionDeniedError": errno.EACCES,
    "UnauthenticatedError": errno.EACCES,
    "ResourceExhaustedError": errno.ENOSPC,
    "UnimplementedError": errno.EPROTONOSUPPORT,
}

_OF_OBJECTS = ("gs", "s3")

_AT_ONCE = 32
"""Requests that are made at the same time."""


def is_far(path: str | os.PathLike) -> bool:
    """Whether a path is one of TensorFlow's file systems, and not of this machine."""
    return "://" in os.fsdecode(path)


def is_of_objects(path: str | os.PathLike) -> bool:
    """Whether a path is one of a store of objects, which appear whole when they are closed.

    Folders are there no more than as beginnings of names.
    """
    return os.fsdecode(path).partition("://")[0] in _OF_OBJECTS and is_far(path)


@contextlib.contextmanager
def asking(path: str | os.PathLike) -> Iterator[None]:
    """Raises what TensorFlow's file systems raise as the OSError that Python has for it.

    Raises:
      OSError: something was raised within.
    """
    import tensorflow as tf  # what only replaces files of a disk needs none

    try:
        yield
    except tf.errors.OpError as error:
        number = _NUMBERS.get(type(error).__name__, errno.EIO)
        why = error.message.partition("\n")[0] or os.strerror(number)
        raise OSError(number, why, os.fsdecode(path)) from error


def _gfile():
    import tensorflow as tf

    return tf.io.gfile


def exists(path: str | os.PathLike) -> bool:
    """Whether there is anything; of a disk, a link that leads nowhere is something, too."""
    if not is_far(path):
        return os.path.lexists(path)
    with asking(path):
        return _gfile().exists(path)


def is_file(path: str | os.PathLike) -> bool:
    """Whether there is a file."""
    if not is_far(path):
        return os.path.isfile(path)
    with asking(path):
        return _gfile().exists(path) and not _gfile().isdir(path)


def is_folder(path: str | os.PathLike) -> bool:
    """Whether there is a folder; an object store has those that hold something."""
    if not is_far(path):
        return os.path.isdir(path)
    with asking(path):
        return _gfile().isdir(path)


def names(folder: str) -> list[str]:
    """The names in a folder, sorted; those of folders without a separator.

    Raises:
      OSError: there is none.
    """
    if not is_far(folder):
        return sorted(os.listdir(folder))
    with asking(folder):
        return sorted({name.rstrip("/") for name in _gfile().listdir(folder)} - {""})


def folders_and_files(folder: str) -> tuple[list[str], list[str]]:
    """The names of the folders in a folder, and those of the files, sorted.

    Raises:
      OSError: there is none.
    """
    if not is_far(folder):
        with os.scandir(folder) as entries:
            there = list(entries)
        return (
            sorted(one.name for one in there if one.is_dir()),
            sorted(one.name for one in there if one.is_file()),
        )
    with asking(folder):
        found = _gfile().listdir(folder)
        # A listing of gs:// tells them apart. To ask of each name is a request each.
        if os.fsdecode(folder).startswith("gs://"):
            inner = {name for name in found if name.endswith("/")}
        else:
            inner = {name for name in found if _gfile().isdir(os.path.join(folder, name))}
    files = {name for name in found if name not in inner}
    return sorted({name.rstrip("/") for name in inner} - {""}), sorted(files - {""})


def starting(prefix: str, pattern: str) -> list[str]:
    """The paths that begin with a prefix, as it is written, and go on as a pattern.

    Args:
      prefix: the beginning.
      pattern: the rest, with `*` for anything but a separator.

    Returns:
      Paths, sorted; none where there is no such folder.
    """
    if not is_far(prefix):
        return sorted(glob.glob(glob.escape(prefix) + pattern))
    folder, base = os.path.split(prefix)
    wanted = glob.escape(base) + pattern
    try:
        found = names(folder)
    except FileNotFoundError:
        return []
    return [os.path.join(folder, name) for name in found if fnmatch.fnmatchcase(name, wanted)]


def matching(pattern: str) -> list[str]:
    """The paths that match a pattern, sorted; on a disk, `**` goes through any folders."""
    if not is_far(pattern):
        return sorted(glob.glob(pattern, recursive=True))
    with asking(pattern):
        return sorted(_gfile().glob(pattern))


def size(path: str) -> int:
    """The bytes of a file.

    Raises:
      OSError: there is none.
    """
    if not is_far(path):
        return os.path.getsize(path)
    with asking(path):
        return _gfile().stat(path).length


def versions(found: Sequence[str]) -> list[tuple[int, int]]:
    """The bytes of files, and when each was written, in nanoseconds: of far ones, many at once.

    Raises:
      OSError: there is no such file.
    """

    def asked(path: str) -> tuple[int, int]:
        if not is_far(path):
            status = os.stat(path)
            return status.st_size, status.st_mtime_ns
        with asking(path):
            far = _gfile().stat(path)
        return far.length, far.mtime_nsec

    if not any(map(is_far, found)):
        return [asked(path) for path in found]
    # Each of them is a request, which takes its time, and nothing of this machine.
    with concurrent.futures.ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(asked, found))


def make_folders(path: str) -> None:
    """Makes a folder, and those that it is in, where they are not there yet.

    An object store has none to make: to write into a folder is enough.

    Raises:
      OSError: it cannot be made.
    """
    if not is_far(path):
        os.makedirs(path, exist_ok=True)
        return
    # In a bucket that is not there, or is not ours to look at, TensorFlow tries for ever.
    if is_of_objects(path):
        return
    with asking(path):
        _gfile().makedirs(path)


def remove(path: str) -> None:
    """Removes a file.

    Raises:
      OSError: there is none, or it cannot be removed.
    """
    if not is_far(path):
        os.remove(path)
        return
    with asking(path):
        _gfile().remove(path)


def remove_folder(path: str) -> None:
    """Removes a folder with all that is in it, as far as that goes."""
    if not is_far(path):
        shutil.rmtree(path, ignore_errors=True)
        return
    with contextlib.suppress(OSError), asking(path):
        _gfile().rmtree(path)


def rename(path: str, target: str) -> None:
    """Moves a file over another one, or to where there is none.

    Raises:
      OSError: it cannot be moved.
    """
    if not is_far(path):
        os.replace(path, target)
        return
    with asking(path):
        _gfile().rename(path, target, overwrite=True)


def copy(path: str, target: str) -> None:
    """Copies a file, over another one if need be; either may be far away.

    Raises:
      OSError: it cannot be copied.
    """
    if not (is_far(path) or is_far(target)):
        shutil.copyfile(path, target)
        return
    with asking(target if is_far(target) else path):
        if is_far(target) and not is_of_objects(target) and _gfile().exists(target):
            _gfile().remove(target)  # some file systems write on at the end of what is there
        _gfile().copy(path, target, overwrite=True)


def absolute(path: str) -> str:
    """A path that does not depend on the folder that the process is in."""
    return path if is_far(path) else os.path.abspath(path)


def user(path: str | os.PathLike) -> str:
    """A path as a user gave it, with `~` for the home folder."""
    return os.path.expanduser(os.fspath(path))
