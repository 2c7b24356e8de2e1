"""What is read of a checkpoint, whatever its format: names, shapes, dtypes and values."""

from __future__ import annotations

import dataclasses
import math
import zlib
from typing import Any

from tf_slim.checkpoints.errors import CheckpointError
from tf_slim.checkpoints.formats.late import np, tf


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
      kept: what must live as long as it is read.
    """

    format: str
    checked: bool
    entries: dict[str, Entry]
    kept: Any = None

    def read(self, name: str) -> np.ndarray:
        """One tensor."""
        raise NotImplementedError

    def read_all(self, names: list[str]) -> list:
        """Several, as tensors or arrays; all of them, or an error."""
        return [self.read(name) for name in names]


def dtype_of(dtype: Any) -> tf.DType:
    """The TensorFlow dtype of what NumPy calls `dtype`; texts and objects are strings.

    Raises:
      CheckpointError: TensorFlow has no such dtype.
    """
    if not isinstance(dtype, tf.DType) and np.dtype(dtype).kind in "OSU":
        return tf.string
    try:
        return tf.as_dtype(dtype).base_dtype
    except TypeError:
        hint = " (what NumPy makes of a bfloat16)" if dtype == np.dtype("V2") else ""
        raise CheckpointError(
            f"TensorFlow has no dtype for NumPy's {dtype}{hint}. Convert the values first, for "
            "example by astype(np.float32)."
        ) from None


def array_of(value: Any) -> np.ndarray:
    """An array of what TensorFlow read. Of a single text NumPy would drop zeros at its end."""
    return np.asarray(value, object if isinstance(value, bytes) else None)


def native(value: np.ndarray) -> np.ndarray:
    """An array with its bytes in the order of this machine."""
    return value if value.dtype.isnative else value.astype(value.dtype.newbyteorder("="))


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
