"""Which files of a folder are pictures: told by their names, without opening them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import tensorflow as tf

from tf_slim.data import images
from tf_slim.ops import paths

_EXTENSIONS = frozenset(ending for endings in images.ENDINGS.values() for ending in endings)
# Files that systems leave behind in folders.
_LEFT_BEHIND = frozenset({"thumbs.db", "desktop.ini", "__macosx", "@eadir"})


class Found(NamedTuple):
    """A file below a folder.

    Attributes:
        path: Relative to the folder, with `/`.
        reason: Why it is no picture; None for one that may be.
    """

    path: str
    reason: str | None


def hidden(name: str) -> bool:
    """Whether a file or folder is none of the user's: `.git`, `__MACOSX`, `Thumbs.db`."""
    return name.startswith(".") or name.lower() in _LEFT_BEHIND


def folders(path: str) -> list[str]:
    """Names of the folders in a folder, sorted, without the hidden ones."""
    return [name for name in paths.folders_and_files(path)[0] if not hidden(name)]


def loose(path: str) -> list[str]:
    """Names of what is in a folder itself and is no folder, sorted, without the hidden ones."""
    inside = set(folders(path))
    return [n for n in paths.names(path) if not hidden(n) and n not in inside]


def pictures(folder: str, within: Sequence[str] = ()) -> Iterator[Found]:
    """Walks over the files of a folder and all folders in it, in no order that is always the same.

    Hidden files are passed over. Links are followed, but not into a folder that they are in.

    Args:
        folder: Its path.
        within: Folders that it is in, into which no link is followed either.

    Yields:
        The files, and the links that are not followed.
    """
    if paths.is_far(folder):
        yield from _far_away(folder)
        return
    waiting: list[tuple[str, str, tuple]] = [(folder, "", tuple(map(_identity, (*within, folder))))]
    while waiting:
        path, prefix, above = waiting.pop()
        with os.scandir(path) as entries:
            for entry in entries:
                name = entry.name
                if hidden(name):
                    continue
                try:
                    is_folder = entry.is_dir()
                    # A pipe would be waited for.
                    is_file = is_folder or entry.is_file() or entry.is_symlink()
                except OSError as error:
                    yield Found(prefix + name, f"it leads nowhere ({error.strerror})")
                    continue
                if not is_folder:
                    reason = _no_picture(entry.path, name) if is_file else "it is no regular file"
                    yield Found(prefix + name, reason)
                    continue
                identity = _identity(entry.path)
                if identity in above:
                    yield Found(prefix + name, "a link into a folder that it is in")
                    continue
                waiting.append((entry.path, f"{prefix}{name}/", (*above, identity)))


def _far_away(folder: str) -> Iterator[Found]:
    waiting = [(folder, "")]
    while waiting:
        path, prefix = waiting.pop()
        inner, names = paths.folders_and_files(path)
        for name in names:
            if not hidden(name):
                yield Found(prefix + name, _no_picture(os.path.join(path, name), name))
        waiting += [
            (os.path.join(path, name), f"{prefix}{name}/") for name in inner if not hidden(name)
        ]


def _identity(path: str) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino


def _no_picture(path: str, name: str) -> str | None:
    extension = os.path.splitext(name)[1].lower()
    if extension in _EXTENSIONS:
        return None
    if extension:
        return f"its extension is {extension}, which is none of a picture"
    try:
        with tf.io.gfile.GFile(path, "rb") as file:
            start = file.read(4)
    except (tf.errors.OpError, OSError) as error:
        return f"it has no extension and cannot be read ({type(error).__name__})"
    if start.startswith(images.STARTS):
        return None
    return "it has no extension, and its content is none of a picture"
