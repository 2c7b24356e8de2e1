"""`from_converted`: a spec for a split of a folder that `convert` wrote."""

from __future__ import annotations

import os

from tf_slim.data.manifest import FILE_NAME, Manifest, read_manifest
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops.arguments import checked
from tf_slim.ops.data_errors import DataError, DataNotFoundError


def is_converted(path: str | os.PathLike) -> bool:
    """Whether a path is a folder with a `manifest.json`, or that file."""
    path = os.fsdecode(path)
    if os.path.basename(path) == FILE_NAME:
        return os.path.isfile(path)
    return os.path.isfile(os.path.join(path, FILE_NAME))


@checked
def from_converted(
    path: str | os.PathLike, split: str = "train", *, manifest: Manifest | None = None
) -> DatasetSpec:
    """Describes a split of converted data, as its manifest does.

    That its files are there and of the right sizes is checked at once. `verify` also reads them.

    Args:
        path: The folder, or its `manifest.json`.
        split: Name of the split.
        manifest: The manifest, if it has been read already.

    Returns:
        The spec.

    Raises:
        DataNotFoundError: If there is no manifest, or a file that it names is missing.
        DataError: If the manifest is none, or a file has another size than it says.
        ValueError: If there is no such split.
    """
    path = os.fsdecode(path)
    folder = os.path.dirname(path) if os.path.basename(path) == FILE_NAME else path
    manifest = read_manifest(folder) if manifest is None else manifest
    chosen = manifest.split(split)
    if not chosen.records:
        raise DataError(f"the split {split!r} has no records.", path=folder)
    for one in chosen.files:
        check_file(os.path.join(folder, one.name), one.bytes)
    return DatasetSpec(
        name=manifest.name or os.path.basename(os.path.abspath(folder)),
        split=split,
        data_sources=tuple(os.path.join(folder, one.name) for one in chosen.files),
        num_classes=manifest.num_classes,
        num_samples=chosen.records,
        labels_to_names=manifest.labels,
        image_channels=manifest.image_channels,
        image_size=manifest.image_size,
        preprocessing=manifest.preprocessing,
    )


def check_file(path: str, size: int) -> None:
    """Sees whether a file that a manifest names is there.

    Raises:
        DataNotFoundError: If it is not.
        DataError: If its size is another one.
    """
    if not os.path.isfile(path):
        raise DataNotFoundError(
            f"{FILE_NAME} names this file, and it is not there.",
            path=path,
            remedy="Copy it here as well, or convert the data again.",
        )
    if (found := os.path.getsize(path)) != size:
        raise DataError(
            f"this file has {found} bytes, but {FILE_NAME} says {size}: it is cut off, or was "
            "changed later.",
            path=path,
            remedy="Copy it again, or convert the data again.",
        )
