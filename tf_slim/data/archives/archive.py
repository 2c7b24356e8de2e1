"""`Archive`: a data set as it is published, ready to be made into records."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tf_slim.data.layouts import Layout


@dataclasses.dataclass(frozen=True)
class Packed:
    """A picture in an archive.

    Attributes:
        path: A relative path for it, which says where in the order of the data it comes.
        label: Number of its class.
        size: About how many bytes its record takes.
        where: Where it is, for messages.
        read: Gives the bytes of its file, or its pixels, uint8 `[height, width]` or
            `[height, width, channels]`. It may be called by several threads at once.
    """

    path: str
    label: int
    size: int
    where: str
    read: Callable[[], bytes | np.ndarray]


@dataclasses.dataclass(frozen=True)
class Archive:
    """A data set as it is published.

    Attributes:
        layout: What research/slim has for it: its name, its sizes, its preprocessing.
        splits: The pictures of each split, in any order.
        labels: Name of each class.
        skipped: `(path, reason)` of what is in it and is no picture.
    """

    layout: Layout
    splits: Mapping[str, Sequence[Packed]]
    labels: Mapping[int, str]
    skipped: tuple[tuple[str, str], ...] = ()
