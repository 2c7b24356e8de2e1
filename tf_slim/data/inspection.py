"""`Inspection`: what was found in a data set, and what of it speaks against training on it."""

from __future__ import annotations

import collections
import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tf_slim.data.images import ENDINGS
from tf_slim.ops.wording import first_few

IMBALANCE = 10.0
"""How many times as many pictures the largest class may have as the smallest, unremarked."""

FEW = 10
"""Fewer pictures of a class than this are few."""


class PictureId(NamedTuple):
    """Which picture is meant.

    Attributes:
        split: Its split.
        path: Its relative path; of a record without one its file and number.
        labels: Its classes, by number.
    """

    split: str
    path: str
    labels: tuple[int, ...]


class Sample(NamedTuple):
    """A picture to look at.

    Attributes:
        picture: Which one it is.
        encoded: The bytes of its file.
    """

    picture: PictureId
    encoded: bytes


class Problem(NamedTuple):
    """Something that speaks against training on the data as it is.

    Attributes:
        kind: One word of a fixed list, for programs: `unreadable`, `leak`, `disagreement`,
            `duplicates`, `missing_class`, `no_pictures`, `one_class`, `imbalance`, `few`,
            `extension`.
        text: What is the matter and what comes of it, in a sentence or two.
    """

    kind: str
    text: str


@dataclasses.dataclass(frozen=True)
class SplitContent:
    """What is in a split.

    Attributes:
        classes: Number of pictures of each class, for all classes.
        formats: Number of pictures of each format, the most frequent first.
        heights: Of each picture in pixels, int32 `[pictures]`, as it is decoded.
        widths: Likewise.
        bytes: Size of each file, int64 `[pictures]`.
        skipped: `(path, reason)` of what cannot be read or was left out.
        misnamed: `(path, format)` of those whose name says another format.
    """

    classes: Mapping[int, int]
    formats: Mapping[str, int]
    heights: np.ndarray
    widths: np.ndarray
    bytes: np.ndarray
    skipped: tuple[tuple[str, str], ...] = ()
    misnamed: tuple[tuple[str, str], ...] = ()

    @property
    def pictures(self) -> int:
        """Number of pictures."""
        return len(self.bytes)

    @property
    def imbalance(self) -> float:
        """How many times as many pictures the largest class has as the smallest that has any."""
        present = [count for count in self.classes.values() if count]
        return max(present) / min(present) if present else 1.0


@dataclasses.dataclass(frozen=True)
class Inspection:
    """What was found in a data set.

    Attributes:
        name: Name of the data set.
        labels: Name of each class.
        multi_label: Whether a picture may have several labels.
        splits: What is in each split.
        duplicates: Groups of pictures whose files have the same bytes.
        samples: A few pictures of each class.
        doubled: The bytes of some of the duplicates, by the first picture of their group.

    Examples:
        >>> found = slim.data.inspect("pets")
        >>> found.pictures, found.labels, found.duplicates
        (72, {0: 'cat', 1: 'dog', 2: 'fox'}, ())
        >>> [problem.text for problem in found.problems]
        ['validation: 3 classes have fewer than 10 pictures: cat, dog, fox.']
    """

    name: str
    labels: Mapping[int, str]
    multi_label: bool
    splits: Mapping[str, SplitContent]
    duplicates: tuple[tuple[PictureId, ...], ...] = ()
    samples: Mapping[int, Sequence[Sample]] = dataclasses.field(default_factory=dict)
    doubled: Mapping[PictureId, bytes] = dataclasses.field(default_factory=dict)

    @property
    def pictures(self) -> int:
        """Number of pictures in all splits."""
        return sum(split.pictures for split in self.splits.values())

    @property
    def across_splits(self) -> list[tuple[PictureId, ...]]:
        """The groups of duplicates that are in more than one split."""
        return [group for group in self.duplicates if len({one.split for one in group}) > 1]

    @property
    def disagreeing(self) -> list[tuple[PictureId, ...]]:
        """The groups of duplicates whose labels are not the same: some of them are wrong."""
        return [
            group for group in self.duplicates if len({frozenset(one.labels) for one in group}) > 1
        ]

    @property
    def missing(self) -> list[tuple[str, int]]:
        """`(split, class)` where a class has pictures in another split, but none in this."""
        present = {label for label in self.labels if self._total(label)}
        return [
            (name, label)
            for name, split in self.splits.items()
            for label in sorted(present)
            if not split.classes.get(label)
        ]

    @property
    def without_pictures(self) -> list[int]:
        """The classes that have no picture in any split."""
        return [label for label in self.labels if not self._total(label)]

    @property
    def problems(self) -> list[Problem]:
        """What speaks against training on the data as it is, the worst first."""
        return [Problem(kind, text) for kind, text in self._problems()]

    def class_name(self, label: int) -> str:
        """The name of a class; its number where it has none."""
        return self.labels.get(label) or str(label)

    def as_json(self) -> dict[str, Any]:
        """All of it but the samples, as JSON has it."""
        return {
            "name": self.name,
            "pictures": self.pictures,
            "multi_label": self.multi_label,
            "labels": {str(label): name for label, name in self.labels.items()},
            "splits": {name: _split_json(split) for name, split in self.splits.items()},
            "duplicates": [_group_json(group) for group in self.duplicates],
            "duplicates_across_splits": [_group_json(group) for group in self.across_splits],
            "problems": [problem._asdict() for problem in self.problems],
        }

    def _total(self, label: int) -> int:
        return sum(split.classes.get(label, 0) for split in self.splits.values())

    def _problems(self) -> Iterator[tuple[str, str]]:
        skipped = [(path, why) for split in self.splits.values() for path, why in split.skipped]
        if skipped:
            yield (
                "unreadable",
                f"{_counted(len(skipped), 'file')} cannot be used: "
                f"{first_few((path for path, _ in skipped), 3)}.",
            )
        yield from self._problems_of_duplicates()
        for name in self.splits:
            absent = [self.class_name(label) for split, label in self.missing if split == name]
            if absent:
                yield (
                    "missing_class",
                    f"{name} has no picture of {_counted(len(absent), 'class', 'classes')}: "
                    f"{first_few(absent)}.",
                )
        if self.without_pictures:
            names = [self.class_name(label) for label in self.without_pictures]
            yield (
                "no_pictures",
                f"{_counted(len(names), 'class has', 'classes have')} no picture at all: "
                f"{first_few(names)}.",
            )
        if len(self.labels) - len(self.without_pictures) == 1:
            yield "one_class", "There is only one class: a net has nothing to tell apart."
        yield from self._problems_of_sizes()

    def _problems_of_duplicates(self) -> Iterator[tuple[str, str]]:
        across = self.across_splits
        if across:
            pairs = collections.Counter(
                " and ".join(sorted({one.split for one in group})) for group in across
            )
            where = ", ".join(f"{count} in {pair}" for pair, count in pairs.most_common())
            yield (
                "leak",
                f"{_counted(len(across), 'picture is', 'pictures are')} in more than one split "
                f"({where}): what is measured on them is too good. The first is "
                f"{across[0][0].path!r}.",
            )
        disagreeing = self.disagreeing
        if disagreeing:
            names = ", ".join(
                dict.fromkeys(self.class_name(la) for one in disagreeing[0] for la in one.labels)
            )
            yield (
                "disagreement",
                f"{_counted(len(disagreeing), 'picture is', 'pictures are')} there several times, "
                f"with different labels: {disagreeing[0][0].path!r} ({names}).",
            )
        if self.duplicates:
            extra = sum(len(group) - 1 for group in self.duplicates)
            yield (
                "duplicates",
                f"{_counted(extra, 'picture is a copy', 'pictures are copies')} of another one, "
                f"byte for byte ({_counted(len(self.duplicates), 'group')}).",
            )

    def _problems_of_sizes(self) -> Iterator[tuple[str, str]]:
        for name, split in self.splits.items():
            present = {label: count for label, count in split.classes.items() if count}
            if not present:
                continue
            least, most = (
                min(present, key=present.__getitem__),
                max(present, key=present.__getitem__),
            )
            if split.imbalance > IMBALANCE:
                yield (
                    "imbalance",
                    f"{name}: {self.class_name(most)!r} has {present[most]} pictures, "
                    f"{self.class_name(least)!r} only {present[least]}: "
                    f"{split.imbalance:.0f} times fewer. Balanced class weights make up for that "
                    "in training, and accuracy alone says little.",
                )
            few = [self.class_name(label) for label, count in present.items() if count < FEW]
            if few:
                yield (
                    "few",
                    f"{name}: {_counted(len(few), 'class has', 'classes have')} fewer than {FEW} "
                    f"pictures: {first_few(few)}.",
                )
            if split.misnamed:
                path, what = split.misnamed[0]
                yield (
                    "extension",
                    f"{name}: {_counted(len(split.misnamed), 'file is', 'files are')} not of the "
                    f"format that the name says, such as {path!r}, which is {what}. They are read "
                    "all the same.",
                )


def is_misnamed(path: str, format_name: str) -> bool:
    """Whether the end of a path stands for another format of pictures than its own."""
    ending = os.path.splitext(path)[1].lower()
    formats = [name for name, endings in ENDINGS.items() if ending in endings]
    return bool(formats) and format_name in ENDINGS and format_name not in formats


def three_numbers(values: np.ndarray) -> dict[str, float] | None:
    """The least, the middle and the largest of some values; None if there are none."""
    if not len(values):
        return None
    return {
        "min": int(values.min()),
        "median": float(np.median(values)),
        "max": int(values.max()),
    }


def _split_json(split: SplitContent) -> dict[str, Any]:
    return {
        "pictures": split.pictures,
        "classes": {str(label): count for label, count in split.classes.items()},
        "imbalance": split.imbalance,
        "formats": dict(split.formats),
        "height": three_numbers(split.heights),
        "width": three_numbers(split.widths),
        "bytes": three_numbers(split.bytes),
        "total_bytes": int(split.bytes.sum()),
        "skipped": [{"path": path, "reason": reason} for path, reason in split.skipped],
        "misnamed": [{"path": path, "format": what} for path, what in split.misnamed],
    }


def _group_json(group: Sequence[PictureId]) -> list[dict[str, Any]]:
    return [{"split": one.split, "path": one.path, "labels": list(one.labels)} for one in group]


def _counted(count: int, one: str, many: str | None = None) -> str:
    return f"{count} {one if count == 1 else many or one + 's'}"
