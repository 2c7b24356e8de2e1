"""ImageNet (ILSVRC 2012) as it is published: a tar archive that holds one for each class.

O. Russakovsky et al. ImageNet Large Scale Visual Recognition Challenge. IJCV, 2015.
https://arxiv.org/abs/1409.0575

Nothing is unpacked: the place of each picture within the archive is noted, and it is read from
there. The classes are numbered from 1 in the order of their WordNet ids, 0 being "background", as
in research/slim and in the weights that were published with it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from tf_slim.data.archives.archive import Archive, Packed
from tf_slim.data.archives.members import Member, Members, range_of, tar_members
from tf_slim.data.layouts import LAYOUTS
from tf_slim.ops.data_errors import DataError
from tf_slim.ops.wording import first_few

TRAIN = "ILSVRC2012_img_train.tar"
VALIDATION = "ILSVRC2012_img_val.tar"
CLASSES_OF_VALIDATION = "imagenet_2012_validation_synset_labels.txt"
NAMES = ("LOC_synset_mapping.txt", "imagenet_metadata.txt")

_CLASS = re.compile(r"(n\d{8})\.tar")
_CLASS_ID = re.compile(r"n\d{8}")
_NUMBER = re.compile(r"ILSVRC2012_val_(\d{8})\.JPEG")


def find(path: str, names: Iterable[str]) -> bool:
    """Whether a folder or an archive holds the archive of the pictures or those of the classes.

    Args:
        path: Of the folder or archive.
        names: Of the files in it.
    """
    if os.path.basename(path) == TRAIN:
        return True
    names = [name.rpartition("/")[2] for name in names]
    return TRAIN in names or any(map(_CLASS.fullmatch, names))


def is_part(name: str) -> bool:
    """Whether a file in a folder is one that `read` looks at, by its name."""
    return name in (TRAIN, VALIDATION, CLASSES_OF_VALIDATION, *NAMES) or bool(
        _CLASS.fullmatch(name)
    )


def read(members: Members) -> Archive:
    """Finds the pictures. What is read of the archives are the headers of their members.

    Args:
        members: What the folder, or the archive of the pictures, holds. Beside the archives, a
            folder may have the list of the classes of the validation pictures
            (`imagenet_2012_validation_synset_labels.txt`, one WordNet id a line), and one of
            readable names (`LOC_synset_mapping.txt` or `imagenet_metadata.txt`).

    Returns:
        The data set.

    Raises:
        DataError: If an archive is damaged, or the validation pictures have no classes.
        OSError: If a file cannot be read.
    """
    by_name = {name.rpartition("/")[2]: one for name, one in sorted(members.files.items())}
    classes = _of_classes(by_name)
    if TRAIN in by_name:
        inner = tar_members(*_stored(by_name[TRAIN]), called=by_name[TRAIN].where)
        classes |= _of_classes({name.rpartition("/")[2]: one for name, one in inner.files.items()})
    if not classes:
        raise DataError(
            "there are no archives of classes (n01440764.tar and so on) in it.",
            path=by_name[TRAIN].where if TRAIN in by_name else members.path,
        )
    numbers = {synset: number for number, synset in enumerate(sorted(classes), start=1)}
    splits = {"train": _train(classes, numbers)}
    if VALIDATION in by_name:
        splits["validation"] = _validation(by_name, numbers)
    readable = _readable(by_name)
    return Archive(
        LAYOUTS["imagenet"],
        splits=splits,
        labels={
            0: "background",
            **{number: readable.get(synset, synset) for synset, number in numbers.items()},
        },
        skipped=tuple(members.skipped),
    )


def _of_classes(files: dict[str, Member]) -> dict[str, Member]:
    return {match[1]: one for name, one in files.items() if (match := _CLASS.fullmatch(name))}


def _train(classes: dict[str, Member], numbers: dict[str, int]) -> list[Packed]:
    found = []
    for synset in sorted(classes):
        pictures = tar_members(*_stored(classes[synset]), called=classes[synset].where)
        found += [
            _packed(f"train/{synset}/{name.rpartition('/')[2]}", numbers[synset], one)
            for name, one in pictures.files.items()
        ]
    return found


def _validation(files: dict[str, Member], numbers: dict[str, int]) -> list[Packed]:
    pictures = tar_members(*_stored(files[VALIDATION]), called=files[VALIDATION].where)
    if CLASSES_OF_VALIDATION not in files:
        raise DataError(
            f"the pictures of {VALIDATION} do not say what they show. Their classes are in "
            f"{CLASSES_OF_VALIDATION} of research/slim, one WordNet id a line.",
            path=files[VALIDATION].where,
            remedy=f"Put that file beside it, or move {VALIDATION} away to convert without it.",
        )
    listed = _lines(files[CLASSES_OF_VALIDATION])
    unknown = sorted(set(listed) - set(numbers))
    if unknown:
        raise DataError(
            f"it names classes that are not among the {len(numbers)} of training: "
            f"{first_few(unknown, 3)}.",
            path=files[CLASSES_OF_VALIDATION].where,
        )
    found = []
    for name, one in pictures.files.items():
        base = name.rpartition("/")[2]
        match = _NUMBER.fullmatch(base)
        if match is None or not 1 <= int(match[1]) <= len(listed):
            raise DataError(
                f"its name should be ILSVRC2012_val_ and a number up to {len(listed)}, as there "
                f"are classes in {CLASSES_OF_VALIDATION}.",
                path=one.where,
            )
        synset = listed[int(match[1]) - 1]
        found.append(_packed(f"validation/{synset}/{base}", numbers[synset], one))
    return found


def _packed(path: str, label: int, member: Member) -> Packed:
    return Packed(path, label, member.size, member.where, member.read)


def _stored(member: Member) -> tuple[str, int, int]:
    place = range_of(member)
    if place is None:
        raise DataError(
            "an archive within this kind of archive cannot be read.",
            path=member.where,
            remedy="Unpack the outer one into a folder, and convert the folder.",
        )
    return place


def _readable(files: dict[str, Member]) -> dict[str, str]:
    """The names of the classes by their WordNet ids, where a list of them is there."""
    for name in NAMES:
        if name in files:
            rows = [re.split(r"[ \t]+", line, maxsplit=1) for line in _lines(files[name])]
            return {row[0]: row[1] for row in rows if len(row) == 2 and _CLASS_ID.fullmatch(row[0])}
    return {}


def _lines(member: Member) -> list[str]:
    text = member.read().decode("utf-8", "replace")
    return [line.strip() for line in text.splitlines() if line.strip()]
