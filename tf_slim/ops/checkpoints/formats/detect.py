"""Which format a path has: by what the file begins with, and by its name where that is damaged."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable

from tf_slim.ops.checkpoints.errors import CheckpointError
from tf_slim.ops.checkpoints.formats import bundle, frozen, keras, npz, safetensors
from tf_slim.ops.checkpoints.formats.source import Content, Source

_BY_SUFFIX: dict[str, Callable[[str], Source]] = {
    ".safetensors": safetensors.Safetensors,
    ".npz": npz.Npz,
    ".keras": keras.KerasArchive,
    ".h5": keras.H5,
    ".hdf5": keras.H5,
    ".pb": frozen.Frozen,
}
_PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".npy")

WRITERS: dict[str, Callable[[str, Content], None]] = {
    ".safetensors": safetensors.write,
    ".npz": npz.write,
    ".h5": keras.write,
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
    if suffix in _PICKLES or begin[:1] == b"\x80":
        raise CheckpointError(
            f"{path} is, or may hold, a Python pickle, which could run any program when it is "
            "loaded. It is never loaded. Save the weights as .npz or .safetensors."
        )
    if begin.startswith(b"PK\x03\x04"):
        return _zip(path)
    if begin[8:] == b"{":
        return safetensors.Safetensors(path)
    return bundle.Bundle(path)


def _zip(path: str) -> Source:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    only_arrays = bool(names) and all(name.endswith(".npy") for name in names)
    return npz.Npz(path) if only_arrays else keras.KerasArchive(path)


def writer_of(path: str) -> Callable[[str, Content], None] | None:
    """The function that writes the format that a path asks for; None for a V2 checkpoint.

    Raises:
      CheckpointError: that format can be read only.
    """
    suffix = os.path.splitext(path)[1].lower()
    if suffix in _READ_ONLY:
        raise CheckpointError(f"Cannot write {path}: {_READ_ONLY[suffix]}.")
    return WRITERS.get(suffix)
