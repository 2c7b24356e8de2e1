"""A tar or zip archive of class folders, such as `flower_photos.tgz`."""

from __future__ import annotations

import os

from tf_slim.data.archives.members import Members
from tf_slim.ops.data_errors import DataError


def unpacked(members: Members, scratch: str) -> str:
    """Unpacks an archive, so that it is read as the folder that it was.

    Args:
        members: What it holds.
        scratch: The folder to unpack into, which has to stay for as long as pictures are read.

    Returns:
        The folder that holds the class folders.

    Raises:
        DataError: If it holds anything but files and folders.
        OSError: If there is no room for it.
    """
    if members.skipped:
        name, reason = members.skipped[0]
        raise DataError(f"{name!r} in it is {reason}.", path=members.path)
    folder = os.path.join(scratch, "unpacked")
    os.makedirs(folder)
    for name, member in members.files.items():
        # No name leads out of the archive: `members` has seen to that.
        target = os.path.join(folder, *name.split("/"))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(member.read())
    while True:
        inside = [name for name in os.listdir(folder) if not name.startswith((".", "__MACOSX"))]
        within = os.path.join(folder, inside[0]) if len(inside) == 1 else ""
        if not os.path.isdir(within):
            return folder
        folder = within
