"""Values in memory as a source: arrays, tensors, variables, and what Python calls numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tf_slim.checkpoints.errors import CheckpointError, reason
from tf_slim.checkpoints.formats.source import Entry, Source, array_of, dtype_of, native


class Memory(Source):
    """Arrays, tensors or variables in memory, as a source.

    Attributes:
      values: by name: variables and tensors as they were given, all else as arrays.

    Raises:
      CheckpointError: a value is nothing that a tensor could hold.
    """

    format = "memory"
    checked = True

    def __init__(self, named: Mapping[str, Any]):
        self.values = {}
        self.entries = {}
        for name, value in named.items():
            try:
                self.values[name] = value = _plain(value)
                self.entries[name] = _entry_of(value)
            except (TypeError, ValueError) as error:
                raise CheckpointError(
                    f"The value of {name!r} is no tensor, but {type(value).__name__}: "
                    f"{reason(error)}"
                ) from error

    def read(self, name: str) -> np.ndarray:
        value = self.values[name]
        return array_of(value.numpy() if hasattr(value, "numpy") else value)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ma.MaskedArray):
        raise TypeError("the mask would be lost. Fill it first, by its method filled")
    if isinstance(value, (tf.RaggedTensor, tf.SparseTensor)):
        raise TypeError("make a dense tensor of it first")
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind not in "OSU":
        return native(np.asarray(value))
    if hasattr(value, "dtype") and not isinstance(value, (np.ndarray, np.generic)):
        return value
    # As TensorFlow has it, in any mode: texts in UTF-8, numbers of Python float32 or int32.
    return tf.make_ndarray(tf.make_tensor_proto(value))


def _entry_of(value: Any) -> Entry:
    shape = value.shape
    known = shape.as_list() if isinstance(shape, tf.TensorShape) else shape
    return Entry(tuple(known), dtype_of(value.dtype))
