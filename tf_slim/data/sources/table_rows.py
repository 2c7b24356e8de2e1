"""The rows of a table of pictures, with each column where it belongs."""

from __future__ import annotations

import math
import posixpath
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from tf_slim.data.sources.described import split_name
from tf_slim.ops.arguments import describe
from tf_slim.ops.data_errors import DataError
from tf_slim.ops.paths import is_far
from tf_slim.ops.wording import did_you_mean

_ALIASES = {
    "path": (
        *("path", "file", "filename", "file_name", "filepath", "file_path"),
        *("image", "image_path", "image_file", "img", "img_path", "picture"),
    ),
    "label": ("label", "labels", "class", "classes", "class_name", "category", "target", "tags"),
    "split": ("split", "set", "subset", "partition"),
    "weight": ("weight", "weights", "sample_weight"),
}
_NEEDED = ("path", "label")


class TableRow(NamedTuple):
    """One row.

    Attributes:
        line: Where it stands, from 1.
        path: Of the picture, with `/`.
        label: As it stands there: a text, a number, or a list of these.
        split: Name of its split; None without such a column.
        weight: None without such a column.
    """

    line: int
    path: str
    label: Any
    split: str | None
    weight: float | None


def read_rows_of(
    table: str, records: Iterable[tuple[int, Mapping[str, Any]]], columns: Mapping[str, str]
) -> list[TableRow]:
    """Reads rows, and refuses what cannot be.

    Args:
        table: Path of the table, for messages.
        records: Line and values by column of each row.
        columns: What `path`, `label`, `split` and `weight` are called in this table.

    Raises:
        DataError: At the first row at fault, with its line; or if there are none.
        ValueError: If `columns` has another key.
    """
    for key in columns:
        if key not in _ALIASES:
            raise ValueError(
                f"columns: {key!r} is none of {', '.join(_ALIASES)}.{did_you_mean(key, _ALIASES)}"
            )
    rows: list[TableRow] = []
    homes: dict[str, str] = {}
    for line, record in records:
        if not rows:
            homes = _columns(table, record, columns)
        rows.append(_row(table, line, record, homes))
    if not rows:
        raise DataError("the table has no rows.", path=table)
    return rows


def _columns(table: str, record: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    present = {name.strip().lower(): name for name in record if isinstance(name, str)}
    listed = ", ".join(map(repr, record)) or "none"
    homes = {}
    for key, aliases in _ALIASES.items():
        if key in given:
            if given[key] not in record:
                raise DataError(
                    f"there is no column {given[key]!r}.{did_you_mean(given[key], list(present))} "
                    f"Its columns are: {listed}.",
                    path=table,
                )
            homes[key] = given[key]
            continue
        found = [present[alias] for alias in aliases if alias in present]
        if len(found) > 1:
            raise DataError(
                f"{' and '.join(map(repr, found))} could both be the column {key!r}.",
                path=table,
                remedy=f"Say which: columns={{{key!r}: {found[0]!r}}}, or {key}={found[0]} after "
                "--columns.",
            )
        if found:
            homes[key] = found[0]
        elif key in _NEEDED:
            raise DataError(
                f"there is no column {key!r}. Its columns are: {listed}.",
                path=table,
                remedy=f"Name the columns in the first line, or say which it is: "
                f"columns={{{key!r}: NAME}}, or {key}=NAME after --columns.",
            )
    return homes


def _row(table: str, line: int, record: Mapping[str, Any], homes: Mapping[str, str]) -> TableRow:
    for key in homes.values():
        if key not in record:
            raise DataError(f"line {line} has no value for {key!r}.", path=table)
    path = _path(table, line, record[homes["path"]])
    split = weight = None
    if "split" in homes:
        split = record[homes["split"]]
        if not isinstance(split, str) or not split.strip():
            raise DataError(
                f"line {line}: the split must be a name, received {describe(split)}.", path=table
            )
        split = split_name(split)
    if "weight" in homes:
        weight = _weight(table, line, record[homes["weight"]])
    label = record[homes["label"]]
    if label is None:
        raise DataError(f"line {line} has no label.", path=table)
    return TableRow(line, path, label, split, weight)


def _path(table: str, line: int, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise DataError(
            f"line {line}: the path must be a text, received {describe(value)}.", path=table
        )
    if "\0" in value:
        raise DataError(f"line {line}: the path {value!r} has a null byte in it.", path=table)
    if is_far(value):
        return value
    if ".." in value.split("/"):
        raise DataError(
            f"line {line}: the path {value!r} has '..' in it, which may lead anywhere.",
            path=table,
            remedy="Write it from the folder that all pictures are in, and give that one as root.",
        )
    return posixpath.normpath(value)


def _weight(table: str, line: int, value: Any) -> float:
    try:
        weight = float(value)
    except (TypeError, ValueError):
        weight = math.nan
    if not 0 <= weight < math.inf:
        raise DataError(
            f"line {line}: the weight must be a number from 0, received {describe(value)}.",
            path=table,
        )
    return weight
