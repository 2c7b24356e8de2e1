"""The TFRecord container: where its records start, without reading what is in them.

A record is its length (8 bytes, little-endian), a checksum of that (4), the data, and a checksum
of the data (4). See https://www.tensorflow.org/tutorials/load_data/tfrecord.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import tensorflow as tf

from tf_slim.data.errors import DataError

_HEADER = 12
_FOOTER = 4
_GZIP = b"\x1f\x8b"
_REPLACE = "Copy or write the file again."


def offsets(path: str) -> Iterator[tuple[int, int]]:
    """Walks over the records of a file. Lengths are read, checksums are not checked.

    Args:
        path: The file.

    Yields:
        For each record, the byte at which it starts and the number of bytes of its data.

    Raises:
        DataError: When the file ends within a record.
    """
    size = tf.io.gfile.stat(path).length
    offset = record = 0
    with _open(path) as file:
        while offset < size:
            file.seek(offset)
            header = file.read(_HEADER)
            length = int.from_bytes(header[:8], "little")
            if len(header) < _HEADER or offset + _HEADER + length + _FOOTER > size:
                raise broken(path, record, offset)
            yield offset, length
            offset += _HEADER + length + _FOOTER
            record += 1


def count_records(paths: Sequence[str]) -> int:
    """Counts the records of files by their headers alone: about a microsecond for each.

    Args:
        paths: The files.

    Returns:
        How many records they hold together.

    Raises:
        DataError: When a file ends within a record.
    """
    return sum(1 for path in paths for _ in offsets(path))


def read_record(path: str, record: int) -> bytes:
    """Reads the data of one record, without checking its checksum.

    Args:
        path: The file.
        record: Index of the record, from 0.

    Returns:
        The data.

    Raises:
        DataError: When the file ends within that record or an earlier one.
        IndexError: When the file has fewer records.
    """
    for index, (offset, length) in enumerate(offsets(path)):
        if index == record:
            with _open(path) as file:
                file.seek(offset + _HEADER)
                return file.read(length)
    raise IndexError(f"{path} has no record {record}.")


def record_offset(path: str, record: int) -> int | None:
    """Finds the byte at which a record starts, or None if the headers before it are damaged."""
    try:
        for index, (offset, _) in enumerate(offsets(path)):
            if index == record:
                return offset
    except DataError as error:
        return error.offset if error.record == record else None
    return tf.io.gfile.stat(path).length


def broken(path: str, record: int, offset: int | None) -> DataError:
    """Builds the error for a record that is cut off or does not match its checksum."""
    with _open(path) as file:
        start = file.read(len(_GZIP))
    if record == 0 and start == _GZIP:
        return DataError(
            "this is a gzip file, not TFRecord data.",
            path=path,
            remedy="Unpack it first (gunzip).",
        )
    size = tf.io.gfile.stat(path).length
    return DataError(
        f"the record is cut off or damaged (the file has {size} bytes).",
        path=path,
        record=record,
        offset=offset,
        remedy=_REPLACE,
    )


def _open(path: str):
    # Python's own buffered file seeks much faster than GFile, which is for remote file systems.
    return open(path, "rb") if os.path.exists(path) else tf.io.gfile.GFile(path, "rb")
