"""`.safetensors`: a JSON header, then the tensors, one behind the other.

The format has no checksums. Files written here carry them as metadata, which other programs pass
over, and such files are checked when they are read.
"""

from __future__ import annotations

import json
import os
import struct

from tf_slim.checkpoints.formats.format import Content, Format
from tf_slim.checkpoints.formats.late import np, tf
from tf_slim.checkpoints.formats.source import (
    Entry,
    Source,
    check,
    checksum,
    raw_bytes,
)

_METADATA = "__metadata__"
_CHECKSUMS = "tf_slim_crc32"
_MOST_HEADER = 100_000_000
_ALIGNMENT = 8

_DTYPES = {
    "BOOL": "bool",
    "I8": "int8",
    "I16": "int16",
    "I32": "int32",
    "I64": "int64",
    "U8": "uint8",
    "U16": "uint16",
    "U32": "uint32",
    "U64": "uint64",
    "F16": "float16",
    "BF16": "bfloat16",
    "F32": "float32",
    "F64": "float64",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
}
_NAMES = {dtype: name for name, dtype in _DTYPES.items()}


class Safetensors(Source):
    """The tensors of a `.safetensors` file."""

    format = "safetensors"

    def __init__(self, path: str):
        self._path = path
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(size - 8, _MOST_HEADER):
                raise ValueError(f"its header would have {length} bytes, the file has {size}")
            header = json.loads(file.read(length).decode("utf-8"))
        metadata = header.pop(_METADATA, None) or {}
        self._start = 8 + length
        self._checksums = json.loads(metadata[_CHECKSUMS]) if _CHECKSUMS in metadata else None
        self.checked = self._checksums is not None
        self._offsets: dict[str, int] = {}
        self.entries = {}
        at = 0
        for name, row in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
            begin, end = row["data_offsets"]
            entry = Entry(tuple(int(n) for n in row["shape"]), tf.as_dtype(_DTYPES[row["dtype"]]))
            if begin != at or end - begin != entry.bytes or min((*entry.shape, 0)) < 0:
                raise ValueError(f"the place of {name!r} in the file does not fit its shape")
            self._offsets[name], at = begin, end
            self.entries[name] = entry
        if self._start + at != size:
            raise ValueError(f"{self._start + at} bytes were expected, the file has {size}")

    def read(self, name: str) -> np.ndarray:
        entry = self.entries[name]
        value = np.fromfile(
            self._path,
            entry.dtype.as_numpy_dtype,
            entry.size,
            offset=self._start + self._offsets[name],
        ).reshape(entry.shape)
        if self._checksums is None:
            return value
        return check(name, value, self._checksums[name])


def _flaw(name: str) -> str | None:
    return "the format keeps it for itself" if name == _METADATA else None


def _write(path: str, content: Content) -> None:
    """Writes a `.safetensors` file, with checksums."""
    # The widest dtypes first, as the library does it: every tensor is then aligned.
    names = sorted(content.entries, key=lambda n: (-content.entries[n].dtype.size, n))
    checksums = dict.fromkeys(names, "0" * 8)
    with open(path, "wb") as file:
        file.write(_header(content, names, checksums))
        for name in names:
            value = np.ascontiguousarray(content.read(name))
            checksums[name] = checksum(name, value)
            file.write(raw_bytes(value))
        file.seek(0)
        file.write(_header(content, names, checksums))


def _header(content: Content, names: list[str], checksums: dict[str, str]) -> bytes:
    rows: dict = {_METADATA: {"format": "tf", _CHECKSUMS: json.dumps(checksums)}}
    at = 0
    for name in names:
        entry = content.entries[name]
        rows[name] = {
            "dtype": _NAMES[entry.dtype.name],
            "shape": list(entry.shape),
            "data_offsets": [at, at + entry.bytes],
        }
        at += entry.bytes
    text = json.dumps(rows).encode("utf-8")
    text += b" " * (-len(text) % _ALIGNMENT)
    return struct.pack("<Q", len(text)) + text


FORMAT = Format(
    "safetensors",
    Safetensors,
    suffixes=(".safetensors",),
    recognizes=lambda path, begin: begin[8:9] == b"{",
    write=_write,
    dtypes=frozenset(_NAMES),
    flaw=_flaw,
)
