"""Checking the pictures of a listing once, and keeping the result with a run."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Callable, Mapping

import tensorflow as tf

from tf_slim.data import images
from tf_slim.data.examples import decode
from tf_slim.data.sources import described
from tf_slim.data.sources.listing import Listing
from tf_slim.data.sources.pictures import Pictures
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops import files
from tf_slim.ops.data_errors import DataError
from tf_slim.ops.wording import first_few

FILE_NAME = "data.json"
"""In a run folder: the pictures that it was trained and checked on."""

LEAVE_OUT = "leave them out: on_error='skip', or --on-error skip on the command line"
"""What to do instead of mending pictures."""

_VERSION = 1
_REPORT_EVERY = 64


def check_on_error(on_error: str) -> None:
    """Refuses what `on_error` cannot be.

    Raises:
        ValueError: If it is neither `fail` nor `skip`.
    """
    if on_error not in ("fail", "skip"):
        raise ValueError(f"on_error must be 'fail' or 'skip', received {on_error!r}.")


def checked(
    spec: DatasetSpec,
    on_error: str = "fail",
    progress: Callable[[int, int], None] | None = None,
) -> DatasetSpec:
    """Decodes every picture of a listing once, on all cores, to find those that cannot be read.

    Args:
        spec: A split of pictures (`spec.listing` is not None); another one is returned as it is.
        on_error: `fail` or `skip`.
        progress: Called now and then with how many pictures were read, and how many there are.

    Returns:
        The spec, without the pictures that are skipped; these are in `spec.listing.skipped`.

    Raises:
        DataError: If pictures cannot be read and `on_error` is `fail`, naming the first few of
            them; or if none is left, or none of a class to train on.
        ValueError: If `on_error` is something else.

    Examples:
        >>> spec = slim.data.sources.checked(slim.data.from_folder("pets", "all"), on_error="skip")
        >>> spec.listing.skipped
        ()
    """
    check_on_error(on_error)
    listing = spec.listing
    if listing is None:
        return spec
    bad = _unreadable(spec, listing, progress)
    if not bad:
        return spec
    named = [(listing.paths[position], reason) for position, reason in sorted(bad.items())]
    shown = first_few([f"{path} ({reason})" for path, reason in named], 3)
    if on_error == "fail":
        raise DataError(
            f"{len(bad)} of {len(listing)} pictures cannot be read: {shown}.",
            path=listing.root,
            remedy=f"Replace or remove them, or {LEAVE_OUT}.",
        )
    if len(bad) == len(listing):
        raise DataError(f"not one picture can be read: {shown}.", path=listing.root)
    kept = listing.taken([i for i in range(len(listing)) if i not in bad], named)
    spec = with_listing(spec, kept)
    described.check_classes(spec)
    return spec


def checked_if(spec: DatasetSpec, on_error: str, check: bool | None) -> DatasetSpec:
    """`checked`, if that is asked for: by None if pictures are to be skipped."""
    wanted = on_error == "skip" if check is None else check
    return checked(spec, on_error) if wanted else spec


def with_listing(spec: DatasetSpec, listing: Listing) -> DatasetSpec:
    """The same data set with other pictures.

    Args:
        spec: What else there is to know about it.
        listing: Its pictures, in canonical order.

    Examples:
        >>> spec = slim.data.from_folder("pets", "all")
        >>> few = slim.data.sources.with_listing(spec, spec.listing.taken(range(5)))
        >>> few.num_samples
        5
    """
    return dataclasses.replace(
        spec,
        num_samples=len(listing),
        weighted=listing.weights is not None,
        source=Pictures(listing),
    )


def _unreadable(
    spec: DatasetSpec, listing: Listing, progress: Callable[[int, int], None] | None
) -> dict[int, str]:
    """Which pictures cannot be decoded, and why."""
    total = len(listing)
    missing = set(range(total))
    with tf.init_scope():
        paths = tf.constant([os.fsencode(listing.opened(path)) for path in listing.paths])

        def read(index: tf.Tensor, path: tf.Tensor) -> tf.Tensor:
            image = decode(tf.io.read_file(path), spec.image_channels)
            # Used, so that it is computed.
            used = tf.cast(tf.reduce_sum(tf.cast(image, tf.int64)), tf.int64)
            return index + 0 * used

        dataset = tf.data.Dataset.from_tensor_slices(paths).enumerate()
        dataset = dataset.map(read, num_parallel_calls=tf.data.AUTOTUNE, deterministic=False)
        dataset = dataset.ignore_errors().batch(_REPORT_EVERY)
        for good in dataset:
            missing.difference_update(good.numpy().tolist())
            if progress is not None:
                progress(total - len(missing), total)
        reasons = {i: _reason(paths[i], spec.image_channels) for i in sorted(missing)}
    if progress is not None:
        progress(total, total)
    return {i: reason for i, reason in reasons.items() if reason is not None}


def _reason(path: tf.Tensor, channels: int) -> str | None:
    try:
        content = tf.io.read_file(path)
    except tf.errors.OpError as error:
        return f"it cannot be opened: {type(error).__name__.removesuffix('Error')}"
    damage = images.fault(content.numpy(), channels)
    return None if damage is None else f"it {damage}"


def write_rows(path: str | os.PathLike, specs: Mapping[str, DatasetSpec]) -> None:
    """Writes which pictures a run has, whole or not at all.

    Args:
        path: The file, such as `data.json` in the run folder.
        specs: The spec of each split, by its name. Those without a listing are left out.

    Examples: see `slim.data.sources.read_rows`.
    """
    splits = {}
    for split, spec in specs.items():
        listing = spec.listing
        if listing is None:
            continue
        splits[split] = {
            "name": spec.name,
            "split": spec.split,
            "source": spec.data_sources[0],
            "root": listing.root,
            "num_classes": spec.num_classes,
            "labels": {str(k): v for k, v in (spec.labels_to_names or {}).items()},
            "multi_label": spec.multi_label,
            "weighted": listing.weights is not None,
            "image_channels": spec.image_channels,
            "image_size": spec.image_size,
            "preprocessing": spec.preprocessing,
            "rows": [[row.path, row.label, row.weight] for row in listing.rows],
            "skipped": [list(one) for one in listing.skipped],
        }
    text = json.dumps({"version": _VERSION, "splits": splits}, indent=None)
    files.replace_text(path, text + "\n")


def read_rows(path: str | os.PathLike) -> dict[str, DatasetSpec]:
    """Reads which pictures a run has.

    Args:
        path: A file of `write_rows`.

    Returns:
        The spec of each split: the same pictures in the same order, whatever was added to the
        folder or the table meanwhile.

    Raises:
        DataError: If the file is damaged, or of a later release.

    Examples:
        >>> spec = slim.data.from_folder("pets")
        >>> slim.data.sources.write_rows("rows.jsonl", {"train": spec})
        >>> rows = slim.data.sources.read_rows("rows.jsonl")
        >>> rows["train"].listing.paths == spec.listing.paths
        True
    """
    path = os.fspath(path)
    try:
        content = json.loads(files.read_text(path))
        if content["version"] != _VERSION:
            raise DataError(
                f"its version is {content['version']}, this release reads {_VERSION}.",
                path=path,
                remedy="Use the release of TF-Slim that wrote it.",
            )
        return {split: _read_split(found) for split, found in content["splits"].items()}
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise DataError(
            f"this is no list of pictures of a run ({type(error).__name__}: {error}).",
            path=path,
            remedy="Remove it, and the data are listed anew.",
        ) from error


def _read_split(found: dict) -> DatasetSpec:
    rows = found["rows"]
    multi_label = found["multi_label"]
    listing = Listing(
        found["root"],
        [row[0] for row in rows],
        [tuple(row[1]) if multi_label else row[1] for row in rows],
        [row[2] for row in rows] if found["weighted"] else None,
        tuple((path, reason) for path, reason in found["skipped"]),
    )
    return DatasetSpec(
        name=found["name"],
        split=found["split"],
        data_sources=(found["source"],),
        num_classes=found["num_classes"],
        num_samples=len(rows),
        labels_to_names={int(k): v for k, v in found["labels"].items()} or None,
        image_channels=found["image_channels"],
        image_size=found["image_size"],
        preprocessing=found["preprocessing"],
        multi_label=multi_label,
        weighted=found["weighted"],
        source=Pictures(listing),
    )
