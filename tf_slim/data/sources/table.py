"""`from_table`: pictures and labels that a CSV, TSV, JSONL or Parquet file names."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Mapping, Sequence

import tensorflow as tf

from tf_slim.data.labels import FILE_NAME, read_labels
from tf_slim.data.sources import checking, described, ordering, table_files
from tf_slim.data.sources.folder import VALIDATION_SHARE
from tf_slim.data.sources.listing import Listing
from tf_slim.data.sources.table_labels import Labels, number_labels
from tf_slim.data.sources.table_rows import TableRow, read_rows_of
from tf_slim.data.spec import DatasetSpec
from tf_slim.ops import paths
from tf_slim.ops.arguments import checked
from tf_slim.ops.data_errors import DataError, DataNotFoundError
from tf_slim.ops.wording import first_few


@checked
def from_table(
    path: str | os.PathLike,
    split: str = "train",
    *,
    columns: Mapping[str, str] | None = None,
    root: str | os.PathLike | None = None,
    separator: str | None = "auto",
    num_classes: int | None = None,
    labels_file: str | os.PathLike | None = None,
    validation_share: float = VALIDATION_SHARE,
    on_error: str = "fail",
    check: bool | None = None,
    name: str | None = None,
    image_channels: int = 3,
    image_size: int | Sequence[int] | None = None,
    preprocessing: str = "none",
) -> DatasetSpec:
    """Describes pictures that a table names, one a row.

        path,label,split
        pictures/1.jpg,rose,train
        pictures/2.jpg,tulip,validation

    Columns: `path` (or `file`, `filename`, `image` ...), `label` (`class`, `category` ...), and if
    there are such, `split` (`set` ...) and `weight`. Labels are names, which get the numbers 0, 1,
    2 ... in their order, or numbers. Several of them, `rose|red` or a list in JSON and Parquet,
    make the data multi-label: targets are then rows of 0 and 1. Without a column `split` a hash of
    a picture's path draws it, as in `from_folder`.

    Args:
        path: The table: `.csv`, `.tsv`, `.jsonl` or `.parquet`. The first line of a CSV or TSV file
            names the columns.
        split: Name of the split, or `all`.
        columns: What columns are called in this table, as in `{"path": "img", "label": "breed"}`.
        root: The folder that relative paths start from. If None, that of the table.
        separator: What stands between several labels of a picture. "auto": `|`, or else `;`, where
            a label of the table has one. None: nothing does.
        num_classes: Number of classes, where labels are numbers. If None, one more than the highest
            in the label file, or in the table.
        labels_file: A file of `id:name` lines. If None, `labels.txt` beside the table, if it is
            there.
        validation_share: The share of the pictures that are for validation, from 0 to 1, where no
            column says it.
        on_error: What to do about a row that repeats a picture, a missing file, and a picture that
            cannot be read. `fail` reads no picture now, and fails when a pipeline comes to it.
            `skip` decodes all of them now; what is left out is in `spec.listing.skipped`.
        check: Whether to decode all pictures now; None does so if `on_error` is `skip`. What is
            not checked now can be later, with progress, by `slim.data.sources.checked`.
        name: Name of the data set. If None, the name of the table without its extension.
        image_channels: Channels to decode: 1 (grey), 3 (RGB) or 4 (RGBA).
        image_size: Size in pixels to hand to the preprocessing: one integer or `(height, width)`.
        preprocessing: Name of the preprocessing to use unless a pipeline is given another.

    Returns:
        The spec.

    Raises:
        DataNotFoundError: If there is no such table, or a file that it names is missing.
        DataError: If a column is missing, or a row is at fault: a label out of range, a picture
            named twice, a path with `..`. The message has the line.
        ValueError: If there is no such split.
        ImportError: If it is a Parquet file and pyarrow is not installed.

    Examples:
        >>> rows = ("path,label,split", "pets/cat/01.jpg,cat,train", "pets/dog/01.jpg,dog,train")
        >>> with open("table.csv", "w") as table:
        ...     for row in rows:
        ...         print(row, file=table)
        >>> spec = slim.data.from_table("table.csv")
        >>> spec.num_samples, spec.labels_to_names
        (2, {0: 'cat', 1: 'dog'})
    """
    table, rows = _read(path, columns)
    checking.check_on_error(on_error)
    described.check_share(validation_share)
    home = os.path.expanduser(os.fspath(root)) if root is not None else os.path.dirname(table)
    home = home or "."
    rows, repeated = _once(table, rows, on_error)
    labels = number_labels(table, rows, separator, _label_names(table, labels_file), num_classes)
    chosen = described.choose_split(split, _splits(rows), repr(table))
    kept = _of_split(rows, chosen, validation_share)
    missing = _missing(home, [rows[i] for i in kept])
    if missing and on_error == "fail":
        shown = first_few([f"{path!r} on line {line}" for path, line in missing.items()], 3)
        raise DataNotFoundError(
            f"{len(missing)} of the {len(kept)} files of the split {chosen!r} are missing: {shown} "
            f"(looked in {home!r}).",
            path=table,
            remedy=f"Correct the paths, give another root, or {checking.LEAVE_OUT}.",
        )
    spec = described.as_spec(
        _listing(home, rows, labels, [i for i in kept if rows[i].path not in missing]),
        name=name or os.path.splitext(os.path.basename(table))[0],
        split=chosen,
        where=table,
        labels_to_names=labels.names,
        num_classes=labels.num_classes,
        multi_label=labels.multi_label,
        image_channels=image_channels,
        image_size=image_size,
        preprocessing=preprocessing,
    )
    left_out = [
        *((path, f"line {line}: there is no such file") for path, line in missing.items()),
        *((path, why) for path, why in repeated),
    ]
    listing = spec.listing.taken(range(len(spec.listing)), left_out)
    return checking.checked_if(checking.with_listing(spec, listing), on_error, check)


def table_splits(
    path: str | os.PathLike, columns: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """Names of the splits of a table, `train` first.

    Args:
        path: The table.
        columns: What columns are called in this table.
    """
    return _splits(_read(path, columns)[1])


def _read(path: str | os.PathLike, columns: Mapping[str, str] | None) -> tuple[str, list[TableRow]]:
    table = os.path.expanduser(os.fspath(path))
    if not tf.io.gfile.exists(table):
        raise DataNotFoundError(
            f"there is no such table (looked from {os.getcwd()!r}).", path=table
        )
    return table, read_rows_of(table, table_files.read(table), columns or {})


def _splits(rows: Sequence[TableRow]) -> tuple[str, ...]:
    found = dict.fromkeys(row.split for row in rows if row.split is not None)
    if not found:
        return ("train", "validation")
    usual = [split for split in ("train", "validation", "test") if split in found]
    return (*usual, *sorted(split for split in found if split not in usual))


def _of_split(rows: Sequence[TableRow], split: str, share: float) -> list[int]:
    if split == "all" or rows[0].split is None:
        return ordering.of_split([row.path for row in rows], split, share)
    return [i for i, row in enumerate(rows) if row.split == split]


def _once(
    table: str, rows: list[TableRow], on_error: str
) -> tuple[list[TableRow], list[tuple[str, str]]]:
    """Each picture once."""
    first: dict[str, TableRow] = {}
    kept, repeated = [], []
    for row in rows:
        before = first.setdefault(ordering.normalized(row.path), row)
        if before is row:
            kept.append(row)
            continue
        what = f"line {row.line} names {row.path!r} again, after line {before.line}"
        if row.split != before.split:
            what += f", in the split {row.split!r} and not {before.split!r}"
        if on_error == "fail":
            raise DataError(
                f"{what}.",
                path=table,
                remedy="Take one of them out. Several labels of a picture go into one row.",
            )
        repeated.append((row.path, what))
    return kept, repeated


def _missing(home: str, rows: Sequence[TableRow]) -> dict[str, int]:
    there: dict[str, set[str]] = {}

    def exists(path: str) -> bool:
        if not paths.is_far(path):
            return os.path.isfile(path)
        # A question about each file far away takes long, one about each folder does not.
        folder, name = posixpath.split(path)
        if folder not in there:
            try:
                there[folder] = set(paths.names(folder))
            except OSError:
                there[folder] = set()
        return name in there[folder]

    return {
        row.path: row.line
        for row in rows
        if not exists(row.path if paths.is_far(row.path) else posixpath.join(home, row.path))
    }


def _listing(
    home: str, rows: Sequence[TableRow], labels: Labels, positions: Sequence[int]
) -> Listing:
    weighted = rows[0].weight is not None
    return Listing(
        home,
        [rows[i].path for i in positions],
        [labels.numbers[i] for i in positions],
        [rows[i].weight or 0.0 for i in positions] if weighted else None,
    )


def _label_names(table: str, labels_file: str | os.PathLike | None) -> dict[int, str] | None:
    beside = os.path.join(os.path.dirname(table), FILE_NAME)
    path = beside if labels_file is None else os.path.expanduser(os.fspath(labels_file))
    if tf.io.gfile.exists(path):
        return read_labels(path)
    if labels_file is not None:
        raise DataNotFoundError("there is no such label file.", path=path)
    return None
