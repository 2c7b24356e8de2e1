"""An archive that is far away, such as `gs://bucket/pets.zip`: read from a copy in the cache."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil

import tensorflow as tf

from tf_slim.ops import downloads, files, paths

ENDINGS = (".zip", ".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz")


def near(path: str) -> str:
    """A copy, in the cache of this machine, of an archive that is far away.

    It is made once: the next time it is found there, unless the archive has another size or time.
    Whether a far file is an archive is told by its name, so that others are not copied to see.

    Args:
        path: A path.

    Returns:
        The path of the copy; for anything else than a far archive, `path`.

    Raises:
        OSError: If it cannot be read, or there is no room for it.
    """
    if not (paths.is_far(path) and path.lower().endswith(ENDINGS) and paths.is_file(path)):
        return path
    with paths.asking(path):
        found = tf.io.gfile.stat(path)
    version = f"{path}\n{found.length}\n{found.mtime_nsec}"
    name = hashlib.blake2b(version.encode(), digest_size=8).hexdigest()
    folder = downloads.private_folder("archives", name)
    copy = os.path.join(folder, os.path.basename(path))
    if not os.path.exists(copy):
        _require_room(path, found.length, str(folder))
        with files.replacing(copy) as temporary:
            paths.copy(path, temporary)
    return copy


def _require_room(path: str, need: int, folder: str) -> None:
    free = shutil.disk_usage(folder).free
    if need > free:
        raise OSError(
            errno.ENOSPC,
            f"There is not enough room to copy {path}: {need:,} bytes are needed and {free:,} are "
            "free. TF_SLIM_CACHE names another place",
            folder,
        )
