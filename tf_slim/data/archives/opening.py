"""Which known data set it is that a path has the archives of."""

from __future__ import annotations

import os

from tf_slim.data.archives import cifar10, class_folders, far, imagenet, mnist, visual_wake_words
from tf_slim.data.archives.archive import Archive
from tf_slim.data.archives.members import is_archive, members_of


def archive_kind(path: str) -> str | None:
    """Tells what a path has the archives of, without reading more than names.

    Args:
        path: A file or folder.

    Returns:
        The name of a data set, `archive` for any other tar or zip file, or None.
    """
    if os.path.isdir(path):
        for kind, find in (("mnist", mnist.find), ("visualwakewords", visual_wake_words.find)):
            if find(path):
                return kind
        members = members_of(path, "")
        if cifar10.find(members):
            return "cifar10"
        return "imagenet" if imagenet.find(members) else None
    return "archive" if is_archive(path) else None


def open_archive(path: str, scratch: str) -> Archive | str | None:
    """Finds the pictures of a data set as it is published.

    Args:
        path: A folder with the files of MNIST, of CIFAR-10, of ImageNet or of COCO; or a tar or zip
            archive: of CIFAR-10, of ImageNet, or of class folders, as `flower_photos.tgz` is. An
            archive may be far away (`gs://...`); it is copied into the cache, once.
        scratch: An existing folder for what a compressed archive holds. It has to stay for as long
            as pictures are read.

    Returns:
        The data set. An archive of class folders becomes such folders: their path. None if there
        is no such data set in the folder, or the file is no archive.

    Raises:
        DataError: If something in it is missing, damaged, or not to be trusted.
        OSError: If it cannot be read, or there is no room for what it holds.
    """
    called, path = path, far.near(path)
    kind = archive_kind(path)
    if kind is None:
        return None
    if kind == "mnist":
        return mnist.read(path, mnist.find(path) or {})
    if kind == "visualwakewords":
        return visual_wake_words.read(path, visual_wake_words.find(path) or {}, scratch)
    members = members_of(path, scratch, called)
    batches = cifar10.find(members)
    if batches:
        return cifar10.read(batches)
    if imagenet.find(members):
        return imagenet.read(members)
    return class_folders.unpacked(members, scratch)
