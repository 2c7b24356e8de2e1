"""Which known data set it is that a path has the archives of."""

from __future__ import annotations

from collections.abc import Callable

from tf_slim.data.archives import cifar10, class_folders, far, imagenet, mnist, visual_wake_words
from tf_slim.data.archives.archive import Archive
from tf_slim.data.archives.members import Members, in_folder, is_archive, members_of
from tf_slim.ops import paths


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

    def copied(is_part: Callable[[str], bool]) -> Members:
        return in_folder(path, filter(is_part, names), copied=True)

    if mnist.find(names):
        return mnist.read(copied(mnist.is_part))
    if annotations := visual_wake_words.find(path, folders):
        return visual_wake_words.read(path, annotations, folders, names, scratch)
    if any(map(cifar10.is_batch, names)):
        return cifar10.read(cifar10.find(copied(cifar10.is_batch)))
    if imagenet.find(path, names):
        return imagenet.read(copied(imagenet.is_part))
    return None
