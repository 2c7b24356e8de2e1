"""Which known data set it is that a path has the archives of."""

from __future__ import annotations

from collections.abc import Sequence

from tf_slim.data.archives import cifar10, class_folders, far, imagenet, mnist, visual_wake_words
from tf_slim.data.archives.archive import Archive
from tf_slim.data.archives.members import in_folder, is_archive, members_of
from tf_slim.ops import paths


def archive_kind(path: str) -> str | None:
    """Tells what a path has the archives of, without reading more than names.

    Args:
        path: A file or folder.

    Returns:
        The name of a data set, `archive` for any other tar or zip file, or None.
    """
    if not paths.is_folder(path):
        return "archive" if is_archive(path) else None
    return _kind_of_folder(path, *paths.folders_and_files(path))


def _kind_of_folder(path: str, folders: Sequence[str], names: Sequence[str]) -> str | None:
    if mnist.find(names):
        return "mnist"
    if visual_wake_words.find(path, folders):
        return "visualwakewords"
    if any(map(cifar10.is_batch, names)):
        return "cifar10"
    return "imagenet" if imagenet.find(path, names) else None


def open_archive(path: str, scratch: str) -> Archive | str | None:
    """Finds the pictures of a data set as it is published.

    Args:
        path: A folder with the files of MNIST, of CIFAR-10, of ImageNet or of COCO; or a tar or zip
            archive: of CIFAR-10, of ImageNet, or of class folders, as `flower_photos.tgz` is. Both
            may be far away (`gs://...`): files that hold many pictures are copied into the cache,
            once; those of one are read where they are.
        scratch: An existing folder for what a compressed archive holds. It has to stay for as long
            as pictures are read.

    Returns:
        The data set. An archive of class folders becomes such folders: their path. None if there
        is no such data set in the folder, or the file is no archive.

    Raises:
        DataError: If something in it is missing, damaged, or not to be trusted.
        OSError: If it cannot be read, or there is no room for what it holds.
    """
    if paths.is_folder(path):
        return _of_folder(path, scratch)
    called, path = path, far.near(path)
    if not is_archive(path):
        return None
    members = members_of(path, scratch, called)
    batches = cifar10.find(members)
    if batches:
        return cifar10.read(batches)
    if imagenet.find(called, members.files):
        return imagenet.read(members)
    return class_folders.unpacked(members, scratch)


def _of_folder(path: str, scratch: str) -> Archive | None:
    folders, names = paths.folders_and_files(path)
    kind = _kind_of_folder(path, folders, names)
    if kind is None:
        return None
    if kind == "visualwakewords":
        return visual_wake_words.read(path, folders, names, scratch)
    is_part = {"mnist": mnist.is_part, "cifar10": cifar10.is_batch, "imagenet": imagenet.is_part}
    members = in_folder(path, filter(is_part[kind], names), copied=True)
    if kind == "mnist":
        return mnist.read(members)
    return (
        imagenet.read(members) if kind == "imagenet" else cifar10.read(cifar10.find(members) or {})
    )
