"""Keras 3: `.weights.h5`, and the `.keras` archive that has one inside. Other HDF5 files as well.

Names are the paths within the file: `layers/dense/vars/0`. HDF5 files of Keras have no checksums;
those written here carry one with each tensor, and are checked when they are read.
"""

from __future__ import annotations

import io
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from typing import Any

from tf_slim.checkpoints.errors import CheckpointError
from tf_slim.checkpoints.formats.archive import is_zip, members
from tf_slim.checkpoints.formats.format import PLAIN_DTYPES, Content, Format
from tf_slim.checkpoints.formats.late import np, tf
from tf_slim.checkpoints.formats.source import (
    Entry,
    Source,
    check,
    checksum,
    dtype_of,
    native,
)
from tf_slim.ops.wording import first_few

_WEIGHTS = "model.weights.h5"
_CHECKSUM = "tf_slim_crc32"
_COUNT = "tf_slim_datasets"


class H5(Source):
    """The datasets of an HDF5 file, by their paths."""

    format = "Keras h5"

    def __init__(self, path: str, file: Any = None):
        import h5py

        self._path = path
        self._file = h5py.File(file or path, "r")
        self._datasets = dict(_datasets(self._file, path))
        count = self._file.attrs.get(_COUNT, len(self._datasets))
        if count != len(self._datasets):
            raise ValueError(f"{count} datasets were expected, {len(self._datasets)} are there")
        self.checked = bool(self._datasets) and all(
            _CHECKSUM in dataset.attrs for dataset in self._datasets.values()
        )
        self.entries = {
            name: Entry(dataset.shape, _dtype(dataset)) for name, dataset in self._datasets.items()
        }

    def read(self, name: str) -> np.ndarray:
        dataset = self._datasets[name]
        entry = self.entries[name]
        if entry.dtype == tf.string:
            raise CheckpointError(f"{self._path}: {name} holds texts or objects, no numbers.")
        value = np.asarray(dataset[()])
        if entry.dtype == tf.bfloat16:
            value = value.view(tf.bfloat16.as_numpy_dtype)
        return native(check(name, value, _text(dataset.attrs.get(_CHECKSUM))))


class KerasArchive(H5):
    """The weights in a `.keras` archive. Nothing is unpacked but these, into a nameless file."""

    def __init__(self, path: str):
        with zipfile.ZipFile(path) as archive:
            names = members(archive)
            if _WEIGHTS not in names:
                raise CheckpointError(
                    f"{path} is an archive without {_WEIGHTS}; it has: "
                    f"{first_few(names)}. A .keras file of Keras 3, or an .npz "
                    "of arrays was expected."
                )
            unpacked = tempfile.TemporaryFile()  # noqa: SIM115  (h5py reads it until the end)
            with archive.open(_WEIGHTS) as member:
                # To its end, where the checksum of the archive is compared.
                shutil.copyfileobj(member, unpacked, 1 << 20)
        super().__init__(path, unpacked)
        self.format = "keras"
        self.checked = True


def _datasets(file: Any, path: str) -> Iterator[tuple[str, Any]]:
    import h5py

    seen = set()

    def walk(group: Any, prefix: str) -> Iterator[tuple[str, Any]]:
        address = h5py.h5o.get_info(group.id).addr  # pyright: ignore[reportAttributeAccessIssue]
        if address in seen:
            return
        seen.add(address)
        for key in group:
            name = prefix + key
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                raise CheckpointError(_elsewhere(path, name))
            item = group[key]
            if isinstance(item, h5py.Group):
                yield from walk(item, name + "/")
            elif isinstance(item, h5py.Dataset):
                if item.external or item.is_virtual:
                    raise CheckpointError(_elsewhere(path, name))
                if item.shape is not None:
                    yield name, item

    return walk(file, "")


def _text(value: Any) -> str | None:
    return value.decode("ascii") if isinstance(value, bytes) else value


def _elsewhere(path: str, name: str) -> str:
    return (
        f"{path}: {name} lies in another file, to which this one only points. Such a file could "
        "show anything of this machine; it is not read. Save the weights anew, in one file."
    )


def _dtype(dataset: Any) -> tf.DType:
    if dataset.attrs.get("dtype") == "bfloat16":
        return tf.bfloat16
    return tf.string if dataset.dtype.kind in "OSUV" else dtype_of(dataset.dtype)


def _flaw(name: str) -> str | None:
    if "\0" in name:
        return "names in HDF5 end at a NUL character"
    if {"", "."} & set(name.split("/")):
        return "names in HDF5 are paths, without empty parts and dots"
    return None


def _write(path: str, content: Content) -> None:
    """Writes an HDF5 file whose datasets have the paths that are the names."""
    import h5py

    for name in content.entries:
        above = name.rpartition("/")[0]
        while above:
            if above in content.entries:
                raise CheckpointError(
                    f"h5 cannot hold both {above!r} and {name!r}: one would be a folder of the "
                    "other. Leave one out with exclude=[...], or rename it."
                )
            above = above.rpartition("/")[0]
    # In memory first: the HDF5 library does not survive a disk that is full.
    image = io.BytesIO()
    with h5py.File(image, "w") as file:
        file.attrs[_COUNT] = len(content.entries)
        for name, entry in content.entries.items():
            value = np.asarray(content.read(name))
            dataset = file.create_dataset(name, data=value)
            # Of a fixed length. The library may search for one of a variable length for ever, in
            # a file that is damaged.
            dataset.attrs[_CHECKSUM] = np.bytes_(checksum(name, value))
            if entry.dtype == tf.bfloat16:
                dataset.attrs["dtype"] = "bfloat16"
    with open(path, "wb") as target:
        target.write(image.getbuffer())


H5_FORMAT = Format(
    "h5",
    H5,
    suffixes=(".h5", ".hdf5"),
    recognizes=lambda path, begin: begin.startswith(b"\x89HDF\r\n\x1a\n"),
    write=_write,
    dtypes=PLAIN_DTYPES | {"bfloat16"},
    flaw=_flaw,
    rank=32,
)

ARCHIVE_FORMAT = Format(
    "keras",
    KerasArchive,
    suffixes=(".keras",),
    recognizes=lambda path, begin: is_zip(begin),
    why_not_written=("it also describes the model. Write .weights.h5, which Keras loads into one"),
)
