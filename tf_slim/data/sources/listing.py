"""`Listing`: the pictures of a split by their paths, with their labels, and what was left out."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from tf_slim.data.sources import ordering
from tf_slim.ops.paths import is_far


class Row(NamedTuple):
    """One picture of a listing.

    Attributes:
        path: Relative path, with `/`, as it is on the disk; or an absolute one.
        label: The number of its class; a tuple of them where there are several labels a picture.
        weight: How much it counts in training.
    """

    path: str
    label: int | tuple[int, ...]
    weight: float


@dataclasses.dataclass(frozen=True, eq=False)
class Listing:
    """The pictures of a split, in canonical order.

    Attributes:
        root: The folder that relative paths start from.
        paths: Path of each picture.
        labels: Label of each picture, or a tuple of labels where there are several a picture.
        weights: Weight of each picture, or None where none are given.
        skipped: What was left out: `(path, reason)`.

    Examples:
        >>> listing = slim.data.from_folder("pets", "all").listing
        >>> len(listing.paths), listing.paths[0], listing.labels[0]
        (72, 'dog/12.jpg', 1)
        >>> listing.counts(3)
        array([24, 24, 24])
    """

    root: str
    paths: Sequence[str]
    labels: Sequence[int] | Sequence[tuple[int, ...]]
    weights: Sequence[float] | None = None
    skipped: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def rows(self) -> Iterator[Row]:
        """The pictures, one by one."""
        weights = [1.0] * len(self.paths) if self.weights is None else self.weights
        for path, label, weight in zip(self.paths, self.labels, weights):
            yield Row(path, label, weight)

    def opened(self, path: str) -> str:
        """The path at which a picture can be opened.

        Args:
            path: One of `paths`.
        """
        return path if is_far(path) else os.path.join(self.root, path)

    def ordered(self) -> Listing:
        """The same pictures in canonical order."""
        return self.taken(ordering.ordered(self.paths))

    def taken(self, positions: Sequence[int], skipped: Sequence[tuple[str, str]] = ()) -> Listing:
        """Some of the pictures.

        Args:
            positions: Which, and in which order.
            skipped: What is left out besides, with reasons.
        """
        return dataclasses.replace(
            self,
            paths=[self.paths[i] for i in positions],
            labels=[self.labels[i] for i in positions],
            weights=None if self.weights is None else [self.weights[i] for i in positions],
            skipped=(*self.skipped, *skipped),
        )

    def counts(self, num_classes: int) -> np.ndarray:
        """Number of pictures of each class.

        Args:
            num_classes: Number of classes.

        Returns:
            int64 `[num_classes]`.
        """
        labels = self.labels
        if len(labels) and isinstance(labels[0], tuple):
            labels = [label for one in labels for label in one]  # pyright: ignore
        return np.bincount(np.asarray(labels, np.int64), minlength=num_classes)
