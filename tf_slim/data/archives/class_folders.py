"""An archive of class folders, such as `flower_photos.tgz`."""

from __future__ import annotations

from tf_slim.data.archives.archive import Archive
from tf_slim.data.archives.members import Members

VALIDATION_SHARE = 0.2


def read(members: Members, validation_share: float) -> Archive:
    raise NotImplementedError
