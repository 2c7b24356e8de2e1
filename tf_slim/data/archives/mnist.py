"""MNIST as it is published: four files of numbers (`idx`), compressed or not.

Y. LeCun, L. Bottou, Y. Bengio and P. Haffner. Gradient-Based Learning Applied to Document
Recognition. Proceedings of the IEEE, 1998. Fashion-MNIST and others come in files of these names.
"""

from __future__ import annotations

import functools
import gzip
import os
import re
import zlib

import numpy as np

from tf_slim.data import labels
from tf_slim.data.archives.archive import Archive, Packed
from tf_slim.data.layouts import LAYOUTS
from tf_slim.ops.data_errors import DataError

NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

_FILE = re.compile(r"(train|t10k)-(images|labels)[-.]idx[13]-ubyte(\.gz)?")
_SPLITS = {"train": "train", "t10k": "test"}
_UNSIGNED_BYTES = 8
_MOST_BYTES = 1 << 30


def find(folder: str) -> dict[tuple[str, str], str] | None:
    """Looks for the files.

    Args:
        folder: Where to look.

    Returns:
        The path of each by `(split, "images" or "labels")`, or None if there are none.
    """
    found = {}
    for name in sorted(os.listdir(folder)):
        if match := _FILE.fullmatch(name):
            found[_SPLITS[match[1]], match[2]] = os.path.join(folder, name)
    return found or None


def read(folder: str, files: dict[tuple[str, str], str]) -> Archive:
    """Reads the data set.

    Args:
        folder: Where the files are. A `labels.txt` in it names the classes.
        files: What `find` found.

    Returns:
        The data set.

    Raises:
        DataError: If a file is missing or damaged, or two do not fit together.
    """
    names: dict[int, str] = dict(enumerate(NAMES))
    own = os.path.join(folder, labels.FILE_NAME)
    if os.path.exists(own):
        names.update(labels.read_labels(own))
    splits = {}
    for split in dict.fromkeys(split for split, _ in files):
        images = _idx(_path(folder, files, split, "images"), 3)
        classes = _idx(_path(folder, files, split, "labels"), 1)
        if len(images) != len(classes):
            raise DataError(
                f"there are {len(images)} pictures, but {len(classes)} labels in "
                f"{files[split, 'labels']!r}.",
                path=files[split, "images"],
                remedy="Fetch both again.",
            )
        splits[split] = _pictures(split, images, classes, names, files[split, "images"])
    return Archive(
        LAYOUTS["mnist"],
        splits=splits,
        labels=names,
    )


def _path(folder: str, files: dict[tuple[str, str], str], split: str, kind: str) -> str:
    if (split, kind) not in files:
        raise DataError(
            f"the {kind} of the split {split!r} are missing; there are "
            f"{', '.join(sorted(map(os.path.basename, files.values())))}.",
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


def _idx(path: str, rank: int) -> np.ndarray:
    """The array in a file: 0, 0, kind, rank, the sizes (4 bytes each, big-endian), the values."""
    opened = gzip.open if path.endswith(".gz") else open
    try:
        with opened(path, "rb") as file:
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
