"""MNIST as it is published: four files of numbers (`idx`), compressed or not.

Y. LeCun, L. Bottou, Y. Bengio and P. Haffner. Gradient-Based Learning Applied to Document
Recognition. Proceedings of the IEEE, 1998. Fashion-MNIST and others come in files of these names.
"""

from __future__ import annotations

import functools
import gzip
import io
import re
import zlib
from collections.abc import Iterable, Mapping

import numpy as np

from tf_slim.data import labels
from tf_slim.data.archives.archive import Archive, Packed
from tf_slim.data.archives.members import Member, Members
from tf_slim.data.layouts import LAYOUTS
from tf_slim.ops.data_errors import DataError

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

_FILE = re.compile(r"(train|t10k)-(images|labels)[-.]idx[13]-ubyte(\.gz)?")
_SPLITS = {"train": "train", "t10k": "test"}
_UNSIGNED_BYTES = 8
_MOST_BYTES = 1 << 30


def find(names: Iterable[str]) -> bool:
    """Whether there is one of the files, by its name.

    Args:
        names: Of the files in a folder.
    """
    return any(map(_FILE.fullmatch, names))


def is_part(name: str) -> bool:
    """Whether a file in a folder is one that `read` looks at, by its name."""
    return name == labels.FILE_NAME or bool(_FILE.fullmatch(name))


def read(members: Members) -> Archive:
    """Reads the data set.

    Args:
        members: The files in a folder. A `labels.txt` among them names the classes.

    Returns:
        The data set.

    Raises:
        DataError: If a file is missing or damaged, or two do not fit together.
    """
    names: dict[int, str] = dict(enumerate(NAMES))
    if labels.FILE_NAME in members.files:
        names.update(labels.read_labels(members.files[labels.FILE_NAME].where))
    files = {
        (_SPLITS[match[1]], match[2]): one
        for name, one in sorted(members.files.items())
        if (match := _FILE.fullmatch(name))
    }
    splits = {}
    for split in dict.fromkeys(split for split, _ in files):
        images = _idx(_file(members.path, files, split, "images"), 3)
        classes = _idx(_file(members.path, files, split, "labels"), 1)
        where = files[split, "images"].where
        if len(images) != len(classes):
            raise DataError(
                f"there are {len(images)} pictures, but {len(classes)} labels in "
                f"{files[split, 'labels'].where!r}.",
                path=where,
                remedy="Fetch both again.",
            )
        splits[split] = _pictures(split, images, classes, names, where)
    return Archive(
        LAYOUTS["mnist"],
        splits=splits,
        labels=names,
    )


def _file(folder: str, files: Mapping[tuple[str, str], Member], split: str, kind: str) -> Member:
    if (split, kind) not in files:
        raise DataError(
            f"the {kind} of the split {split!r} are missing; there are "
            f"{', '.join(sorted(one.name for one in files.values()))}.",
            path=folder,
            remedy="Put them there as well.",
        )
    return files[split, kind]


def _pictures(
    split: str, images: np.ndarray, classes: np.ndarray, names: dict[int, str], path: str
) -> list[Packed]:
    wrong = sorted(set(classes.tolist()) - set(names))
    if wrong:
        raise DataError(
            f"there is no class {wrong[0]}; the classes are {sorted(names)}.", path=path
        )
    return [
        Packed(
            f"{split}/{names[label]}/{index:05d}.png",
            label,
            images[index].size,
            f"{path}, picture {index}",
            functools.partial(images.__getitem__, index),
        )
        for index, label in enumerate(classes.tolist())
    ]


def _idx(member: Member, rank: int) -> np.ndarray:
    """The array in a file: 0, 0, kind, rank, the sizes (4 bytes each, big-endian), the values."""
    path, content = member.where, member.read()
    try:
        if member.name.endswith(".gz"):
            with gzip.open(io.BytesIO(content)) as file:
                content = file.read(_MOST_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"this is damaged, or no gzip file: {error}.", path=path, remedy="Fetch it again."
        ) from error
    header = 4 + 4 * rank
    if content[:4] != bytes([0, 0, _UNSIGNED_BYTES, rank]) or len(content) < header:
        raise DataError(
            f"this is no idx file of {rank} dimensions of bytes: it begins with {content[:4]!r}.",
            path=path,
        )
    sizes = np.frombuffer(content[4:header], ">u4").tolist()
    values = np.frombuffer(content, np.uint8, offset=header)
    expected = 1
    for size in sizes:
        expected *= size
    if values.size != expected:
        raise DataError(
            f"it should hold {expected} bytes, for sizes {sizes}, but has {values.size}.",
            path=path,
            remedy="Fetch it again.",
        )
    return values.reshape(sizes)
