"""`Archive`: a data set as it is published, ready to be made into records."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np


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
        name: Name of the data set.
        splits: The pictures of each split, in any order.
        labels: Name of each class.
        layout: Name of the layout that research/slim has for it (`data.layouts`), or None.
        image_channels: Channels of the pictures.
        image_size: `(height, width)` in pixels if all have the same, or None.
        preprocessing: Name of the preprocessing that fits.
        skipped: `(path, reason)` of what is in it and is no picture.
    """

    name: str
    splits: Mapping[str, Sequence[Packed]]
    labels: Mapping[int, str]
    layout: str | None = None
    image_channels: int = 3
    image_size: tuple[int, int] | None = None
    preprocessing: str = "none"
    skipped: tuple[tuple[str, str], ...] = ()
