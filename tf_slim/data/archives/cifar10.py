"""CIFAR-10 as it is published: `cifar-10-python.tar.gz` or `cifar-10-binary.tar.gz`.

A. Krizhevsky. Learning Multiple Layers of Features from Tiny Images. 2009.
"""

from __future__ import annotations

import functools
import io
import pickle
from typing import Any

import numpy as np

from tf_slim.data.archives.archive import Archive, Packed
from tf_slim.data.archives.members import Member, Members
from tf_slim.data.layouts import LAYOUTS
from tf_slim.ops.data_errors import DataError

NAMES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)

_SHAPE = (3, 32, 32)
_BYTES = 3 * 32 * 32
_FILES = {
    **{f"data_batch_{number}": "train" for number in range(1, 6)},
    "test_batch": "test",
}


def find(members: Members) -> dict[str, Member]:
    """Looks for the batches.

    Args:
        members: What an archive or a folder holds.

    Returns:
        Each of them by its name, such as `data_batch_1`.
    """
    return {_base(name): member for name, member in members.files.items() if is_batch(name)}


def is_batch(name: str) -> bool:
    """Whether a file is one of the batches, by its name."""
    return _base(name) in _FILES


def _base(name: str) -> str:
    return name.rpartition("/")[2].removesuffix(".bin")


def read(batches: dict[str, Member]) -> Archive:
    """Reads the data set.

    Args:
        batches: What `find` found.

    Returns:
        The data set.

    Raises:
        DataError: If a batch is missing, damaged, or none.
    """
    missing = sorted(set(_FILES) - set(batches))
    if missing:
        one = next(iter(batches.values()))
        raise DataError(
            f"{', '.join(missing)} missing beside it.", path=one.where, remedy="Fetch it again."
        )
    splits: dict[str, list[Packed]] = {}
    for base, split in _FILES.items():
        member = batches[base]
        pixels, classes = (_binary if member.name.endswith(".bin") else _pickled)(member)
        if len(classes) and not 0 <= min(classes) <= max(classes) < len(NAMES):
            raise DataError(f"its labels are not all in [0, {len(NAMES)}).", path=member.where)
        splits.setdefault(split, []).extend(
            Packed(
                f"{split}/{NAMES[label]}/{base}-{index:05d}.png",
                label,
                _BYTES,
                f"{member.where}, picture {index}",
                functools.partial(_picture, pixels, index),
            )
            for index, label in enumerate(classes)
        )
    return Archive(
        LAYOUTS["cifar10"],
        splits=splits,
        labels=dict(enumerate(NAMES)),
    )


def _picture(pixels: np.ndarray, index: int) -> np.ndarray:
    return np.ascontiguousarray(pixels[index].reshape(_SHAPE).transpose(1, 2, 0))


def _binary(member: Member) -> tuple[np.ndarray, list[int]]:
    content = np.frombuffer(member.read(), np.uint8)
    if content.size % (1 + _BYTES):
        raise DataError(
            f"its {content.size} bytes are not whole records of {1 + _BYTES}.", path=member.where
        )
    rows = content.reshape(-1, 1 + _BYTES)
    return rows[:, 1:], rows[:, 0].tolist()


def _pickled(member: Member) -> tuple[np.ndarray, list[int]]:
    try:
        batch = _OnlyArrays(io.BytesIO(member.read()), encoding="bytes").load()
        pixels, classes = batch[b"data"], [int(label) for label in batch[b"labels"]]
        fits = pixels.dtype == np.uint8 and pixels.shape == (len(classes), _BYTES)
    except DataError:
        raise
    except Exception as error:  # what a damaged pickle raises may be anything
        raise DataError(
            f"this is no batch of CIFAR-10: {type(error).__name__}: {error}.",
            path=member.where,
            remedy="Fetch it again.",
        ) from error
    if not fits:
        raise DataError(
            f"its data must be uint8 [{len(classes)}, {_BYTES}], received {pixels.dtype} "
            f"{pixels.shape}.",
            path=member.where,
        )
    return pixels, classes


class _OnlyArrays(pickle.Unpickler):
    """Reads arrays and plain values: a pickle that names anything else could run any code."""

    _ALLOWED = {
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("_codecs", "encode"),
    }

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self._ALLOWED:
            raise DataError(
                f"a batch of CIFAR-10 refers to {module}.{name}, which no true one does: it was "
                "refused, since it could run any code."
            )
        if name == "_reconstruct":
            # The module is called otherwise in each of NumPy 1 and 2.
            return np.zeros(0).__reduce__()[0]
        return super().find_class(module, name)
