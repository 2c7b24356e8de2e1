"""`from_folder`: a folder of pictures, in one folder for each class."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Sequence

import tensorflow as tf

from tf_slim.data.sources import checking, described, ordering, walking
from tf_slim.data.sources.listing import Listing
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops.arguments import checked
from tf_slim.ops.data_errors import DataError, DataNotFoundError
from tf_slim.ops.wording import first_few

VALIDATION_SHARE = 0.2

_LAYOUT = (
    "Put the pictures of each class into a folder of its own, as in flowers/roses/1.jpg; such "
    "folders may be in train/ and validation/."
)


@checked
def from_folder(
    path: str | os.PathLike,
    split: str = "train",
    *,
    validation_share: float = VALIDATION_SHARE,
    on_error: str = "fail",
    check: bool | None = None,
    name: str | None = None,
    image_channels: int = 3,
    image_size: int | Sequence[int] | None = None,
    preprocessing: str = "none",
) -> DatasetSpec:
    """Describes a folder that has the pictures of each class in a folder of its own.

    The labels 0, 1, 2 ... go to the names of the class folders in the order of these. If the
    folder holds `train/` and `validation/` (`val/`) or `test/` instead of classes, these are the
    splits. Else a hash of a picture's relative path says whether it is for training or for
    validation: that needs no list, and a picture stays where it is when others are added.

    Hidden files are passed over. Files that are no pictures by their names are left out, and listed
    in `spec.listing.skipped`. Files may be anywhere below the folder of their class.

    Args:
        path: The folder.
        split: `train`, `validation`, `test` (where there is such a folder), or `all`.
        validation_share: The share of the pictures that are for validation, from 0 to 1, where no
            folders say it.
        on_error: What to do about a picture that cannot be read. `fail` reads none now, and fails
            when a pipeline comes to it. `skip` decodes all of them now, and leaves out the bad
            ones, listed with reasons in `spec.listing.skipped`.
        check: Whether to decode all pictures now; None does so if `on_error` is `skip`. What is
            not checked now can be later, with progress, by `slim.data.sources.checked`.
        name: Name of the data set. If None, the name of the folder.
        image_channels: Channels to decode: 1 (grey), 3 (RGB) or 4 (RGBA).
        image_size: Size in pixels to hand to the preprocessing: one integer or `(height, width)`.
        preprocessing: Name of the preprocessing to use unless a pipeline is given another.

    Returns:
        The spec.

    Raises:
        DataNotFoundError: If there is no such folder.
        DataError: If there are no class folders, or fewer than two, or no picture, or two classes
            whose names differ in case alone, or a class without a picture to train on.
        ValueError: If there is no such split.

    Examples:
        >>> train = slim.data.from_folder("pets")
        >>> validation = slim.data.from_folder("pets", "validation")
        >>> train.labels_to_names, train.num_samples + validation.num_samples
        ({0: 'cat', 1: 'dog', 2: 'fox'}, 72)
    """
    root = _existing(path)
    checking.check_on_error(on_error)
    described.check_share(validation_share)
    inside = _split_folders(root)
    chosen = described.choose_split(split, _names(inside), repr(root))
    classes, listing = _listed(root, inside, chosen, validation_share)
    spec = described.as_spec(
        listing,
        name=name,
        split=chosen,
        where=root,
        labels_to_names=dict(enumerate(classes)),
        num_classes=len(classes),
        image_channels=image_channels,
        image_size=image_size,
        preprocessing=preprocessing,
    )
    return checking.checked_if(spec, on_error, check)


def folder_splits(path: str | os.PathLike) -> tuple[str, ...]:
    """Names of the splits of a folder of pictures.

    Args:
        path: The folder.

    Returns:
        The names, `train` first.

    Raises:
        DataNotFoundError: If there is no such folder.
        DataError: If splits and classes are mixed in it.
    """
    return _names(_split_folders(_existing(path)))


def _existing(path: str | os.PathLike) -> str:
    root = os.path.expanduser(os.fspath(path))
    if not tf.io.gfile.exists(root):
        raise DataNotFoundError(
            f"there is no such folder (looked from {os.getcwd()!r}).", path=root, remedy=_LAYOUT
        )
    if not tf.io.gfile.isdir(root):
        raise DataError(
            "this is a file, and not a folder.",
            path=root,
            remedy="A table of pictures is read by slim.data.from_table, TFRecords by "
            "slim.data.from_tfrecords.",
        )
    return root


def _split_folders(root: str) -> dict[str, list[str]]:
    """Names of the folders of each split. Empty where a hash has to say it."""
    found = walking.folders(root)
    splits: dict[str, list[str]] = {}
    for folder in found:
        if folder.lower() in described.SPLITS:
            splits.setdefault(described.SPLITS[folder.lower()], []).append(folder)
    if not splits:
        return {}
    others = [folder for folder in found if folder.lower() not in described.SPLITS]
    if others and len(splits) == 1:
        return {}  # a class that happens to be called train, among bus and car
    own = [folder for folders in splits.values() for folder in folders]
    if others:
        raise DataError(
            f"it holds folders of splits ({first_few(own)}) and others "
            f"({first_few(others)}), so that it is not clear what the classes are.",
            path=root,
            remedy="Move one kind elsewhere.",
        )
    return splits


def _names(inside: dict[str, list[str]]) -> tuple[str, ...]:
    if _drawn(inside):
        return ("train", "validation")
    return tuple(name for name in ("train", "validation", "test") if name in inside)


def _drawn(inside: dict[str, list[str]]) -> bool:
    """Whether a hash draws the splits: there are no folders that say it, or `train/` alone."""
    return set(inside) <= {"train"}


def _listed(
    root: str, inside: dict[str, list[str]], split: str, share: float
) -> tuple[list[str], Listing]:
    """The names of the classes of all splits, and the pictures of one split."""
    homes = [folder for folders in inside.values() for folder in folders] or [""]
    classes: dict[str, list[tuple[str, str]]] = {}
    for home in homes:
        _add_classes(root, home, classes)
    _check_classes(root, classes)
    if not _drawn(inside) and split != "all":
        homes = inside[split]
    paths: list[str] = []
    labels: list[int] = []
    skipped = [
        (f"{home}/{name}" if home else name, "it is in no folder of a class")
        for home in dict.fromkeys(("", *homes))
        for name in walking.loose(os.path.join(root, home))
    ]
    for label, name in enumerate(sorted(classes)):
        for home, folder in classes[name]:
            if home not in homes:
                continue
            prefix = f"{home}/{folder}/" if home else f"{folder}/"
            for found in walking.pictures(os.path.join(root, home, folder), [root]):
                if found.reason is not None:
                    skipped.append((prefix + found.path, found.reason))
                    continue
                paths.append(prefix + found.path)
                labels.append(label)
    if _drawn(inside):
        kept = ordering.of_split([path for path, _ in skipped], split, share)
        skipped = [skipped[i] for i in kept]
    listing = Listing(root, paths, labels, skipped=tuple(sorted(skipped)))
    if _drawn(inside):
        listing = listing.taken(ordering.of_split(paths, split, share))
    return sorted(classes), listing


def _add_classes(root: str, home: str, classes: dict[str, list[tuple[str, str]]]) -> None:
    for folder in walking.folders(os.path.join(root, home)):
        name = unicodedata.normalize("NFC", folder)
        twins = [other for at, other in classes.get(name, []) if at == home]
        if twins:
            raise _same(root, folder, twins[0], "the way in which their accents are written")
        classes.setdefault(name, []).append((home, folder))


def _check_classes(root: str, classes: Iterable[str]) -> None:
    names = sorted(classes)
    if not names:
        raise DataError("there are no folders of classes in it.", path=root, remedy=_LAYOUT)
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            raise _same(root, other, name, "upper and lower case")
    if len(names) == 1:
        raise DataError(
            f"there is one class only, {names[0]!r}, so nothing can be told apart.",
            path=root,
            remedy=_LAYOUT,
        )


def _same(root: str, one: str, other: str, what: str) -> DataError:
    return DataError(
        f"the classes {one!r} and {other!r} differ in {what} alone. On the disks of macOS and "
        "Windows they would be one folder, and all labels after it others than here.",
        path=root,
        remedy="Rename one, or put their pictures together.",
    )
