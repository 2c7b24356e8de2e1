"""Which format a path has: by what the file begins with, and by its name where that is damaged."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable

from tf_slim.checkpoints.errors import CheckpointError
from tf_slim.checkpoints.formats import bundle, foreign, frozen, keras, npz, safetensors
from tf_slim.checkpoints.formats.source import Content, Source

_BY_SUFFIX: dict[str, Callable[[str], Source]] = {
    ".safetensors": safetensors.Safetensors,
    ".npz": npz.Npz,
    ".keras": keras.KerasArchive,
    ".h5": keras.H5,
    ".hdf5": keras.H5,
    ".pb": frozen.Frozen,
}
# The last bytes of the tables that V1 checkpoints are.
_TABLE = 0xDB4775248B80FB57.to_bytes(8, "little")

WRITERS: dict[str, Callable[[str, Content], None]] = {
    ".safetensors": safetensors.write,
    ".npz": npz.write,
    ".h5": keras.write,
    ".hdf5": keras.write,
}
"""By the suffix of the file. All else is the prefix of a V2 checkpoint."""

_READ_ONLY = {
    ".keras": "it also describes the model. Write .weights.h5, which Keras loads into one",
    ".pb": "it also describes the graph. Freeze the graph with TensorFlow, or export a SavedModel",
}


def source_of(path: str) -> Source:
    """Opens what is at a resolved path (see `places.resolve`)."""
    if os.path.exists(path + ".index"):
        return bundle.Bundle(path)
    if os.path.isdir(path):
        return bundle.SavedModel(path)
    suffix = os.path.splitext(path)[1].lower()
    if suffix in _BY_SUFFIX:
        return _BY_SUFFIX[suffix](path)
    with open(path, "rb") as file:
        begin = file.read(9)
    if begin.startswith(b"\x89HDF\r\n\x1a\n"):
        return keras.H5(path)
    if foreign.is_pickle(path):
        raise CheckpointError(foreign.why_not_read(path) or path)
    if begin[:1] == b"\x80":
        raise CheckpointError(
            f"{path} is, or may hold, a Python pickle, which could run any program when it is "
            "loaded. It is never loaded. Save the weights as .npz or .safetensors."
        )
    if begin.startswith(b"PK\x03\x04"):
        return _zip(path)
    if begin[8:] == b"{":
        return safetensors.Safetensors(path)
    if not _is_table(path):
        raise CheckpointError(
            foreign.why_not_read(path)
            or f"{path} is no checkpoint of a known format, or it was cut short or altered. Known "
            "are those of TensorFlow, .safetensors, .npz, .h5, .keras and frozen graphs (.pb)."
        )
    return bundle.Bundle(path)


def _is_table(path: str) -> bool:
    with open(path, "rb") as file:
        file.seek(max(0, os.path.getsize(path) - len(_TABLE)))
        return file.read() == _TABLE


def _zip(path: str) -> Source:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    only_arrays = bool(names) and all(name.endswith(".npy") for name in names)
    return npz.Npz(path) if only_arrays else keras.KerasArchive(path)


def writer_of(path: str) -> Callable[[str, Content], None] | None:
    """The function that writes the format that a path asks for; None for a V2 checkpoint.

    Raises:
      CheckpointError: that format can be read only, or is of another program.
    """
    suffix = os.path.splitext(path)[1].lower()
    if suffix in _READ_ONLY:
        raise CheckpointError(f"Cannot write {path}: {_READ_ONLY[suffix]}.")
    why = foreign.why_not_written(path)
    if why is not None:
        raise CheckpointError(why)
    return WRITERS.get(suffix)


def v1_writer_of(path: str) -> Callable[[str, Content], None]:
    """The same for a V1 checkpoint, which has no suffix of its own.

    Raises:
      CheckpointError: the path is that of another format.
    """
    if writer_of(path) is not None:
        raise CheckpointError(
            f"Cannot write a V1 checkpoint to {path}: by its suffix it would be read as another "
            f"format. Write {os.path.splitext(path)[0] + '.ckpt'!r}."
        )
    return bundle.write_v1
