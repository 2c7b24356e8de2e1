"""The formats of tables: rows with their lines, of a CSV, TSV, JSONL or Parquet file."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from tf_slim.ops.data_errors import DataError

EXTENSIONS = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")


def is_table(path: str) -> bool:
    """Whether a path has the name of a table."""
    return os.path.splitext(path)[1].lower() in EXTENSIONS


def read(path: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Reads the rows of a table.

    Args:
        path: The file; its extension says what it is.

    Yields:
        The line, from 1, and the values by the names of the columns.

    Raises:
        DataError: If the file is damaged, or has another extension.
        ImportError: If it is a Parquet file and pyarrow is not installed.
    """
    extension = os.path.splitext(path)[1].lower()
    if extension in (".csv", ".tsv"):
        yield from _separated(path, "\t" if extension == ".tsv" else None)
    elif extension in (".jsonl", ".ndjson"):
        yield from _json_lines(path)
    elif extension == ".parquet":
        yield from _parquet(path)
    else:
        raise DataError(
            f"a table is one of {', '.join(EXTENSIONS)}, received the extension {extension!r}.",
            path=path,
        )


def _text(path: str) -> str:
    with tf.io.gfile.GFile(path, "rb") as file:
        content = file.read()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DataError(
            f"line {line} is no UTF-8 text ({content[error.start : error.start + 8]!r}).",
            path=path,
            remedy="Save it as UTF-8 (spreadsheets call it CSV UTF-8).",
        ) from error


def _separated(path: str, delimiter: str | None) -> Iterator[tuple[int, dict[str, Any]]]:
    text = _text(path)
    if delimiter is None:
        first = text.partition("\n")[0]
        # Spreadsheets write semicolons where a comma is part of a number.
        delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names: list[str] | None = None
    try:
        for values in reader:
            if not any(value.strip() for value in values):
                continue
            if names is None:
                names = [value.strip() for value in values]
                twice = sorted({name for name in names if names.count(name) > 1})
                if twice:
                    raise DataError(f"there are two columns {twice[0]!r}.", path=path)
                continue
            if len(values) != len(names):
                raise DataError(
                    f"line {reader.line_num} has {len(values)} values, but there are {len(names)} "
                    "columns.",
                    path=path,
                    remedy='Put a value with a separator in it between quotes: "a, b.jpg".',
                )
            yield reader.line_num, dict(zip(names, values))
    except csv.Error as error:
        raise DataError(f"line {reader.line_num}: {error}.", path=path) from error


def _json_lines(path: str) -> Iterator[tuple[int, dict[str, Any]]]:
    # Not splitlines: a JSON text may have other ends of lines in it.
    for line, text in enumerate(_text(path).split("\n"), start=1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except json.JSONDecodeError as error:
            raise DataError(f"line {line} is no JSON: {error}.", path=path) from error
        if not isinstance(row, dict):
            raise DataError(f"line {line} must be an object, received {text[:40]!r}.", path=path)
        yield line, row


def _parquet(path: str) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        import pyarrow.parquet as parquet  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise ImportError(
            f"{path}: Parquet files are read by pyarrow, which is not installed: "
            "pip install 'tf-slim2[parquet]'."
        ) from error
    try:
        rows = parquet.read_table(path).to_pylist()
    except (OSError, ValueError) as error:
        raise DataError(f"this is no Parquet file: {error}", path=path) from error
    yield from enumerate(rows, start=1)
