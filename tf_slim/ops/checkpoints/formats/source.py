"""What every format offers: names, shapes, dtypes and values."""

from __future__ import annotations

import dataclasses
import math
import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.ops.checkpoints.errors import CheckpointError

PLAIN_DTYPES = frozenset(
    [
        tf.bool, tf.int8, tf.int16, tf.int32, tf.int64, tf.uint8, tf.uint16, tf.uint32, tf.uint64,
        tf.float16, tf.float32, tf.float64,
    ]
)  # fmt: skip
"""The dtypes that every format can hold."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """The shape and dtype of one tensor."""

    shape: tuple[int, ...]
    dtype: tf.DType

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def bytes(self) -> int:
        """What the elements take in memory; 0 for strings."""
        return 0 if self.dtype == tf.string else self.size * self.dtype.size

    def __str__(self) -> str:
        return f"{self.dtype.name} {tf.TensorShape(self.shape)}"


class Source:
    """The tensors of one checkpoint.

    Attributes:
      format: what the format is called.
      checked: whether checksums tell of altered values; where not, only of a file cut short.
      entries: the tensors by name.
    """

    format: str
    checked: bool
    entries: dict[str, Entry]

    def read(self, name: str) -> np.ndarray:
        """One tensor."""
        raise NotImplementedError

    def read_all(self, names: list[str]) -> list:
        """Several, as tensors or arrays; all of them, or an error."""
        return [self.read(name) for name in names]


class Memory(Source):
    """Arrays, tensors or variables in memory, as a source."""

    format = "memory"
    checked = True

    def __init__(self, named: Mapping[str, Any]):
        self._named = named
        self.entries = {name: entry_of(value) for name, value in named.items()}

    def read(self, name: str) -> np.ndarray:
        value = self._named[name]
        return value.numpy() if hasattr(value, "numpy") else np.asarray(value)


@dataclasses.dataclass(frozen=True)
class Content:
    """What is to be written: entries by name, and a function that reads one of them."""

    entries: Mapping[str, Entry]
    read: Callable[[str], np.ndarray]

    def refuse(self, target: str, dtypes: frozenset) -> None:
        """Raises CheckpointError if a format cannot hold one of the dtypes.

        Args:
          target: what the format is called.
          dtypes: those it can hold.
        """
        wrong = [name for name, entry in self.entries.items() if entry.dtype not in dtypes]
        if wrong:
            raise CheckpointError(
                f"{target} cannot hold {wrong[0]!r} of dtype {self.entries[wrong[0]].dtype.name}. "
                "Leave it out with exclude=[...], or choose another format: the checkpoints of "
                "TensorFlow hold everything."
            )


def entry_of(value: Any) -> Entry:
    """The entry of an array, tensor or variable."""
    if not hasattr(value, "dtype") or not hasattr(value, "shape"):
        value = np.asarray(value)
    shape = value.shape
    known = shape.as_list() if isinstance(shape, tf.TensorShape) else shape
    return Entry(tuple(known), dtype_of(value.dtype))


def dtype_of(dtype: Any) -> tf.DType:
    """The TensorFlow dtype of what NumPy calls `dtype`; texts and objects are strings."""
    if not isinstance(dtype, tf.DType) and np.dtype(dtype).kind in "OSU":
        return tf.string
    return tf.as_dtype(dtype).base_dtype


def checksum(name: str, value: np.ndarray) -> str:
    """A checksum of a tensor, its name, dtype and shape, as eight hexadecimal digits."""
    value = np.ascontiguousarray(value)
    label = f"{name} {dtype_of(value.dtype).name} {list(value.shape)}"
    return f"{zlib.crc32(raw_bytes(value), zlib.crc32(label.encode())):08x}"


def check(name: str, value: np.ndarray, expected: str | None) -> np.ndarray:
    """Returns `value`, or raises ValueError if its checksum is another one."""
    if expected is not None and checksum(name, value) != expected:
        raise ValueError("its checksum does not match")
    return value


def raw_bytes(value: np.ndarray) -> memoryview:
    """The bytes of a contiguous array, not copied."""
    return value.reshape(-1).view(np.uint8).data if value.size else memoryview(b"")
