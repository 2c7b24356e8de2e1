"""The TFRecord container: where its records start, without reading what is in them.

A record is its length (8 bytes, little-endian), a checksum of that (4), the data, and a checksum
of the data (4). See https://www.tensorflow.org/tutorials/load_data/tfrecord.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import tensorflow as tf

from tf_slim.ops.data_errors import DataError

_HEADER = 12
_FOOTER = 4
# Of a tf.train.Example.
_MOST = 1 << 31
_GZIP = b"\x1f\x8b"
QUICKLY_READ = 1 << 28
"""Bytes of files whose headers are read in a moment, even from a slow disk."""

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


def is_something_else(path: str) -> bool:
    """Whether a file begins as TFRecord data never do, packed ones included."""
    with _open(path) as file:
        header = file.read(_HEADER)
    is_packed = header.startswith(_GZIP)
    return bool(header) and not is_packed and header[8:] != _checksum(header[:8])


def refuse_endless(paths: Sequence[str], most_bytes: int | None = None) -> None:
    """Looks for a length beyond its file with a right checksum, at which TensorFlow would crash.

    No accident makes one, and TensorFlow tells of all other damage when it comes to it.

    Args:
        paths: The files. Those that only TensorFlow can open are not looked at.
        most_bytes: If the files are larger together, they are not looked at.

    Raises:
        DataError: At the first such record.
    """
    sizes = {path: os.path.getsize(path) for path in paths if os.path.isfile(path)}
    if most_bytes is not None and sum(sizes.values()) > most_bytes:
        return
    for path, size in sizes.items():
        offset = record = 0
        with open(path, "rb") as file:
            while offset < size:
                file.seek(offset)
                header = file.read(_HEADER)
                length = int.from_bytes(header[:8], "little")
                if length > max(size, _MOST):
                    if header[8:] == _checksum(header[:8]):
                        raise broken(path, record, offset)
                    break
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
            return read_at(path, offset, length)
    raise IndexError(f"{path} has no record {record}.")


def read_at(path: str, offset: int, length: int) -> bytes:
    """Reads the data of the record that `offsets` found, without checking its checksum."""
    with _open(path) as file:
        file.seek(offset + _HEADER)
        return file.read(length)


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


def _checksum(data: bytes) -> bytes:
    """The masked CRC-32C of the format; slow, for a few bytes."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF).to_bytes(4, "little")


def _open(path: str):
    # Python's own buffered file seeks much faster than GFile, which is for remote file systems.
    return open(path, "rb") if os.path.exists(path) else tf.io.gfile.GFile(path, "rb")
