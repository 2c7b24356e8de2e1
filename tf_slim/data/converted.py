"""`from_converted`: a spec for a split of a folder that `convert` wrote."""

from __future__ import annotations

import os
from collections.abc import Sequence

import tensorflow as tf

from tf_slim.data.conversion.workplace import is_unfinished
from tf_slim.data.manifest import FILE_NAME, Manifest, read_manifest
from tf_slim.data.sources import described
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops import paths
from tf_slim.ops.arguments import checked
from tf_slim.ops.data_errors import DataError, DataNotFoundError


def is_converted(path: str | os.PathLike) -> bool:
    """Whether a path is a folder with a `manifest.json` (or is to be one), or that file."""
    path = os.fsdecode(path)
    if os.path.basename(path) == FILE_NAME:
        return tf.io.gfile.exists(path)
    return tf.io.gfile.exists(os.path.join(path, FILE_NAME)) or is_unfinished(path)


@checked
def from_converted(
    path: str | os.PathLike,
    split: str = "train",
    *,
    image_channels: int | None = None,
    image_size: int | Sequence[int] | None = None,
    preprocessing: str | None = None,
) -> DatasetSpec:
    """Describes a split of converted data, as its manifest does.

    That its files are there and of the right sizes is checked at once. `verify` also reads them.

    Args:
        path: The folder, or its `manifest.json`.
        split: Name of the split, or `all`; `val` is `validation`.
        image_channels: Channels to decode. None is what the manifest says.
        image_size: Size in pixels to hand to the preprocessing. None is what the manifest says.
        preprocessing: Name of the preprocessing. None is what the manifest says.

    Returns:
        The spec.

    Raises:
        DataNotFoundError: If there is no manifest, or a file that it names is missing.
        DataError: If the manifest is none, a file has another size than it says, or the split is
            empty.
        ValueError: If there is no such split.

    Examples: see `slim.data.convert`.
    """
    folder, manifest = read_converted(path)
    if split not in manifest.splits:
        split = described.choose_split(split, tuple(manifest.splits), repr(folder))
    chosen = list(manifest.splits.values()) if split == "all" else [manifest.splits[split]]
    records = sum(one.records for one in chosen)
    if not records:
        raise DataError(f"the split {split!r} has no records.", path=folder)
    files = [one for part in chosen for one in part.files if one.records]
    for one in files:
        check_file(os.path.join(folder, one.name), one.bytes)
    return DatasetSpec(
        name=manifest.name or os.path.basename(paths.absolute(folder)),
        split=split,
        data_sources=tuple(os.path.join(folder, one.name) for one in files),
        num_classes=manifest.num_classes,
        num_samples=records,
        labels_to_names=manifest.labels,
        image_channels=manifest.image_channels if image_channels is None else image_channels,
        image_size=manifest.image_size if image_size is None else image_size,
        preprocessing=manifest.preprocessing if preprocessing is None else preprocessing,
        multi_label=manifest.multi_label,
        weighted=manifest.weighted,
    )


def read_converted(path: str | os.PathLike) -> tuple[str, Manifest]:
    """Reads what a converted folder holds.

    Args:
        path: The folder, or its `manifest.json`.

    Returns:
        The folder, and the manifest.

    Raises:
        DataNotFoundError: If there is no manifest.
        DataError: If it is none, or the conversion has not ended.
    """
    path = os.fsdecode(path)
    folder = os.path.dirname(path) if os.path.basename(path) == FILE_NAME else path
    if not tf.io.gfile.exists(os.path.join(folder, FILE_NAME)) and is_unfinished(folder):
        raise DataError(
            "a conversion into this folder was begun, and has not ended.",
            path=folder,
            remedy="Give the same command again: it goes on where it was.",
        )
    return folder, read_manifest(folder)


def check_file(path: str, size: int) -> None:
    """Sees whether a file that a manifest names is there.

    Args:
        path: The file.
        size: Its size in bytes, as the manifest has it.

    Raises:
        DataNotFoundError: If it is not there.
        DataError: If its size is another one.
    """
    if not tf.io.gfile.exists(path):
        raise DataNotFoundError(
            f"{FILE_NAME} names this file, and it is not there.",
            path=path,
            remedy="Copy it there as well, or convert the data again.",
        )
    if (found := tf.io.gfile.stat(path).length) != size:
        raise DataError(
            f"this file has {found} bytes, but {FILE_NAME} says {size}: it is cut off, or was "
            "changed later.",
            path=path,
            remedy="Copy it again, or convert the data again.",
        )
