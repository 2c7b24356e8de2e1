"""`from_source` and `source_splits`: what the text after `--data` names."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping, Sequence

import tensorflow as tf

from tf_slim.data import converted, layouts, registry
from tf_slim.data.from_files import from_tfrecords
from tf_slim.data.sources import described, table_files, tfds
from tf_slim.data.sources.folder import VALIDATION_SHARE, folder_splits, from_folder
from tf_slim.data.sources.table import from_table, table_splits
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops import tfrecord
from tf_slim.ops.arguments import checked_by, describe
from tf_slim.ops.data_errors import DataError, DataNotFoundError
from tf_slim.ops.wording import did_you_mean

SPLIT = "{split}"
"""Stands in a pattern of files for the name of the split."""

_KINDS = (
    "a folder with one folder of pictures for each class, a table (.csv, .tsv, .jsonl, .parquet), "
    "TFRecord files or a pattern of them ('{split}' in it stands for the split), a folder that "
    "`tf-slim data convert` wrote, tfds:NAME, or a data set by name: "
)


@checked_by(source=None)
def from_source(
    source: str | os.PathLike,
    split: str = "train",
    *,
    columns: Mapping[str, str] | None = None,
    validation_share: float = VALIDATION_SHARE,
    on_error: str = "fail",
    check: bool | None = None,
    num_classes: int | None = None,
    image_channels: int | None = None,
    image_size: int | Sequence[int] | None = None,
    preprocessing: str | None = None,
) -> DatasetSpec:
    """Describes a split of whatever a text names, as after `--data` of the command.

    That is a folder of class folders, a table of pictures, TFRecord files or a pattern of them, a
    folder that `tf-slim data convert` wrote, one with the TFRecord files of research/slim (mnist,
    cifar10, flowers, imagenet, visualwakewords), `tfds:NAME`, or the name of a registered data set.

    Args:
        source: What it is about.
        split: Name of the split, one of `source_splits(source)`, or `all`; `val` is `validation`.
        columns: What columns are called in a table, as in `from_table`.
        validation_share: As in `from_folder`; other kinds of sources have their splits already.
        on_error: As in `from_folder` and `from_table`; a bad record is always an error.
        check: As in `from_folder` and `from_table`.
        num_classes: Number of classes, where that is not to be had from the data.
        image_channels: Channels to decode. None is 3; converted and registered data know their own.
        image_size: Size in pixels to hand to the preprocessing. None takes that of the data, if
            there is one.
        preprocessing: Name of the preprocessing. None takes that of the data set, or `none`.

    Returns:
        The spec.

    Raises:
        DataNotFoundError: If there is no such thing.
        DataError: If it cannot be used; see the function of its kind.
        ValueError: If there is no such split, or `columns` are given for another kind of source.

    Examples:
        >>> slim.data.from_source("pets", "validation").num_classes
        3
        >>> slim.data.from_source("digits", "test").num_samples
        355
    """
    kind, text = _kind(source)
    _check_columns(kind, text, columns)
    common: dict = {"image_size": image_size, "preprocessing": preprocessing or "none"}
    if kind == "tfds":
        return tfds.from_tfds(text, split, **common)
    if kind == "name":
        return _named(text, split, image_size, preprocessing)
    if kind == "converted":
        return converted.from_converted(
            text,
            split,
            image_channels=image_channels,
            image_size=image_size,
            preprocessing=preprocessing,
        )
    if kind == "layout":
        split = layouts.same_split(split, layouts.layout_splits(text))
        return _prepared(layouts.from_layout(text, split), image_size, preprocessing)
    common["image_channels"] = 3 if image_channels is None else image_channels
    if kind == "files":
        return _of_files(text, split, num_classes, common)
    if kind == "table":
        return from_table(
            text,
            split,
            columns=columns,
            num_classes=num_classes,
            validation_share=validation_share,
            on_error=on_error,
            check=check,
            **common,
        )
    return from_folder(
        text,
        split,
        validation_share=validation_share,
        on_error=on_error,
        check=check,
        **common,
    )


@checked_by(source=None)
def source_splits(
    source: str | os.PathLike, *, columns: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Names the splits of whatever a text names; see `from_source`.

    Args:
        source: What it is about.
        columns: What columns are called in a table.

    Returns:
        The names: `train` first, then `validation`, `test` and others. TFRecord files without
        `{split}` in their pattern are `("all",)`.

    Raises:
        DataNotFoundError: If there is no such thing.
        DataError: If it cannot be used.

    Examples:
        >>> slim.data.source_splits("pets")
        ('train', 'validation')
        >>> slim.data.source_splits("digits")
        ('train', 'test')
    """
    kind, text = _kind(source)
    _check_columns(kind, text, columns)
    if kind == "tfds":
        return tfds.tfds_splits(text)
    if kind == "name":
        return registry.splits(text)
    if kind == "converted":
        return tuple(converted.read_converted(text)[1].splits)
    if kind == "layout":
        return layouts.layout_splits(text)
    if kind == "files":
        return _splits_of_files(text)
    return table_splits(text, columns) if kind == "table" else folder_splits(text)


def _check_columns(kind: str, text: str, columns: Mapping[str, str] | None) -> None:
    if columns and kind != "table":
        raise ValueError(f"columns are those of a table (.csv, .tsv, ...), and {text!r} is none.")


def _kind(source: str | os.PathLike) -> tuple[str, str]:
    if not isinstance(source, (str, os.PathLike)):
        raise TypeError(
            f"source must be a text or a path, received {describe(source)}. Arrays are described "
            "by slim.data.from_arrays, a generator by slim.data.from_generator."
        )
    text = os.path.expanduser(os.fspath(source))
    if text.startswith(tfds.PREFIX):
        return "tfds", text
    there = tf.io.gfile.exists(text)
    if text in registry.names():
        if not there:
            return "name", text
        raise DataNotFoundError(
            f"{text!r} is a data set by name, and there is {os.path.abspath(text)!r} as well.",
            remedy=f"Write {os.path.join('.', text)!r} for the latter; for the data set, go to "
            f"another folder or use slim.data.get_dataset({text!r}, split).",
        )
    if there and tf.io.gfile.isdir(text):
        if converted.is_converted(text):
            return "converted", text
        return ("folder" if layouts.layout_of(text) is None else "layout"), text
    if there and table_files.is_table(text):
        return "table", text
    if there and tfrecord.is_something_else(text):
        raise DataError(
            f"{text!r} is neither a table nor a file of TFRecords.",
            remedy=f"Data are {_KINDS}{', '.join(registry.names())}.",
        )
    if there or SPLIT in text or any(mark in text for mark in "*?["):
        return "files", text
    names = registry.names()
    raise DataNotFoundError(
        f"there is no {text!r}, neither a file or folder (looked from {os.getcwd()!r}) nor a data "
        f"set.{did_you_mean(text, names)}",
        remedy=f"Data are {_KINDS}{', '.join(names)}.",
    )


def _named(
    name: str,
    split: str,
    image_size: int | Sequence[int] | None,
    preprocessing: str | None,
) -> DatasetSpec:
    there = registry.splits(name)
    spec = registry.get_dataset(name, split if split in there else described.split_name(split))
    return _prepared(spec, image_size, preprocessing)


def _prepared(
    spec: DatasetSpec, image_size: int | Sequence[int] | None, preprocessing: str | None
) -> DatasetSpec:
    """Data that say themselves how they are prepared, unless the call says it."""
    if image_size is not None:
        spec = dataclasses.replace(spec, image_size=image_size)
    return spec if preprocessing is None else dataclasses.replace(spec, preprocessing=preprocessing)


def _of_files(pattern: str, split: str, num_classes: int | None, common: dict) -> DatasetSpec:
    there = _splits_of_files(pattern)
    if SPLIT not in pattern:
        if split not in ("all", "train"):
            raise ValueError(
                f"{pattern!r} has no split {split!r}: there is no {SPLIT} in it, which stands for "
                f"the name of the split, as in 'data/{SPLIT}-*.tfrecord'."
            )
        return from_tfrecords(pattern, num_classes, split=split, **common)
    if split == "all":
        patterns = [pattern.replace(SPLIT, one) for one in there]
    else:
        # A name of theirs is better than what it is called here.
        split = split if split in there else described.choose_split(split, there, repr(pattern))
        patterns = [pattern.replace(SPLIT, split)]
    return from_tfrecords(patterns, num_classes, split=split, **common)


def _splits_of_files(pattern: str) -> tuple[str, ...]:
    if SPLIT not in pattern:
        return ("all",)
    # Of a pattern without a folder, glob gives "./name".
    anything = [p.removeprefix("./") for p in tf.io.gfile.glob(pattern.replace(SPLIT, "*"))]
    text = re.escape(pattern.removeprefix("./")).replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    mark = re.escape(SPLIT)
    text = text.replace(mark, r"(?P<split>[^/]+?)", 1).replace(mark, r"(?P=split)")
    found = {m["split"] for path in anything if (m := re.fullmatch(text, path))}
    if not found:
        raise DataNotFoundError(
            f"no file matches {pattern!r} (looked from {os.getcwd()!r}).",
            remedy="Check the path, or write the data there first.",
        )
    usual = [split for split in ("train", "validation", "val", "test") if split in found]
    return (*usual, *sorted(found.difference(usual)))
