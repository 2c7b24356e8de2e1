"""Files that are far away, such as `gs://bucket/pets.zip`: read from copies in the cache.

So are archives, and the files of known data sets, of which each holds many pictures.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import hashlib
import os
from collections.abc import Iterable

import filelock

from tf_slim.ops import downloads, files, paths

ENDINGS = (".zip", ".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz")


def near(path: str) -> str:
    """A copy of an archive that is far away, as `copies` makes it.

    Whether a far file is an archive is told by its name, so that others are not copied to see.

    Args:
        path: A path.

    Returns:
        The path of the copy; for anything else than a far archive, `path`.

    Raises:
        OSError: If it cannot be read, or there is no room for it.
    """
    if paths.is_far(path) and path.lower().endswith(ENDINGS) and paths.is_file(path):
        return copies([path])[path]
    return path


def copies(found: Iterable[str]) -> dict[str, str]:
    """Copies, in the cache of this machine, of files that are far away.

    Each is made once: the next time it is found there, unless the file has another size or time.

    Args:
        found: Paths of files.

    Returns:
        The path of the copy of each; a file of this machine is its own.

    Raises:
        OSError: If one cannot be read. If there is no room for all of them, none is copied.
    """
    found = list(found)
    there = {path: path for path in found}
    missing = {}
    far = [path for path in found if paths.is_far(path)]
    for path, version in zip(far, paths.versions(far)):
        there[path] = _place(path, version)
        if not os.path.exists(there[path]):
            missing[path] = version[0]
    if missing:
        _require_room(missing)
    for path in missing:
        _copy(path, there[path])
    return there


def _place(path: str, version: tuple[int, int]) -> str:
    text = "\n".join(map(str, (path, *version)))
    name = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    return os.path.join(downloads.cache_folder("archives", name), os.path.basename(path))


def _copy(path: str, copy: str) -> None:
    folder, base = os.path.split(copy)
    downloads.private_folder("archives", os.path.basename(folder))
    with filelock.FileLock(f"{copy}.lock"):
        if os.path.exists(copy):  # by another process, meanwhile
            return
        # What a process that was killed had copied, which may be large.
        for part in glob.glob(glob.escape(os.path.join(folder, f".{base}.part-")) + "*"):
            with contextlib.suppress(OSError):
                os.unlink(part)
        with files.replacing(copy) as temporary:
            paths.copy(path, temporary)


def _require_room(missing: dict[str, int]) -> None:
    folder = downloads.private_folder("archives")
    lack = files.missing_room(folder, sum(missing.values()))
    if lack:
        first, *others = missing
        raise OSError(
            errno.ENOSPC,
            f"There is not enough room to copy {first}{f' and {len(others)} more' * bool(others)}: "
            f"{lack}. TF_SLIM_CACHE names another place",
            str(folder),
        )
