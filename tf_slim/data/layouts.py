"""The TFRecord files of research/slim, told by their names: what they hold, and of what size."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Container

from tf_slim.data.labels import FILE_NAME, read_labels
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops import paths
from tf_slim.ops.data_errors import DataError
from tf_slim.ops.wording import unknown_name


@dataclasses.dataclass(frozen=True)
class Layout:
    """How research/slim calls the files of a data set.

    Attributes:
        name: Name of the data set.
        splits: Names of its splits.
        file: The name of a file, with places for `split`, `shard` and `shards`.
        shards: Number of files of each split, where that is fixed; else how many its own converter
            made.
        num_classes: Number of classes.
        image_channels: Channels to decode to.
        image_size: Size of the pictures in pixels where all have the same, or None.
        preprocessing: Name of the preprocessing that fits.
        first_label: The label of the first class: in `imagenet` 0 is "background".
    """

    name: str
    splits: tuple[str, ...]
    file: str
    shards: tuple[int, ...]
    num_classes: int
    image_channels: int = 3
    image_size: tuple[int, int] | None = None
    preprocessing: str = "none"
    first_label: int = 0

    def file_name(self, split: str, shard: int, shards: int) -> str:
        """The name of a file."""
        return self.file.format(split=split, shard=shard, shards=shards)

    def shards_of(self, split: str) -> int:
        """How many files a split has."""
        return self.shards[self.splits.index(split)]

    def matches(self, folder: str) -> dict[str, list[str]]:
        """Looks for its files.

        Args:
            folder: Where to look.

        Returns:
            The names of the files of each split of which there are any, sorted.

        Raises:
            OSError: If the folder cannot be read.
        """
        names = paths.names(folder)
        found = {
            split: list(filter(self._pattern(split).fullmatch, names)) for split in self.splits
        }
        return {split: ours for split, ours in found.items() if ours}

    def _pattern(self, split: str) -> re.Pattern[str]:
        parts = re.split(r"\{shards?:05d\}", self.file.replace("{split}", split))
        return re.compile(r"\d{5}".join(map(re.escape, parts)))


LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout(
            "mnist",
            ("train", "test"),
            "mnist_{split}.tfrecord",
            (1, 1),
            num_classes=10,
            image_channels=1,
            image_size=(28, 28),
            preprocessing="lenet",
        ),
        Layout(
            "cifar10",
            ("train", "test"),
            "cifar10_{split}.tfrecord",
            (1, 1),
            num_classes=10,
            image_size=(32, 32),
            preprocessing="cifarnet",
        ),
        Layout(
            "flowers",
            ("train", "validation"),
            "flowers_{split}_{shard:05d}-of-{shards:05d}.tfrecord",
            (5, 5),
            num_classes=5,
            preprocessing="inception",
        ),
        Layout(
            "imagenet",
            ("train", "validation"),
            "{split}-{shard:05d}-of-{shards:05d}",
            (1024, 128),
            num_classes=1001,
            preprocessing="inception",
            first_label=1,
        ),
        Layout(
            "visualwakewords",
            ("train", "val"),
            "{split}.record-{shard:05d}-of-{shards:05d}",
            (100, 10),
            num_classes=2,
            preprocessing="inception",
        ),
    )
}


def layout_of(folder: str | os.PathLike) -> Layout | None:
    """Tells which of research/slim's data sets a folder has the files of, or None.

    Raises:
        DataError: If it has those of several.
    """
    folder = os.fsdecode(folder)
    if not paths.is_folder(folder):
        return None
    found = [layout for layout in LAYOUTS.values() if layout.matches(folder)]
    if len(found) > 1:
        names = " and ".join(layout.name for layout in found)
        raise DataError(
            f"this folder has files of {names}.",
            path=folder,
            remedy="Put each data set into a folder of its own, or name a pattern of files.",
        )
    return found[0] if found else None


def same_split(split: str, there: Container[str]) -> str:
    """What a split is called there: some data sets say `val`, others `validation`."""
    other = {"validation": "val", "val": "validation"}.get(split, split)
    return other if split not in there and other in there else split


def layout_splits(folder: str | os.PathLike) -> tuple[str, ...]:
    """The splits of a data set of research/slim that a folder has files of.

    Raises:
        DataError: If the folder has no such files.
    """
    folder = os.fsdecode(folder)
    return tuple(_existing(folder).matches(folder))


def from_layout(folder: str | os.PathLike, split: str = "train") -> DatasetSpec:
    """Describes a split of the TFRecord files that research/slim makes.

    Args:
        folder: The folder. A `labels.txt` in it names the classes.
        split: Name of the split, as research/slim has it.

    Returns:
        The spec.

    Raises:
        DataError: If the folder has no such files, or not all of a split's.
        ValueError: If the folder has no files of this split.

    Examples:
        >>> import shutil
        >>> shutil.rmtree("pets/fox")  # visualwakewords has two classes
        >>> manifest = slim.data.convert("pets", "records", layout="visualwakewords")
        >>> spec = slim.data.from_layout("records", "train")
        >>> spec.name, spec.num_classes
        ('visualwakewords', 2)
    """
    folder = os.fsdecode(folder)
    layout = _existing(folder)
    found = layout.matches(folder)
    if split not in found:
        raise ValueError(
            f"{folder}: "
            + unknown_name(f"split of the data set {layout.name!r} called", split, found, repr)
        )
    _check_complete(folder, layout, split, found[split])
    labels = os.path.join(folder, FILE_NAME)
    return DatasetSpec(
        name=layout.name,
        split=split,
        data_sources=tuple(os.path.join(folder, name) for name in found[split]),
        num_classes=layout.num_classes,
        labels_to_names=read_labels(labels) if paths.exists(labels) else None,
        image_channels=layout.image_channels,
        image_size=layout.image_size,
        preprocessing=layout.preprocessing,
    )


def _existing(folder: str) -> Layout:
    layout = layout_of(folder)
    if layout is None:
        raise DataError(
            f"this folder has none of research/slim's TFRecord files: {', '.join(LAYOUTS)}.",
            path=folder,
        )
    return layout


def _check_complete(folder: str, layout: Layout, split: str, names: list[str]) -> None:
    """Each name says how many files there are."""
    totals = {match[1] for name in names if (match := re.search(r"-of-(\d{5})", name))}
    if not totals:
        return
    shards = int(max(totals))
    expected = {layout.file_name(split, shard, shards) for shard in range(shards)}
    missing = sorted(expected - set(names))
    if missing:
        raise DataError(
            f"{len(missing)} of the {shards} files of the split {split!r} are missing, the first "
            f"is {missing[0]!r}.",
            path=folder,
            remedy="Copy them here as well.",
        )
    if len(names) != shards:
        raise DataError(
            f"the split {split!r} has files of several conversions: of "
            f"{' and of '.join(str(int(total)) for total in sorted(totals))} files.",
            path=folder,
            remedy="Remove those that do not belong together.",
        )
