"""`manifest.json`: what a folder of converted data holds, so that what is missing can be told."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.ops import files
from tf_slim.ops.data_errors import DataError, DataNotFoundError

FILE_NAME = "manifest.json"
VERSION = 1

_AGAIN = "Convert the data again (tf-slim data convert)."


@dataclasses.dataclass(frozen=True)
class ManifestFile:
    """A file of records.

    Attributes:
        name: Its name in the folder of the manifest.
        records: Number of records.
        bytes: Its size.
        sha256: The checksum of all of it, in hexadecimal digits.
    """

    name: str
    records: int
    bytes: int
    sha256: str


@dataclasses.dataclass(frozen=True)
class ManifestSplit:
    """A split.

    Attributes:
        records: Number of records.
        files: Its files, in the order of the data.
        classes: Number of records of each class. Those with several labels count once for each.
    """

    records: int
    files: tuple[ManifestFile, ...]
    classes: Mapping[int, int]


@dataclasses.dataclass(frozen=True)
class Manifest:
    """What a folder of converted data holds.

    Attributes:
        splits: Each split by its name.
        labels: Name of each class.
        multi_label: Whether a record may have several labels.
        skipped: `(path, reason)` of each picture that was left out.
        name: Name of the data set.
        image_channels: Channels to decode to.
        image_size: `(height, width)` in pixels to hand to the preprocessing, or None.
        preprocessing: Name of the preprocessing that fits the data.
        weighted: Whether the records have weights.
        source: A digest of what was converted: paths, sizes, labels, splits and weights.

    Examples: see `slim.data.convert`.
    """

    splits: Mapping[str, ManifestSplit]
    labels: Mapping[int, str]
    multi_label: bool = False
    skipped: tuple[tuple[str, str], ...] = ()
    name: str = ""
    image_channels: int = 3
    image_size: tuple[int, int] | None = None
    preprocessing: str = "none"
    weighted: bool = False
    source: str = ""

    @property
    def num_classes(self) -> int:
        """One more than the highest label."""
        return max(self.labels) + 1


def read_manifest(folder: str | os.PathLike) -> Manifest:
    """Reads the `manifest.json` of a folder. The files that it names are not looked at.

    Args:
        folder: The folder, or the file itself.

    Returns:
        What it says.

    Raises:
        DataNotFoundError: If there is none.
        DataError: If it is no manifest, of a later version, or names a file outside its folder.

    Examples:
        >>> manifest = slim.data.convert("pets", "pets-records")
        >>> slim.data.read_manifest("pets-records") == manifest
        True
    """
    path = os.fsdecode(folder)
    if os.path.basename(path) != FILE_NAME:
        path = os.path.join(path, FILE_NAME)
    if not tf.io.gfile.exists(path):
        raise DataNotFoundError("there is no such manifest.", path=path)
    try:
        with tf.io.gfile.GFile(path, "rb") as file:
            content = json.loads(file.read())
    except (ValueError, RecursionError) as error:
        raise DataError(f"this is not JSON: {error}.", path=path, remedy=_AGAIN) from error
    return _Reader(path).manifest(content)


def write_manifest(folder: str | os.PathLike, manifest: Manifest) -> None:
    """Writes the `manifest.json` of a folder, whole or not at all.

    Args:
        folder: The folder.
        manifest: What to write. The same content always gives the same bytes.

    Raises:
        OSError: If it cannot be written.
    """
    content = {
        "version": VERSION,
        "name": manifest.name,
        "splits": {
            name: {
                "records": split.records,
                "files": [dataclasses.asdict(one) for one in split.files],
                "classes": {str(label): split.classes[label] for label in sorted(split.classes)},
            }
            for name, split in manifest.splits.items()
        },
        "labels": {str(label): manifest.labels[label] for label in sorted(manifest.labels)},
        "multi_label": manifest.multi_label,
        "weighted": manifest.weighted,
        "image_channels": manifest.image_channels,
        "image_size": manifest.image_size,
        "preprocessing": manifest.preprocessing,
        "source": manifest.source,
        "skipped": [{"path": path, "reason": reason} for path, reason in manifest.skipped],
    }
    # Names of files may hold halves of characters, which UTF-8 has no bytes for: JSON escapes them.
    text = json.dumps(content, indent=1, ensure_ascii=True)
    files.replace_text(os.path.join(os.fsdecode(folder), FILE_NAME), text + "\n")


class _Reader:
    """Checks each value, and says where in the file it is that one is wrong."""

    def __init__(self, path: str):
        self._path = path

    def manifest(self, content: Any) -> Manifest:
        content = self._of(dict, content, "the whole file", "an object")
        version = self._take(content, "version", "", int)
        if version != VERSION:
            raise DataError(
                f"its version is {version}, but this TF-Slim reads version {VERSION}.",
                path=self._path,
                remedy="Update TF-Slim, or convert the data again.",
            )
        splits = self._take(content, "splits", "", dict)
        labels = {
            self._label(key, "labels"): self._of(str, name, f"labels.{key}", "a text")
            for key, name in self._take(content, "labels", "", dict).items()
        }
        if not splits or not labels:
            self._refuse("splits and labels", "not empty", "nothing")
        read = {name: self._split(value, f"splits.{name}") for name, value in splits.items()}
        names = [one.name for split in read.values() for one in split.files]
        twice = sorted({name for name in names if names.count(name) > 1}) if names else []
        if twice:
            self._refuse("splits", "files that are named once", f"{twice[0]!r} twice")
        return Manifest(
            splits=read,
            labels=labels,
            multi_label=self._take(content, "multi_label", "", bool, False),
            skipped=tuple(
                self._skipped(one, f"skipped[{index}]")
                for index, one in enumerate(self._take(content, "skipped", "", list, []))
            ),
            name=self._take(content, "name", "", str, ""),
            image_channels=self._take(content, "image_channels", "", int, 3),
            image_size=self._size(content.get("image_size")),
            preprocessing=self._take(content, "preprocessing", "", str, "none"),
            weighted=self._take(content, "weighted", "", bool, False),
            source=self._take(content, "source", "", str, ""),
        )

    def _split(self, content: Any, where: str) -> ManifestSplit:
        content = self._of(dict, content, where, "an object")
        listed = self._take(content, "files", where, list)
        read = tuple(self._file(one, f"{where}.files[{i}]") for i, one in enumerate(listed))
        records = self._count(content, "records", where)
        if records != sum(one.records for one in read):
            self._refuse(
                f"{where}.records", f"{sum(one.records for one in read)}, as in its files", records
            )
        counts = self._take(content, "classes", where, dict)
        classes = {
            self._label(key, f"{where}.classes"): self._count(counts, key, f"{where}.classes")
            for key in counts
        }
        return ManifestSplit(records, read, classes)

    def _file(self, content: Any, where: str) -> ManifestFile:
        content = self._of(dict, content, where, "an object")
        name = self._take(content, "name", where, str)
        # A manifest may come from anywhere: what it names is looked for beside it, and only there.
        if not name or name in (".", "..") or set(name) & set("/\\\0:"):
            self._refuse(f"{where}.name", "the name of a file beside the manifest", repr(name))
        return ManifestFile(
            name,
            self._count(content, "records", where),
            self._count(content, "bytes", where),
            self._take(content, "sha256", where, str),
        )

    def _skipped(self, content: Any, where: str) -> tuple[str, str]:
        content = self._of(dict, content, where, "an object")
        path = self._take(content, "path", where, str)
        return path, self._take(content, "reason", where, str)

    def _size(self, value: Any) -> tuple[int, int] | None:
        if value is None:
            return None
        sides: Sequence[Any] = self._of(list, value, "image_size", "a list of two sides")
        if len(sides) != 2 or not all(type(side) is int and side > 0 for side in sides):
            self._refuse("image_size", "[height, width] in pixels", value)
        return sides[0], sides[1]

    def _label(self, key: str, where: str) -> int:
        if not (key.isascii() and key.isdecimal()):
            self._refuse(where, "numbers of classes, from 0", repr(key))
        return int(key)

    def _count(self, content: Mapping[str, Any], key: str, where: str) -> int:
        count = self._take(content, key, where, int)
        if count < 0:
            self._refuse(f"{where}.{key}", "a number from 0", count)
        return count

    def _take(
        self, content: Mapping[str, Any], key: str, where: str, kind: type, default: Any = None
    ) -> Any:
        here = f"{where}.{key}".lstrip(".")
        if key not in content:
            if default is not None:
                return default
            raise DataError(f"{here} is missing.", path=self._path, remedy=_AGAIN)
        return self._of(kind, content[key], here, _KINDS[kind])

    def _of(self, kind: type, value: Any, where: str, expected: str) -> Any:
        if type(value) is not kind:
            self._refuse(where, expected, repr(value))
        return value

    def _refuse(self, where: str, expected: str, received: Any) -> None:
        received = str(received)
        shown = received if len(received) <= 80 else f"{received[:77]}..."
        raise DataError(
            f"{where} must be {expected}, received {shown}.", path=self._path, remedy=_AGAIN
        )


_KINDS = {
    int: "an integer",
    str: "a text",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}
