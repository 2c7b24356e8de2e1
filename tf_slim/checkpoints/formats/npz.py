"""NumPy's `.npz`: a zip archive of arrays. Its CRC-32s are checked; Python objects are refused."""

from __future__ import annotations

import zipfile

from tf_slim.checkpoints.errors import CheckpointError
from tf_slim.checkpoints.formats.archive import is_zip, members
from tf_slim.checkpoints.formats.format import PLAIN_DTYPES, Content, Format
from tf_slim.checkpoints.formats.late import np
from tf_slim.checkpoints.formats.source import (
    Entry,
    Source,
    dtype_of,
    native,
)

_SUFFIX = ".npy"
_LONGEST = 65535


class Npz(Source):
    """The arrays of an `.npz` file."""

    format = "npz"
    checked = True

    def __init__(self, path: str):
        self._path = path
        self.entries = {}
        with zipfile.ZipFile(path) as archive:
            for member in members(archive):
                if member.endswith(_SUFFIX):
                    with archive.open(member) as file:
                        self.entries[member.removesuffix(_SUFFIX)] = self._entry(file, member)

    def _entry(self, file, member: str) -> Entry:
        version = np.lib.format.read_magic(file)
        read = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read is None:
            raise ValueError(f"{member} has version {version} of the format")
        shape, _, dtype = read(file)
        if dtype.hasobject:
            raise CheckpointError(
                f"{self._path}: {member} holds Python objects, which would have to be unpickled, "
                "and so could run any program. They are never loaded. Save arrays of numbers."
            )
        return Entry(shape, dtype_of(dtype))

    def read(self, name: str) -> np.ndarray:
        with zipfile.ZipFile(self._path) as archive, archive.open(name + _SUFFIX) as file:
            value = np.lib.format.read_array(file, allow_pickle=False)
            # At the end of the member its checksum is compared.
            if file.read(1):
                raise ValueError("there is more data than its shape needs")
            return native(value)


def _flaw(name: str) -> str | None:
    if "\0" in name:
        return "names in a zip archive end at a NUL character"
    if len(name.encode("utf-8")) + len(_SUFFIX) > _LONGEST:
        return f"names in a zip archive have at most {_LONGEST} bytes"
    return None


def _only_arrays(path: str, begin: bytes) -> bool:
    if not is_zip(begin):
        return False
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    return bool(names) and all(name.endswith(_SUFFIX) for name in names)


def _write(path: str, content: Content) -> None:
    """Writes an `.npz` file, which `numpy.load` reads."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name in content.entries:
            with archive.open(name + _SUFFIX, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.asanyarray(content.read(name)), (1, 0), False)


FORMAT = Format(
    "npz",
    Npz,
    suffixes=(".npz",),
    recognizes=_only_arrays,
    write=_write,
    dtypes=PLAIN_DTYPES | {"complex64", "complex128"},
    flaw=_flaw,
)
