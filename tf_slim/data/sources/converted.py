"""A converted folder: TFRecord files with `manifest.json`, which says what they hold."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tf_slim.data.sources.described import choose_split
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops.data_errors import DataError, DataNotFoundError
from tf_slim.ops.wording import first_few

MANIFEST = "manifest.json"
_VERSION = 1


def is_converted(folder: str) -> bool:
    """Whether a folder has a manifest."""
    return tf.io.gfile.exists(os.path.join(folder, MANIFEST))


def read_manifest(folder: str) -> dict[str, Any]:
    """Reads what a converted folder holds.

    Args:
        folder: Its path.

    Returns:
        The content of `manifest.json`.

    Raises:
        DataError: If it is damaged, of a later release, or names a file that is not in the folder.
    """
    path = os.path.join(folder, MANIFEST)
    try:
        with tf.io.gfile.GFile(path, "rb") as file:
            manifest = json.loads(file.read().decode("utf-8"))
        version = manifest["version"]
        names = [file["name"] for split in manifest["splits"].values() for file in split["files"]]
        numbers = [split["records"] for split in manifest["splits"].values()]
        numbers += [int(label) for label in manifest["labels"]]
        fine = all(isinstance(name, str) for name in names)
        fine = fine and all(isinstance(number, int) and number >= 0 for number in numbers)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error
    if version != _VERSION:
        raise DataError(
            f"its version is {version!r}, and this release reads {_VERSION}.",
            path=path,
            remedy="Use the release of TF-Slim that wrote it, or convert the data again.",
        )
    if not fine:
        raise _damaged(path, "names must be texts, and numbers whole and from 0")
    for name in names:
        if os.path.basename(name) != name or name in ("", ".", "..") or "\\" in name:
            raise DataError(
                f"it names the file {name!r}, which is not in its folder.",
                path=path,
                remedy="A manifest names files beside it, without folders.",
            )
    return manifest


def from_converted(
    folder: str,
    split: str = "train",
    *,
    image_channels: int = 3,
    image_size: int | Sequence[int] | None = None,
    preprocessing: str = "none",
) -> DatasetSpec:
    """Describes a split of a converted folder.

    Args:
        folder: Its path.
        split: Name of the split, or `all`.
        image_channels: Channels to decode.
        image_size: Size in pixels to hand to the preprocessing.
        preprocessing: Name of the preprocessing.

    Returns:
        The spec.

    Raises:
        DataNotFoundError: If a file of the manifest is missing.
        DataError: If the manifest cannot be used.
        ValueError: If there is no such split.
    """
    manifest = read_manifest(folder)
    splits = manifest["splits"]
    chosen = choose_split(split, tuple(splits), repr(folder))
    taken = list(splits.values()) if chosen == "all" else [splits[chosen]]
    # A file without records is none to read.
    named = [file["name"] for one in taken for file in one["files"] if file.get("records", 1)]
    files = [os.path.join(folder, name) for name in named]
    missing = [path for path in files if not tf.io.gfile.exists(path)]
    if missing:
        raise DataNotFoundError(
            f"{len(missing)} of the {len(files)} files of the split {chosen!r} are missing: "
            f"{first_few(missing, 3)}.",
            path=os.path.join(folder, MANIFEST),
            remedy="Copy them there, or convert the data again.",
        )
    records = sum(one["records"] for one in taken)
    if not files or not records:
        raise DataError(f"there is no picture in the split {chosen!r}.", path=folder)
    names = {int(label): name for label, name in manifest["labels"].items()}
    counted = [int(label) for one in taken for label in one.get("classes", {})]
    return DatasetSpec(
        name=manifest.get("name") or os.path.basename(os.path.abspath(folder)),
        split=chosen,
        data_sources=tuple(files),
        num_classes=manifest.get("num_classes") or max([*names, *counted], default=0) + 1,
        num_samples=records,
        labels_to_names=names or None,
        image_channels=image_channels,
        image_size=image_size,
        preprocessing=preprocessing,
        multi_label=bool(manifest.get("multi_label")),
        weighted=bool(manifest.get("weighted")),
    )


def _damaged(path: str, why: str) -> DataError:
    return DataError(
        f"this is no manifest of a conversion ({why}).", path=path, remedy="Convert the data again."
    )
