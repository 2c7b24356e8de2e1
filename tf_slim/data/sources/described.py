"""From a listing to the spec of a data set."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence

from tf_slim.data.sources.listing import Listing
from tf_slim.data.sources.pictures import Pictures
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops import paths
from tf_slim.ops.data_errors import DataError
from tf_slim.ops.wording import first_few, unknown_name

SPLITS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
"""What splits are called, in lower case, and what they are called here."""


def split_name(name: str) -> str:
    """The name of a split as it is here: `val` is `validation`."""
    return SPLITS.get(name.strip().lower(), name.strip())


def choose_split(split: str, known: Sequence[str], where: str) -> str:
    """The split that a call names, one of those that there are, or `all`.

    Raises:
        ValueError: If there is no such split.
    """
    chosen = split_name(split)
    if chosen != "all" and chosen not in known:
        raise ValueError(unknown_name(f"split of {where} called", split, (*known, "all"), repr))
    return chosen


def check_share(share: float) -> float:
    """The share of the pictures that are for validation.

    Raises:
        ValueError: If it is not in [0, 1).
    """
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 <= share < 1:
        raise ValueError(f"validation_share must be a number in [0, 1), received {share!r}.")
    return share


def as_spec(
    listing: Listing,
    *,
    name: str | None,
    split: str,
    where: str,
    labels_to_names: Mapping[int, str] | None,
    num_classes: int,
    multi_label: bool = False,
    image_channels: int = 3,
    image_size: int | Sequence[int] | None = None,
    preprocessing: str = "none",
) -> DatasetSpec:
    """Describes the pictures of a listing.

    Args:
        listing: The pictures of the split, in any order.
        name: Name of the data set; None for that of the folder or file `where`.
        split: Name of the split.
        where: The folder or file that was listed.
        labels_to_names: Name of each class, or None.
        num_classes: Number of classes.
        multi_label: Whether a picture has any number of labels.
        image_channels: Channels to decode.
        image_size: Size in pixels to hand to the preprocessing.
        preprocessing: Name of the preprocessing.

    Raises:
        DataError: If there is no picture, or a class has none to train on.
    """
    if not len(listing):
        skipped = first_few([f"{path} ({reason})" for path, reason in listing.skipped], 3)
        left = f" Left out were: {skipped}." if listing.skipped else ""
        raise DataError(f"there is no picture in the split {split!r}.{left}", path=where)
    spec = DatasetSpec(
        name=name or os.path.basename(paths.absolute(where)) or where,
        split=split,
        data_sources=(where,),
        num_classes=num_classes,
        num_samples=len(listing),
        labels_to_names=labels_to_names,
        image_channels=image_channels,
        image_size=image_size,
        preprocessing=preprocessing,
        multi_label=multi_label,
        weighted=listing.weights is not None,
        source=Pictures(listing.ordered()),
    )
    check_classes(spec)
    return spec


def check_classes(spec: DatasetSpec) -> None:
    """Looks for classes without a picture. Those that are numbers alone may have none.

    Raises:
        DataError: If there is such a class in the split to train on.
    """
    names = spec.labels_to_names
    if not names:
        return
    counts = spec.listing.counts(spec.num_classes).tolist()
    absent = [names.get(label, str(label)) for label, count in enumerate(counts) if not count]
    if not absent:
        return
    shown, where = first_few(map(repr, absent)), spec.data_sources[0]
    if spec.split == "train" and not spec.multi_label:
        raise DataError(
            f"the split 'train' has no picture of {shown}, so nothing could be learnt of it.",
            path=where,
            remedy="Add pictures of it, or take the class out. A lower validation_share leaves "
            "more pictures to train on, where the split is drawn.",
        )
    warnings.warn(f"{where}, split {spec.split!r}: no picture of {shown}.", stacklevel=5)
