"""`DatasetSpec`: what there is to know about one split of a data set, without reading it."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

import tensorflow as tf

from tf_slim.data.sources.protocol import RecordSource
from tf_slim.data.sources.tfrecords import TFRecords
from tf_slim.ops.arguments import LARGEST, describe, integer
from tf_slim.ops.data_errors import DataNotFoundError


@dataclasses.dataclass(frozen=True)
class DatasetSpec:
    """One split of a data set of labelled images.

    They are in TFRecord files, unless `source` says otherwise. Every record is then a
    `tf.train.Example` with `image/encoded` (JPEG, PNG, GIF, BMP or WebP) and `image/class/label`
    (one integer in `[0, num_classes)`; any number of them in multi-label data).

    Attributes:
        name: Name of the data set.
        split: Name of the split, such as `train`.
        data_sources: Files or glob patterns. One may be given without a tuple.
        num_classes: Number of classes.
        num_samples: Number of records, or None when nobody counted them yet.
        labels_to_names: Name of each class, or None.
        image_channels: Channels to decode: 1 (grey), 3 (RGB) or 4 (RGBA).
        image_size: `(height, width)` in pixels to hand to the preprocessing, or None. An integer
            stands for a square.
        preprocessing: Name of the preprocessing that fits the data (`preprocessing.names()`).
        citation: How to cite the data.
        license: Under which terms the data may be used.
        multi_label: Whether a picture has any number of labels; targets are then float32
            `[num_classes]` of 0 and 1.
        weighted: Whether pictures have weights, which training batches then hold.
        source: Where the records come from, if not from TFRecord files.

    Examples:
        >>> spec = slim.data.get_dataset("digits", "train")
        >>> spec.num_classes, spec.num_samples, spec.image_size, spec.labels_to_names[7]
        (10, 1442, (8, 8), 'seven')
    """

    name: str
    split: str
    data_sources: Any
    num_classes: int
    num_samples: int | None = None
    labels_to_names: Mapping[int, str] | None = dataclasses.field(default=None, hash=False)
    image_channels: int = 3
    image_size: Any = None
    preprocessing: str = "none"
    citation: str = ""
    license: str = ""
    multi_label: bool = False
    weighted: bool = False
    source: RecordSource | None = dataclasses.field(default=None, repr=False)

    def __post_init__(self):
        sources = self.data_sources
        if isinstance(sources, (str, bytes, os.PathLike)):
            sources = (sources,)
        try:
            sources = tuple(os.path.expanduser(os.fsdecode(source)) for source in sources)
        except TypeError:
            raise TypeError(
                f"{self._title()}: the pattern (data_sources) must be a path or a list of paths, "
                f"received {describe(self.data_sources)}."
            ) from None
        _set(self, "data_sources", sources)
        _set(self, "image_size", as_image_size(self.image_size))
        if self.labels_to_names is not None:
            _set(self, "labels_to_names", dict(self.labels_to_names))
        if self.source is not None and self.num_samples is None:
            _set(self, "num_samples", self.source.known_count)
        if not sources and self.source is None:
            raise ValueError(f"{self._title()}: data_sources is empty: name a file or a pattern.")
        if (integer(self.num_classes) or 0) < 1:
            raise ValueError(
                f"{self._title()}: num_classes must be at least 1, received "
                f"{describe(self.num_classes)}."
            )
        if self.num_samples is not None and (integer(self.num_samples) or 0) < 1:
            raise ValueError(
                f"{self._title()}: num_samples must be at least 1, or None to have the records "
                f"counted, received {describe(self.num_samples)}."
            )
        if integer(self.image_channels) not in (1, 3, 4):
            raise ValueError(
                f"{self._title()}: image_channels must be 1 (grey), 3 (RGB) or 4 (RGBA), received "
                f"{describe(self.image_channels)}."
            )

    @property
    def listing(self) -> Any:
        """The pictures by their paths (`slim.data.sources.Listing`), or None: records have none."""
        return None if self.source is None else self.source.listing

    def records(self) -> RecordSource:
        """Where the records come from.

        Raises:
            DataNotFoundError: If a pattern matches nothing.
        """
        if self.source is not None:
            return self.source
        return TFRecords(self.files(), multi_label=self.multi_label, weighted=self.weighted)

    def files(self) -> list[str]:
        """Expands the patterns.

        Returns:
            The paths of all files, sorted, each once. Of a source of another kind the files that
            it reads, which may be none.

        Raises:
            DataNotFoundError: If a pattern matches nothing.
        """
        if self.source is not None:
            return self.source.files()
        found = set()
        for source in self.data_sources:
            # A file's own name wins over its reading as a pattern: `a[1].tfrecord` is a file.
            matches = [source] if tf.io.gfile.exists(source) else tf.io.gfile.glob(source)
            if not matches:
                raise DataNotFoundError(
                    f"{self._title()}: no file matches {source!r} (looked from {os.getcwd()!r}).",
                    remedy="Check the path, or write the data there first.",
                )
            found.update(matches)
        return sorted(found)

    def _title(self) -> str:
        return f"Data set {self.name!r}, split {self.split!r}"


def as_image_size(size: int | Sequence[int] | None) -> tuple[int, int] | None:
    """Reads an image size: one integer stands for a square.

    Args:
        size: None, an integer, or `(height, width)`, in pixels.

    Returns:
        `(height, width)`, or None.

    Raises:
        ValueError: If it is neither.
    """
    if size is None:
        return None
    try:
        pair = tuple(int(side) for side in size) if isinstance(size, Sequence) else (int(size),) * 2
    except (TypeError, ValueError, OverflowError):
        pair = ()
    if len(pair) != 2 or min(pair) < 1 or max(pair) >= LARGEST:
        raise ValueError(
            f"image_size must be one positive integer or (height, width), received "
            f"{describe(size)}."
        )
    return pair


def _set(spec: DatasetSpec, field: str, value) -> None:
    object.__setattr__(spec, field, value)
